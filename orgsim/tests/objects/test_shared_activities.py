"""With shared activities a task or an event has up to fifty contacts, or one lead."""

from dataclasses import replace

import pytest

from orgsim.settings import Settings
from orgsim.store import Store

TIMES = {"StartDateTime": "2026-05-20T08:00:00Z", "DurationInMinutes": 30}


@pytest.fixture
def org(rest):
    """An org with shared activities."""
    rest.settings(shared_activities=True)
    return rest


@pytest.fixture
def people(org):
    """Three contacts, the first of an account."""
    account = org.create("Account", Name="Oak Foods")
    first = org.create("Contact", LastName="Abel", AccountId=account)
    return [first, *(org.create("Contact", LastName=name) for name in ("Brand", "Cole"))]


def relate(org, task, record, **more):
    return org.call(
        "POST", "/sobjects/TaskRelation", {"TaskId": task, "RelationId": record, **more}
    )


def related(org, task):
    rows = org.query(
        f"SELECT RelationId, IsWhat FROM TaskRelation WHERE TaskId = '{task}' ORDER BY Id"
    )
    return [(row["RelationId"], row["IsWhat"]) for row in rows]


@pytest.mark.parametrize(
    "sobject", ["TaskRelation", "TaskWhoRelation", "EventRelation", "EventWhoRelation"]
)
def test_without_the_feature_the_objects_are_not_there(rest, sobject):
    """A query is INVALID_TYPE, a describe 404; with it both go through."""
    query = {"q": f"SELECT Id FROM {sobject}"}
    refused = rest.call("GET", "/query", params=query)
    gone = rest.call("GET", f"/sobjects/{sobject}/describe")
    rest.settings(shared_activities=True)
    found = rest.call("GET", "/query", params=query)
    described = rest.call("GET", f"/sobjects/{sobject}/describe")

    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_TYPE")
    assert (gone.status_code, found.status_code, described.status_code) == (404, 200, 200)


def test_relations_are_created_and_deleted_but_not_updated(org):
    """As their describes say."""
    flags = {
        name: tuple(
            org.ask("GET", f"/sobjects/{name}/describe")[flag]
            for flag in ("createable", "updateable", "deletable", "queryable")
        )
        for name in ("TaskRelation", "TaskWhoRelation")
    }

    assert flags == {
        "TaskRelation": (True, False, True, True),
        "TaskWhoRelation": (False, False, False, True),
    }


@pytest.mark.parametrize(("sobject", "more"), [("Task", {}), ("Event", TIMES)])
def test_creating_an_activity_makes_its_relations(org, people, sobject, more):
    """One for the name with the contact's account, one for the record it is about."""
    case = org.create("Case", Subject="Oven")
    activity = org.create(sobject, Subject="Call", WhoId=people[0], WhatId=case, **more)

    rows = org.query(
        f"SELECT RelationId, Relation.Name, IsWhat, Account.Name FROM {sobject}Relation"
        f" WHERE {sobject}Id = '{activity}' ORDER BY IsWhat"
    )
    counted = org.row(sobject, activity)
    assert [(r["RelationId"], r["IsWhat"]) for r in rows] == [(people[0], False), (case, True)]
    assert rows[0]["Relation"]["Name"] == "Abel"
    assert rows[0]["Account"]["Name"] == "Oak Foods"
    assert (counted["WhoCount"], counted["WhatCount"]) == (1, 1)


def test_further_contacts_join_by_relations(org, people):
    """The first stays the primary one; the view shows people only."""
    account = org.row("Contact", people[0])["AccountId"]
    task = org.create("Task", Subject="Call", WhoId=people[0])
    for person in people[1:]:
        assert relate(org, task, person).status_code == 201
    assert relate(org, task, account, IsWhat=True).status_code == 201

    row = org.row("Task", task)
    found = org.query(
        "SELECT Id, (SELECT RelationId, Relation.Name, Type FROM TaskWhoRelations ORDER BY Id)"
        f" FROM Task WHERE Id = '{task}'"
    )
    shown = found[0]["TaskWhoRelations"]["records"]
    assert (row["WhoId"], row["WhoCount"], row["WhatId"], row["WhatCount"]) == (
        people[0],
        3,
        account,
        1,
    )
    assert [(r["RelationId"], r["Type"]) for r in shown] == [(p, "Contact") for p in people]


def test_a_relation_gives_a_nameless_task_its_name(org, people):
    """And its account."""
    task = org.create("Task", Subject="Call")
    relate(org, task, people[0])

    row = org.row("Task", task)
    assert (row["WhoId"], row["WhoCount"]) == (people[0], 1)
    assert row["AccountId"] == org.row("Contact", people[0])["AccountId"]


