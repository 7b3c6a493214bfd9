"""A late fact opens a skipped call again only where it would be screened otherwise (SH-5)."""

import pytest

from builders.late_calls import CALL_BACK, WINDOW_S, missed_call, office_with_contact, tell
from fakes.office import NUMBER, Office, answered_call
from switchhook.domain.activity import State
from switchhook.domain.facts.event import CallFacts

pytestmark = pytest.mark.rule("SH-5")


SKIPPED = {"calls": {"workflow": {"missed": "none"}}}


@pytest.mark.rule("AC-6", "AC-3")
def test_a_late_voicemail_opens_a_call_again_whose_old_type_was_not_logged():
    office = office_with_contact(**SKIPPED)
    skipped = office.deliver(missed_call())

    opened = tell(office, CallFacts(voicemail_url="https://pbx.example/v/1"))

    assert (skipped.state, skipped.rule) == (State.SKIPPED, "AC-6")
    assert (opened.state, opened.call_type) == (State.LOGGED, "voicemail")
    assert len(office.tasks) == 1


@pytest.mark.rule("XB-15")
def test_a_late_number_opens_a_withheld_call_again():
    office = office_with_contact()
    skipped = office.deliver(answered_call(external_number=None))

    opened = tell(office, CallFacts(external_number=NUMBER))

    assert (skipped.state, skipped.rule) == (State.SKIPPED, "XB-15")
    assert opened.state is State.LOGGED


def test_a_late_fact_that_screens_as_before_leaves_a_skip_and_asks_nothing():
    office = office_with_contact(**SKIPPED)
    office.deliver(missed_call())
    office.org.calls.clear()

    head = tell(office, CALL_BACK)
    office.pass_time(2 * WINDOW_S)

    assert (head.state, head.rule, head.due_at) == (State.SKIPPED, "AC-6", None)
    assert office.org.calls == []


def test_a_call_without_a_match_is_not_searched_for_again_because_of_a_comment():
    office = Office()
    office.deliver()
    office.org.calls.clear()

    head = tell(office, CALL_BACK)

    assert (head.state, head.rule) == (State.SKIPPED, "XB-15")
    assert office.org.calls == []


def test_a_tenant_that_ignores_late_facts_keeps_its_skips():
    office = office_with_contact(late_facts="ignore", **SKIPPED)
    office.deliver(missed_call())

    head = tell(office, CallFacts(voicemail_url="https://pbx.example/v/1"))

    assert head.state is State.SKIPPED
