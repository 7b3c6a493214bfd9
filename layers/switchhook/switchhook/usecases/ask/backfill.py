"""Takes in calls and chats of the past that a tenant hands in, behind those of the present.

A line has the same activity id as the webhook would have had, so whatever was logged before, by
webhook or by an earlier backfill, is not logged again; before anything is written the org itself is
asked for the keys (SH-1). A line that cannot be read stops no other.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchhook.domain import jobs as lines
from switchhook.domain.activity import FINAL, Activity, Entry, SlotState, State
from switchhook.domain.decision import Skip
from switchhook.domain.errors import Retryable
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.jobs import BackfillLine, Job, JobKind, JobState, LineProblem, counted
from switchhook.domain.queue_messages import EventMessage, unpack
from switchhook.domain.writing.slots import slot_plans
from switchhook.ports.admin import ActivityFilter, LedgerReader, ProviderCatalog
from switchhook.ports.ingress import Hook, ProviderEdge, WebhookRequest
from switchhook.ports.ledger import IgnoredEvent, UnreadableEvent
from switchhook.ports.queues import PayloadStore
from switchhook.usecases.ask.dry_run import Gauge, dry
from switchhook.usecases.ask.explain import Judged, Undecided, judge
from switchhook.usecases.ask.jobs import STEP_LASTS_S, Step
from switchhook.usecases.receive_webhook import message_of
from switchhook.usecases.record.advance import record_event
from switchhook.usecases.record.kinds import STEPS
from switchhook.usecases.record.take_in import new_head
from switchhook.usecases.record.unknown import read_back
from switchhook.usecases.record.world import Attempt, Deciding, Run, World

MOST_ERRORS = 200
"""Problems that are shown one by one; all of them are counted."""

_LINES_PER_STEP = 50
_LOOK_EVERY = 10
_PAUSE_S = 5
_LOOKED_AT = 50
_BODY = "payload_key"
_DRY = "dry_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillPorts:
    """What taking in lines needs; recording one takes the whole world."""

    world: World
    lister: LedgerReader
    catalog: ProviderCatalog
    edge_of: Callable[[str], ProviderEdge]


def new_backfill(
    tenant: str, job_id: str, body: bytes, *, dry_run: bool, payloads: PayloadStore, now: datetime
) -> Job:
    """The job that takes in the lines of a body of at most `MOST_BYTES`, which is laid aside first.

    Raises:
        Retryable: the body is not known to be stored.
    """
    packed = lines.packed(body)
    key = f"{tenant}/jobs/{hashlib.sha256(packed).hexdigest()}.z"
    payloads.put(key, packed)
    return Job(
        tenant=tenant,
        id=job_id,
        kind=JobKind.BACKFILL,
        created_at=now,
        updated_at=now,
        asked={_BODY: key, _DRY: dry_run},
        counts={"lines": sum(1 for _ in lines.numbered_lines(body)), "done": 0},
        result={"errors": []},
    )


def backfill_step(job: Job, ports: BackfillPorts) -> Step:
    """Take in as many lines as a step takes; rests while calls of the present wait for a place.

    Raises:
        NeedsReconnect: a dry run cannot ask the tenant's org.
        Permanent: the lines are gone.
        Retryable: not even one line could be taken in; try again.
    """
    run = ports.world.run
    body = lines.unpacked(ports.world.intake.payloads.get(str(job.asked[_BODY])))
    every = tuple(lines.numbered_lines(body))
    begin = int(job.cursor or 0)
    until = run.now() + timedelta(seconds=STEP_LASTS_S)
    seer = _Seer(deciding=dry(ports.world.deciding, Gauge())) if job.asked[_DRY] else None
    for place in range(begin, len(every)):
        taken = place - begin
        if not seer and taken % _LOOK_EVERY == 0 and _live_calls_wait(job.tenant, ports.lister):
            return Step(job=job, delay_s=_PAUSE_S)
        if taken and _is_over(taken, until, run):
            return Step(job=job)
        try:
            job = _worked_off(job, *every[place], ports, seer)
        except Retryable as error:
            if not taken:
                raise
            return Step(job=job, delay_s=max(1, round(error.after_s)))
        job = replace(job, cursor=str(place + 1), counts=counted(job.counts, "done"))
    return Step(job=replace(job, state=JobState.DONE))


def _is_over(taken: int, until: datetime, run: Run) -> bool:
    too_late = not run.has_time_to_send()
    return taken >= _LINES_PER_STEP or too_late or run.now() >= until


def _live_calls_wait(tenant: str, lister: LedgerReader) -> bool:
    """Whether a call of the present waits because the tenant's places are taken."""
    waiting = lister.page(
        tenant, ActivityFilter(state=State.WAITING), limit=_LOOKED_AT, cursor=None
    )
    return any(head.reason == "in_flight" and not head.backfilled for head in waiting.items)


def _worked_off(
    job: Job, number: int, line: bytes, ports: BackfillPorts, seer: "_Seer | None"
) -> Job:
    read = lines.read_line(line)
    source = read if isinstance(read, LineProblem) else _source_of(read, ports.catalog)
    if isinstance(source, LineProblem) or isinstance(read, LineProblem):
        problem = read if isinstance(read, LineProblem) else source
        assert isinstance(problem, LineProblem)
        return _unreadable(job, number, problem.text)
    for message in _messages(job.tenant, source, read, ports):
        job = _event_taken(job, number, message, ports, seer)
    return job


