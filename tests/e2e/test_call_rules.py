"""What a tenant's settings make of its calls, on the deployed stack: cases, new people, owners, hours."""

import uuid
from typing import Any

import pytest

from builders.deployed_tenant import (
    a_call,
    a_name,
    a_number,
    a_user,
    change,
    connected,
    in_state,
    installer_of,
    own_app,
    task_of,
)
from local.office import Hook, Office
from local.state import State

pytestmark = pytest.mark.stack


def a_stranger() -> dict[str, str]:
    """An outside end whom the org does not have."""
    return {"number": a_number(), "name": a_name()}


def logged(office: Office, hook: Hook, body: dict[str, Any]) -> dict[str, Any]:
    activity = office.settled(office.accepted(hook, body))
    assert activity["state"] == "logged", activity["text"]
    return activity


@pytest.mark.rule("AC-11", "AC-13", "AC-15", "AC-19")
def test_a_contacts_calls_share_one_open_case_until_it_is_closed(stack: State):
    office = connected(stack, "Cases", calls={"attach_to": "case", "create_case": True})
    hook, number = office.add_hook("generic"), a_number()
    contact = office.load("Contact", LastName=a_name(), Phone=number)

    first = task_of(office, logged(office, hook, a_call(number)))
    second = task_of(office, logged(office, hook, a_call(number)))
    change(office, "Case", first["WhatId"], Status="Closed")
    third = task_of(office, logged(office, hook, a_call(number)))

    cases = office.query(f"SELECT Id, IsClosed FROM Case WHERE ContactId = '{contact}'")
    assert {task["WhoId"] for task in (first, second, third)} == {contact}
    assert first["WhatId"] == second["WhatId"]
    assert {case["Id"]: case["IsClosed"] for case in cases} == {
        first["WhatId"]: True,
        third["WhatId"]: False,
    }


@pytest.mark.rule("AC-9", "AC-2", "X-5")
def test_an_unknown_number_becomes_what_the_settings_say_when_the_call_ends(stack: State):
    office = connected(stack, "Newcomers", calls={"unknown_number": "contact"})
    hook, ada, looms = office.add_hook("generic"), a_stranger(), a_stranger()

    person = logged(office, hook, a_call(None, external=ada))
    office.call("PATCH", "/settings", {"calls": {"unknown_number": "account"}})
    company = logged(office, hook, a_call(None, external=looms))

    contacts = office.query(f"SELECT Id, Phone FROM Contact WHERE LastName = '{ada['name']}'")
    accounts = office.query(f"SELECT Id, Phone FROM Account WHERE Name = '{looms['name']}'")
    contact, account = task_of(office, person)["WhoId"], task_of(office, company)["WhatId"]
    assert [(one["Id"], one["Phone"]) for one in contacts] == [(contact, ada["number"])]
    assert [(one["Id"], one["Phone"]) for one in accounts] == [(account, looms["number"])]
    assert company["slots"][0]["created_person"] == {"type": "Account", "id": account}


@pytest.mark.rule("AC-9", "SH-1")
def test_a_person_whom_a_duplicate_rule_finds_is_used_and_nobody_is_made(stack: State):
    office = connected(stack, "Doubles", calls={"unknown_number": "contact"})
    hook, stranger = office.add_hook("generic"), a_stranger()
    known = office.load("Contact", LastName=stranger["name"])
    rule = {"object": "Contact", "fields": ["LastName"], "action": "block"}
    office.control("POST", "/_org/settings", {"duplicate_rules": [rule]})

    try:
        activity = logged(office, hook, a_call(None, external=stranger))
    finally:
        office.control("POST", "/_org/settings", {"duplicate_rules": []})

    assert task_of(office, activity)["WhoId"] == known
    assert activity["slots"][0]["created_person"] is None
    assert len(office.query(f"SELECT Id FROM Contact WHERE LastName = '{stranger['name']}'")) == 1


@pytest.mark.rule("PC-14", "PC-17", "PC-18", "PC-19", "X-6")
def test_a_leads_task_of_a_conference_is_its_owners_if_present_else_the_installers(stack: State):
    office = connected(stack, "Conferences", preset="xbees_partner_community")
    hook, contacts_number, leads_number = office.add_hook("generic"), a_number(), a_number()
    host, hosts_address = a_user(office, "Ann")
    owner, owners_address = a_user(office, "Carol")
    contact = office.load("Contact", LastName=a_name(), Phone=contacts_number)
    about = {"LastName": a_name(), "Company": "Looms", "OwnerId": owner}
    lead = office.load("Lead", **about, Phone=leads_number)
    outside = [{"role": "external", "number": one} for one in (contacts_number, leads_number)]
    ends = [*outside, {"role": "agent", "email": hosts_address, "name": "Ann Agent"}]
    call = a_call(contacts_number, agent={"email": hosts_address, "name": "Ann Agent"})
    present = {"role": "agent", "email": owners_address.upper(), "name": "Carol Agent"}

    sent = [
        office.accepted(hook, {**call, "call_id": f"c-{uuid.uuid4().hex}", "participants": who})
        for who in ([*ends, present], ends)
    ]
    with_owner, without_owner = (office.settled(one) for one in sent)

    assert {slot["record"]["id"]: slot["owner"]["rule"] for slot in with_owner["slots"]} == {
        contact: "AC-27",
        lead: "PC-18",
    }
    assert _owners_in_org(office, with_owner) == {contact: host, lead: owner}
    assert _owners_in_org(office, without_owner) == {contact: host, lead: installer_of(office)}


