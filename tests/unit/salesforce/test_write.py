from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from switchhook.adapters.salesforce.queries import RecordQueries
from switchhook.adapters.salesforce.session import Answer
from switchhook.adapters.salesforce.write import RecordWrites
from switchhook.domain.connection import Grant
from switchhook.domain.crm import Applied, NewRecord, OrgRules, Refused
from switchhook.domain.errors import BudgetSpent, OutcomeUnknown, Permanent, Retryable

GRANT = Grant(
    tenant="t-1",
    generation=1,
    access_token="00D!x",
    instance_url="https://acme.my.salesforce.com",
    org_id="00D",
    user_id="005",
)
LEAD = NewRecord(ref="person1", object_type="Lead", fields={"LastName": "B", "Company": "B"})
TASK = NewRecord(ref="task1", object_type="Task", fields={"WhoId": "@{person1.id}"})
HALTED = {"errorCode": "PROCESSING_HALTED", "message": "rolled back"}


@dataclass
class Canned:
    """Answers every request with one body."""

    body: Any
    asked: list[Any] = field(default_factory=list)

    def post(self, _grant, path, body, *, is_write, headers=None):
        self.asked.append((path, body, headers, is_write))
        return Answer(body=self.body, usage=None)

    def get(self, _grant, path, *, params=None):
        self.asked.append((path, params))
        return Answer(body=self.body, usage=None)


def sub(ref, status, body):
    return {"referenceId": ref, "httpStatusCode": status, "body": body, "httpHeaders": {}}


def created(ref, record_id):
    return sub(ref, 201, {"id": record_id, "success": True, "errors": []})


def refused(ref, code, message="no", status=400):
    return sub(ref, status, [{"errorCode": code, "message": message, "fields": ["F"]}])


def send(records, *answered):
    return RecordWrites(Canned({"compositeResponse": list(answered)})).send(
        GRANT, records, OrgRules()
    )


@pytest.mark.rule("SH-1", "CX-59")
def test_all_records_travel_in_one_all_or_none_request_without_assignment_rules():
    rest = Canned({"compositeResponse": [created("person1", "00Q1"), created("task1", "00T1")]})

    RecordWrites(rest).send(GRANT, [LEAD, TASK], OrgRules())

    ((path, body, headers, is_write),) = rest.asked
    assert (path, is_write, headers) == ("composite", True, {"Sforce-Auto-Assign": "FALSE"})
    assert body["allOrNone"] is True
    assert [entry["referenceId"] for entry in body["compositeRequest"]] == ["person1", "task1"]
    assert body["compositeRequest"][1] == {
        "method": "POST",
        "url": "/services/data/v62.0/sobjects/Task",
        "referenceId": "task1",
        "httpHeaders": {"Sforce-Auto-Assign": "FALSE"},
        "body": {"WhoId": "@{person1.id}"},
    }


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize("many", [1, 30], ids=["alone", "in_a_collection"])
def test_text_that_looks_like_a_reference_refers_to_nothing(many: int):
    """Salesforce would resolve it, or refuse the whole request because it cannot."""
    fields = {"Description": "mail me @{home} or @{person1.id}", "WhoId": "@{person1.id}"}
    tasks = [NewRecord(ref=f"task{i}", object_type="Task", fields=fields) for i in range(many)]
    rest = Canned({"compositeResponse": []})

    with pytest.raises(OutcomeUnknown):
        RecordWrites(rest).send(GRANT, [LEAD, *tasks], OrgRules())

    body = rest.asked[0][1]["compositeRequest"][1]["body"]
    sent = body["records"][0] if many > 1 else body
    assert sent["Description"] == "mail me @(home} or @(person1.id}"
    assert sent["WhoId"] == "@{person1.id}"


def test_created_records_are_applied_in_the_order_of_the_request():
    answer = send([LEAD, TASK], created("task1", "00T1"), created("person1", "00Q1"))

    assert answer.applied
    assert answer.results == (
        Applied(ref="person1", id="00Q1"),
        Applied(ref="task1", id="00T1"),
    )


@pytest.mark.rule("SH-1")
def test_a_success_beside_a_refusal_was_rolled_back():
    answer = send([LEAD, TASK], created("person1", "00Q1"), refused("task1", "STRING_TOO_LONG"))

    assert answer.results == (
        Refused(
            ref="person1",
            code="PROCESSING_HALTED",
            message="rolled back with a refused record",
            rolled_back=True,
        ),
        Refused(ref="task1", code="STRING_TOO_LONG", message="no", fields=("F",)),
    )


