"""Composite and collections: many writes in one call, together or each for itself."""

import pytest

V = "/services/data/v62.0"
HALTED = {
    "message": "The transaction was rolled back since another operation in the same transaction"
    " failed.",
    "errorCode": "PROCESSING_HALTED",
}
BAD_EMAIL = {
    "message": "Email: invalid email address: no",
    "errorCode": "INVALID_EMAIL_ADDRESS",
    "fields": ["Email"],
}


def sub(reference_id, method, url, body=None, **more):
    entry = {"referenceId": reference_id, "method": method, "url": V + url, **more}
    return entry if body is None else {**entry, "body": body}


def composite(rest, *subrequests, all_or_none=None):
    body = {"compositeRequest": list(subrequests)}
    if all_or_none is not None:
        body["allOrNone"] = all_or_none
    answer = rest.call("POST", "/composite", body)
    assert answer.status_code == 200, answer.text
    return answer.json()["compositeResponse"]


GOOD = sub("good", "POST", "/sobjects/Account", {"Name": "Vidre"})
BAD = sub("bad", "POST", "/sobjects/Contact", {"LastName": "F", "Email": "no"})


def test_later_subrequests_use_what_earlier_ones_made(rest):
    """A create's id is lower case, a read's fields have their real names."""
    results = composite(
        rest,
        GOOD,
        sub("who", "POST", "/sobjects/Contact", {"LastName": "F", "AccountId": "@{good.id}"}),
        sub("found", "GET", "/query?q=SELECT Id, AccountId FROM Contact WHERE Id = '@{who.id}'"),
        sub("row", "GET", "/sobjects/Account/@{found.records[0].AccountId}?fields=Name"),
        all_or_none=True,
    )

    assert [r["httpStatusCode"] for r in results] == [201, 201, 200, 200]
    assert results[3]["body"]["Name"] == "Vidre"
    account = results[0]["body"]["id"]
    assert results[0] == {
        "body": {"id": account, "success": True, "errors": []},
        "httpHeaders": {"Location": f"{V}/sobjects/Account/{account}"},
        "httpStatusCode": 201,
        "referenceId": "good",
    }


@pytest.mark.parametrize("order", [(GOOD, BAD), (BAD, GOOD)], ids=["before", "after"])
def test_with_all_or_none_one_failure_undoes_everything(rest, order):
    """The status stays 200; the others read PROCESSING_HALTED."""
    results = composite(rest, *order, all_or_none=True)

    by_id = {r["referenceId"]: r for r in results}
    assert by_id["bad"]["body"] == [BAD_EMAIL]
    assert by_id["good"]["body"] == [HALTED]
    assert [r["httpStatusCode"] for r in results] == [400, 400]
    assert [r["referenceId"] for r in results] == [s["referenceId"] for s in order]
    assert rest.query("SELECT Id FROM Account") == []


def test_without_all_or_none_a_failure_halts_its_dependents_only(rest):
    """The rest is stored."""
    results = composite(
        rest, BAD, sub("dependent", "GET", "/sobjects/Contact/@{bad.id}"), GOOD, all_or_none=False
    )

    assert [r["httpStatusCode"] for r in results] == [400, 400, 201]
    assert results[1]["body"] == [
        {
            "message": "Invalid reference specified. No value for bad.id found in bad",
            "errorCode": "PROCESSING_HALTED",
        }
    ]


def test_a_field_that_was_not_answered_cannot_be_referred_to(rest):
    """The message tells how reference ids are written."""
    results = composite(rest, GOOD, sub("next", "GET", "/sobjects/Account/@{good.Name}"))

    assert results[1]["body"][0]["message"] == (
        "Invalid reference specified. No value for good.Name found in good. Provided referenceId"
        " ('good.Name') must start with a letter or a number, and it can contain only letters,"
        " numbers and underscores ('_')."
    )


def test_a_null_may_be_referred_to(rest):
    """It stays null."""
    contact = rest.create("Contact", LastName="F")

    results = composite(
        rest,
        sub("who", "GET", f"/sobjects/Contact/{contact}?fields=AccountId"),
        sub("task", "POST", "/sobjects/Task", {"WhoId": contact, "WhatId": "@{who.AccountId}"}),
    )

    assert rest.row("Task", results[1]["body"]["id"])["WhatId"] is None


