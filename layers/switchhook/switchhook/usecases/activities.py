"""The ledger as a tenant's admin sees it: what came in, what became of it, and why (SH-2, SH-3)."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from switchhook.domain.activity import FINAL, Activity, State, activity_id
from switchhook.domain.errors import Rejected
from switchhook.domain.events import Kind
from switchhook.domain.tenancy import Page, is_id
from switchhook.ports import NumberPlan
from switchhook.ports_admin import (
    ActivityFilter,
    LedgerReader,
    SettingsVersions,
    Statement,
    Story,
)
from switchhook.usecases.settings import get_settings

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
    is_call = story is not None and story.entry.head.kind is Kind.CALL
    return story.entry.head if story is not None and is_call else None


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