def test_a_halted_record_is_marked_as_gone_along():
    answer = send([LEAD, TASK], refused("person1", "INVALID_FIELD"), sub("task1", 400, [HALTED]))

    assert [result.rolled_back for result in answer.results] == [False, True]


def test_when_nobody_is_to_blame_every_record_is_refused():
    answer = send([LEAD, TASK], sub("person1", 400, [HALTED]), sub("task1", 400, [HALTED]))

    assert [result.rolled_back for result in answer.results] == [False, False]


def test_an_error_of_the_server_for_one_record_is_its_refusal():
    answer = send([LEAD], refused("person1", "UNKNOWN_EXCEPTION", status=500))

    assert answer.results[0].code == "UNKNOWN_EXCEPTION"


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        pytest.param("UNABLE_TO_LOCK_ROW", "locked", Retryable, id="lock"),
        pytest.param("REQUEST_LIMIT_EXCEEDED", "TotalRequests", BudgetSpent, id="budget"),
        pytest.param("SERVER_UNAVAILABLE", "later", Retryable, id="unavailable"),
    ],
)
def test_a_refusal_of_the_moment_is_tried_again(code, message, expected):
    with pytest.raises(expected):
        send([LEAD], refused("person1", code, message))


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no_response"),
        pytest.param([], id="a_list"),
        pytest.param({"compositeResponse": []}, id="a_record_is_missing"),
        pytest.param({"compositeResponse": [{"referenceId": "person1"}]}, id="no_status"),
        pytest.param({"compositeResponse": [sub("person1", 201, None)]}, id="no_body"),
        pytest.param({"compositeResponse": [sub("person1", 201, {})]}, id="no_id"),
        pytest.param({"compositeResponse": [sub("person1", 400, [])]}, id="no_error"),
        pytest.param({"compositeResponse": "x"}, id="text"),
    ],
)
def test_an_answer_that_does_not_say_what_happened_is_unknown(body):
    with pytest.raises(OutcomeUnknown):
        RecordWrites(Canned(body)).send(GRANT, [LEAD], OrgRules())


def many_tasks(count):
    return [
        NewRecord(ref=f"task{i}", object_type="Task", fields={"WhoId": "@{person1.id}"})
        for i in range(count)
    ]


def test_more_than_25_records_go_into_one_collection_behind_the_person():
    rows = [{"id": f"00T{i}", "success": True, "errors": []} for i in range(30)]
    rest = Canned({"compositeResponse": [created("person1", "00Q"), sub("collection", 200, rows)]})

    answer = RecordWrites(rest).send(GRANT, [LEAD, *many_tasks(30)], OrgRules())

    subrequests = rest.asked[0][1]["compositeRequest"]
    assert [entry["referenceId"] for entry in subrequests] == ["person1", "collection"]
    assert subrequests[1]["body"]["allOrNone"] is True
    assert subrequests[1]["body"]["records"][0] == {
        "attributes": {"type": "Task"},
        "WhoId": "@{person1.id}",
    }
    assert answer.results[30] == Applied(ref="task29", id="00T29")


def test_one_bad_row_of_a_collection_takes_all_with_it():
    rows = [
        {"success": False, "errors": [{"statusCode": "STRING_TOO_LONG", "message": "x"}]},
        *(
            {"success": False, "errors": [{"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK"}]}
            for _ in range(29)
        ),
    ]
    answer = send([LEAD, *many_tasks(30)], created("person1", "00Q"), sub("collection", 200, rows))

    assert [result.rolled_back for result in answer.results] == [True, False, *[True] * 29]
    assert answer.results[1].code == "STRING_TOO_LONG"


def test_more_people_than_one_request_can_name_are_refused_before_sending():
    people = [
        NewRecord(ref=f"person{i}", object_type="Lead", fields={"LastName": "x"}) for i in range(25)
    ]
    tasks = [
        NewRecord(ref=f"task{i}", object_type="Task", fields={"WhoId": f"@{{person{i}.id}}"})
        for i in range(25)
    ]
    rest = Canned({})

    with pytest.raises(Permanent, match="at most 24 people"):
        RecordWrites(rest).send(GRANT, [*people, *tasks], OrgRules())

    assert rest.asked == []