def test_a_new_name_takes_the_place_of_the_primary_contact(org, people):
    """The others stay."""
    task = org.create("Task", Subject="Call", WhoId=people[0])
    relate(org, task, people[1])
    org.call("PATCH", f"/sobjects/Task/{task}", {"WhoId": people[2]})

    assert sorted(related(org, task)) == sorted([(people[2], False), (people[1], False)])
    assert org.row("Task", task)["WhoCount"] == 2


@pytest.mark.parametrize("way", ["empty_the_name", "delete_the_relation", "delete_the_contact"])
def test_the_next_contact_becomes_the_primary_one(org, people, way):
    """However the first one goes; the task stays."""
    task = org.create("Task", Subject="Call", WhoId=people[0])
    relate(org, task, people[1])
    match way:
        case "empty_the_name":
            answer = org.call("PATCH", f"/sobjects/Task/{task}", {"WhoId": None})
        case "delete_the_relation":
            first = org.query(f"SELECT Id FROM TaskRelation WHERE RelationId = '{people[0]}'")
            answer = org.call("DELETE", f"/sobjects/TaskRelation/{first[0]['Id']}")
        case _:
            answer = org.call("DELETE", f"/sobjects/Contact/{people[0]}")

    row = org.row("Task", task)
    assert answer.status_code == 204
    assert (row["WhoId"], row["WhoCount"], row["AccountId"]) == (people[1], 1, None)
    assert related(org, task) == [(people[1], False)]


def test_a_deleted_task_takes_its_relations_along_and_back(org, people):
    """They are in the recycle bin with it."""
    task = org.create("Task", Subject="Call", WhoId=people[0])
    relate(org, task, people[1])
    org.call("DELETE", f"/sobjects/Task/{task}")
    gone = related(org, task)
    org.control("POST", "undelete", {"id": task})

    assert gone == []
    assert related(org, task) == [(people[0], False), (people[1], False)]
    assert (org.row("Task", task)["WhoId"], org.row("Task", task)["WhoCount"]) == (people[0], 2)


def test_a_relation_deleted_alone_is_in_no_recycle_bin(org, people):
    """Even queryAll does not find it."""
    task = org.create("Task", Subject="Call", WhoId=people[0])
    relation = relate(org, task, people[1]).json()["id"]
    org.call("DELETE", f"/sobjects/TaskRelation/{relation}")

    found = org.ask("GET", "/queryAll", params={"q": "SELECT RelationId FROM TaskRelation"})
    listed = org.call("GET", "/sobjects/TaskRelation/deleted")
    assert [row["RelationId"] for row in found["records"]] == [people[0]]
    assert listed.status_code == 501


def test_a_lead_is_alone(org, people):
    """No contact beside it, no record that the task is about, and it joins no contact."""
    lead = org.create("Lead", LastName="Pell", Company="Pell & Co")
    account = org.row("Contact", people[0])["AccountId"]
    of_lead = org.create("Task", Subject="Call", WhoId=lead)
    of_contact = org.create("Task", Subject="Call", WhoId=people[0])
    relate(org, of_contact, people[1])

    refused = [
        relate(org, of_lead, people[0]),
        relate(org, of_lead, account),
        relate(org, of_contact, lead),
        org.call("PATCH", f"/sobjects/Task/{of_contact}", {"WhoId": lead}),
    ]

    codes = [(r.status_code, r.json()[0]["errorCode"]) for r in refused]
    assert codes == [(400, "FIELD_INTEGRITY_EXCEPTION")] * 4


def test_fifty_contacts_are_the_most(org):
    """The fifty-first is refused."""
    ids = org.control("POST", "load", {"generate": {"Contact": 51}})["ids"]
    task = org.create("Task", Subject="Call")
    records = [
        {"attributes": {"type": "TaskRelation"}, "TaskId": task, "RelationId": i} for i in ids
    ]

    answer = org.ask("POST", "/composite/sobjects", {"allOrNone": False, "records": records})

    assert [entry["success"] for entry in answer] == [True] * 50 + [False]
    assert answer[-1]["errors"][0]["statusCode"] == "FIELD_INTEGRITY_EXCEPTION"
    assert org.row("Task", task)["WhoCount"] == 50


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({}, "DUPLICATE_VALUE", id="the_same_contact_again"),
        pytest.param({"IsWhat": True}, "FIELD_INTEGRITY_EXCEPTION", id="a_contact_as_what"),
    ],
)
def test_a_relation_that_makes_no_sense_is_refused(org, people, more, code):
    """Nothing changes."""
    task = org.create("Task", Subject="Call", WhoId=people[0])

    answer = relate(org, task, people[0], **more)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert len(related(org, task)) == 1


