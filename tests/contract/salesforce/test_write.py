"""Writing against a running org, with and without trouble."""

import traceback
from datetime import UTC, datetime, timedelta

import pytest

from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.adapters.salesforce.queries import RecordQueries
from switchhook.adapters.salesforce.session import Bounds, DataSession, RestApi
from switchhook.adapters.salesforce.write import RecordWrites
from switchhook.domain.activity import RecordRef
from switchhook.domain.crm import Applied, NewRecord, OrgRules, Refused
from switchhook.domain.errors import (
    BudgetSpent,
    NotDelivered,
    OutcomeUnknown,
    Permanent,
    Retryable,
    SessionExpired,
)

pytestmark = [pytest.mark.org, pytest.mark.rule("SH-1")]

KEY = "sh1:abcdefghijklmnopqrstuvwxyz"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def writer(org):
    return RecordWrites(org.rest)


@pytest.fixture
def records(org):
    return RecordQueries(org.rest)


def lead(**fields):
    return NewRecord(
        ref="person1", object_type="Lead", fields={"LastName": "Byron", "Company": "B"} | fields
    )


def task(**fields):
    return NewRecord(
        ref="task1",
        object_type="Task",
        fields={"Subject": "Call", "CallObject": KEY, "WhoId": "@{person1.id}"} | fields,
    )


def tasks_in(org, grant):
    return org.count("SELECT Id FROM Task", grant)


def test_a_person_and_a_task_on_it_are_made_in_one_counted_request(org, grant, writer, records):
    before = len(org.requests_to("/composite"))

    answer = writer.send(grant, [lead(), task()], OrgRules())

    (found,) = records.find_tasks(grant, [KEY], LONG_AGO)
    person, call = answer.results
    assert (found.id, found.who_id, found.key) == (call.id, person.id, KEY)
    assert found.owner_id == grant.user_id
    assert len(org.requests_to("/composite")) - before == 1
    assert answer.usage is not None
    assert answer.usage.limit == 100_000


def test_one_refused_record_leaves_nothing_behind(org, grant, writer):
    answer = writer.send(grant, [lead(), task(Subject="x" * 300)], OrgRules())

    person, call = answer.results
    assert isinstance(person, Refused)
    assert person.rolled_back
    assert (call.code, call.rolled_back) == ("STRING_TOO_LONG", False)
    assert org.count("SELECT Id FROM Lead", grant) == 0


def test_thirty_tasks_travel_in_one_request(org, grant, writer, records):
    many = [
        NewRecord(
            ref=f"task{i}",
            object_type="Task",
            fields={"Subject": "Call", "CallObject": f"{KEY}{i}", "WhoId": "@{person1.id}"},
        )
        for i in range(30)
    ]

    answer = writer.send(grant, [lead(), *many], OrgRules())

    found = records.find_tasks(grant, [f"{KEY}{i}" for i in range(30)], LONG_AGO)
    assert answer.applied
    assert {each.id for each in found} == {each.id for each in answer.results[1:]}


def test_assignment_rules_do_not_replace_the_owner(org, grant, writer):
    (other,) = org.load(("User", {"LastName": "Other", "Username": "o@example.com"}))
    org.settings(assignment_rules=[{"object": "Lead", "owner_id": other}])

    answer = writer.send(grant, [lead()], OrgRules())

    query = f"SELECT Id FROM Lead WHERE Id = '{answer.results[0].id}' AND OwnerId = '{other}'"
    assert org.count(query, grant) == 0


@pytest.mark.rule("CX-59")
def test_assignment_rules_replace_the_owner_where_they_are_wanted(org, grant, writer):
    (other,) = org.load(("User", {"LastName": "Other", "Username": "o@example.com"}))
    org.settings(assignment_rules=[{"object": "Lead", "owner_id": other}])

    answer = writer.send(grant, [lead()], OrgRules(assignment=True))

    query = f"SELECT Id FROM Lead WHERE Id = '{answer.results[0].id}' AND OwnerId = '{other}'"
    assert org.count(query, grant) == 1


@pytest.mark.rule("AC-9")
@pytest.mark.parametrize(("action", "warns"), [("alert", True), ("block", False)])
def test_a_duplicate_rule_names_the_record_that_is_there(org, grant, writer, action, warns):
    (existing,) = org.load(("Lead", {"LastName": "Byron", "Company": "B"}))
    org.settings(duplicate_rules=[{"object": "Lead", "fields": ["LastName"], "action": action}])

    answer = writer.send(grant, [lead(), task()], OrgRules())

    refused, went_along = answer.results
    assert (refused.code, refused.may_be_overruled) == ("DUPLICATES_DETECTED", warns)
    assert refused.existing == (RecordRef(type="Lead", id=existing),)
    assert went_along.rolled_back
    assert tasks_in(org, grant) == 0


@pytest.mark.rule("AC-9")
@pytest.mark.parametrize(("action", "saved"), [("alert", True), ("block", False)])
def test_only_a_duplicate_rule_that_warns_can_be_overruled(org, grant, writer, action, saved):
    org.load(("Lead", {"LastName": "Byron", "Company": "B"}))
    org.settings(duplicate_rules=[{"object": "Lead", "fields": ["LastName"], "action": action}])

    answer = writer.send(grant, [lead(), task()], OrgRules(save_duplicates=True))

    assert answer.applied is saved


