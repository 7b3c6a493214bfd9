"""People made for unknown numbers, calls between agents, and what an explanation adds."""

from dataclasses import replace

import pytest

from builders.calls import (
    ADA,
    ADMIN,
    ANN,
    BEN,
    a_call,
    a_conference,
    a_contact,
    a_decision_input,
    internal,
    the_settings,
)
from switchhook.domain.activity import SlotKind
from switchhook.domain.calls.decide import decide
from switchhook.domain.decision import Screened
from switchhook.domain.facts.event import CallType
from switchhook.domain.facts.people import Agent, ListedAgent, People


def making(policy, **more):
    return the_settings(calls={"unknown_number": policy}, **more)


@pytest.mark.rule("AC-9", "AC-21")
@pytest.mark.parametrize(
    ("policy", "object_type", "named"),
    [
        ("contact", "Contact", {"LastName": "Ada Byron", "Email": "ada@example.org"}),
        (
            "lead",
            "Lead",
            {"LastName": "Ada Byron", "Company": "Ada Byron", "Email": "ada@example.org"},
        ),
        ("account", "Account", {"Name": "Ada Byron"}),
    ],
)
def test_an_unknown_number_becomes_what_the_tenant_chose(policy, object_type, named):
    call = a_call(external_email=" ada@example.org ")

    decision = decide(a_decision_input(call=call, settings=making(policy)))

    (slot,) = decision.slots
    assert (slot.record, slot.who_id, slot.what_id) == (None, None, None)
    assert slot.person.object_type == object_type
    assert slot.person.fields == {**named, "Phone": ADA, "OwnerId": ANN.id}
    assert "AC-9" in slot.rules
    (text,) = [reason.text for reason in decision.explanation if reason.rule == "AC-9"]
    assert f" {object_type} is created" in text


@pytest.mark.rule("AC-9")
@pytest.mark.parametrize(
    ("policy", "fields"),
    [("contact", {"LastName"}), ("lead", {"LastName", "Company"}), ("account", {"Name"})],
)
def test_without_a_name_the_number_is_the_name(policy, fields):
    call = a_call(external_name=None)

    (slot,) = decide(a_decision_input(call=call, settings=making(policy))).slots

    assert {name: slot.person.fields[name] for name in fields} == dict.fromkeys(
        fields, "+1 415-555-0100"
    )


@pytest.mark.rule("AC-9")
def test_a_long_name_is_cut_to_each_field():
    call = a_call(external_name="a" * 300)

    (contact,) = decide(a_decision_input(call=call, settings=making("contact"))).slots
    (account,) = decide(a_decision_input(call=call, settings=making("account"))).slots

    assert len(contact.person.fields["LastName"]) == 80
    assert len(account.person.fields["Name"]) == 255


@pytest.mark.rule("AC-21")
@pytest.mark.parametrize(
    "stated",
    [
        None,
        "",
        "ada",
        "ada@localhost",
        "a b@example.org",
        "ada..byron@example.org",
        "ada@example.org, ben@example.org",
        "ada@-example.org",
        "ädä@example.org",
        "a" * 70 + "@example.org",
    ],
)
def test_what_salesforce_may_refuse_as_an_address_is_left_out(stated):
    call = a_call(external_email=stated)

    (slot,) = decide(a_decision_input(call=call, settings=making("contact"))).slots

    assert "Email" not in slot.person.fields


@pytest.mark.rule("AC-9", "AC-28", "CX-58")
def test_a_person_made_for_the_call_is_owned_as_the_call_is():
    call = a_call(agent=Agent(email="zoe@example.com"))

    (slot,) = decide(a_decision_input(call=call, settings=making("contact"))).slots

    assert slot.person.fields["OwnerId"] == slot.owner.user_id == ADMIN.id