def test_missing_objects_and_types_read_as_in_a_single_call(rest):
    """Errors are lists inside the result."""
    results = composite(
        rest,
        sub("a", "GET", "/sobjects/Foo"),
        sub("b", "GET", "/query/?q=select count() from XYZZY"),
    )

    assert results[0]["body"] == [
        {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}
    ]
    assert (results[0]["httpStatusCode"], results[1]["httpStatusCode"]) == (404, 400)
    assert results[1]["body"][0]["errorCode"] == "INVALID_TYPE"


def test_headers_of_a_subrequest_hold_for_it_alone(rest):
    """Assignment rules are switched off for one of two cases."""
    desk = rest.load("Group", Name="Desk", Type="Queue")
    rest.settings(assignment_rules=[{"object": "Case", "owner_id": desk}])

    composite(
        rest,
        sub("a", "POST", "/sobjects/Case", {}, httpHeaders={"Sforce-Auto-Assign": "FALSE"}),
        sub("b", "POST", "/sobjects/Case", {}),
    )

    owners = [r["OwnerId"] for r in rest.query("SELECT OwnerId FROM Case ORDER BY Id")]
    assert owners == [rest.org.store.admin_id, desk]


def test_search_is_not_allowed_inside(rest):
    """Only batch could hold one."""
    results = composite(rest, sub("a", "GET", "/search?q=FIND {x}"))

    assert results[0]["httpStatusCode"] == 400


@pytest.mark.parametrize(
    "subrequests",
    [
        pytest.param([], id="nothing"),
        pytest.param([GOOD | {"referenceId": f"r{n}"} for n in range(26)], id="more_than_25"),
        pytest.param(
            [sub(f"q{n}", "GET", "/query?q=x") for n in range(6)], id="more_than_5_queries"
        ),
        pytest.param([GOOD, GOOD], id="the_same_reference_id_twice"),
        pytest.param([GOOD | {"referenceId": "a.b"}], id="a_reference_id_with_a_dot"),
        pytest.param([GOOD | {"referenceId": "_a"}], id="a_reference_id_beginning_with_underscore"),
        pytest.param([GOOD | {"url": "/sobjects/Account"}], id="a_url_without_version"),
        pytest.param([GOOD | {"method": "post"}], id="a_method_in_lower_case"),
        pytest.param([GOOD | {"httpHeaders": {"Accept": "x"}}], id="a_header_that_is_forbidden"),
    ],
)
def test_a_malformed_composite_is_refused_as_a_whole(rest, subrequests):
    """Status 400 before anything runs."""
    answer = rest.call("POST", "/composite", {"compositeRequest": subrequests})

    assert answer.status_code == 400
    assert rest.query("SELECT Id FROM Account") == []


def test_more_than_25_operations_are_refused_in_the_form_of_a_composite(rest):
    """One result without a reference id, and nothing is done."""
    many = [GOOD | {"referenceId": f"r{n}"} for n in range(26)]

    answer = rest.call("POST", "/composite", {"compositeRequest": many})

    assert answer.json() == {
        "compositeResponse": [
            {
                "body": [
                    {
                        "message": "The request can\u2019t contain more than 25 operations.",
                        "errorCode": "LIMIT_EXCEEDED",
                    }
                ],
                "httpHeaders": {},
                "httpStatusCode": 400,
                "referenceId": None,
            }
        ]
    }


def test_a_composite_costs_one_call(rest):
    """However many subrequests it has."""
    before = rest.org.usage.used
    composite(rest, GOOD, BAD)

    assert rest.org.usage.used - before == 1


def record(sobject, **fields):
    return {**fields, "attributes": {"type": sobject}}


ROLLED_BACK = {
    "success": False,
    "errors": [
        {
            "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "message": "Record rolled back because not all records were valid and the request was"
            " using AllOrNone header",
            "fields": [],
        }
    ],
}
FAILED = {
    "success": False,
    "errors": [
        {
            "statusCode": "INVALID_EMAIL_ADDRESS",
            "message": "Email: invalid email address: no",
            "fields": ["Email"],
        }
    ],
}


@pytest.mark.parametrize(("all_or_none", "stored"), [(False, 1), (True, 0)], ids=["each", "all"])
def test_a_collection_stores_what_is_right_or_nothing(rest, all_or_none, stored):
    """Status 200 either way, outcomes in the order of the records."""
    records = [record("Contact", LastName="F", Email="no"), record("Account", Name="Vidre")]

    answer = rest.call(
        "POST", "/composite/sobjects", {"allOrNone": all_or_none, "records": records}
    )

    assert answer.status_code == 200
    first, second = answer.json()
    assert first == FAILED
    assert (second == ROLLED_BACK) is all_or_none
    assert len(rest.query("SELECT Id FROM Account")) == stored


