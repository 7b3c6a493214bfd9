"""Collections: retrieving, deleting, upserting, and how much fits into one call."""

import pytest


def record(sobject, **fields):
    return {**fields, "attributes": {"type": sobject}}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_records_are_retrieved_in_the_order_asked_for(rest, method):
    """A missing or deleted one is null; ids may have 15 characters."""
    a, b = rest.create("Account", Name="A"), rest.create("Account", Name="B")
    gone = rest.create("Account", Name="C")
    rest.call("DELETE", f"/sobjects/Account/{gone}")
    ids = [b[:15], "001zz0000000001AAA", a, gone]

    if method == "GET":
        params = {"ids": ",".join(ids), "fields": "id,name"}
        found = rest.ask("GET", "/composite/sobjects/Account", params=params)
    else:
        found = rest.ask(
            "POST", "/composite/sobjects/Account", {"ids": ids, "fields": ["Id", "Name"]}
        )

    assert [None if f is None else f["Name"] for f in found] == ["B", None, "A", None]
    assert found[2] == {
        "attributes": {"type": "Account", "url": f"/services/data/v62.0/sobjects/Account/{a}"},
        "Id": a,
        "Name": "A",
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"ids": ["nonsense"], "fields": ["Id"]}, "MALFORMED_ID", id="no_id"),
        pytest.param(
            {"ids": ["003zz0000000001AAA"], "fields": ["Id"]}, "MALFORMED_ID", id="wrong_kind"
        ),
        pytest.param({"ids": [], "fields": ["Shoe"]}, "INVALID_FIELD", id="unknown_field"),
        pytest.param({"ids": [], "fields": []}, "MISSING_ARGUMENT", id="no_fields"),
        pytest.param({"fields": ["Id"]}, "JSON_PARSER_ERROR", id="no_list"),
        pytest.param(
            {"ids": ["001zz0000000001AAA"] * 2001, "fields": ["Id"]},
            "EXCEEDED_ID_LIMIT",
            id="more_than_2000",
        ),
    ],
)
def test_a_malformed_retrieve_is_refused_as_a_whole(rest, body, code):
    """Status 400."""
    answer = rest.call("POST", "/composite/sobjects/Account", body)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def alternating(runs):
    """Records whose type changes `runs` minus one times."""
    pair = (record("Account", Name="A"), record("Contact", LastName="B"))
    return [pair[n % 2] for n in range(runs) for _ in range(2)]


@pytest.mark.parametrize(("runs", "status", "stored"), [(10, 200, 10), (11, 400, 0)])
def test_at_most_ten_runs_of_one_type_fit(rest, runs, status, stored):
    """The whole call is refused beyond; sorted by type, as many records as wanted fit."""
    answer = rest.call("POST", "/composite/sobjects", {"records": alternating(runs)})

    assert answer.status_code == status
    assert len(rest.query("SELECT Id FROM Account")) == stored


@pytest.mark.parametrize("flag", ["true", "false"])
def test_a_delete_may_be_all_or_none(rest, flag):
    """The flag stands in the address."""
    a = rest.create("Account", Name="A")

    first, second = rest.ask(
        "DELETE", f"/composite/sobjects?ids={a},001zz0000000001AAA&allOrNone={flag}"
    )

    assert first["success"] is (flag == "false")
    assert second["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    assert len(rest.query("SELECT Id FROM Account")) == (flag == "true")


def test_a_delete_needs_ids(rest):
    """The whole call is refused."""
    assert rest.call("DELETE", "/composite/sobjects").status_code == 400


def test_records_are_upserted_by_email(rest):
    """A field that looks records up is enough; a value two records share fails alone."""
    rest.create("Contact", LastName="One", Email="one@oak.example")
    twins = [rest.create("Contact", LastName="T", Email="two@oak.example") for _ in range(2)]

    outcome = rest.ask(
        "PATCH",
        "/composite/sobjects/Contact/Email",
        {
            "records": [
                record("Contact", LastName="Uno", Email="ONE@oak.example"),
                record("Contact", LastName="New", Email="new@oak.example"),
                record("Contact", LastName="Due", Email="two@oak.example"),
            ]
        },
    )

    assert [e.get("created") for e in outcome] == [False, True, False]
    assert outcome[2]["errors"] == [
        {
            "statusCode": "DUPLICATE_EXTERNAL_ID",
            "message": "Email: more than one record found for external id field:"
            f" [{', '.join(twins)}]",
            "fields": ["Email"],
        }
    ]
    names = [r["LastName"] for r in rest.query("SELECT LastName FROM Contact ORDER BY LastName")]
    assert names == ["New", "T", "T", "Uno"]


def test_a_single_type_that_is_wrong_names_the_field(rest):
    """An id of another object."""
    account = rest.create("Account", Name="A")

    (entry,) = rest.ask(
        "PATCH",
        "/composite/sobjects/Contact/Id",
        {"records": [record("Contact", Id=account, LastName="x")]},
    )

    assert entry["errors"][0]["statusCode"] == "MALFORMED_ID"
    assert entry["errors"][0]["fields"] == ["Id"]


def test_collections_came_with_version_42(rest):
    """Before, there was no such resource."""
    old = rest.base.replace("v62.0", "v41.0")

    assert rest.call("POST", f"{old}/composite/sobjects", {"records": []}).status_code == 404


def test_an_external_id_that_comes_twice_is_written_not_at_all(rest):
    """Both rows fail, whatever case they are in; the others are written."""
    rest.settings(external_id_field=True)

    outcome = rest.ask(
        "PATCH",
        "/composite/sobjects/Task/Switchhook_Key__c",
        {
            "records": [
                record("Task", Subject=key, Switchhook_Key__c=key) for key in ("a", "b", "a")
            ]
        },
    )

    assert [entry["success"] for entry in outcome] == [False, True, False]
    assert outcome[0] == outcome[2]
    assert outcome[0]["errors"] == [
        {
            "statusCode": "DUPLICATE_VALUE",
            "message": "Duplicate external id specified: a",
            "fields": ["Switchhook_Key__c"],
        }
    ]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_an_id_that_comes_twice_is_written_once(rest, method):
    """The second row fails, also if its id is the short one."""
    account = rest.create("Account", Name="A")
    ids = (account, account[:15])

    outcome = (
        rest.ask("DELETE", f"/composite/sobjects?ids={','.join(ids)}")
        if method == "DELETE"
        else rest.ask(
            "PATCH",
            "/composite/sobjects",
            {"records": [record("Account", Id=i, Name=i) for i in ids]},
        )
    )

    assert [entry["success"] for entry in outcome] == [True, False]
    assert outcome[1]["errors"][0]["message"] == f"Duplicate id specified: {account}"
