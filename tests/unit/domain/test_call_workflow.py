"""The call workflow: five types of call, and which calls are not logged, in which order."""

from datetime import timedelta

import pytest

from builders.calls import (
    ADA,
    BEN,
    START,
    a_call,
    a_canceled_call,
    external,
    internal,
    screened,
    the_settings,
)
from switchhook.domain.calls.merging import talk_time_s
from switchhook.domain.calls.screening import call_type, external_ends
from switchhook.domain.decision import Screened, Skip
from switchhook.domain.facts.event import CallType, Direction, Outcome
from switchhook.domain.facts.people import Agent, ListedAgent, People

IN, OUT, INTERNAL = Direction.INBOUND, Direction.OUTBOUND, Direction.INTERNAL
TEAM = People(
    agents=(ListedAgent(email="Bob@example.com", extension="202"),),
    own_numbers=frozenset({BEN}),
    internal_domains=frozenset({"switch.example"}),
)


@pytest.mark.rule("AC-3")
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"direction": OUT, "outcome": Outcome.ANSWERED}, CallType.OUTBOUND_ANSWERED),
        ({"direction": OUT, "outcome": Outcome.UNANSWERED}, CallType.OUTBOUND_UNANSWERED),
        ({"direction": OUT, "outcome": Outcome.BUSY}, CallType.OUTBOUND_UNANSWERED),
        ({"direction": OUT, "outcome": Outcome.CANCELED}, CallType.OUTBOUND_UNANSWERED),
        ({"direction": OUT, "outcome": Outcome.VOICEMAIL}, CallType.OUTBOUND_UNANSWERED),
        ({"direction": INTERNAL, "outcome": Outcome.ANSWERED}, CallType.OUTBOUND_ANSWERED),
        ({"direction": IN, "outcome": Outcome.ANSWERED}, CallType.INBOUND_ANSWERED),
        ({"direction": IN, "outcome": Outcome.VOICEMAIL}, CallType.VOICEMAIL),
        (
            {"direction": IN, "outcome": Outcome.MISSED, "voicemail_url": "https://v.example/1"},
            CallType.VOICEMAIL,
        ),
        ({"direction": IN, "outcome": Outcome.MISSED}, CallType.MISSED),
        ({"direction": IN, "outcome": Outcome.CANCELED}, CallType.MISSED),
        ({"direction": IN, "outcome": Outcome.REJECTED}, CallType.MISSED),
        ({"direction": IN, "outcome": Outcome.FAILED}, CallType.MISSED),
        ({"direction": IN, "outcome": None, "talk_s": 3.0}, CallType.INBOUND_ANSWERED),
        ({"direction": IN, "outcome": None, "talk_s": None}, CallType.MISSED),
    ],
)
def test_every_call_is_of_one_of_five_types(facts, expected):
    assert call_type(a_call(**facts)) is expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({"talk_s": 200.0}, 200.0, id="as stated"),
        pytest.param({"talk_s": None}, 200.0, id="else from answer to end"),
        pytest.param({"talk_s": None, "answered_at": None}, 209.0, id="else from start to end"),
        pytest.param(
            {"talk_s": None, "answered_at": None, "started_at": None}, 0.0, id="else unknown"
        ),
        pytest.param({"talk_s": -4.0}, 0.0, id="never negative"),
        pytest.param({"talk_s": float("nan")}, 0.0, id="never no number"),
        pytest.param(
            {"talk_s": None, "answered_at": START + timedelta(hours=1)},
            0.0,
            id="clocks that differ",
        ),
        pytest.param({"talk_s": 7.0, "outcome": Outcome.MISSED}, 0.0, id="zero when unanswered"),
    ],
)
def test_talk_time_is_what_was_talked(facts, expected):
    assert talk_time_s(a_call(**facts)) == expected


def test_the_main_external_end_is_the_only_one_without_a_list():
    assert external_ends(a_call()) == (external(ADA, name="Ada Byron"),)


@pytest.mark.rule("PC-17")
def test_a_list_of_participants_names_every_external_end():
    call = a_call(
        external_number="+1 415 555 0100",
        external_email="ada@example.com",
        participants=(internal(number="201"), external(ADA), external(BEN), external(None)),
    )

    assert external_ends(call) == (
        external(ADA, name="Ada Byron", email="ada@example.com"),
        external(BEN),
        external(None),
    )


def test_a_list_of_agents_only_has_no_external_end_but_the_main_one():
    agents = (internal(number="201"), internal(number="202"))

    assert external_ends(a_call(participants=agents, external_number=None)) == ()
    assert [end.number for end in external_ends(a_call(participants=agents))] == [ADA]


@pytest.mark.rule("XB-12", "AC-3")
def test_a_call_that_no_rule_stops_names_its_parties_and_type():
    passed = screened(a_call())

    assert isinstance(passed, Screened)
    assert [party.key for party in passed.parties] == [ADA]
    assert passed.call_type is CallType.INBOUND_ANSWERED
    assert [reason.rule for reason in passed.explanation] == ["AC-3"]