@pytest.mark.rule("SH-1", "SH-7")
def test_tasks_are_looked_for_by_their_keys_since_a_time():
    rest = Canned({"done": True, "records": []})

    RecordQueries(rest).find_tasks(GRANT, ["sh1:a", "sh1:b"], datetime(2026, 11, 20, tzinfo=UTC))

    assert rest.asked[0][1]["q"] == (
        "SELECT Id, CallObject, WhoId, WhatId, OwnerId FROM Task "
        "WHERE CallObject IN ('sh1:a', 'sh1:b') AND CreatedDate >= 2026-11-20T00:00:00Z "
        "ORDER BY CreatedDate, Id"
    )


def test_no_keys_need_no_request():
    rest = Canned({})

    found = RecordQueries(rest).find_tasks(GRANT, [], datetime(2026, 11, 20, tzinfo=UTC))

    assert (found, rest.asked) == ((), [])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"done": False, "records": []}, Permanent, id="more_pages"),
        pytest.param({"done": True}, Retryable, id="no_records"),
        pytest.param({"done": True, "records": [{}]}, Retryable, id="half_a_record"),
    ],
)
def test_an_incomplete_look_up_never_says_not_found(body, expected):
    with pytest.raises(expected):
        RecordQueries(Canned(body)).find_tasks(GRANT, ["k"], datetime(2026, 1, 1, tzinfo=UTC))


def named(record_id, object_type="Contact", confidence=100.0):
    attributes = {"type": object_type, "url": f"/services/data/v62.0/sobjects/{record_id}"}
    record = {"attributes": attributes, "Id": record_id}
    return {"matchConfidence": confidence, "record": record}


@pytest.mark.rule("AC-9")
@pytest.mark.parametrize("key", ["duplicateResult", "duplicateResut"], ids=["now", "v50"])
def test_a_duplicate_rule_names_records_best_match_first(key: str):
    said = {
        "allowSave": True,
        "matchResults": [
            {"matchRecords": [named("0031", confidence=80.0)]},
            {"matchRecords": [named("00Q1", "Lead", 95.5)]},
        ],
    }
    error = {"errorCode": "DUPLICATES_DETECTED", "message": "Use one.", key: said}

    answer = send([LEAD, TASK], sub("person1", 400, [error]), sub("task1", 400, [HALTED]))

    person = answer.results[0]
    assert [(one.type, one.id) for one in person.existing] == [
        ("Lead", "00Q1"),
        ("Contact", "0031"),
    ]
    assert person.may_be_overruled


@pytest.mark.rule("AC-9")
@pytest.mark.parametrize(
    "said",
    [
        pytest.param({}, id="says_nothing"),
        pytest.param({"duplicateResult": None}, id="null"),
        pytest.param({"duplicateResult": {"matchResults": None}}, id="no_results"),
        pytest.param({"duplicateResult": {"matchResults": [{"matchRecords": []}]}}, id="hidden"),
    ],
)
def test_a_duplicate_rule_may_name_nobody(said):
    error = {"errorCode": "DUPLICATES_DETECTED", "message": "Use one.", **said}

    answer = send([LEAD], sub("person1", 400, [error]))

    assert (answer.results[0].existing, answer.results[0].may_be_overruled) == ((), False)


@pytest.mark.rule("CX-59", "AC-9")
@pytest.mark.parametrize(
    ("rules", "headers"),
    [
        pytest.param(OrgRules(), {"Sforce-Auto-Assign": "FALSE"}, id="as_usual"),
        pytest.param(OrgRules(assignment=True), {}, id="assignment_rules_run"),
        pytest.param(
            OrgRules(assignment=True, save_duplicates=True),
            {"Sforce-Duplicate-Rule-Header": "allowSave=true"},
            id="warnings_are_overruled",
        ),
    ],
)
def test_the_orgs_rules_are_said_for_the_request_and_each_part(rules, headers):
    rest = Canned({"compositeResponse": [created("person1", "00Q1")]})

    RecordWrites(rest).send(GRANT, [LEAD], rules)

    ((_, body, sent, _),) = rest.asked
    assert sent == headers
    assert [part["httpHeaders"] for part in body["compositeRequest"]] == [headers]
