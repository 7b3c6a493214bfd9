"""Builds what the ledger holds; every field has a plain default."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from switchhook.domain.activity import (
    Activity,
    DecisionRecord,
    RecordRef,
    SalesforceCall,
    activity_id,
)
from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.domain.decision import Candidate
from switchhook.domain.facts.event import CallFacts, Event, Kind
from switchhook.domain.writing.claims import CachedMatch, Claim
from switchhook.ports.ledger import LedgerWrite

T0 = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TENANT = "acme"
LEAD = RecordRef(type="Lead", id="00Q000000000001AAA")


def after(seconds):
    return T0 + timedelta(seconds=seconds)


def a_head(external_id="call-1", *, tenant=TENANT, version=1, **facts):
    """A call's head as it is first written."""
    usual = {
        "tenant": tenant,
        "id": activity_id(tenant=tenant, source="main", external_id=external_id),
        "kind": Kind.CALL,
        "provider": "generic",
        "source": "main",
        "external_id": external_id,
        "occurrence": 1,
        "received_at": T0,
        "version": version,
    }
    return Activity(**{**usual, **facts})


def next_head(head, **changes):
    return replace(head, version=head.version + 1, **changes)


def an_event(event_id="evt-1", *, received_at=T0, **facts):
    return Event(
        event_id=event_id,
        kind=Kind.CALL,
        type="call.ended",
        ended=True,
        occurred_at=T0,
        received_at=received_at,
        call=CallFacts(**facts),
    )


def a_decision(number=1):
    return DecisionRecord(
        number=number,
        at=T0,
        settings_version=3,
        candidates=({"type": "Contact", "id": "003000000000001AAA", "numbers": ["+1 415"]},),
        explanation=({"rule": "AC-16", "text": "A contact comes first."},),
        salesforce_calls=(SalesforceCall(at=T0, what="search", status="200"),),
    )


def a_claim(holder="act-1", *, identifier="+14155550100", object_type="Lead", record=None):
    return Claim(
        identifier=identifier,
        object_type=object_type,
        holder=holder,
        fence_until=after(720),
        record=record,
    )


def a_match(record=LEAD):
    return CachedMatch(
        candidate=Candidate(record=record, name="Ada Byron", numbers=("+1 415 555 0100",)),
        settings_version=3,
        expires_at=after(300),
    )


def a_connection(*, tenant=TENANT, status=ConnectionStatus.BROKEN, generation=1, **facts):
    return Connection(tenant=tenant, status=status, generation=generation, **facts)


def written(stores, head, **parts):
    """Commits a head with what belongs to it and gives it back."""
    stores.ledger.commit(LedgerWrite(head=head, **parts))
    return head