def test_an_event_takes_names_but_no_invitees(org, people):
    """IsParent makes a name; an invitation is not part of this org."""
    event = org.create("Event", Subject="Visit", WhoId=people[0], **TIMES)
    body = {"EventId": event, "RelationId": people[1]}
    named = org.call("POST", "/sobjects/EventRelation", {**body, "IsParent": True})
    invited = org.call("POST", "/sobjects/EventRelation", {**body, "RelationId": people[2]})

    found = org.query("SELECT RelationId FROM EventWhoRelation ORDER BY Id")
    assert (named.status_code, invited.status_code) == (201, 501)
    assert [row["RelationId"] for row in found] == people[:2]
    assert org.row("Event", event)["WhoCount"] == 2


def test_the_relation_follows_the_contact_to_another_account(org, people):
    """Its AccountId is the contact's."""
    org.create("Task", Subject="Call", WhoId=people[0])
    new = org.create("Account", Name="Elm Trading")
    org.call("PATCH", f"/sobjects/Contact/{people[0]}", {"AccountId": new})

    assert org.query("SELECT AccountId FROM TaskRelation")[0]["AccountId"] == new


def test_merged_contacts_are_one_name(org, people):
    """A task of both keeps the master once; a task of the loser becomes the master's."""
    both = org.create("Task", Subject="Both", WhoId=people[0])
    relate(org, both, people[1])
    single = org.create("Task", Subject="One", WhoId=people[1])
    org.control("POST", "merge", {"master_id": people[0], "loser_ids": [people[1]]})

    assert related(org, both) == [(people[0], False)]
    assert related(org, single) == [(people[0], False)]
    assert org.row("Task", both)["WhoCount"] == 1


def test_a_converted_lead_hands_its_relation_to_the_contact(org):
    """The relation is the same one."""
    lead = org.create("Lead", LastName="Pell", Company="Pell & Co")
    task = org.create("Task", Subject="Call", WhoId=lead)
    made = org.control("POST", "convert", {"lead_id": lead})

    assert related(org, task) == [(made["contact_id"], False)]


def test_switching_on_gives_existing_activities_their_relations(rest):
    """Switching off takes all but the primary names away."""
    contacts = [rest.create("Contact", LastName=name) for name in ("Abel", "Brand")]
    task = rest.create("Task", Subject="Call", WhoId=contacts[0])
    rest.settings(shared_activities=True)
    first = related(rest, task)
    relate(rest, task, contacts[1])
    rest.settings(shared_activities=False)
    rest.settings(shared_activities=True)

    assert first == related(rest, task) == [(contacts[0], False)]


def test_relations_of_custom_objects_count_too(org):
    """Where the object allows activities."""
    org.control(
        "POST",
        "schema",
        {"objects": [{"name": "Visit__c", "label": "Visit", "activities": True}], "fields": []},
    )
    visit = org.create("Visit__c", Name="Monday")
    task = org.create("Task", Subject="Call")

    assert relate(org, task, visit).status_code == 201
    assert org.row("Task", task)["WhatId"] == visit


def test_relations_outlive_a_restart(tmp_path):
    """The views are there again, and so is what they show."""
    path = tmp_path / "org.sqlite"
    store = Store(path, replace(Settings(), shared_activities=True))
    contact = store.insert("Contact", {"LastName": "Abel"}, user_id=store.admin_id)
    store.insert("Task", {"Subject": "Call", "WhoId": contact}, user_id=store.admin_id)
    store.close()
    again = Store(path)

    found = again.ids_where("TaskWhoRelation", "RelationId", contact)
    assert again.settings.shared_activities
    assert len(found) == 1
    again.close()


def test_a_kept_org_opened_with_the_feature_gets_its_relations(tmp_path):
    """As when the setting is switched on."""
    path = tmp_path / "org.sqlite"
    store = Store(path)
    contact = store.insert("Contact", {"LastName": "Abel"}, user_id=store.admin_id)
    store.insert("Task", {"Subject": "Call", "WhoId": contact}, user_id=store.admin_id)
    store.close()
    again = Store(path, replace(Settings(), shared_activities=True))

    assert len(again.ids_where("TaskRelation", "RelationId", contact)) == 1
    again.close()