@pytest.mark.rule("PC-17")
def test_parties_stand_in_order_and_each_once():
    ends = (external(BEN), external(ADA, name="Ada"), external("(415) 555-0100", name="A. B."))

    passed = screened(a_call(participants=ends))

    assert [(party.key, party.name) for party in passed.parties] == [(ADA, "Ada"), (BEN, None)]


@pytest.mark.rule("XB-17", "PC-6", "PC-16")
@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"direction": INTERNAL, "external_number": "202"}, id="told to be internal"),
        pytest.param({"direction": INTERNAL}, id="internal whatever the number"),
        pytest.param({"external_number": "202"}, id="from an extension"),
        pytest.param({"external_number": BEN}, id="from an own number"),
        pytest.param({"external_number": "+14155550199"}, id="from the number that was called"),
        pytest.param({"external_email": "bob@EXAMPLE.com"}, id="from an agent's e-mail"),
        pytest.param({"external_email": "x@switch.example"}, id="from an internal domain"),
        pytest.param(
            {"external_number": None, "external_email": "bob@example.com"},
            id="from an agent without a number",
        ),
        pytest.param(
            {"external_number": None, "participants": (internal(number="201"),)},
            id="a conference of agents",
        ),
        pytest.param(
            {"participants": (external(BEN), external("202"))}, id="a conference of own ends"
        ),
    ],
)
def test_a_call_between_users_of_the_phone_system_is_skipped(facts):
    skip = screened(a_call(**facts), people=TEAM)

    assert isinstance(skip, Skip)
    assert (skip.rule, skip.reason) == ("XB-17", "internal")


@pytest.mark.rule("XB-17")
@pytest.mark.parametrize("direction", [IN, OUT, INTERNAL])
def test_a_conference_with_one_external_party_is_not_internal(direction):
    ends = (internal(email="ann@example.com"), external(BEN), external(ADA))

    passed = screened(a_call(direction=direction, participants=ends), people=TEAM)

    assert [party.key for party in passed.parties] == [ADA]


@pytest.mark.rule("XB-17")
def test_an_agents_own_phone_in_a_conference_is_no_party():
    ends = (internal(number="+1 415 555 0101"), external(ADA), external("+1 415 555 0101"))

    assert [party.key for party in screened(a_call(participants=ends)).parties] == [ADA]


@pytest.mark.rule("XB-15", "PC-4", "X-5")
@pytest.mark.parametrize(
    "number", [None, "anonymous", "+1999", "sip:x@pbx.example", "not a number"]
)
@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.MISSED])
def test_a_withheld_number_is_skipped(number, outcome):
    skip = screened(a_call(external_number=number, outcome=outcome))

    assert (skip.rule, skip.reason) == ("XB-15", "withheld")


@pytest.mark.rule("XB-15")
def test_a_withheld_end_beside_a_known_one_is_left_out():
    passed = screened(a_call(participants=(external(None), external(ADA))))

    assert [party.key for party in passed.parties] == [ADA]


@pytest.mark.rule("XB-16", "X-1")
@pytest.mark.parametrize(
    ("call", "is_logged"),
    [
        pytest.param(a_canceled_call(after_s=4.999), False, id="given up just before 5 s"),
        pytest.param(a_canceled_call(after_s=5), True, id="given up at exactly 5 s"),
        pytest.param(a_canceled_call(after_s=0), False, id="given up at once"),
        pytest.param(a_canceled_call(after_s=1, direction=IN), True, id="an inbound one"),
        pytest.param(a_call(direction=OUT, talk_s=1.0), True, id="a short talk"),
        pytest.param(
            a_call(direction=OUT, outcome=Outcome.BUSY, ended_at=START), True, id="a busy line"
        ),
    ],
)
def test_xbees_calls_given_up_within_five_seconds_are_skipped(call, is_logged):
    result = screened(call)

    assert isinstance(result, Screened) is is_logged
    assert is_logged or (result.rule, result.reason) == ("XB-16", "short_call")


@pytest.mark.rule("PC-5", "X-1")
@pytest.mark.parametrize(
    ("call", "is_logged"),
    [
        pytest.param(a_canceled_call(after_s=4.999), False, id="given up just before 5 s"),
        pytest.param(a_canceled_call(after_s=4, direction=IN), False, id="inbound too"),
        pytest.param(a_canceled_call(after_s=5), True, id="given up at exactly 5 s"),
        pytest.param(
            a_canceled_call(after_s=20, direction=IN), True, id="a caller's patience ends"
        ),
        pytest.param(a_call(talk_s=4.9), False, id="talked just under 5 s"),
        pytest.param(a_call(talk_s=5.0), True, id="talked exactly 5 s"),
        pytest.param(a_call(talk_s=None, answered_at=None), True, id="talk time unknown"),
        pytest.param(a_call(outcome=Outcome.MISSED, talk_s=0.0, ended_at=START), True, id="missed"),
    ],
)
def test_partner_calls_canceled_or_talked_under_five_seconds_are_skipped(call, is_logged):
    result = screened(call, settings=the_settings(calls={"short_call_rule": "partner"}))

    assert isinstance(result, Screened) is is_logged
    assert is_logged or (result.rule, result.reason) == ("PC-5", "short_call")