@pytest.mark.rule("PC-17", "AC-9")
def test_strangers_of_a_conference_become_a_person_each_with_their_own_address():
    call = a_conference(BEN, ADA)

    decision = decide(a_decision_input(call=call, settings=making("account")))

    assert [slot.person.fields["Phone"] for slot in decision.slots] == [ADA, BEN]
    assert all(slot.person.object_type == "Account" for slot in decision.slots)


@pytest.mark.rule("CX-59")
@pytest.mark.parametrize(
    ("candidates", "calls", "expected"),
    [
        pytest.param((), {"unknown_number": "lead"}, True, id="a lead is made"),
        pytest.param((), {"unknown_number": "contact"}, False, id="contacts have no such rules"),
        pytest.param(
            (a_contact(),), {"attach_to": "case", "create_case": True}, True, id="a case is made"
        ),
        pytest.param((a_contact(),), {}, False, id="nothing is made"),
    ],
)
def test_it_is_told_that_assignment_rules_may_change_the_owner(candidates, calls, expected):
    settings = the_settings(calls=calls, ownership={"run_assignment_rules": True})
    without = the_settings(calls=calls)

    told, untold = (
        {reason.rule for reason in decide(a_decision_input(*candidates, settings=one)).explanation}
        for one in (settings, without)
    )

    assert ("CX-59" in told) == expected
    assert "CX-59" not in untold


def internal_call(**facts):
    """A call between Ann and others that the tenant wants logged."""
    usual = {"external_number": None, "external_name": None, "direction": "internal"}
    call = a_call(**{**usual, **facts})
    inputs = a_decision_input(a_contact(), settings=the_settings(calls={"log_internal": True}))
    passed = Screened(parties=(), call_type=CallType.OUTBOUND_ANSWERED)
    return replace(inputs, call=call, screened=passed, parties=())


@pytest.mark.rule("XB-17")
def test_a_call_between_agents_that_the_tenant_wants_is_one_task_on_no_record():
    ends = (internal(email=ANN.email), internal(name="Bob", email="bob@example.com"))

    decision = decide(internal_call(participants=ends))

    (slot,) = decision.slots
    assert slot.kind is SlotKind.TASK
    assert slot.parties == ("internal",)
    assert (slot.record, slot.person, slot.who_id, slot.what_id) == (None, None, None, None)
    assert slot.owner.user_id == ANN.id
    assert slot.fields["Subject"] == "Outbound call to Bob"
    assert slot.rules == ("XB-17", "XB-13", "AC-4", "AC-27")
    assert {"XB-17", "AC-27", "AC-4"} == {reason.rule for reason in decision.explanation}


@pytest.mark.rule("XB-17")
@pytest.mark.parametrize(
    ("facts", "who"),
    [
        pytest.param(
            {"participants": (internal(number="201"), internal(number="202"))},
            "202",
            id="by extension",
        ),
        pytest.param(
            {
                "participants": (
                    internal(name="ann AGENT"),
                    internal(name="Bob"),
                    internal(name="Cy"),
                )
            },
            "Bob, Cy",
            id="all others",
        ),
        pytest.param({"external_number": "203"}, "203", id="by what was dialled"),
        pytest.param({}, "internal", id="else a word"),
    ],
)
def test_the_other_agents_of_an_internal_call_are_named(facts, who):
    (slot,) = decide(internal_call(**facts)).slots

    assert slot.fields["Subject"] == f"Outbound call to {who}"


@pytest.mark.rule("AC-27")
def test_the_task_names_the_agent_whom_only_the_rest_of_the_event_tells():
    people = People(agents=(ListedAgent(name="Ann Agent", email=ANN.email, extension="201"),))
    call = a_call(
        agent=None, participants=(internal(number="201"), *a_conference(ADA).participants[1:])
    )

    (slot,) = decide(a_decision_input(a_contact(), call=call, people=people)).slots

    assert slot.owner.user_id == ANN.id
    assert slot.fields["Description"].startswith("Agent: Ann Agent <ann@example.com>\n")
