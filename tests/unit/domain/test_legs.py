"""Legs: what each part of a call saw becomes one call."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.calls import ADA, BEN, START, a_decision_input, a_record, screened
from switchhook.domain.calls.decide import decide
from switchhook.domain.calls.merging import combine, held_until, merge_events
from switchhook.domain.calls.screening import call_type
from switchhook.domain.decision import Skip
from switchhook.domain.facts.event import (
    CallFacts,
    CallType,
    Direction,
    Event,
    Kind,
    Outcome,
    Participant,
    Role,
    Transfer,
)
from switchhook.domain.facts.people import Agent, Comment

ANN = Agent(id="17", email="ann@example.com", name="Ann Agent")
BOB = Agent(id="18", email="bob@example.com", name="Bob Agent")
CEM = Agent(id="19", name="Cem Agent")


def at(second: float):
    return START + timedelta(seconds=second)


def leg(agent=ANN, *, start=0, answer=None, end=10, **facts):
    """A leg of an inbound call from Ada; one with an answer was talked on until its end."""
    answered = {
        "outcome": Outcome.ANSWERED,
        "answered_at": at(answer or 0),
        "talk_s": float(end - (answer or 0)),
        "wait_s": float((answer or 0) - start),
    }
    stated = {
        "direction": Direction.INBOUND,
        "outcome": Outcome.MISSED,
        "external_number": ADA,
        "agent": agent,
        "started_at": at(start),
        "ended_at": at(end),
        **(answered if answer is not None else {}),
        **facts,
    }
    return CallFacts(**stated)


QUEUE = leg(None, end=100, queue="Sales", wait_s=100.0)
TRANSFERRED = (leg(ANN, start=2, answer=9, end=40), leg(BOB, start=38, answer=42, end=100))


def test_no_leg_says_nothing_and_one_leg_is_the_call():
    assert combine(()) == CallFacts()
    assert combine((QUEUE,)) == QUEUE


@pytest.mark.rule("XB-14", "AC-27")
def test_the_last_agent_who_talked_is_the_agent_and_talk_adds_up():
    call = combine((QUEUE, *TRANSFERRED))

    assert call.agent == BOB
    assert call.talk_s == 31 + 58
    assert (call.started_at, call.answered_at, call.ended_at) == (at(0), at(9), at(100))
    assert (call.outcome, call.queue) == (Outcome.ANSWERED, "Sales")


@pytest.mark.rule("AC-23")
def test_the_wait_lasts_from_the_first_ring_until_the_first_answer():
    assert combine((QUEUE, *TRANSFERRED)).wait_s == 9
    assert combine((QUEUE, leg(ANN, start=3, end=30, wait_s=20.0))).wait_s == 100
    assert combine((QUEUE, replace(TRANSFERRED[0], wait_s=None))).wait_s == 9
    assert combine((leg(start=0), leg(BOB, start=5))).wait_s is None


@pytest.mark.rule("XB-14")
@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        pytest.param((leg(answer=5),), (), id="no_transfer"),
        pytest.param(TRANSFERRED, (("ann@example.com", "bob@example.com", None),), id="one"),
        pytest.param(
            (*TRANSFERRED, leg(CEM, start=99, answer=101, end=120)),
            (
                ("ann@example.com", "bob@example.com", None),
                ("bob@example.com", "Cem Agent", None),
            ),
            id="two_transfers",
        ),
        pytest.param((leg(ANN), leg(BOB, start=5, answer=6)), (), id="ringing_is_no_transfer"),
        pytest.param(
            (leg(ANN, answer=1), leg(ANN, start=12, answer=13, end=20)), (), id="back_again"
        ),
        pytest.param(
            (replace(TRANSFERRED[0], transfers=(Transfer(kind="attended"),)), TRANSFERRED[1]),
            (("ann@example.com", "bob@example.com", "attended"),),
            id="a_nameless_transfer_says_its_kind",
        ),
        pytest.param(
            (TRANSFERRED[0], replace(TRANSFERRED[1], transfers=(Transfer(kind="blind"),))),
            (("ann@example.com", "bob@example.com", "blind"),),
            id="also_on_the_leg_it_led_to",
        ),
        pytest.param(
            (leg(answer=5, transfers=(Transfer(kind="attended"),)),), (), id="a_kind_alone_is_none"
        ),
        pytest.param(
            (
                replace(
                    TRANSFERRED[0],
                    transfers=(Transfer(by="ann@example.com", to="bob@example.com", kind="k"),),
                ),
                TRANSFERRED[1],
            ),
            (("ann@example.com", "bob@example.com", "k"),),
            id="a_stated_transfer_is_not_told_twice",
        ),
    ],
)
def test_each_change_from_agent_to_agent_is_a_transfer(legs, expected):
    assert tuple((one.by, one.to, one.kind) for one in combine(legs).transfers) == expected


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((Outcome.MISSED, Outcome.ANSWERED), Outcome.ANSWERED),
        ((Outcome.MISSED, Outcome.VOICEMAIL), Outcome.VOICEMAIL),
        ((Outcome.MISSED, Outcome.CANCELED), Outcome.CANCELED),
        ((Outcome.REJECTED, Outcome.MISSED), Outcome.MISSED),
        ((Outcome.BUSY, None), Outcome.BUSY),
        ((None, None), None),
    ],
)
def test_the_outcome_is_the_strongest_of_the_legs(outcomes, expected):
    legs = [leg(start=place, outcome=outcome) for place, outcome in enumerate(outcomes)]

    assert combine(legs).outcome == expected


@pytest.mark.rule("AC-27")
def test_of_handsets_that_nobody_took_the_last_one_is_the_agents():
    call = combine((QUEUE, leg(ANN, start=1), leg(BOB, start=30)))

    assert (call.agent, call.talk_s, call.answered_at) == (BOB, None, None)
    assert call_type(call) is CallType.MISSED


def test_what_a_menu_calls_talk_counts_only_while_no_agent_talked():
    menu = leg(None, answer=1, end=100)

    assert combine((menu, leg(ANN, start=20))).talk_s == 99
    assert combine((menu, leg(ANN, start=20, answer=30, end=50))).talk_s == 20


@pytest.mark.rule("XB-17")
def test_a_leg_between_agents_does_not_make_the_call_internal():
    asked = leg(BOB, start=20, answer=22, direction=Direction.INTERNAL, external_number=None)
    call = combine((leg(ANN, answer=5, end=60), asked))

    assert call.direction is Direction.INBOUND
    assert [end.email for end in call.participants if end.role is Role.AGENT] == [
        "ann@example.com",
        "bob@example.com",
    ]
    assert [end.number for end in call.participants if end.role is Role.EXTERNAL] == [ADA]


@pytest.mark.rule("XB-14", "PC-17")
def test_participants_are_everyone_on_any_leg_once():
    again = replace(TRANSFERRED[1], external_number="+1 (415) 555-0100")
    listed = Participant(role=Role.EXTERNAL, number=BEN)
    legs = (TRANSFERRED[0], again, leg(BOB, start=50, participants=(listed,)))

    told = [(end.role.value, end.number or end.email) for end in combine(legs).participants]

    assert told == [
        ("external", ADA),
        ("agent", "ann@example.com"),
        ("agent", "bob@example.com"),
        ("external", BEN),
    ]


def test_a_main_party_and_one_agent_need_no_list():
    assert combine((QUEUE, leg(ANN, start=2, answer=9))).participants == ()


@pytest.mark.rule("XB-15")
def test_a_withheld_number_stays_withheld_however_many_agents_talked():
    legs = [replace(one, external_number=None) for one in TRANSFERRED]

    passed = screened(combine(legs))

    assert isinstance(passed, Skip)
    assert (passed.rule, passed.reason) == ("XB-15", "withheld")


@pytest.mark.rule("SH-5")
def test_lists_are_gathered_and_links_kept():
    first = leg(answer=1, tags=("a", "b"), recording_url="https://r/1")
    second = leg(
        BOB, start=20, answer=22, tags=("b", "c"), comments=(Comment(text="x"),), disposition="won"
    )

    call = combine((second, first))

    assert (call.tags, call.comments) == (("a", "b", "c"), (Comment(text="x"),))
    assert (call.recording_url, call.disposition) == ("https://r/1", "won")


@pytest.mark.rule("PC-17")
def test_a_transferred_call_is_one_task_of_the_last_agent():
    call = combine((QUEUE, *TRANSFERRED))

    decision = decide(a_decision_input(a_record("Contact", "0031", numbers=(ADA,)), call=call))

    assert len(decision.slots) == 1
    assert "bob@example.com" in decision.slots[0].fields["Description"]


def an_event(event_id, call, *, ended=True, held_s=0, leg=None, at_s=0):
    return Event(
        event_id=event_id,
        kind=Kind.CALL,
        type="ended",
        ended=ended,
        occurred_at=at(at_s),
        received_at=at(at_s),
        held_s=held_s,
        leg=leg,
        call=call,
    )


def test_events_of_one_leg_are_merged_before_the_legs_are_combined():
    told = (
        an_event("1", TRANSFERRED[0], leg="a"),
        an_event("2", TRANSFERRED[1], leg="b", at_s=60),
        an_event("3", replace(TRANSFERRED[1], tags=("late",)), leg="b", ended=False, at_s=90),
    )

    merged = merge_events(told)

    assert (merged.talk_s, merged.tags, len(merged.transfers)) == (89, ("late",), 1)


def test_a_better_event_outranks_a_held_one_that_is_later():
    held = CallFacts(outcome=Outcome.MISSED, queue="Sales", disposition="held")
    better = CallFacts(outcome=Outcome.ANSWERED, disposition="better")
    told = (an_event("1", better), an_event("2", held, held_s=60, at_s=9))

    for order in (told, told[::-1]):
        assert merge_events(order) == CallFacts(
            outcome=Outcome.ANSWERED, queue="Sales", disposition="better"
        )


def test_what_is_said_of_the_whole_call_lies_over_its_legs_unless_it_was_held():
    part = an_event("1", leg(answer=5, disposition="leg"), leg="a")
    held = an_event("2", CallFacts(disposition="held", queue="Sales"), held_s=60, at_s=1)
    late = an_event("3", CallFacts(recording_url="https://r/1"), ended=False, at_s=2)

    merged = merge_events((part, held, late))

    assert (merged.disposition, merged.queue) == ("leg", "Sales")
    assert merged.recording_url == "https://r/1"


@pytest.mark.parametrize(
    ("events", "expected_s"),
    [
        pytest.param((), None, id="nothing"),
        pytest.param((("1", 0, 60, False),), None, id="no_end"),
        pytest.param((("1", 0, 60, True),), 60, id="one_held_end"),
        pytest.param((("1", 0, 60, True), ("2", 50, 60, True)), 60, id="the_first_one_counts"),
        pytest.param((("1", 0, 60, True), ("2", 9, 0, True)), None, id="the_best_has_come"),
        pytest.param((("1", 0, 60, True), ("2", 9, 0, False)), 60, id="an_update_is_no_end"),
    ],
)
def test_how_long_a_better_end_is_awaited(events, expected_s):
    told = [
        an_event(name, CallFacts(), at_s=at_s, held_s=held_s, ended=ended)
        for name, at_s, held_s, ended in events
    ]

    assert held_until(told) == (None if expected_s is None else at(expected_s))
