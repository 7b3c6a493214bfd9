"""The shape and order of what queries answer with."""

from datetime import UTC, datetime

import pytest

from orgsim.query.soql import run_soql

NOW = datetime(2026, 5, 13, 10, 30, tzinfo=UTC)

ORDERS = [
    pytest.param("Phone", ["100% _Sure", "Øst", "O'Lone"], id="nulls_come_first"),
    pytest.param(
        "Phone DESC, LastName", ["100% _Sure", "O'Lone", "Øst"], id="nulls_come_first_descending"
    ),
    pytest.param("Phone NULLS LAST", ["Øst", "O'Lone", "100% _Sure"], id="nulls_last"),
    pytest.param(
        "Account.Name DESC NULLS LAST, LastName DESC", ["Øst", "100% _Sure", "O'Lone"], id="parents"
    ),
    pytest.param("LastName LIMIT 1 OFFSET 1", ["O'Lone"], id="limit_and_offset"),
    pytest.param("LastName OFFSET 2", ["Øst"], id="offset_alone"),
    pytest.param("LastName LIMIT 0", [], id="limit_nothing"),
]


@pytest.mark.parametrize(("order", "expected"), ORDERS)
def test_rows_come_in_the_order_asked_for(query_org, order, expected):
    assert expected == query_org.values(f"SELECT LastName FROM Contact ORDER BY {order}")


def test_records_carry_their_type_and_url_and_the_fields_in_the_order_asked_for(query_org):
    """Field names come back in the org's own case, missing values as null."""
    result = query_org.ask("SELECT phone, ID, name FROM account WHERE name = 'oak foods'")

    assert [
        {
            "attributes": {
                "type": "Account",
                "url": f"/services/data/v62.0/sobjects/Account/{query_org.ids['oak']}",
            },
            "Phone": None,
            "Id": query_org.ids["oak"],
            "Name": "Oak Foods",
        }
    ] == result.records
    assert list(result.records[0]) == ["attributes", "Phone", "Id", "Name"]
    assert result.total_size == 1


def test_urls_name_the_api_version_of_the_request(query_org):
    result = run_soql(
        query_org.store,
        "SELECT Id FROM Lead",
        query_org.store.admin_id,
        all_rows=False,
        now=NOW,
        api_version="58.0",
    )

    expected = f"/services/data/v58.0/sobjects/Lead/{query_org.ids['lead']}"
    assert expected == result.records[0]["attributes"]["url"]


def test_parents_nest_and_a_missing_parent_is_null(query_org):
    result = query_org.ask(
        "SELECT Contact.Account.Name, c.Account.Owner.Profile.PermissionsViewAllData, Account.Id"
        " FROM Contact c WHERE LastName IN ('Øst', 'O\\'Lone') ORDER BY LastName"
    )

    lone, nora = result.records
    assert lone["Account"] is None
    assert nora["Account"]["Name"] == "Oak Foods"
    assert query_org.ids["oak"] == nora["Account"]["Id"]
    assert nora["Account"]["attributes"]["type"] == "Account"
    assert nora["Account"]["Owner"]["Profile"]["PermissionsViewAllData"] is True


def test_a_relation_to_several_objects_answers_as_name(query_org):
    """Who, What and Owner claim the type Name; their url and Type tell the real object."""
    result = query_org.ask(
        "SELECT Who.Name, Who.Type, What.Name, Owner.Name FROM Task ORDER BY Subject"
    )

    one, three, two = result.records
    assert {
        "attributes": {
            "type": "Name",
            "url": f"/services/data/v62.0/sobjects/Contact/{query_org.ids['nora']}",
        },
        "Name": "Nora Øst",
        "Type": "Contact",
    } == one["Who"]
    assert (two["Who"]["Name"], two["Who"]["Type"]) == ("Pell", "Lead")
    assert (three["Who"], three["What"]["Name"]) == (None, "Oak Foods")
    assert two["Owner"]["Name"] == "Jo Wren"


def test_the_type_of_a_relation_can_be_filtered(query_org):
    assert query_org.values("SELECT Subject FROM Task WHERE Who.Type = 'Lead'") == ["Two"]
    assert query_org.values("SELECT Subject FROM Task WHERE Owner.Name LIKE 'jo%'") == ["Two"]


