"""A record is named by its key instead of its id."""

import pytest

KEYS = {
    "fields": [
        {"object": "Account", "name": "Badge__c", "external_id": True, "unique": True},
        {"object": "Contact", "name": "Badge__c", "external_id": True},
    ]
}


@pytest.fixture
def keyed(rest):
    """The client of an org whose accounts and contacts have keys."""
    rest.control("POST", "schema", KEYS)
    return rest


def test_a_parent_is_named_by_its_external_id(keyed):
    """In a create and in an update."""
    oak = keyed.create("Account", Name="Oak Foods", Badge__c="A-1")
    elm = keyed.create("Account", Name="Elm", Badge__c="A-2")

    contact = keyed.create("Contact", LastName="Ferrer", Account={"Badge__c": "A-1"})
    before = keyed.row("Contact", contact)["AccountId"]
    keyed.call("PATCH", f"/sobjects/Contact/{contact}", {"Account": {"Badge__c": "A-2"}})

    assert (before, keyed.row("Contact", contact)["AccountId"]) == (oak, elm)


@pytest.mark.parametrize(
    ("nested", "code", "words"),
    [
        pytest.param(
            {"Badge__c": "A-9"},
            "INVALID_FIELD",
            "Foreign key external ID: A-9 not found for field Badge__c in entity Account",
            id="nobody_has_the_key",
        ),
        pytest.param(
            {"Badge__c": "A-1", "Name": "Oak"},
            "INVALID_FIELD",
            "More than 1 field provided in an external foreign key reference in entity: Account",
            id="two_keys",
        ),
        pytest.param({"Name": "Oak"}, "INVALID_FIELD", "does not match", id="no_key_field"),
    ],
)
def test_a_key_that_names_no_record_is_refused(keyed, nested, code, words):
    """Nothing is stored."""
    answer = keyed.call("POST", "/sobjects/Contact", {"LastName": "Ferrer", "Account": nested})

    error = answer.json()[0]
    assert (answer.status_code, error["errorCode"]) == (400, code)
    assert words in error["message"]
    assert keyed.query("SELECT Id FROM Contact") == []


def test_a_key_and_an_id_together_are_refused(keyed):
    """Two answers to one question."""
    account = keyed.create("Account", Name="Oak Foods", Badge__c="A-1")
    body = {"LastName": "Ferrer", "AccountId": account, "Account": {"Badge__c": "A-1"}}

    assert keyed.call("POST", "/sobjects/Contact", body).json()[0]["errorCode"] == "INVALID_FIELD"


def test_a_key_that_two_records_share_is_refused(keyed):
    """Which one is meant cannot be known."""
    for name in ("Ferrer", "Okoye"):
        keyed.create("Contact", LastName=name, Badge__c="C-1")

    answer = keyed.call(
        "POST", "/sobjects/Contact", {"LastName": "Pell", "ReportsTo": {"Badge__c": "C-1"}}
    )

    assert answer.json()[0]["errorCode"] == "DUPLICATE_EXTERNAL_ID"


def test_a_relation_to_several_objects_needs_its_type_first(keyed):
    """With attributes first it works, with attributes later or never it does not."""
    contact = keyed.create("Contact", LastName="Ferrer", Badge__c="C-1")
    kind = {"attributes": {"type": "Contact"}}

    task = keyed.create("Task", Subject="Call", Who={**kind, "Badge__c": "C-1"})
    late = keyed.call("POST", "/sobjects/Task", {"Who": {"Badge__c": "C-1", **kind}})
    never = keyed.call("POST", "/sobjects/Task", {"Who": {"Badge__c": "C-1"}})

    expected = {
        "message": "Nested object for polymorphic foreign key must have an attributes field before"
        " any other fields.",
        "errorCode": "JSON_PARSER_ERROR",
    }
    assert keyed.row("Task", task)["WhoId"] == contact
    assert late.json() == never.json() == [expected]


def test_audit_fields_are_closed_unless_the_org_opens_them(rest):
    """With the permission a record is dated back, yet new to whoever reads changes."""
    created = "2025-01-02T03:04:05.000+0000"
    body = {"LastName": "Ferrer", "CreatedDate": created}
    closed = rest.call("POST", "/sobjects/Contact", body)
    rest.settings(audit_fields=True)
    contact = rest.create("Contact", **body)
    changed = rest.call("PATCH", f"/sobjects/Contact/{contact}", {"CreatedDate": created})

    row = rest.row("Contact", contact)
    assert closed.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert (row["CreatedDate"], row["LastModifiedDate"]) == (created, created)
    assert row["SystemModstamp"].startswith("2026-05-13")
    assert changed.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_nothing_is_changed_before_it_is_created(rest):
    """The two stamps of a create have an order."""
    rest.settings(audit_fields=True)
    body = {"LastName": "F", "CreatedDate": "2025-02-01", "LastModifiedDate": "2025-01-01"}

    answer = rest.call("POST", "/sobjects/Contact", body)

    assert answer.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
