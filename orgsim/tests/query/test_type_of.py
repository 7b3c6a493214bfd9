"""TYPEOF, scopes and what semi joins may not do."""

from urllib.parse import urlencode

import pytest


def who(people, branches: str) -> list[object]:
    rows = people.query(f"SELECT Subject, TYPEOF Who {branches} END FROM Task ORDER BY Subject")
    return [row["Who"] for row in rows]


def shown(parent: dict) -> dict:
    attributes = parent["attributes"]
    kind = attributes["url"].split("/")[-2]
    values = {k: v for k, v in parent.items() if k != "attributes"}
    return {"type": attributes["type"], "url": kind, **values}


def test_each_object_shows_the_fields_of_its_branch(people):
    one, three, two = who(people, "WHEN Contact THEN LastName, Account.Name WHEN Lead THEN Company")

    account = one.pop("Account")
    assert shown(one) == {"type": "Contact", "url": "Contact", "LastName": "Nora"}
    assert shown(account) == {"type": "Account", "url": "Account", "Name": "Oak"}
    assert shown(two) == {"type": "Lead", "url": "Lead", "Company": "Pell & Co"}
    assert three is None


def test_an_object_without_branch_is_null_or_shows_what_all_have(people):
    assert who(people, "WHEN Contact THEN Id")[1:] == [None, None]

    _, _, two = who(people, "when Contact then Id else Name, Type")
    assert shown(two) == {"type": "Name", "url": "Lead", "Name": "Pell", "Type": "Lead"}


REFUSALS = [
    pytest.param("TYPEOF Who WHEN Account THEN Id END FROM Task", "INVALID_TYPE", 24,
                 "'Who' never refers to sObject type 'Account'", id="other_object"),
    pytest.param("TYPEOF Account WHEN Account THEN Id END FROM Contact", "INVALID_FIELD", 15,
                 "TYPEOF needs a relationship to several objects, not 'Account'", id="one_object"),
    pytest.param("TYPEOF Who WHEN Lead THEN Id END, COUNT(Id) FROM Task", "MALFORMED_QUERY", 15,
                 "a grouped query has no subqueries and no TYPEOF", id="beside_a_count"),
    pytest.param("TYPEOF Who END FROM Task", "MALFORMED_QUERY", 19, "unexpected token: 'END'",
                 id="no_branch"),
    pytest.param("Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) OR Name = 'x'",
                 "MALFORMED_QUERY", 30,
                 "Semi join sub-selects are not allowed with the 'OR' operator", id="semi_join_or"),
    pytest.param("Id FROM Account WHERE (Id IN (SELECT AccountId FROM Contact) OR Id = null)"
                 " AND Name = 'x'", "MALFORMED_QUERY", 31,
                 "Semi join sub-selects are only allowed at the top level WHERE expressions and not"
                 " in nested WHERE expressions.", id="semi_join_inside"),
    pytest.param("Id FROM Account WHERE Id IN (SELECT ParentId FROM Account)", "MALFORMED_QUERY",
                 58, "The inner and outer selects should not be on the same object type",
                 id="semi_join_with_itself"),
    pytest.param("Id FROM Task WHERE WhatId IN (SELECT Id FROM Account WHERE OwnerId IN"
                 " (SELECT Id FROM User))", "MALFORMED_QUERY", 94,
                 "Nesting of semi join sub-selects is not supported", id="semi_join_nested"),
    pytest.param("Id FROM Contact WHERE OwnerId IN (SELECT Id FROM User) AND AccountId NOT IN"
                 " (SELECT Id FROM Account) AND Id IN (SELECT WhoId FROM Task)", "MALFORMED_QUERY",
                 113, "Maximum 2 semi join sub-selects are allowed", id="three_semi_joins"),
    pytest.param("Id FROM Account WHERE Id IN (SELECT Account.ParentId FROM Contact)",
                 "MALFORMED_QUERY", 44, "The selected field of a semi join must be an ID or a"
                 " reference field of Contact, not 'Account.ParentId'", id="semi_join_of_a_parent"),
]  # fmt: skip


@pytest.mark.parametrize(("rest", "code", "column", "sentence"), REFUSALS)
def test_a_refusal_names_the_place(people, rest, code, column, sentence):
    status, found, message = people.refusal("/query?" + urlencode({"q": f"SELECT {rest}"}))

    assert (400, code) == (status, found)
    assert message.endswith(f"^\nERROR at Row:1:Column:{column}\n{sentence}")


def test_a_branch_is_there_once(people):
    text = "SELECT TYPEOF Who WHEN Lead THEN Id WHEN Lead THEN Id END FROM Task"

    refused = people.refusal("/query?" + urlencode({"q": text}))
    assert tuple(refused) == (400, "INVALID_FIELD", "duplicate field selected: Lead")


def test_two_semi_joins_narrow_a_query(people):
    found = people.query(
        "SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact)"
        " AND Id NOT IN (SELECT WhatId FROM Task)"
    )

    assert found == [{"Name": "Oak"}]


def test_a_scope_narrows_a_query(api):
    other = api.add("User", LastName="Wren", Username="wren@oak.example", IsActive=1)
    api.add("Lead", LastName="Mine", Company="C")
    api.add("Lead", LastName="Other", Company="C", OwnerId=other)

    assert api.query("SELECT LastName FROM Lead USING SCOPE mine") == [{"LastName": "Mine"}]
    everything = "SELECT LastName FROM Lead USING SCOPE everything WHERE LastName LIKE '%r'"
    assert api.query(everything) == [{"LastName": "Other"}]
    status, _, sentence = api.refusal("/query?q=SELECT+Id+FROM+Lead+USING+SCOPE+team")
    assert (status, sentence.startswith("USING SCOPE team")) == (501, True)


@pytest.mark.parametrize("purpose", ["FOR VIEW", "FOR REFERENCE", "FOR VIEW, REFERENCE"])
def test_a_purpose_changes_no_answer(people, purpose):
    plain = "SELECT Name FROM Account ORDER BY Name"

    assert people.query(plain) == people.query(f"{plain} {purpose}")


@pytest.mark.parametrize("columns", ["Who.Name, {}", "{}, Who.Name"], ids=["before", "after"])
def test_a_relationship_is_not_shown_both_ways(people, columns):
    text = f"SELECT {columns.format('TYPEOF Who WHEN Lead THEN Id END')} FROM Task"

    status, code, _ = people.refusal("/query?" + urlencode({"q": text}))
    assert (status, code) == (501, "NOT_IMPLEMENTED")