def test_child_subqueries_answer_per_parent(query_org):
    """LIMIT counts per parent, and a parent without children has null."""
    result = query_org.ask(
        "SELECT Name, (SELECT LastName FROM Contacts WHERE FirstName != null"
        " ORDER BY LastName DESC LIMIT 1), (SELECT Id FROM Tasks) FROM Account ORDER BY Name"
    )

    elm, oak = result.records
    assert (elm["Contacts"], elm["Tasks"]) == (None, None)
    assert {
        "totalSize": 1,
        "done": True,
        "records": [
            {
                "attributes": {
                    "type": "Contact",
                    "url": f"/services/data/v62.0/sobjects/Contact/{query_org.ids['nora']}",
                },
                "LastName": "Øst",
            }
        ],
    } == oak["Contacts"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("SELECT count() FROM Contact", 3, id="all"),
        pytest.param("select COUNT ( ) from contact where accountid != null", 2, id="filtered"),
        pytest.param("SELECT count() FROM Contact LIMIT 2", 2, id="limited"),
        pytest.param("SELECT count() FROM Contact WHERE Name = 'nobody'", 0, id="none"),
    ],
)
def test_count_answers_with_the_size_alone(query_org, text, expected):
    result = query_org.ask(text)

    assert (expected, []) == (result.total_size, result.records)


AGGREGATES = [
    pytest.param("COUNT(Id) FROM Contact", [{"expr0": 3}], id="count_rows"),
    pytest.param("COUNT(AccountId) n FROM Contact", [{"n": 2}], id="count_skips_nulls"),
    pytest.param("COUNT_DISTINCT(AccountId) FROM Contact", [{"expr0": 1}], id="count_distinct"),
    pytest.param(
        "MIN(NumberOfEmployees), MAX(NumberOfEmployees) most, SUM(NumberOfEmployees),"
        " AVG(NumberOfEmployees) FROM Account",
        [{"expr0": 7, "most": 40, "expr1": 47, "expr2": 23.5}],
        id="only_unnamed_aggregates_are_counted",
    ),
    pytest.param(
        "MAX(CreatedDate) FROM Contact",
        [{"expr0": "2026-05-12T08:00:00.000+0000"}],
        id="latest_moment",
    ),
    pytest.param("MAX(Name) FROM Account", [{"expr0": "Oak Foods"}], id="text_ignores_case"),
    pytest.param(
        "Account.Name, COUNT(Id) n FROM Contact GROUP BY Account.Name ORDER BY COUNT(Id) DESC",
        [{"Name": "Oak Foods", "n": 2}, {"Name": None, "n": 1}],
        id="groups_by_a_parent",
    ),
    pytest.param(
        "CallObject, COUNT(Id) FROM Task WHERE CallObject != null GROUP BY CallObject",
        [{"CallObject": "k-1", "expr0": 2}],
        id="groups_ignore_case",
    ),
    pytest.param(
        "Status, Priority p FROM Task GROUP BY Status, Priority LIMIT 1",
        [{"Status": "Not Started", "p": "Normal"}],
        id="groups_without_aggregates",
    ),
    pytest.param("COUNT(Id) FROM Lead WHERE Name = 'x'", [{"expr0": 0}], id="nothing_counts_as_0"),
]


@pytest.mark.parametrize(("rest", "expected"), AGGREGATES)
def test_aggregates_answer_as_aggregate_results(query_org, rest, expected):
    result = query_org.ask(f"SELECT {rest}")

    attributes = {"attributes": {"type": "AggregateResult"}}
    assert [attributes | values for values in expected] == result.records
    assert len(expected) == result.total_size


def test_deleted_rows_are_found_on_request_only(query_org):
    text = "SELECT LastName FROM Contact WHERE LastName = 'Gone'"

    assert query_org.values(text) == []
    assert query_org.values(text, all_rows=True) == ["Gone"]
    assert query_org.values(f"{text} ALL ROWS") == ["Gone"]


@pytest.mark.parametrize("purpose", ["FOR VIEW", "FOR REFERENCE", "FOR UPDATE", "for view"])
def test_the_purpose_of_a_query_changes_nothing(query_org, purpose):
    assert query_org.values(f"SELECT Name FROM Lead LIMIT 1 {purpose}") == ["Pell"]


@pytest.mark.parametrize(
    ("text", "long_text"),
    [
        pytest.param("SELECT Id, Subject FROM Task", False, id="short_fields"),
        pytest.param("SELECT Id, Description FROM Task", True, id="description"),
    ],
)
def test_a_selected_long_text_is_reported_for_paging(query_org, text, long_text):
    assert long_text is query_org.ask(text).long_text


def test_fields_selects_every_field(query_org):
    record = query_org.ask("SELECT FIELDS(ALL) FROM TaskStatus LIMIT 200").records[0]

    expected = set(query_org.store.schema.sobject("TaskStatus").fields)
    assert expected == set(record) - {"attributes"}
    assert query_org.values("SELECT Id, FIELDS(CUSTOM) FROM Contact WHERE Name = 'x' LIMIT 1") == []


def test_objects_and_fields_may_have_the_names_of_keywords(query_org):
    assert query_org.values("SELECT Id, Type FROM Group WHERE Type = 'Queue' ORDER BY Type") == []


def test_a_hidden_optional_field_does_not_exist(query_org):
    with pytest.raises(Exception, match="No such column 'Switchhook_Key__c' on entity 'Task'"):
        query_org.ask("SELECT Switchhook_Key__c FROM Task")
