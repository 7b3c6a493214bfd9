"""Says what an event would become, and why, without recording it (SH-3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from switchhook.domain.activity import (
    Activity,
    Entry,
    SalesforceCall,
    SlotKind,
    activity_id,
)
from switchhook.domain.decision import Log, PlannedSlot, Reason, Screened, Skip
from switchhook.domain.errors import Rejected
from switchhook.domain.events import Event, Kind
from switchhook.domain.settings import Settings
from switchhook.ports import IgnoredEvent, UnreadableEvent
from switchhook.usecases.attempt import Attempt
from switchhook.usecases.dry_run import Gauge, dry
from switchhook.usecases.explanations import shown_candidates
from switchhook.usecases.judging import Undecided, judge
from switchhook.usecases.take_in import IGNORED_TYPE
from switchhook.usecases.world import World

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
    tenant: str, asked: EventToExplain, settings: Settings, world: World, *, changed: bool
) -> Explained:
    """What would become of the event if it came now; nothing is written anywhere.

    `settings` are those to decide under; `changed` says that they are not the tenant's own.

    Raises:
        Rejected: 422 the event cannot be read, or is not of a known provider and kind.
        NeedsReconnect: the tenant's org cannot be asked.
        BudgetSpent, Permanent, Retryable: Salesforce or a table does not answer now.
    """
    event = world.reader.read(
        asked.provider, asked.body, kind=asked.kind, event_id=_EVENT_ID, received_at=world.now()
    )
    version = None if changed else settings.version
    match event:
        case UnreadableEvent():
            raise _unreadable(event.reason)
        case IgnoredEvent():
            text = "Not logged: events of this type say nothing about the end of a call."
            return Explained(
                decision="skip",
                rule=IGNORED_TYPE,
                reason="ignored_type",
                text=text,
                settings_version=version,
            )
        case Event(ended=False, kind=Kind.CALL):
            text = "Waiting: it adds to a call whose end is told by another event."
            return Explained(
                decision="wait", reason="call_end", text=text, settings_version=version
            )
    attempt = Attempt()
    entry = Entry(head=_head(tenant, asked, event), events=(event,))
    judged = judge(entry, attempt, dry(world, Gauge(), settings=settings))
    if isinstance(judged, Undecided):
        return Explained(
            decision="wait", reason=judged.reason, text=judged.text, settings_version=version
        )
    screened, decision = judged.case.screened, judged.decision
    is_skip = isinstance(decision, Skip)
    return Explained(
        decision="skip" if is_skip else "log",
        rule=decision.rule if isinstance(decision, Skip) else None,
        reason=decision.reason if isinstance(decision, Skip) else None,
        text=f"Not logged: {decision.text}" if isinstance(decision, Skip) else _in_words(decision),
        call_type=screened.call_type.value if isinstance(screened, Screened) else None,
        slots=() if isinstance(decision, Skip) else decision.slots,
        candidates=shown_candidates(judged.parties),
        reasons=judged.reasons,
        calls=tuple(attempt.calls),
        settings_version=version,
    )


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
