"""Says what an event would become, and why, without recording it (SH-3).

It decides as the worker would now, and does nothing about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from switchhook.domain.activity import (
    Activity,
    Entry,
    SalesforceCall,
    SlotKind,
    activity_id,
)
from switchhook.domain.chats.screening import AwaitTrigger
from switchhook.domain.decision import (
    Decision,
    Log,
    OrgFacts,
    PartyCandidates,
    Passed,
    PlannedSlot,
    Reason,
    Skip,
)
from switchhook.domain.errors import NeedsReconnect, Permanent, Rejected
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.settings.schema import Settings
from switchhook.domain.writing.claims import Claim, Known
from switchhook.ports.ledger import EventReader, IgnoredEvent, UnreadableEvent
from switchhook.usecases.ask.dry_run import Gauge, dry
from switchhook.usecases.record import claims
from switchhook.usecases.record.decide import Weighed, weigh
from switchhook.usecases.record.gather import Access, Opened, know_parties
from switchhook.usecases.record.kinds import STEPS
from switchhook.usecases.record.setbacks import STALE_METADATA
from switchhook.usecases.record.settle import shown_candidates
from switchhook.usecases.record.take_in import IGNORED, IGNORED_TYPE
from switchhook.usecases.record.waiting import CHAT_END, usable
from switchhook.usecases.record.world import Attempt, Deciding

_NOT_CONNECTED = (
    "Salesforce is not connected, so nobody can say where this would be logged. Connect it, then ask"
    " again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A decision and all that led to it; `access` is None where the org had not to be asked."""

    opened: Opened
    decision: Decision
    reasons: tuple[Reason, ...]
    parties: tuple[PartyCandidates, ...] = ()
    access: Access | None = None

    @property
    def facts(self) -> OrgFacts | None:
        """What is known of the org."""
        return self.access.facts if self.access else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """There is no decision yet; `reason` is what the activity would wait for."""

    opened: Opened
    reason: str
    text: str


def judge(entry: Entry, attempt: Attempt, deciding: Deciding) -> Judged | Undecided:
    """What would be decided of a call or chat now; `deciding` is a dry one.

    Searches Salesforce even where a match is cached, so that the candidates can be shown.

    Raises:
        NeedsReconnect: the tenant's org cannot be asked.
        Permanent: the tenant is gone, or Salesforce refuses the question.
        BudgetSpent, Retryable: ask again later.
    """
    attempt.search_afresh = True
    opened = STEPS[entry.head.kind].open(entry, deciding.opening)
    if isinstance(opened.screened, Skip):
        return Judged(opened=opened, decision=opened.screened, reasons=_with_own(opened.screened))
    if isinstance(opened.screened, AwaitTrigger):
        return Undecided(opened=opened, reason=CHAT_END, text=opened.screened.text)
    known = know_parties(opened, deciding.directory)
    if held := claims.held_by_others(known.values(), opened.head):
        return _being_made(opened, held[0].holder, held[0].object_type)
    try:
        weighed = _weighed(opened, opened.screened, known, attempt, deciding)
    except Permanent as error:
        if error.code not in STALE_METADATA or attempt.facts_refreshed:
            raise
        attempt.refresh_facts = True
        weighed = _weighed(opened, opened.screened, known, attempt, deciding)
    if not isinstance(weighed, Weighed):
        return _being_made(opened, weighed[0].holder, weighed[0].object_type)
    return _judged(opened, weighed)


def _weighed(
    opened: Opened, passed: Passed, known: Mapping[str, Known], attempt: Attempt, deciding: Deciding
) -> Weighed | tuple[Claim, ...]:
    """As `weigh`, over a connection that is read anew where its session has to be renewed."""

    def weighed() -> Weighed | tuple[Claim, ...]:
        connection = deciding.sessions.connections.read(opened.head.tenant)
        if connection is None or not usable(connection):
            raise NeedsReconnect(_NOT_CONNECTED, code="not_connected")
        return weigh(opened, passed, connection, known, attempt, deciding)

    return deciding.sessions.grants.renew_once(opened.head.tenant, weighed)


def _judged(opened: Opened, weighed: Weighed) -> Judged:
    decision, reasons = weighed.decision, weighed.reasons
    if isinstance(decision, Skip):
        reasons = _with_own(replace(decision, explanation=reasons))
    return Judged(
        opened=opened,
        decision=decision,
        reasons=reasons,
        parties=weighed.parties,
        access=weighed.access,
    )


def _with_own(skip: Skip) -> tuple[Reason, ...]:
    return (*skip.explanation, Reason(rule=skip.rule, text=skip.text))


