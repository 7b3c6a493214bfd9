"""Rows by external id: created, changed, or more than one."""

import pytest

OAK = "/sobjects/Contact/Email/nora%40oak.example"


@pytest.fixture
def twins(rest):
    """Two contacts with one e-mail address."""
    return [rest.create("Contact", LastName=n, Email="nora@oak.example") for n in ("A", "B")]


@pytest.mark.parametrize("method", ["PATCH", "GET", "DELETE"])
def test_a_value_that_two_records_have_is_no_address(rest, twins, method):
    """300 with the addresses of both; nothing is written."""
    answer = rest.call(method, OAK, {"LastName": "C"} if method == "PATCH" else None)

    assert answer.status_code == 300
    assert answer.json() == [f"/services/data/v62.0/sobjects/Contact/{i}" for i in twins]
    assert [
        r["LastName"] for r in rest.query("SELECT LastName FROM Contact ORDER BY LastName")
    ] == [
        "A",
        "B",
    ]


def test_an_upsert_creates_and_then_changes(rest):
    """201 with created true, 200 with false, both with the address of the row."""
    first = rest.call("PATCH", OAK, {"LastName": "A"})
    second = rest.call("PATCH", OAK, {"LastName": "B"})

    made = first.json()["id"]
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()) == (
        200,
        {"id": made, "success": True, "errors": [], "created": False},
    )
    assert first.headers["Location"] == f"/services/data/v62.0/sobjects/Contact/{made}"
    assert second.headers["Location"] == first.headers["Location"]
    assert rest.row("Contact", made)["Email"] == "nora@oak.example"


def test_before_version_46_an_upsert_that_changes_has_no_body(rest):
    """204, and a create does not say created."""
    url = rest.base.replace("v62.0", "v45.0") + OAK

    first, second = (rest.call("PATCH", url, {"LastName": n}) for n in ("A", "B"))

    assert (first.status_code, "created" in first.json()) == (201, False)
    assert (second.status_code, second.content) == (204, b"")


def test_update_only_never_creates(rest):
    """404 without a record, 200 with one."""
    missing = rest.call("PATCH", f"{OAK}?updateOnly=true", {"LastName": "A"})
    rest.create("Contact", LastName="A", Email="nora@oak.example")
    there = rest.call("PATCH", f"{OAK}?updateOnly=true", {"LastName": "B"})

    assert (missing.status_code, missing.json()[0]["errorCode"]) == (404, "NOT_FOUND")
    assert (there.status_code, there.json()["created"]) == (200, False)


def test_update_only_by_id(rest):
    """The id stands where an external id would."""
    made = rest.create("Account", Name="A")

    answer = rest.call("PATCH", f"/sobjects/Account/Id/{made}?updateOnly=true", {"Name": "B"})

    assert (answer.status_code, answer.json()["created"]) == (200, False)
    assert rest.row("Account", made)["Name"] == "B"


def test_a_post_to_the_id_field_creates(rest):
    """There is no id to upsert by."""
    answer = rest.call("POST", "/sobjects/Account/Id", {"Name": "A"})

    assert answer.status_code == 201
    assert rest.row("Account", answer.json()["id"])["Name"] == "A"


def test_a_field_that_is_no_key_is_not_found(rest):
    """Whatever its value."""
    answer = rest.call("PATCH", "/sobjects/Contact/Title/x", {"LastName": "A"})

    assert answer.status_code == 404
    assert answer.json()[0]["message"] == (
        "Provided external ID field does not exist or is not accessible: Title"
    )


def test_a_post_may_stand_for_an_upsert(rest):
    """With _HttpMethod, for clients that cannot patch."""
    answer = rest.call("POST", f"{OAK}?_HttpMethod=PATCH", {"LastName": "A"})

    assert (answer.status_code, answer.json()["created"]) == (201, True)