def test_a_collection_updates_and_deletes(rest):
    """Ids may be written `id`; a row that is not there is a bad reference."""
    a, b = rest.create("Account", Name="A"), rest.create("Contact", LastName="B")
    missing = "001zz0000000001AAA"

    updated = rest.ask(
        "PATCH",
        "/composite/sobjects",
        {
            "records": [
                {"id": a, **record("Account", Name="A2")},
                {"Id": b, **record("Contact", LastName="B2")},
                {"id": missing, **record("Account", Name="x")},
            ]
        },
    )
    deleted = rest.ask("DELETE", f"/composite/sobjects?ids={a},{b}")

    assert [e["success"] for e in updated] == [True, True, False]
    assert updated[2]["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    assert deleted == [
        {"id": a, "success": True, "errors": []},
        {"id": b, "success": True, "errors": []},
    ]
    assert rest.query("SELECT Id FROM Account") == []


def test_a_collection_upserts_by_id_and_a_null_id_creates(rest):
    """As clients that load data do."""
    a = rest.create("Account", Name="A")

    outcome = rest.ask(
        "PATCH",
        "/composite/sobjects/Account/Id",
        {"records": [record("Account", Id=a, Name="A2"), record("Account", Id=None, Name="B")]},
    )

    assert [e["created"] for e in outcome] == [False, True]
    assert sorted(r["Name"] for r in rest.query("SELECT Name FROM Account")) == ["A2", "B"]


def test_a_collection_inside_all_or_none_reads_as_stored_and_is_not(rest):
    """Whatever its own flag says, one failed entry undoes the composite."""
    body = {"records": [record("Account", Name="A"), record("Contact", LastName="F", Email="no")]}

    results = composite(
        rest,
        sub("many", "POST", "/composite/sobjects", {**body, "allOrNone": False}),
        sub("next", "POST", "/sobjects/Account", {"Name": "B"}),
        all_or_none=True,
    )

    assert results[0]["httpStatusCode"] == 200
    assert [e["success"] for e in results[0]["body"]] == [True, False]
    assert results[1]["body"] == [HALTED]
    assert rest.query("SELECT Id FROM Account") == []


def test_more_than_two_hundred_records_are_refused(rest):
    """The whole call fails."""
    records = [record("Account", Name=str(n)) for n in range(201)]

    answer = rest.call("POST", "/composite/sobjects", {"records": records})

    assert (answer.status_code, rest.query("SELECT Id FROM Account")) == (400, [])
    assert answer.json() == [
        {
            "message": "record limit reached. cannot submit more than 200 records into this call",
            "errorCode": "EXCEEDED_ID_LIMIT",
        }
    ]


def test_a_collection_upserts_by_an_external_id(rest):
    """A record of another type or without the key fails alone."""
    rest.settings(external_id_field=True)

    outcome = rest.ask(
        "PATCH",
        "/composite/sobjects/Task/Switchhook_Key__c",
        {
            "records": [
                record("Task", Subject="One", Switchhook_Key__c="k-1"),
                record("Task", Subject="Two", Switchhook_Key__c="k-2"),
                record("Case", Switchhook_Key__c="k-1"),
                record("Task", Subject="Three"),
            ]
        },
    )

    assert [e.get("created") for e in outcome] == [True, True, False, False]
    assert [e["errors"][0]["statusCode"] for e in outcome[2:]] == [
        "INVALID_TYPE",
        "MISSING_ARGUMENT",
    ]
    assert [r["Subject"] for r in rest.query("SELECT Subject FROM Task")] == ["One", "Two"]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        pytest.param({"Name": "A"}, "JSON_PARSER_ERROR", id="no_type"),
        pytest.param(record("Shoe", Name="A"), "INVALID_TYPE", id="unknown_type"),
        pytest.param(record("Account", Name="A"), "MISSING_ARGUMENT", id="no_id"),
        pytest.param(record("Account", Id="003zz0000000001AAA"), "MALFORMED_ID", id="wrong_id"),
    ],
)
def test_an_entry_that_names_no_record_fails_alone(rest, entry, code):
    """The one beside it is changed."""
    account = rest.create("Account", Name="A")

    outcome = rest.ask(
        "PATCH",
        "/composite/sobjects",
        {"records": [entry, record("Account", Id=account, Name="B")]},
    )

    assert outcome[0]["errors"][0]["statusCode"] == code
    assert (outcome[1]["success"], rest.row("Account", account)["Name"]) == (True, "B")
