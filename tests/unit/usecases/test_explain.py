"""What would become of an event is said by the code that decides it, and nothing is written (SH-3)."""

import json
from copy import deepcopy

import pytest

from builders.past import ADA, past_call
from fakes.office import TENANT, Office
from fakes.salesforce import AGENT
from fakes.world import with_ports
from switchhook.adapters.providers.event_reader import ProviderEvents
from switchhook.domain.errors import NeedsReconnect, Rejected, SessionExpired
from switchhook.domain.facts.event import Kind
from switchhook.domain.settings.reading import merge_patch, resolve
from switchhook.domain.writing.claims import Claim
from switchhook.usecases.ask.explain import EventToExplain, explain

OWN = {"preset": "standard", "default_region": "US", "time_zone": "America/Los_Angeles"}


@pytest.fixture
def office():
    return Office()


def explained(office, body=None, *, settings=None):
    world = with_ports(office.world, reader=ProviderEvents())
    written = body if isinstance(body, bytes) else json.dumps(body or past_call()).encode()
    asked = EventToExplain(provider="generic", kind=Kind.CALL, body=written)
    decided_under = resolve(merge_patch(OWN, settings or {}), version=1)
    return explain(
        TENANT,
        asked,
        decided_under,
        world.intake.reader,
        world.deciding,
        changed=settings is not None,
    )


def stored(office):
    """All that a dry run could have changed."""
    return deepcopy(
        (
            office.ledger.heads,
            office.ledger.events,
            office.ledger.decisions,
            office.directory.claims,
            office.directory.matches,
            office.memory.facts,
            office.flights.holders,
            office.connections.stored,
            [(record.id, record.fields) for record in office.org.records],
            office.wake_ups.woken,
        )
    )


@pytest.mark.rule("SH-3")
def test_a_call_to_be_logged_is_told_with_record_owner_status_and_rules(office):
    contact = office.org.load("Contact", LastName="Byron", Phone=ADA)

    told = explained(office)

    (slot,) = told.slots
    assert (told.decision, told.settings_version) == ("log", 1)
    assert (slot.record, slot.owner.user_id) == (contact, AGENT.id)
    assert slot.fields["Status"] == "Completed"
    assert {"XB-12", "AC-4", "AC-27"} <= set(slot.rules)
    assert contact.id in told.text
    assert [found["id"] for found in told.candidates] == [contact.id]


@pytest.mark.rule("SH-3")
@pytest.mark.parametrize(
    ("body", "settings", "rule"),
    [
        pytest.param(past_call(), None, "XB-15", id="nobody_has_the_number"),
        pytest.param(past_call(external={"number": None}), None, "XB-15", id="withheld"),
        pytest.param(past_call(), {"calls": {"workflow": {"inbound_answered": "none"}}}, "AC-6", id="type_not_wanted"),
    ],
)  # fmt: skip
def test_a_call_not_to_be_logged_is_told_with_its_rule(office, body, settings, rule):
    told = explained(office, body, settings=settings)

    assert (told.decision, told.rule, told.slots) == ("skip", rule, ())
    assert told.text.startswith("Not logged: ")
    assert rule in {reason.rule for reason in told.reasons}


@pytest.mark.rule("SH-3")
def test_other_settings_are_tried_without_becoming_the_tenants(office):
    told = explained(office, settings={"calls": {"unknown_number": "lead"}})

    assert (told.decision, told.settings_version) == ("log", None)
    assert told.slots[0].person.object_type == "Lead"
    assert "a new Lead" in told.text


@pytest.mark.rule("SH-3")
@pytest.mark.parametrize(
    "is_known", [pytest.param(True, id="match"), pytest.param(False, id="lead")]
)
def test_nothing_is_written_anywhere(office, is_known):
    if is_known:
        office.org.load("Contact", LastName="Byron", Phone=ADA)
    before = stored(office)

    explained(office, settings={"calls": {"unknown_number": "lead"}})

    assert stored(office) == before
    assert "send" not in office.org.calls


@pytest.mark.rule("SH-3")
def test_what_is_explained_is_what_the_worker_does(office):
    office.org.load("Contact", LastName="Byron", Phone=ADA)
    office.org.load("Contact", LastName="Byron", Phone=ADA)

    told = explained(office)
    head = office.deliver()

    assert [slot.record for slot in told.slots] == [slot.record for slot in head.slots]
    assert [slot.owner for slot in told.slots] == [slot.owner for slot in head.slots]


def test_a_session_that_ran_out_is_renewed(office):
    office.org.load("Contact", LastName="Byron", Phone=ADA)
    office.org.next_reads.append(SessionExpired("expired"))

    assert explained(office).decision == "log"


def test_without_a_connection_nobody_can_say(office):
    office.connections.stored.clear()

    with pytest.raises(NeedsReconnect, match="Connect it"):
        explained(office)


def test_what_is_skipped_anyway_needs_no_connection(office):
    office.connections.stored.clear()

    assert explained(office, past_call(external={"number": None})).decision == "skip"


def test_an_event_that_cannot_be_read_is_refused_by_name(office):
    with pytest.raises(Rejected) as refused:
        explained(office, past_call(ended_at="yesterday"))

    assert refused.value.status == 422
    assert "ended_at" in refused.value.fields["event"]


def test_an_event_that_only_adds_facts_waits_for_the_end(office):
    told = explained(office, past_call(type="call.updated"))

    assert (told.decision, told.reason) == ("wait", "call_end")


def test_a_person_whom_another_call_is_just_making_is_waited_for(office):
    claim = Claim(
        identifier=ADA, object_type="Lead", holder="other", fence_until=office.clock.now()
    )
    office.directory.claims[TENANT, "Lead", ADA] = claim

    told = explained(office)

    assert (told.decision, told.reason) == ("wait", "claim")
    assert "other" in told.text