def _being_made(opened: Opened, holder: str, object_type: str) -> Undecided:
    text = (
        f"Activity {holder} is just creating a {object_type} for the same caller; ask again soon."
    )
    return Undecided(opened=opened, reason="claim", text=text)


_EVENT_ID = "explained"
_SOURCE = "explain"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventToExplain:
    """An event as its provider would send it; `call_id` is the id that it names, if any."""

    provider: str
    kind: Kind
    body: bytes
    call_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What the event would become; `decision` is log, skip or wait.

    `rule` and `reason` say why not; `slots` are the Tasks that would be written. `settings_version` is
    None where other settings than the stored ones were asked for.
    """

    decision: str
    text: str
    rule: str | None = None
    reason: str | None = None
    call_type: str | None = None
    slots: tuple[PlannedSlot, ...] = ()
    candidates: tuple[Mapping[str, object], ...] = ()
    reasons: tuple[Reason, ...] = ()
    calls: tuple[SalesforceCall, ...] = ()
    settings_version: int | None = None


def explain(
    tenant: str,
    asked: EventToExplain,
    settings: Settings,
    reader: EventReader,
    deciding: Deciding,
    *,
    changed: bool,
) -> Explained:
    """What would become of the event if it came now; nothing is written anywhere.

    `settings` are those to decide under; `changed` says that they are not the tenant's own.

    Raises:
        Rejected: 422 the event cannot be read, or is not of a known provider and kind.
        NeedsReconnect: the tenant's org cannot be asked.
        BudgetSpent, Permanent, Retryable: Salesforce or a table does not answer now.
    """
    event = reader.read(
        asked.provider,
        asked.body,
        kind=asked.kind,
        event_id=_EVENT_ID,
        received_at=deciding.run.now(),
    )
    if isinstance(event, UnreadableEvent):
        raise _unreadable(event.reason)
    if isinstance(event, IgnoredEvent):
        text = "Not logged: events of this type say nothing about the end of a call."
        explained = Explained(decision="skip", rule=IGNORED_TYPE, reason=IGNORED, text=text)
    elif STEPS[event.kind].awaits_end((event,)):
        text = "Waiting: it adds to a call whose end is told by another event."
        explained = Explained(decision="wait", reason="call_end", text=text)
    else:
        entry = Entry(head=_head(tenant, asked, event), events=(event,))
        explained = _decided(entry, dry(deciding, Gauge(), settings=settings))
    return replace(explained, settings_version=None if changed else settings.version)


def _decided(entry: Entry, deciding: Deciding) -> Explained:
    attempt = Attempt(deciding.run.clock)
    judged = judge(entry, attempt, deciding)
    if isinstance(judged, Undecided):
        return Explained(decision="wait", reason=judged.reason, text=judged.text)
    decision = judged.decision
    told = Explained(
        decision="log",
        text="",
        call_type=None if isinstance(judged.opened.screened, Skip) else judged.opened.call_type,
        candidates=shown_candidates(judged.parties),
        reasons=judged.reasons,
        calls=tuple(attempt.calls),
    )
    if isinstance(decision, Skip):
        text = f"Not logged: {decision.text}"
        return replace(told, decision="skip", rule=decision.rule, reason=decision.reason, text=text)
    return replace(told, text=_in_words(decision), slots=decision.slots)


def _head(tenant: str, asked: EventToExplain, event: Event) -> Activity:
    call_id = asked.call_id or event.event_id
    return Activity(
        tenant=tenant,
        id=activity_id(tenant=tenant, source=_SOURCE, external_id=call_id),
        kind=asked.kind,
        provider=asked.provider,
        source=_SOURCE,
        external_id=call_id,
        occurrence=1,
        received_at=event.received_at,
    )


def _in_words(log: Log) -> str:
    return " ".join(map(_planned, log.slots))


def _planned(slot: PlannedSlot) -> str:
    if slot.person is not None:
        where = f"a new {slot.person.object_type}"
    elif slot.record is not None:
        where = f"{slot.record.type} {slot.record.id}"
    else:
        where = "no record" if slot.kind is SlotKind.TASK else "its own"
    if slot.attached is not None:
        where += f" and on the open {slot.attached.type} {slot.attached.id}"
    elif slot.case is not None:
        where += " and on a new Case"
    return f"Would be logged as a {slot.kind.value.title()} on {where} ({', '.join(slot.rules)}). {slot.owner.text}"


def _unreadable(reason: str) -> Rejected:
    return Rejected(
        f"The event cannot be explained: {reason}",
        code="unreadable_event",
        status=422,
        fields={"event": reason},
    )
