"""The ledger as an admin sees and uses it: what became of an activity, and deciding it anew by hand.

A settled activity is replayed (AC-2); a chat that nothing records by itself is recorded as an agent chose
(CX-34). What came in, and why it ended so, is shown (SH-2, SH-3).
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from switchhook.domain.activity import (
    FINAL,
    Activity,
    ManualChoice,
    Slot,
    SlotState,
    State,
    activity_id,
)
from switchhook.domain.decision import INTERNAL
from switchhook.domain.errors import Conflict, Rejected
from switchhook.domain.facts.chat import ChatAction
from switchhook.domain.facts.people import Agent
from switchhook.domain.tenants import Page, is_id
from switchhook.ports.admin import (
    ActivityFilter,
    IdempotencyKeys,
    LedgerReader,
    SettingsVersions,
    Statement,
    Story,
)
from switchhook.ports.ledger import LedgerWrite, NumberPlan
from switchhook.usecases.record.kinds import STEPS
from switchhook.usecases.record.waiting import CHAT_END
from switchhook.usecases.record.world import Books
from switchhook.usecases.tenants.settings import get_settings

COUNTED_AT_ONCE = 1000
"""Activities read in one step while a day is counted."""

PAGES_AT_ONCE = 20
"""Pages of the ledger looked through for one page of the list: a rare filter leaves few of each."""


def list_activities(
    tenant_id: str,
    wanted: ActivityFilter,
    *,
    limit: int,
    cursor: str | None,
    ledger: LedgerReader,
    versions: SettingsVersions,
    plan: NumberPlan,
) -> Page[Activity]:
    """Gives activities, newest first.

    `wanted.party` is as the admin wrote it: an e-mail address, or a number that is read as one of the
    tenant's default region.

    Raises:
        Rejected: 404 no such tenant, 422 a party or cursor that cannot be read.
    """
    if wanted.party is not None:
        party = _party(tenant_id, wanted.party, versions=versions, plan=plan)
        wanted = replace(wanted, party=party)
    if (named := _by_id(tenant_id, wanted, ledger=ledger)) is not None:
        return Page(items=(named,) if _fits(named, wanted) else ())
    items: tuple[Activity, ...] = ()
    for _ in range(PAGES_AT_ONCE):
        page = ledger.page(tenant_id, wanted, limit=limit - len(items), cursor=cursor)
        items, cursor = (*items, *page.items), page.next_cursor
        if cursor is None or len(items) >= limit:
            break
    return Page(items=items, next_cursor=cursor)


def get_activity(tenant_id: str, named: str, *, ledger: LedgerReader) -> Story:
    """Gives one activity whole; raises `Rejected` (404) when the tenant has none of this id."""
    story = ledger.story(tenant_id, named) if is_id(named) else None
    if story is None:
        raise no_such_activity(named)
    return story


def no_such_activity(named: str) -> Rejected:
    """The answer to an id that the tenant has no activity of."""
    return Rejected(
        f"This tenant has no activity {named[:64]!r}; it may have expired, or the id is another "
        "tenant's.",
        code="not_found",
        status=404,
    )


def count_day(
    tenant_id: str, day: date, *, ledger: LedgerReader, versions: SettingsVersions
) -> Statement:
    """Counts what became of the activities received on one day of the tenant's time zone.

    Raises:
        Rejected: 404 no such tenant.
    """
    zone = ZoneInfo(get_settings(tenant_id, versions=versions).time_zone)
    wanted = ActivityFilter(
        since=datetime.combine(day, time(), zone),
        until=datetime.combine(day + timedelta(days=1), time(), zone),
    )
    states: Counter[State] = Counter()
    skipped: Counter[str] = Counter()
    cursor: str | None = None
    while True:
        page = ledger.page(tenant_id, wanted, limit=COUNTED_AT_ONCE, cursor=cursor)
        states.update(activity.state for activity in page.items)
        skipped.update(a.rule or "none" for a in page.items if a.state is State.SKIPPED)
        cursor = page.next_cursor
        if cursor is None:
            return _statement(states, skipped)


def _statement(states: Counter[State], skipped: Counter[str]) -> Statement:
    closed = sum(states[state] for state in FINAL)
    return Statement(
        received=states.total(),
        logged=states[State.LOGGED],
        skipped=dict(sorted(skipped.items())),
        failed=states[State.FAILED],
        open=states.total() - closed,
    )


def _by_id(tenant_id: str, wanted: ActivityFilter, *, ledger: LedgerReader) -> Activity | None:
    """The call that source and external id name; its id follows from them, so no list can lag."""
    if wanted.source is None or wanted.external_id is None:
        return None
    named = activity_id(tenant=tenant_id, source=wanted.source, external_id=wanted.external_id)
    story = ledger.story(tenant_id, named)
    # A conversation may have been opened again under the same external id: the lists know.
    if story is None or STEPS[story.entry.head.kind].next_occurrence is not None:
        return None
    return story.entry.head


def _fits(activity: Activity, wanted: ActivityFilter) -> bool:
    return (
        wanted.state in {None, activity.state}
        and wanted.kind in {None, activity.kind}
        and wanted.party in {None, activity.party_e164, activity.party_email}
        and (wanted.since is None or activity.received_at >= wanted.since)
        and (wanted.until is None or activity.received_at < wanted.until)
    )


def _party(tenant_id: str, written: str, *, versions: SettingsVersions, plan: NumberPlan) -> str:
    if "@" in written:
        return written.strip().lower()
    region = get_settings(tenant_id, versions=versions).default_region
    # A bare + in a query string arrives as a space.
    text = "+" + written[1:] if written.startswith(" ") else written
    number = plan.parse(text, regions=(region,))
    if number is None:
        sentence = f"party must be an e-mail address or a number: +..., or one of {region}."
        raise Rejected(
            f"The activities cannot be listed: {sentence}",
            code="invalid_query",
            status=422,
            fields={"party": sentence},
        )
    return number.e164


def replay(tenant: str, activity_id: str, books: Books) -> Activity:
    """Set an activity going again under the settings in force now; returns its new head.

    Its slots keep their keys: what is in the org stays as it is, what may be there is looked for first
    and sent again only once nothing sent before can land (SH-1).

    Raises:
        Rejected: 404 no such activity; 409 it is logged whole, not settled yet, holds no event, or
            changes just now.
        Retryable: the ledger is busy.
    """
    entry = books.ledger.read(tenant, activity_id) if is_id(activity_id) else None
    if entry is None:
        raise no_such_activity(activity_id)
    head = entry.head
    _refuse_pointless(head, has_events=bool(entry.events))
    again = replace(
        head,
        slots=tuple(map(_opened, head.slots)),
        action=head.action if any(map(_may_be_there, head.slots)) else None,
        settings_at=books.run.now(),
        replays=head.replays + 1,
        # A logged activity's due date is that of late facts; its other Tasks still wait for them.
        late_at=head.due_at if head.state is State.LOGGED else head.late_at,
    )
    text = "Replayed: it is decided anew under the settings in force now."
    return _set_going(again, text, books)


def _set_going(again: Activity, text: str, books: Books) -> Activity:
    """Have an activity decided anew, of which nothing but its own facts is known any more."""
    going = replace(
        again,
        version=again.version + 1,
        state=State.PENDING,
        rule=None,
        reason=None,
        text=text,
        late_note="",
        tries=0,
        due_at=books.run.now() + timedelta(seconds=books.run.timing.worker_timeout_s + 5),
    )
    try:
        books.ledger.commit(LedgerWrite(head=going))
    except Conflict as error:
        text = "changes in this very moment. Look at it and try again."
        raise _refusal(again, "conflict", text) from error
    books.wake_ups.wake(going.tenant, going.id, delay_s=0)
    return going


def _refuse_pointless(head: Activity, *, has_events: bool) -> None:
    if head.state not in FINAL:
        raise _refusal(
            head,
            "not_settled",
            f"is still {head.state.value}; it goes on by itself. Wait for its end.",
        )
    if not has_events:
        raise _refusal(
            head,
            "nothing_to_replay",
            "holds no event that could be read. Let the provider send it again, or hand it in with"
            " POST .../backfill.",
        )
    lost = any(slot.state is not SlotState.APPLIED for slot in head.slots)
    if head.state is State.LOGGED and not lost:
        raise _refusal(
            head,
            "already_logged",
            "is logged in every one of its slots; replaying it would change nothing. Change the Task"
            " in Salesforce, or pin another match for the calls to come.",
        )


def _may_be_there(slot: Slot) -> bool:
    return slot.state in (SlotState.SENT, SlotState.APPLIED)


def _opened(slot: Slot) -> Slot:
    """A refused slot may be tried again; any other is what it is."""
    if slot.state is not SlotState.REFUSED:
        return slot
    return replace(slot, state=SlotState.OPEN, refusals=0, error=None, error_code=None)


KEYS_LIVE = timedelta(hours=24)

_IN_MOTION = frozenset({State.PENDING, State.SENDING, State.UNKNOWN, State.PARKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an agent asks for; `key` makes asking twice harmless for a day."""

    action: ChatAction
    agent: Agent
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The activity as it now stands; `is_new` is false where the same was asked before."""

    head: Activity
    is_new: bool


def apply_action(
    tenant: str, activity_id: str, wish: Wish, books: Books, keys: IdempotencyKeys
) -> Applied:
    """Set a chat going as what the agent chose; the agent becomes the owner of what is made.

    Raises:
        Rejected: 404 no such activity; 409 it is no chat, internal, recorded otherwise or just changing,
            or the key was used for something else.
        Retryable: the tables are busy.
    """
    entry = books.ledger.read(tenant, activity_id) if is_id(activity_id) else None
    if entry is None:
        raise no_such_activity(activity_id)
    now, asked = books.run.now(), _digest(activity_id, wish)
    if keys.take(tenant, wish.key, asked, now=now, until=now + KEYS_LIVE) != asked:
        raise Rejected(
            "This idempotency_key was used for something else in the last 24 hours; take a new one.",
            code="idempotency_key_reused",
            status=409,
        )
    head = entry.head
    if head.chosen is not None and _is_same(head.chosen, wish):
        return Applied(head=head, is_new=False)
    _refuse_otherwise(head)
    chosen = ManualChoice(action=wish.action, agent=wish.agent, at=now)
    again = replace(head, action=None, chosen=chosen)
    text = f"An agent chose {wish.action}; it is being recorded."
    return Applied(head=_set_going(again, text, books), is_new=True)


def _digest(activity_id: str, wish: Wish) -> str:
    agent = wish.agent
    named = json.dumps([activity_id, wish.action, agent.id, agent.email, agent.name])
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()


def _is_same(chosen: ManualChoice, wish: Wish) -> bool:
    return (chosen.action, chosen.agent) == (wish.action, wish.agent)


def _refuse_otherwise(head: Activity) -> None:
    """Only a chat of which nothing is recorded, or about to be, can still be recorded by hand."""
    if not STEPS[head.kind].is_chosen_by_hand:
        text = f"is a {head.kind}; {head.kind}s are recorded by themselves."
        raise _refusal(head, "not_a_chat", text)
    if head.reason == INTERNAL:
        raise _refusal(head, "internal", "is a chat between the tenant's own people.")
    if head.chosen is not None:
        text = f"was recorded as {head.chosen.action} before; change it in Salesforce."
        raise _refusal(head, "already_applied", text)
    if any(slot.state in (SlotState.SENT, SlotState.APPLIED) for slot in head.slots):
        text = "is recorded already; change it in Salesforce."
        raise _refusal(head, "already_logged", text)
    if head.state in _IN_MOTION or (head.state is State.WAITING and head.reason != CHAT_END):
        text = f"is {head.state.value}; wait for its end, then try again."
        raise _refusal(head, "not_settled", text)


def _refusal(head: Activity, code: str, sentence: str) -> Rejected:
    return Rejected(f"Activity {head.id} {sentence}", code=code, status=409)
