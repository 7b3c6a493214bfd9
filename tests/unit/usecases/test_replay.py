"""An admin has a settled activity decided anew, under the settings in force now."""

from dataclasses import replace

import pytest

from fakes.office import NUMBER, TENANT, Office, answered_call
from fakes.salesforce import commit_then, refuse
from switchhook.domain.activity import SlotState, State, activity_id
from switchhook.domain.errors import OutcomeUnknown, Rejected
from switchhook.domain.facts.event import Participant, Role
from switchhook.ports.ledger import LedgerWrite, UnreadableEvent
from switchhook.usecases.ask.replay import replay
from switchhook.usecases.record.advance import advance

OTHER = "+14155550111"
CALL = activity_id(tenant=TENANT, source="h1", external_id="c-1")


@pytest.fixture
def office():
    return Office()


def replayed(office, activity=CALL):
    replay(TENANT, activity, office.world.books)
    return advance(TENANT, activity, office.world)


def last_decision(office):
    decisions = office.ledger.decisions[TENANT, CALL]
    return decisions[max(decisions)]


@pytest.mark.rule("AC-2", "SH-3")
def test_a_replay_decides_under_the_settings_of_now_and_says_so(office):
    before = office.deliver()
    office.tenants.set_settings(
        TENANT,
        {
            "preset": "standard",
            "default_region": "US",
            "time_zone": "America/Los_Angeles",
            "calls": {"unknown_number": "lead"},
        },
        effective_at=office.clock.now(),
    )
    office.clock.forward(1)

    head = replayed(office)

    assert (before.state, before.settings_version) == (State.SKIPPED, 1)
    assert (head.state, head.settings_version, head.replays) == (State.LOGGED, 2, 1)
    told = last_decision(office).explanation[0]
    assert told["rule"] == "AC-2"
    assert "under settings version 2" in told["text"]


@pytest.mark.rule("AC-2")
def test_without_a_replay_a_call_keeps_the_settings_of_its_end(office):
    office.deliver(ended=False)
    office.tenants.set_settings(
        TENANT,
        {
            "preset": "standard",
            "default_region": "US",
            "time_zone": "America/Los_Angeles",
            "calls": {"unknown_number": "lead"},
        },
        effective_at=office.clock.now(),
    )

    head = office.deliver(event_id="the-end")

    assert (head.state, head.settings_version) == (State.SKIPPED, 1)


def test_a_call_skipped_for_want_of_a_record_is_logged_once_there_is_one(office):
    office.deliver()
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)

    head = replayed(office)

    assert (head.state, len(office.tasks)) == (State.LOGGED, 1)


@pytest.mark.rule("SH-1")
def test_a_refused_slot_is_sent_again_under_its_own_key(office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.org.next_sends += [refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION")] * 3
    refused = office.deliver()
    office.org.next_sends.clear()

    head = replayed(office)

    assert refused.state is State.FAILED
    assert (head.state, len(office.tasks)) == (State.LOGGED, 1)
    assert [slot.key for slot in head.slots] == [slot.key for slot in refused.slots]


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize("landed", [pytest.param(True, id="it_is"), pytest.param(False, id="not")])
def test_what_may_be_in_the_org_is_looked_for_before_it_is_sent_again(office, landed):
    office.org.sees_all_records = False
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    lost = OutcomeUnknown("Salesforce did not answer.")
    office.org.next_sends.append(commit_then(lost) if landed else lost)
    office.org.searchable = True
    office.deliver()
    if landed:
        made = office.org.of_type("Task")[0]
        office.org.records.remove(made)
    office.pass_time(1200, step_s=60)
    asked = office.head()
    if landed:
        office.org.records.append(made)

    head = replayed(office)

    assert (asked.state, asked.reason) == (State.FAILED, "needs_check")
    assert (head.state, len(office.tasks)) == (State.LOGGED, 1)


@pytest.mark.rule("SH-1")
def test_a_replay_sends_nothing_while_the_first_request_may_still_land(office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.org.next_sends.append(OutcomeUnknown("Salesforce did not answer."))
    head = office.deliver()

    with pytest.raises(Rejected) as refused:
        replay(TENANT, head.id, office.world.books)

    assert (refused.value.status, refused.value.code) == (409, "not_settled")
    assert office.tasks == []


def test_a_call_logged_whole_is_not_replayed(office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    head = office.deliver()

    with pytest.raises(Rejected) as refused:
        replay(TENANT, head.id, office.world.books)

    assert (refused.value.status, refused.value.code) == (409, "already_logged")
    assert office.head() == head


def test_what_was_never_readable_cannot_be_decided(office):
    head = office.deliver(UnreadableEvent(reason="call_id is missing"))

    with pytest.raises(Rejected) as refused:
        replay(TENANT, head.id, office.world.books)

    assert (refused.value.status, refused.value.code) == (409, "nothing_to_replay")


@pytest.mark.parametrize("named", ["no-such", "no/id"])
def test_an_activity_that_is_not_there_is_404(office, named):
    with pytest.raises(Rejected) as refused:
        replay(TENANT, named, office.world.books)

    assert refused.value.status == 404


def test_a_lost_wake_up_is_made_up_for_by_the_caretaker(office):
    office.deliver()
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    replay(TENANT, CALL, office.world.books)

    office.pass_time(120, step_s=30)

    assert office.head().state is State.LOGGED


@pytest.mark.rule("SH-1")
def test_a_skip_of_a_partly_logged_conference_leaves_what_is_logged(office):
    for phone in (NUMBER, OTHER):
        office.org.load("Contact", LastName="Byron", Phone=phone)
    ends = tuple(Participant(role=Role.EXTERNAL, number=number) for number in (NUMBER, OTHER))
    office.org.next_sends += [refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", ref="task2")]
    before = office.deliver(answered_call(participants=ends))
    noted = replace(before, version=before.version + 1, late_note="Something came late.")
    office.ledger.commit(LedgerWrite(head=noted))
    office.tenants.set_settings(
        TENANT,
        {
            "preset": "standard",
            "default_region": "US",
            "time_zone": "America/Los_Angeles",
            "calls": {"workflow": {"inbound_answered": "none"}},
        },
    )

    head = replayed(office)

    states = [SlotState.APPLIED, SlotState.REFUSED]
    assert head.late_note == ""
    assert before.slots[1].error_code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert [slot.state for slot in before.slots] == states
    assert [slot.state for slot in head.slots] == states
    assert (head.state, len(office.tasks)) == (State.LOGGED, 1)
