"""What holds for every call: order never matters, nothing is too long, a skip creates nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.calls import (
    ADA,
    ADMIN,
    ANN,
    BEN,
    CEM,
    START,
    a_call,
    a_decision_input,
    a_record,
    an_org,
    external,
    internal,
    screened,
    the_settings,
)
from switchhook.domain.calls.decide import decide
from switchhook.domain.calls.merging import merge_events
from switchhook.domain.decision import CandidateSource, Log, Screened, Skip
from switchhook.domain.facts.event import (
    CallFacts,
    CallType,
    Direction,
    Event,
    Kind,
    Outcome,
    Transfer,
)
from switchhook.domain.facts.people import Agent, Comment, OrgUser
from switchhook.domain.settings.reading import merge_patch, resolve, to_json, validate
from switchhook.domain.text import width

ANY_TEXT = st.text(st.characters(), max_size=60)
LONG_TEXT = st.builds(lambda text, times: text * times, ANY_TEXT, st.sampled_from([1, 40, 3000]))
NUMBERS = st.sampled_from([ADA, BEN, CEM, "(415) 555-0100", "anonymous", "201", None, ""])
TIMES = st.integers(0, 4).map(lambda days: START + timedelta(days=days))
IDS = st.integers(1, 4).map(str)


def suffixed(prefix):
    return IDS.map(lambda number: f"{prefix}00000000000{number}AAA")


CANDIDATES = st.one_of(
    st.builds(
        a_record,
        st.just("Contact"),
        suffixed("003"),
        numbers=st.lists(st.sampled_from([ADA, BEN, CEM]), max_size=2).map(tuple),
        modified_at=st.none() | TIMES,
        created_at=st.none() | TIMES,
        source=st.sampled_from(CandidateSource),
        is_person_account=st.booleans(),
        account_id=st.none() | suffixed("001"),
        name=st.none() | ANY_TEXT,
    ),
    st.builds(
        a_record,
        st.just("Lead"),
        suffixed("00Q"),
        modified_at=st.none() | TIMES,
        is_converted=st.booleans(),
        converted_contact_id=st.none() | suffixed("003"),
    ),
    st.builds(
        a_record,
        st.just("Account"),
        suffixed("001"),
        modified_at=st.none() | TIMES,
        is_person_account=st.booleans(),
        person_contact_id=st.none() | suffixed("003"),
    ),
)
CHOICES = st.fixed_dictionaries(
    {
        "language": st.sampled_from(["en", "de"]),
        "calls": st.fixed_dictionaries(
            {
                "workflow": st.dictionaries(
                    st.sampled_from(CallType).map(str),
                    st.sampled_from(["completed", "in_progress", "none"]),
                ),
                "short_call_rule": st.sampled_from(["none", "xbees", "partner"]),
                "unknown_number": st.sampled_from(["none", "lead"]),
                "person_account_who": st.booleans(),
            }
        ),
        "matching": st.fixed_dictionaries(
            {
                "tiebreak": st.sampled_from(["last_modified", "newest_created"]),
                "priority": st.permutations(["contact", "lead", "account", "person_account"]),
            }
        ),
    }
)
CALLS = st.builds(
    CallFacts,
    direction=st.none() | st.sampled_from(Direction),
    outcome=st.none() | st.sampled_from(Outcome),
    external_number=NUMBERS,
    external_name=st.none() | LONG_TEXT,
    external_email=st.none() | ANY_TEXT,
    internal_number=NUMBERS,
    agent=st.none()
    | st.builds(
        Agent,
        id=st.none() | ANY_TEXT,
        email=st.sampled_from([None, "ANN@example.com", "x"]),
        name=st.none() | LONG_TEXT,
    ),
    participants=st.lists(
        st.builds(external, NUMBERS, name=st.none() | ANY_TEXT)
        | st.builds(internal, name=ANY_TEXT),
        max_size=4,
    ).map(tuple),
    started_at=st.none() | TIMES,
    ended_at=st.none() | TIMES,
    wait_s=st.none() | st.floats(),
    talk_s=st.none() | st.floats(),
    queue=st.none() | LONG_TEXT,
    recording_url=st.none() | LONG_TEXT,
    transfers=st.lists(st.builds(Transfer, by=ANY_TEXT, to=ANY_TEXT), max_size=2).map(tuple),
    tags=st.lists(LONG_TEXT, max_size=3).map(tuple),
    comments=st.lists(st.builds(Comment, text=LONG_TEXT, author=ANY_TEXT), max_size=3).map(tuple),
    disposition=st.none() | LONG_TEXT,
    time_zone=st.none() | ANY_TEXT | st.just("Asia/Tokyo"),
)
LIMITS = {"Subject": 255, "Description": 32_000, "CallDisposition": 255}


def decided(call, candidates, choices):
    own = the_settings(**choices)
    passed = screened(call, settings=own)
    if isinstance(passed, Skip):
        return passed
    return decide(a_decision_input(*candidates, call=call, settings=own))


@pytest.mark.rule("AC-16", "AC-17", "XB-18", "SH-1")
@given(
    candidates=st.lists(CANDIDATES, max_size=7),
    choices=CHOICES,
    others=st.permutations([ADA, BEN, CEM]),
    data=st.data(),
)
def test_neither_the_order_of_candidates_nor_of_parties_matters(candidates, choices, others, data):
    call = a_call(participants=tuple(map(external, [ADA, BEN, CEM])))
    shuffled_call = a_call(participants=tuple(map(external, others)))
    shuffled = data.draw(st.permutations(candidates))

    first = decided(call, candidates, choices)
    second = decided(shuffled_call, [*shuffled, *candidates[:2]], choices)

    assert [(slot.record, slot.who_id, slot.what_id, slot.parties) for slot in slots_of(first)] == [
        (slot.record, slot.who_id, slot.what_id, slot.parties) for slot in slots_of(second)
    ]


def slots_of(decision):
    return decision.slots if isinstance(decision, Log) else ()


@pytest.mark.rule("SH-3")
@given(call=CALLS, candidates=st.lists(CANDIDATES, max_size=4), choices=CHOICES)
def test_every_call_gets_the_same_explained_decision_each_time(call, candidates, choices):
    decision = decided(call, candidates, choices)

    assert decision == decided(call, candidates, choices)
    told = decision.explanation if isinstance(decision, Log) else (decision,)
    assert told
    assert all(reason.rule for reason in told)
    assert all(len(reason.text) <= 300 for reason in told)


@given(call=CALLS, candidates=st.lists(CANDIDATES, max_size=4), choices=CHOICES)
def test_no_text_is_longer_than_its_field_or_unfit_for_it(call, candidates, choices):
    for slot in slots_of(decided(call, candidates, choices)):
        for name, limit in LIMITS.items():
            assert width(slot.fields[name]) <= limit
            slot.fields[name].encode("utf-8")
        assert slot.fields["Description"].endswith("\nCall id: c-1")
        assert 0 <= slot.fields.get("CallDurationInSeconds", 0) <= 2**31 - 1
        if slot.person:
            assert 0 < width(slot.person.fields["LastName"]) <= 80
            assert 0 < width(slot.person.fields["Company"]) <= 255


@pytest.mark.rule("PC-17", "AC-10")
@given(call=CALLS, candidates=st.lists(CANDIDATES, max_size=6), choices=CHOICES)
def test_each_record_has_one_task_and_each_task_one_record_or_person(call, candidates, choices):
    slots = slots_of(decided(call, candidates, choices))

    records = [slot.record for slot in slots if slot.record]
    parties = [party for slot in slots for party in slot.parties]
    assert len(set(records)) == len(records)
    assert len(set(parties)) == len(parties)
    for slot in slots:
        references = [ref for ref in (slot.who_id, slot.what_id) if ref]
        assert len(references) == (slot.person is None)
        assert (slot.record is None) == (slot.person is not None)


@pytest.mark.rule("X-11", "XB-15", "XB-17", "AC-6", "XB-16", "PC-5")
@given(call=CALLS, choices=CHOICES)
def test_a_call_that_is_screened_out_creates_nobody(call, choices):
    own = the_settings(**merge_patch(choices, {"calls": {"unknown_number": "lead"}}))
    passed = screened(call, settings=own)

    if isinstance(passed, Screened):
        slots = decide(a_decision_input(call=call, settings=own)).slots
        assert [slot.person.fields["Phone"] for slot in slots] == [p.key for p in passed.parties]
    else:
        assert passed.rule in {"XB-17", "XB-15", "XB-16", "PC-5", "AC-6"}
        assert passed.text


@pytest.mark.rule("AC-27", "AC-28", "CX-59", "XB-4")
@given(
    agent=st.none()
    | st.builds(Agent, email=st.sampled_from([None, "", ANN.email, "x@example.com"])),
    twins=st.lists(
        st.builds(
            OrgUser,
            id=suffixed("005"),
            name=st.just("Ann"),
            email=st.just(ANN.email),
            is_active=st.booleans(),
            last_login_at=st.none() | TIMES,
        ),
        max_size=4,
    ),
    avoid=st.frozensets(suffixed("005")),
)
def test_the_owner_is_always_a_user_who_may_own(agent, twins, avoid):
    inputs = replace(
        a_decision_input(
            a_record("Contact", "0031"),
            call=a_call(agent=agent),
            org=an_org(users_by_email={ANN.email: tuple(twins)}),
        ),
        avoid_users=avoid,
    )
    active = {user.id for user in twins if user.is_active} - avoid

    (slot,) = decide(inputs).slots

    assert slot.owner.user_id in (active | {ADMIN.id})
    assert (slot.owner.rule == "AC-27") == bool(agent and agent.email == ANN.email and active)


EVENTS = st.lists(
    st.builds(
        Event,
        event_id=IDS,
        kind=st.just(Kind.CALL),
        type=st.just("call.ended"),
        ended=st.booleans(),
        occurred_at=TIMES,
        received_at=TIMES,
        call=st.builds(
            CallFacts,
            queue=st.sampled_from([None, "Sales", "Care"]),
            talk_s=st.none() | st.integers(0, 9).map(float),
            tags=st.lists(st.sampled_from("abc"), max_size=2).map(tuple),
        ),
    ),
    max_size=5,
    unique_by=lambda event: event.event_id,
)


@pytest.mark.rule("SH-1", "SH-5")
@given(events=EVENTS, data=st.data())
def test_the_facts_of_a_call_depend_neither_on_order_nor_on_repetition(events, data):
    shuffled = data.draw(st.permutations([*events, *events[:3]]))

    assert merge_events(tuple(shuffled)) == merge_events(tuple(events))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["preset", "default_region", "time_zone", "calls", "matching", "ownership", "max_in_flight"]
)


@given(patch=st.dictionaries(NAMES | ANY_TEXT, JSON, max_size=4))
def test_whatever_is_given_as_settings_is_taken_whole_or_named(patch):
    own = {"preset": "standard", "default_region": "AT", "time_zone": "Europe/Vienna", **patch}
    problems = validate(own)

    if not problems:
        taken = resolve(own, version=1)
        assert resolve(to_json(taken), version=1) == taken


@given(choices=CHOICES)
def test_a_change_made_twice_is_the_change_made_once(choices):
    once = merge_patch({}, choices)

    assert merge_patch(once, choices) == once