@pytest.mark.rule("AC-13", "AC-19")
def test_a_contact_its_case_and_the_task_on_both_are_made_together(org, grant, writer, records):
    contact = NewRecord(ref="person1", object_type="Contact", fields={"LastName": "Byron"})
    case = NewRecord(
        ref="case1",
        object_type="Case",
        fields={"Subject": "A call", "Origin": "Phone", "ContactId": "@{person1.id}"},
    )

    answer = writer.send(grant, [contact, case, task(WhatId="@{case1.id}")], OrgRules())

    (found,) = records.find_tasks(grant, [KEY], LONG_AGO)
    person, made, _ = answer.results
    assert (found.who_id, found.what_id) == (person.id, made.id)
    assert org.count(f"SELECT Id FROM Case WHERE ContactId = '{person.id}'", grant) == 1


def test_tasks_from_before_are_not_found(org, grant, writer, records):
    writer.send(grant, [lead(), task()], OrgRules())

    assert records.find_tasks(grant, [KEY], datetime.now(UTC) + timedelta(minutes=1)) == ()
    assert records.find_tasks(grant, ["sh1:another"], LONG_AGO) == ()


CLEAN = [
    pytest.param("lock_row", Retryable, id="locked_row"),
    pytest.param("limit_exceeded", BudgetSpent, id="spent_budget"),
    pytest.param("revoke", SessionExpired, id="revoked_session"),
]


@pytest.mark.parametrize(("effect", "expected"), CLEAN)
def test_a_clean_refusal_wrote_nothing(org, grant, writer, effect, expected):
    org.fault(effect, path="/composite")

    with pytest.raises(expected) as refused:
        writer.send(grant, [lead(), task()], OrgRules())

    assert type(refused.value) is expected
    assert tasks_in(org, org.grant()) == 0


UNKNOWN = [
    pytest.param("status_503", 0, id="unavailable_and_nothing_written"),
    pytest.param("html_502", 0, id="html_and_nothing_written"),
    pytest.param("drop_before", 0, id="cut_before_writing"),
    pytest.param("drop_after", 1, id="cut_after_writing"),
    pytest.param("commit_then_timeout", 1, id="no_answer_after_writing"),
]


@pytest.mark.parametrize(("effect", "written"), UNKNOWN)
def test_without_a_clean_answer_the_outcome_is_unknown(
    org, grant, writer, effect, written, records
):
    org.fault(effect, path="/composite")

    with pytest.raises(OutcomeUnknown):
        writer.send(grant, [lead(), task()], OrgRules())

    assert len(records.find_tasks(grant, [KEY], LONG_AGO)) == written


def test_a_closed_door_means_that_nothing_was_delivered(grant, monkeypatch):
    hosts = SalesforceHosts(local="localhost:1")
    bounds = Bounds(hosts=hosts, connect_timeout_s=1, read_timeout_s=1)
    nobody = type(grant)(
        tenant="t-1",
        generation=1,
        access_token="x",
        instance_url="https://localhost:1",
        org_id="00D",
        user_id="005",
    )
    with DataSession(bounds) as session, pytest.raises(NotDelivered):
        RecordWrites(RestApi(session)).send(nobody, [lead()], OrgRules())


def test_an_untrusted_certificate_means_that_nothing_was_delivered(org, grant, writer, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")

    with pytest.raises(NotDelivered):
        writer.send(grant, [lead()], OrgRules())


@pytest.mark.parametrize(
    "effect", ["status_503", "html_502", "drop_before", "drop_after", "commit_then_timeout"]
)
def test_a_read_in_trouble_is_simply_tried_again(org, grant, effect, records):
    org.fault(effect, path="/query")

    with pytest.raises(Retryable) as postponed:
        records.find_tasks(grant, [KEY], LONG_AGO)

    assert type(postponed.value) is Retryable


@pytest.mark.rule("SH-7")
def test_the_orgs_unique_field_refuses_a_second_task(org, grant, writer):
    org.settings(external_id_field=True)
    fields = {"Switchhook_Key__c": KEY}
    first = writer.send(grant, [lead(), task(**fields)], OrgRules())

    second = writer.send(grant, [lead(), task(**fields)], OrgRules())

    assert isinstance(first.results[1], Applied)
    assert second.results[1].code == "DUPLICATE_VALUE"


def test_a_reference_to_a_record_that_is_gone_is_refused_by_name(org, grant, writer):
    answer = writer.send(grant, [task(WhoId="003000000000001AAA")], OrgRules())

    assert isinstance(answer.results[0], Refused)
    assert answer.results[0].rolled_back is False


@pytest.mark.rule("SH-10")
@pytest.mark.parametrize("effect", ["html_502", "drop_before", "commit_then_timeout"])
def test_an_error_printed_whole_shows_neither_query_nor_token(org, grant, effect, records):
    org.fault(effect, path="/query")

    with pytest.raises(Retryable) as postponed:
        records.find_tasks(grant, [KEY], LONG_AGO)

    printed = "".join(traceback.format_exception(postponed.value))
    assert KEY not in printed
    assert grant.access_token not in printed


def test_a_foreign_address_never_gets_the_token(org, grant):
    foreign = type(grant)(
        tenant="t-1",
        generation=1,
        access_token="secret",
        instance_url="https://evil.example",
        org_id="00D",
        user_id="005",
    )

    with pytest.raises(Permanent) as refused:
        org.rest.get(foreign, "limits/")

    assert refused.value.code == "host_not_allowed"