@pytest.mark.rule("X-1")
def test_without_a_rule_the_shortest_call_is_logged():
    settings = the_settings(calls={"short_call_rule": "none"})

    assert isinstance(screened(a_canceled_call(after_s=0), settings=settings), Screened)


@pytest.mark.rule("XB-16")
def test_the_limit_of_the_short_call_rule_is_the_tenants():
    settings = the_settings(calls={"short_call_threshold_s": 10})

    assert screened(a_canceled_call(after_s=9), settings=settings).rule == "XB-16"


@pytest.mark.rule("XB-16")
def test_a_canceled_call_of_unknown_length_is_not_short():
    call = a_canceled_call(after_s=1)
    timeless = a_call(direction=OUT, outcome=Outcome.CANCELED, started_at=None, ended_at=None)

    assert isinstance(screened(call), Skip)
    assert isinstance(screened(timeless), Screened)


@pytest.mark.rule("AC-6")
@pytest.mark.parametrize("kind", CallType)
def test_a_type_that_is_set_to_nothing_is_skipped(kind):
    call = {
        CallType.OUTBOUND_ANSWERED: a_call(direction=OUT),
        CallType.OUTBOUND_UNANSWERED: a_call(direction=OUT, outcome=Outcome.BUSY),
        CallType.INBOUND_ANSWERED: a_call(),
        CallType.MISSED: a_call(outcome=Outcome.MISSED),
        CallType.VOICEMAIL: a_call(outcome=Outcome.VOICEMAIL),
    }[kind]

    skip = screened(call, settings=the_settings(calls={"workflow": {kind.value: "none"}}))

    assert (skip.rule, skip.reason) == ("AC-6", "call_type")
    others = {other.value: "none" for other in CallType if other is not kind}
    assert isinstance(screened(call, settings=the_settings(calls={"workflow": others})), Screened)


ALL_NONE = {"workflow": {kind.value: "none" for kind in CallType}}


@pytest.mark.rule("X-10")
@pytest.mark.parametrize(
    ("call", "rule"),
    [
        pytest.param(
            a_canceled_call(after_s=1, direction=INTERNAL), "XB-17", id="internal before short"
        ),
        pytest.param(
            a_call(
                direction=OUT, outcome=Outcome.CANCELED, ended_at=START, external_number="anonymous"
            ),
            "XB-15",
            id="withheld before short",
        ),
        pytest.param(a_canceled_call(after_s=1), "XB-16", id="short before type"),
        pytest.param(a_call(), "AC-6", id="type before hours"),
    ],
)
def test_the_first_rule_that_hits_names_the_skip(call, rule):
    closed = {**ALL_NONE, "business_hours": {"only_open": True, "week": {}}}

    assert screened(call, settings=the_settings(calls=closed)).rule == rule


@pytest.mark.rule("X-10", "AC-7")
def test_hours_come_last_before_the_match():
    closed = the_settings(calls={"business_hours": {"only_open": True, "week": {}}})

    assert screened(a_call(), settings=closed).rule == "AC-7"


LOGGED_INSIDE = {"log_internal": True}


@pytest.mark.rule("XB-17", "PC-6", "PC-16")
def test_internal_calls_are_logged_without_a_party_where_the_tenant_wants_it():
    call = a_call(direction=INTERNAL, external_number=None, external_name=None)

    passed = screened(call, settings=the_settings(calls=LOGGED_INSIDE))

    assert passed.parties == ()
    assert [reason.rule for reason in passed.explanation] == ["XB-17", "AC-3"]
    assert screened(call).rule == "XB-17"


@pytest.mark.rule("XB-17", "X-10", "X-11")
@pytest.mark.parametrize(
    ("calls", "rule"),
    [
        pytest.param({"workflow": {"outbound_answered": "none"}}, "AC-6", id="by type"),
        pytest.param({"business_hours": {"only_open": True, "week": {}}}, "AC-7", id="by hours"),
    ],
)
def test_internal_calls_that_are_logged_pass_the_other_rules(calls, rule):
    call = a_call(direction=INTERNAL, external_number=None, external_name=None)

    assert screened(call, settings=the_settings(calls={**LOGGED_INSIDE, **calls})).rule == rule


@pytest.mark.rule("XB-15", "X-11")
def test_a_withheld_number_is_not_logged_as_an_internal_call():
    call = a_call(external_number="anonymous")

    assert screened(call, settings=the_settings(calls=LOGGED_INSIDE)).rule == "XB-15"


def test_an_agent_of_the_event_is_own_without_a_people_list():
    call = a_call(external_number="20177", agent=Agent(extension="20177"))

    assert screened(call).rule == "XB-17"
