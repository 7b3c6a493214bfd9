"""Leads: the newest of several, the ones from before the installation, the converted, the pinned."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from builders.calls import (
    ADA,
    BEN,
    a_contact,
    a_lead,
    a_party,
    a_person_account,
    an_account,
    the_settings,
)
from switchhook.domain.activity import RecordRef
from switchhook.domain.decision import CandidateSource, PartyCandidates
from switchhook.domain.matching.choosing import Matched, MatchType, NoMatch, choose

INSTALLED = "2026-03-01T00:00:00Z"
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)

OLD = tuple(a_lead(f"00Q{n}", created_at=JANUARY) for n in range(1, 9))
BECAME = "003000000000005AAA"


def chosen(*candidates, raw=ADA, tenant="t-1", avoid=(), installed_at=INSTALLED, **matching):
    usual = {"tiebreak": "newest_created", "installed_at": installed_at}
    return choose(
        PartyCandidates(party=a_party(raw), candidates=candidates),
        tenant=tenant,
        settings=the_settings(matching={**usual, **matching}).matching,
        avoid_records=frozenset(avoid),
    )


def chosen_id(*candidates, **how):
    result = chosen(*candidates, **how)
    assert isinstance(result, Matched)
    return result.candidate.record.id


@pytest.mark.rule("XB-18", "PC-7", "PC-8", "X-2")
@pytest.mark.parametrize(
    ("leads", "expected"),
    [
        pytest.param(
            (
                a_lead("00Q1", created_at=MARCH),
                a_lead("00Q2", created_at=APRIL),
                a_lead("00Q3", created_at=FEBRUARY),
            ),
            "00Q2",
            id="the newest of those made since",
        ),
        pytest.param(
            (a_lead("00Q9", created_at=FEBRUARY), a_lead("00Q1", created_at=MARCH)),
            "00Q1",
            id="the one made at the installation before an older one",
        ),
        pytest.param(
            (a_lead("00Q1", created_at=APRIL), a_lead("00Q2", created_at=APRIL)),
            "00Q2",
            id="of one instant the highest id",
        ),
        pytest.param(
            (
                a_lead("00Q1", created_at=JANUARY),
                a_lead("00Q2", source=CandidateSource.CREATED, numbers=()),
            ),
            "00Q2",
            id="the one we made and no search has found yet",
        ),
    ],
)
def test_of_several_leads_the_newest_since_the_installation_is_taken(leads, expected):
    for order in permutations(leads):
        match = chosen(*order)

        assert match.candidate.record.id == expected
        assert match.rules == ("XB-18",)


@pytest.mark.rule("XB-19", "PC-8")
def test_of_leads_from_before_the_installation_one_is_drawn_the_same_each_time():
    first = chosen(*OLD)

    assert first.candidate in OLD
    assert first.rules == ("XB-19",)
    for order in (OLD[::-1], OLD[3:] + OLD[:3]):
        assert chosen(*order) == first


@pytest.mark.rule("XB-19")
def test_another_tenant_or_number_may_draw_another_lead():
    by_tenant = {chosen_id(*OLD, tenant=f"t-{n}") for n in range(40)}
    theirs = [a_lead(f"00Q{n}", created_at=JANUARY, numbers=(ADA, BEN)) for n in range(1, 9)]

    assert len(by_tenant) > 1
    assert len({chosen_id(*theirs, raw=raw, tenant="t-3") for raw in (ADA, BEN)}) == 2


@pytest.mark.rule("XB-19")
def test_a_draw_stays_when_another_lead_goes():
    drawn = chosen_id(*OLD)

    for gone in OLD:
        if gone.record.id != drawn:
            assert chosen_id(*(lead for lead in OLD if lead is not gone)) == drawn


@pytest.mark.rule("XB-19")
@pytest.mark.parametrize(
    ("candidates", "how", "rules"),
    [
        pytest.param(OLD, {"installed_at": None}, ("XB-18",), id="no date: all are newer"),
        pytest.param(OLD, {"tiebreak": "last_modified"}, ("AC-17",), id="another tie-break"),
        pytest.param(OLD[:1], {}, (), id="one lead"),
        pytest.param(
            (a_contact("0031", created_at=JANUARY), a_contact("0032", created_at=JANUARY)),
            {},
            ("XB-18",),
            id="contacts",
        ),
    ],
)
def test_lots_are_drawn_between_old_leads_only(candidates, how, rules):
    assert chosen(*candidates, **how).rules == rules


@pytest.mark.rule("XB-20", "X-9")
@pytest.mark.parametrize(
    "others",
    [
        pytest.param((a_contact(created_at=APRIL),), id="a contact comes first by priority"),
        pytest.param((a_lead("00Q1", created_at=APRIL),), id="a lead is newer"),
        pytest.param(OLD, id="others are drawn from"),
        pytest.param((a_person_account(),), id="a person account has the number"),
    ],
)
def test_a_pin_beats_priority_and_tie_break(others):
    pin = a_lead("00Q99", source=CandidateSource.PIN, numbers=())

    match = chosen(*others, pin, priority=["contact", "account", "person_account", "lead"])

    assert match.candidate.record.id == "00Q99"
    assert match.rules == ("XB-20", "X-9")


@pytest.mark.rule("XB-20", "PC-9")
@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        pytest.param(
            (
                a_lead(
                    "00Q9",
                    source=CandidateSource.PIN,
                    is_converted=True,
                    converted_contact_id=BECAME,
                ),
            ),
            RecordRef(type="Contact", id=BECAME),
            id="the pin itself knows",
        ),
        pytest.param(
            (
                a_lead("00Q9", source=CandidateSource.PIN, numbers=()),
                a_lead("00Q9", is_converted=True, converted_contact_id=BECAME),
            ),
            RecordRef(type="Contact", id=BECAME),
            id="the search knows",
        ),
        pytest.param(
            (
                a_lead("00Q9", source=CandidateSource.PIN, numbers=()),
                a_lead("00Q9", is_converted=True, converted_contact_id=BECAME),
                a_person_account(twin=BECAME),
            ),
            a_person_account().record,
            id="it became a person account",
        ),
    ],
)
def test_a_pinned_lead_that_was_converted_is_followed(candidates, expected):
    match = chosen(*candidates, a_contact(created_at=APRIL))

    assert match.candidate.record == expected
    assert not match.candidate.is_converted
    assert match.rules == ("XB-20", "X-9")
    assert "was converted" in match.explanation[-1].text


@pytest.mark.rule("XB-20")
def test_a_followed_pin_keeps_what_is_known_of_the_contact():
    pin = a_lead("00Q9", source=CandidateSource.PIN, is_converted=True, converted_contact_id=BECAME)
    contact = a_contact(BECAME, name="Ada Byron")

    assert chosen(pin, contact, an_account()).candidate == contact


@pytest.mark.rule("XB-20")
@pytest.mark.parametrize(
    ("pin", "avoid"),
    [
        pytest.param(a_lead("00Q9", source=CandidateSource.PIN), ("00Q9",), id="refused"),
        pytest.param(
            a_lead(
                "00Q9", source=CandidateSource.PIN, is_converted=True, converted_contact_id=BECAME
            ),
            (BECAME,),
            id="converted into what was refused",
        ),
        pytest.param(
            a_lead("00Q9", source=CandidateSource.PIN, is_converted=True),
            (),
            id="converted into nothing",
        ),
    ],
)
def test_a_pin_that_cannot_be_used_gives_way(pin, avoid):
    assert chosen_id(pin, an_account(), avoid=avoid) == an_account().record.id


@pytest.mark.rule("XB-20", "AC-16")
def test_a_pin_of_a_person_accounts_contact_is_a_pin_of_the_account():
    account = a_person_account()
    pin = a_contact(account.person_contact_id, source=CandidateSource.PIN, numbers=())

    match = chosen(account, pin, a_contact("0031"))

    assert match.candidate.record == account.record
    assert match.match_type is MatchType.PERSON_ACCOUNT
    assert match.rules == ("XB-20", "X-9")


@pytest.mark.rule("AC-16")
def test_two_leads_that_became_one_contact_are_that_contact():
    leads = [
        a_lead(f"00Q{n}", is_converted=True, converted_contact_id=BECAME, name=name)
        for n, name in enumerate(("Ada", "A. Byron"))
    ]

    assert chosen(*leads) == chosen(*reversed(leads))
    assert chosen_id(*leads) == BECAME
    assert isinstance(chosen(*leads, avoid=(BECAME,)), NoMatch)
