"""Matching: exactly the number, one record, the same one every time."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest

from builders.calls import (
    ADA,
    a_contact,
    a_lead,
    a_number,
    a_party,
    a_person_account,
    a_record,
    an_account,
    the_settings,
)
from switchhook.domain.activity import RecordRef
from switchhook.domain.decision import CandidateSource, PartyCandidates
from switchhook.domain.facts.people import digits_of, is_same_number, strip_extension
from switchhook.domain.matching.choosing import (
    Matched,
    MatchType,
    NoMatch,
    choose,
    verify,
)

MATCHING = the_settings().matching
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 17, tzinfo=UTC)


def chosen(*candidates, avoid=(), party=None, tenant="t-1", **matching):
    settings = the_settings(matching=matching).matching
    return choose(
        PartyCandidates(party=party or a_party(), candidates=candidates),
        tenant=tenant,
        settings=settings,
        avoid_records=frozenset(avoid),
    )


def chosen_id(*candidates, **how):
    result = chosen(*candidates, **how)
    assert isinstance(result, Matched)
    return result.candidate.record.id


@pytest.mark.parametrize(
    ("stored", "bare"),
    [
        ("415-555-0100 x12", "415-555-0100"),
        ("415-555-0100 ext. 12", "415-555-0100"),
        ("415-555-0100, Extension 12", "415-555-0100"),
        ("415-555-0100#12", "415-555-0100"),
        ("01 2345678 DW 12", "01 2345678"),
        ("415-555-0100", "415-555-0100"),
    ],
)
def test_an_extension_is_no_part_of_the_number(stored, bare):
    assert strip_extension(stored) == bare


def test_digits_count_in_every_script():
    assert digits_of("(٤١٥) 555-0100²") == "4155550100"


@pytest.mark.rule("AC-10")
@pytest.mark.parametrize(
    ("stored", "is_same"),
    [
        pytest.param("(415) 555-0199 / (415) 555-0100", True, id="the second of two numbers"),
        pytest.param("+1 415 555 0199; +1 415 555 0100 x4", True, id="with an extension"),
        pytest.param("555-0100 / 555-0101", False, id="two halves of a number"),
        pytest.param("+14155550100", True, id="the number itself"),
        pytest.param("+1 (1) 415 555 0100", True, id="with the trunk prefix behind the country"),
    ],
)
def test_a_field_may_hold_several_numbers(stored, is_same):
    assert is_same_number(stored, a_number(ADA)) is is_same


@pytest.mark.rule("AC-10", "XB-12")
def test_a_search_hit_without_the_number_is_dropped():
    near = a_contact(numbers=("+14155550111", "+44 4155550100"))

    assert verify(PartyCandidates(party=a_party(), candidates=(near,)), MATCHING) == ()
    assert isinstance(chosen(near), NoMatch)


@pytest.mark.parametrize(
    "source", [CandidateSource.PIN, CandidateSource.CACHE, CandidateSource.CREATED]
)
def test_what_was_verified_before_needs_no_number(source):
    known = a_contact(numbers=(), source=source)

    assert verify(PartyCandidates(party=a_party(), candidates=(known,)), MATCHING) == (known,)


@pytest.mark.rule("AC-16")
@pytest.mark.parametrize(
    ("candidates", "match_type"),
    [
        pytest.param(
            (a_contact(), a_lead(), an_account(), a_person_account()),
            MatchType.CONTACT,
            id="a contact before all",
        ),
        pytest.param(
            (a_lead(), an_account(), a_person_account()),
            MatchType.LEAD,
            id="a lead before accounts",
        ),
        pytest.param(
            (an_account(), a_person_account()), MatchType.ACCOUNT, id="an account before a person"
        ),
        pytest.param((a_person_account(),), MatchType.PERSON_ACCOUNT, id="a person account last"),
    ],
)
def test_of_several_kinds_the_first_by_priority_is_taken(candidates, match_type):
    for order in permutations(candidates):
        assert chosen(*order).match_type is match_type


@pytest.mark.rule("AC-16")
def test_the_tenant_may_set_another_priority():
    assert chosen_id(a_contact(), a_lead(), priority=["lead"]) == a_lead().record.id


@pytest.mark.rule("AC-16", "X-9")
def test_priority_beats_a_newer_change():
    old_contact = a_contact(modified_at=MONDAY)
    new_lead = a_lead(modified_at=TUESDAY)

    assert chosen_id(new_lead, old_contact) == old_contact.record.id


@pytest.mark.rule("AC-16")
def test_a_person_account_and_its_contact_twin_count_once():
    account = a_person_account()
    twin = a_contact("003000000000009AAA", is_person_account=True, account_id=account.record.id)
    lead = a_lead()

    alone = chosen(twin, account)
    assert alone.match_type is MatchType.PERSON_ACCOUNT
    assert alone.candidate.record == account.record
    assert alone.rules == ()
    assert chosen_id(twin, account, lead) == lead.record.id


@pytest.mark.rule("AC-16")
def test_a_plain_twin_of_a_person_account_is_no_contact_of_its_own():
    twin = a_contact("003000000000009AAA")

    assert chosen(twin, a_person_account()).match_type is MatchType.PERSON_ACCOUNT


@pytest.mark.rule("AC-16")
def test_a_person_account_found_by_its_twin_alone_is_named_by_its_account():
    account = a_person_account()
    twin = a_contact("003000000000009AAA", is_person_account=True, account_id=account.record.id)

    match = chosen(twin)

    assert match.candidate.record == account.record
    assert match.candidate.person_contact_id == twin.record.id


@pytest.mark.rule("AC-16")
def test_a_twin_whose_account_is_not_known_still_ranks_as_a_person_account():
    twin = a_contact(is_person_account=True, person_contact_id="003000000000001AAA")

    match = chosen(twin)

    assert match.match_type is MatchType.PERSON_ACCOUNT
    assert match.candidate.record == twin.record


@pytest.mark.rule("AC-17", "X-2")
@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        pytest.param(
            (a_lead("00Q1", modified_at=MONDAY), a_lead("00Q2", modified_at=TUESDAY)),
            "00Q2",
            id="the one changed last",
        ),
        pytest.param(
            (a_lead("00Q1", modified_at=MONDAY), a_lead("00Q2", modified_at=MONDAY)),
            "00Q1",
            id="of one instant the lowest id",
        ),
        pytest.param(
            (a_lead("00Q1"), a_lead("00Q2", modified_at=MONDAY)), "00Q2", id="known before unknown"
        ),
    ],
)
def test_of_several_records_of_a_kind_the_last_modified_is_taken(candidates, expected):
    for order in permutations(candidates):
        assert chosen_id(*order) == expected
        assert "AC-17" in chosen(*order).rules


@pytest.mark.rule("XB-20")
def test_a_pin_that_a_search_finds_as_well_stays_a_pin():
    pin = a_lead("00Q9", source=CandidateSource.PIN, numbers=())

    assert chosen_id(a_lead("00Q9", modified_at=TUESDAY), a_contact(), pin) == "00Q9"


@pytest.mark.rule("AC-16")
def test_a_converted_lead_is_skipped_while_anything_else_has_the_number():
    converted = a_lead(is_converted=True, converted_contact_id="003000000000005AAA")

    assert chosen_id(converted, an_account()) == an_account().record.id


@pytest.mark.rule("AC-16", "XB-20")
def test_a_lone_converted_lead_stands_for_the_contact_it_became():
    converted = a_lead(is_converted=True, converted_contact_id="003000000000005AAA")

    match = chosen(converted)

    assert match.candidate.record == RecordRef(type="Contact", id="003000000000005AAA")
    assert match.match_type is MatchType.CONTACT
    assert match.rules == ("AC-16",)
    assert not match.candidate.is_converted


@pytest.mark.rule("AC-16")
@pytest.mark.parametrize(
    ("lead", "avoid"),
    [
        pytest.param(a_lead(is_converted=True), (), id="converted into no contact"),
        pytest.param(
            a_lead(is_converted=True, converted_contact_id="0035"),
            ("0035",),
            id="a refused contact",
        ),
        pytest.param(a_lead(), (a_lead().record.id,), id="a refused lead"),
        pytest.param(a_record("Opportunity", "0061"), (), id="a kind that is no match"),
    ],
)
def test_a_record_that_cannot_be_used_is_no_match(lead, avoid):
    result = chosen(lead, avoid=avoid)

    assert isinstance(result, NoMatch)
    assert result.explanation


def test_a_refused_record_gives_way_to_the_next():
    assert chosen_id(a_contact(), a_lead(), avoid=(a_contact().record.id,)) == a_lead().record.id


def test_a_record_from_two_sources_counts_once_with_all_that_is_known():
    found = a_lead(modified_at=TUESDAY, name="Ada Byron")
    claimed = a_lead(numbers=(), source=CandidateSource.CREATED)

    match = chosen(claimed, found)

    assert match.candidate == found
    assert match.rules == ()


def test_explanations_tell_ids_and_counts_but_no_names_or_numbers():
    one = a_contact(name="Ada Byron", email="ada@example.com", modified_at=MONDAY)
    other = replace(one, record=RecordRef(type="Contact", id="003000000000002AAA"))

    told = " ".join(reason.text for reason in chosen(one, other, a_lead()).explanation)

    assert "003000000000001AAA" in told
    assert "Records considered: 3; known to be this party: 3." in told
    assert not any(secret in told for secret in ("Ada", "example.com", "4155550100"))