def _source_of(line: BackfillLine, catalog: ProviderCatalog) -> str | LineProblem:
    provider = catalog.facts(line.provider)
    if provider is None:
        return LineProblem(text=f"provider must be one of: {', '.join(catalog.names())}.")
    fixed = provider.fixed_source
    if fixed is not None and line.source not in {None, fixed}:
        return LineProblem(text=f"source must be {fixed} for events of {provider.name}.")
    if (source := fixed or line.source) is None:
        return LineProblem(text="source must name the source of the hook.")
    return source


def _messages(
    tenant: str, source: str, line: BackfillLine, ports: BackfillPorts
) -> Iterator[EventMessage]:
    """Each event that the line tells of, as its webhook would have been queued."""
    edge = ports.edge_of(line.provider)
    kind = _kind_of(line, ports)
    hook = Hook(id="backfill", tenant=tenant, provider=line.provider, kind=kind, source=source)
    located = edge.locate(WebhookRequest(headers={}, body=line.body))
    if located.ignored:
        return
    for one in (located, *located.others):
        body = one.body or edge.redact(line.body)
        message = message_of(hook, one, body, {}, ports.world.run.now())
        yield replace(message, backfilled=True)


def _kind_of(line: BackfillLine, ports: BackfillPorts) -> Kind:
    """What the line tells of: the provider's only kind, else the one that does not ignore its event."""
    provider = ports.catalog.facts(line.provider)
    kinds = provider.kinds if provider else (Kind.CALL,)
    for kind in kinds[1:]:
        event = ports.world.intake.reader.read(
            line.provider, line.body, kind=kind, event_id="", received_at=ports.world.run.now()
        )
        if not isinstance(event, IgnoredEvent | UnreadableEvent):
            return kind
    return kinds[0]


def _event_taken(
    job: Job, number: int, message: EventMessage, ports: BackfillPorts, seer: "_Seer | None"
) -> Job:
    assert message.packed is not None, "a backfilled body is handed over, never laid aside"
    event = ports.world.intake.reader.read(
        message.provider,
        unpack(message.packed),
        kind=message.activity_kind,
        event_id=message.event_id,
        received_at=message.received_at,
    )
    if isinstance(event, UnreadableEvent):
        return _unreadable(job, number, event.reason)
    if not isinstance(event, Event):
        return replace(job, counts=counted(job.counts, "ignored"))
    ledger = ports.world.books.ledger
    head = ledger.head(message.tenant, message.activity_id)
    if head is not None and head.state in FINAL and not _is_ours(head, job):
        known = "already_logged" if head.state is State.LOGGED else "already_settled"
        return replace(job, counts=counted(job.counts, known))
    if seer is not None:
        entry = ledger.read(message.tenant, message.activity_id)
        return seer.foreseen(job, message, event, entry)
    return _told(job, record_event(message, ports.world))


def _is_ours(head: Activity, job: Job) -> bool:
    """Made by this job, in a line before or in a step whose count was lost."""
    return head.backfilled and head.received_at >= job.created_at


def _told(job: Job, head: Activity) -> Job:
    match head.state:
        case State.SKIPPED:
            return _skipped(job, "skipped", head.rule or "none")
        case State.LOGGED | State.FAILED:
            return replace(job, counts=counted(job.counts, head.state.value))
        case _:
            return replace(job, counts=counted(job.counts, "open"))


def _skipped(job: Job, name: str, rule: str) -> Job:
    return replace(job, counts=counted(job.counts, name), by_rule=counted(job.by_rule, rule))


def _unreadable(job: Job, number: int, text: str) -> Job:
    job = replace(job, counts=counted(job.counts, "unreadable"))
    shown = job.result["errors"]
    assert isinstance(shown, list), "new_backfill begins a list"
    if len(shown) >= MOST_ERRORS:
        return job
    return replace(job, result={**job.result, "errors": [*shown, {"line": number, "text": text}]})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seer:
    """Foresees what would become of an event, with a bag that stores nothing."""

    deciding: Deciding

    def foreseen(self, job: Job, message: EventMessage, event: Event, entry: Entry | None) -> Job:
        """The job with the event counted; nothing is recorded."""
        steps = STEPS[event.kind]
        ended_at = steps.ended_at((event,))
        known = entry or Entry(head=new_head(message, self.deciding.run, ended_at=ended_at))
        whole = replace(known, events=(*known.events, event))
        if steps.awaits_end(whole.events):
            return replace(job, counts=counted(job.counts, "would_wait"))
        attempt = Attempt(self.deciding.run.clock)
        judged = judge(whole, attempt, self.deciding)
        if isinstance(judged, Undecided):
            return replace(job, counts=counted(job.counts, "would_wait"))
        if isinstance(judged.decision, Skip):
            return _skipped(job, "would_skip", judged.decision.rule)
        name = "already_logged" if self._in_org(judged, attempt) else "would_log"
        return replace(job, counts=counted(job.counts, name))

    def _in_org(self, judged: Judged, attempt: Attempt) -> bool:
        """Whether every slot's key is in the org, although the ledger knows nothing of it."""
        access, decision = judged.access, judged.decision
        if access is None or isinstance(decision, Skip):
            return False
        plans = slot_plans(judged.opened.head, decision, access.facts)
        there = read_back(
            judged.opened, plans, access, attempt, self.deciding.org.records, self.deciding.run
        )
        return all(one.slot.state is SlotState.APPLIED for one in there)
