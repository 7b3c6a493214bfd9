"""What holds for every choice of a record: one total order, and never somebody else's number."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from builders.calls import ADA, BEN, START, a_number, a_party, a_record, the_settings
from builders.stored_numbers import COUNTRIES
from switchhook.domain.decision import CandidateSource, PartyCandidates
from switchhook.domain.facts.people import is_same_number
from switchhook.domain.matching.choosing import Matched, NoMatch, choose, verify

MAIL = "ada@example.com"
FEW = st.integers(1, 4).map(str)
TIMES = st.none() | st.sampled_from([START.replace(day=day) for day in (1, 2, 3)])
ABOUT = {
    "numbers": st.lists(st.sampled_from([ADA, BEN, "(415) 555-0100"]), max_size=2).map(tuple),
    "email": st.sampled_from([None, MAIL, "ben@example.com"]),
    "custom": st.dictionaries(st.just("Ref__c"), st.sampled_from([ADA, MAIL, "x"]), max_size=1),
    "name": st.sampled_from([None, "Ada", "Ben"]),
    "modified_at": TIMES,
    "created_at": TIMES,
    "source": st.sampled_from(CandidateSource),
}
CANDIDATES = st.lists(
    st.one_of(
        st.builds(
            a_record,
            st.just("Contact"),
            FEW.map("003{}".format),
            is_person_account=st.booleans(),
            account_id=st.none() | FEW.map("001{}".format),
            **ABOUT,
        ),
        st.builds(
            a_record,
            st.just("Lead"),
            FEW.map("00Q{}".format),
            is_converted=st.booleans(),
            converted_contact_id=st.none() | FEW.map("003{}".format),
            **ABOUT,
        ),
        st.builds(
            a_record,
            st.just("Account"),
            FEW.map("001{}".format),
            is_person_account=st.booleans(),
            person_contact_id=st.none() | FEW.map("003{}".format),
            **ABOUT,
        ),
    ),
    max_size=7,
)
CRITERIA = st.permutations(["phone", "email", "Ref__c"]).map(
    lambda entries: [{"by": entry} for entry in entries]
)
MATCHING = st.fixed_dictionaries(
    {
        "tiebreak": st.sampled_from(["last_modified", "newest_created"]),
        "installed_at": st.sampled_from([None, "2026-11-02T12:00:00Z"]),
        "priority": st.permutations(["contact", "lead", "account", "person_account"]),
        "identification": st.fixed_dictionaries(
            {"contact": CRITERIA, "lead": CRITERIA, "account": CRITERIA}
        ),
    }
).map(lambda patch: the_settings(matching=patch).matching)
AVOID = st.frozensets(st.sampled_from(["0031", "00Q1", "0011"]))
PARTY = a_party(email=MAIL)


def chosen(candidates, matching, avoid=frozenset()):
    found = PartyCandidates(party=PARTY, candidates=tuple(candidates))
    return choose(found, tenant="t-1", settings=matching, avoid_records=avoid)


def ids_of(candidates):
    """Gives the ids of the records themselves and of those that they stand for."""
    return {
        named
        for one in candidates
        for named in (one.record.id, one.converted_contact_id, one.account_id)
        if named
    }


@pytest.mark.rule("AC-16", "AC-17", "XB-18", "XB-19", "CX-21", "SH-1")
@given(candidates=CANDIDATES, matching=MATCHING, avoid=AVOID, data=st.data())
def test_neither_order_nor_repetition_changes_the_choice(candidates, matching, avoid, data):
    shuffled = data.draw(st.permutations([*candidates, *candidates[:2]]))

    first, second = chosen(candidates, matching, avoid), chosen(shuffled, matching, avoid)

    assert type(first) is type(second)
    if isinstance(first, Matched):
        assert (first.candidate, first.rules) == (second.candidate, second.rules)


@pytest.mark.rule("AC-10", "XB-12")
@given(candidates=CANDIDATES, matching=MATCHING, avoid=AVOID)
def test_what_is_chosen_is_the_party_and_was_not_refused(candidates, matching, avoid):
    found = PartyCandidates(party=PARTY, candidates=tuple(candidates))
    verified = verify(found, matching)

    match = chosen(candidates, matching, avoid)

    if isinstance(match, Matched):
        assert match.candidate.record.id in ids_of(verified) - avoid
        assert not match.candidate.is_converted
    else:
        assert isinstance(match, NoMatch)
        assert match.explanation


@pytest.mark.rule("XB-20", "X-9")
@given(candidates=CANDIDATES, matching=MATCHING)
def test_a_pin_wins_over_whatever_else_is_there(candidates, matching):
    unpinned = [one for one in candidates if one.source is not CandidateSource.PIN]
    pin = a_record("Lead", "00Q9", source=CandidateSource.PIN, numbers=())

    assert chosen([*unpinned, pin], matching).candidate.record.id == "00Q9"


@pytest.mark.rule("SH-1")
@given(candidates=CANDIDATES, matching=MATCHING)
def test_somebody_elses_record_changes_nothing(candidates, matching):
    elses = a_record("Contact", "0039", numbers=(BEN,), modified_at=START.replace(day=9))

    before, after = chosen(candidates, matching), chosen([*candidates, elses], matching)

    assert getattr(before, "candidate", None) == getattr(after, "candidate", None)


SEPARATORS = st.sampled_from(["", "", " ", "-", ".", " - ", ") ", "("])
COUNTRY = st.sampled_from(COUNTRIES)


@pytest.mark.rule("AC-10")
@given(country=COUNTRY, data=st.data())
def test_behind_a_plus_any_punctuation_will_do(country, data):
    digits = country.e164.removeprefix("+")
    written = "+" + "".join(digit + data.draw(SEPARATORS) for digit in digits)

    assert is_same_number(written, a_number(country.e164, country.region))


@pytest.mark.rule("AC-10")
@given(country=COUNTRY, data=st.data())
def test_one_wrong_digit_makes_another_number(country, data):
    form = data.draw(st.sampled_from(country.forms[:8]))
    places = [at for at, char in enumerate(form) if char.isdecimal()]
    at = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from("0123456789"))
    assume(digit != form[at])

    other = form[:at] + digit + form[at + 1 :]

    assert not is_same_number(other, a_number(country.e164, country.region))


@pytest.mark.rule("AC-10")
@given(country=COUNTRY, data=st.data())
def test_a_shared_ending_or_beginning_is_not_enough(country, data):
    digits = country.e164.removeprefix("+")
    kept = data.draw(st.integers(1, len(digits) - 1))
    cut = data.draw(st.booleans())
    number = a_number(country.e164, country.region)
    part = digits[-kept:] if cut else digits[:kept]
    assume(part not in number.digit_forms)

    assert not is_same_number(part, number)
    assert not is_same_number("+" + part, number)


@given(stored=st.text(max_size=60), country=COUNTRY)
def test_any_text_may_be_stored_as_a_number(stored, country):
    assert isinstance(is_same_number(stored, a_number(country.e164, country.region)), bool)