def _owners_in_org(office: Office, activity: dict[str, Any]) -> dict[str, str]:
    tasks = [task_of(office, activity, slot=place) for place in range(len(activity["slots"]))]
    return {task["WhoId"]: task["OwnerId"] for task in tasks}


CLOSED_NUMBER = "+14155580009"
CHOICES = {
    "workflow": {"missed": "none", "voicemail": "in_progress"},
    "log_internal": True,
    "business_hours": {"only_open": True, "numbers": {CLOSED_NUMBER: {"week": {}}}},
}


@pytest.fixture(scope="module")
def chosen(stack: State) -> tuple[Office, str, dict[str, dict[str, Any]]]:
    """A tenant that chose much, its contact, and what became of one call of each kind."""
    office = connected(stack, "Choices", calls=CHOICES)
    hook, number = office.add_hook("generic"), a_number()
    contact = office.load("Contact", LastName=a_name(), Phone=number)
    colleague = {"email": "bob@example.com", "name": "Bob Agent", "extension": "202"}
    calls = {
        "open": a_call(number),
        "closed": a_call(number, internal_number=CLOSED_NUMBER),
        "closed_says_the_pbx": a_call(number, during_opening_hours=False),
        "missed": a_call(number, outcome="missed", answered_at=None, talk_s=0),
        "voicemail": a_call(number, outcome="voicemail", answered_at=None, talk_s=0),
        "internal": a_call(
            None, direction="internal", participants=[{"role": "agent", **colleague}]
        ),
    }
    sent = {name: office.accepted(hook, call) for name, call in calls.items()}
    return office, contact, {name: office.settled(one) for name, one in sent.items()}


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        pytest.param("closed", "AC-7", marks=pytest.mark.rule("AC-7", "AC-8")),
        pytest.param("closed_says_the_pbx", "AC-7", marks=pytest.mark.rule("AC-7")),
        pytest.param("missed", "AC-6", marks=pytest.mark.rule("AC-3", "AC-6", "X-10")),
    ],
)
def test_a_call_that_the_settings_do_not_want_is_skipped_with_the_rule(
    chosen: tuple[Office, str, dict[str, dict[str, Any]]], call: str, rule: str
):
    _, _, became = chosen

    assert (became[call]["state"], became[call]["rule"]) == ("skipped", rule)


@pytest.mark.rule("AC-3", "AC-4", "AC-5")
@pytest.mark.parametrize(("call", "is_closed"), [("open", True), ("voicemail", False)])
def test_a_call_is_past_or_still_to_do_as_its_type_is_set(
    chosen: tuple[Office, str, dict[str, dict[str, Any]]], call: str, is_closed: bool
):
    office, contact, became = chosen

    task = task_of(office, became[call])

    assert (task["WhoId"], task["IsClosed"]) == (contact, is_closed)


@pytest.mark.rule("XB-17", "PC-16")
def test_a_call_between_agents_hangs_on_nothing_where_the_tenant_wants_it(
    chosen: tuple[Office, str, dict[str, dict[str, Any]]],
):
    office, _, became = chosen

    task = task_of(office, became["internal"])

    assert (task["WhoId"], task["WhatId"]) == (None, None)


@pytest.mark.rule("CX-2", "CX-60", "CX-61", "SH-4")
def test_calls_wait_while_a_tenant_is_disconnected_and_its_own_app_brings_them_in(stack: State):
    office = Office(stack, name="Leaves and returns")
    client_id, username = own_app(office), office.new_admin()
    office.connect(username=username)
    hook, number = office.add_hook("generic"), a_number()
    contact = office.load("Contact", LastName=a_name(), Phone=number)
    before = logged(office, hook, a_call(number))

    preview = office.call("GET", "/connection/preview-disconnect")
    still = office.call("GET", "/connection")
    office.call("DELETE", "/connection?confirm=true")
    parked = [office.accepted(hook, a_call(number)) for _ in range(2)]
    for one in parked:
        in_state(office, one, "parked")
    waiting = office.call("GET", "/connection/preview-disconnect")
    office.connect(username=username)
    drained = [office.settled(one) for one in parked]

    assert (preview["open_activities"], still["status"], still["app"]) == (0, "connected", "own")
    assert (waiting["status"], waiting["open_activities"]) == ("not_connected", 2)
    assert {one["state"] for one in drained} == {"logged"}
    keys = sorted(one["slots"][0]["key"] for one in (before, *drained))
    tasks = office.query(f"SELECT CallObject FROM Task WHERE WhoId = '{contact}'")
    assert sorted(task["CallObject"] for task in tasks) == keys
    assert office.call("GET", "/app")["client_id"] == client_id
