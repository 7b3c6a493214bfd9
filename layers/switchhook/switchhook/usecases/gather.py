"""Reads what a decision is made from: settings, people, the grant, the org's facts, the parties."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from switchhook.domain.acting_agent import acting_agent
from switchhook.domain.activity import Activity, Entry
from switchhook.domain.call_workflow import external_ends, screen
from switchhook.domain.claims import Known
from switchhook.domain.connection import ApiUsage, Connection, Grant
from switchhook.domain.crm import StoredFacts
from switchhook.domain.decision import (
    DecisionInput,
    OrgFacts,
    PartyCandidates,
    Screened,
    Skip,
)
from switchhook.domain.errors import Permanent
from switchhook.domain.events import CallFacts, Participant
from switchhook.domain.merging import merge_events
from switchhook.domain.ownership import known_agent
from switchhook.domain.party import Party
from switchhook.domain.people import People
from switchhook.domain.settings import Settings, makes_cases
from switchhook.usecases.attempt import Attempt
from switchhook.usecases.org_facts import has_case_key, load_facts
from switchhook.usecases.world import World

_FACTS_LIVE = timedelta(days=1)
_MISSES_LIVE = timedelta(minutes=15)
_USAGE_STEP = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An activity with what its tenant has set: all that is needed to screen it."""

    head: Activity
    call: CallFacts
    settings: Settings
    people: People
    screened: Screened | Skip
    first_party: Party | None
    first_raw: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The way into the tenant's org."""

    connection: Connection
    grant: Grant
    facts: OrgFacts


def open_case(entry: Entry, world: World) -> Case:
    """Everything about an ended call that needs no look into Salesforce.

    Raises:
        Permanent: the tenant is gone.
    """
    head, call = entry.head, merge_events(entry.events)
    in_force = head.settings_at or call.ended_at or head.received_at
    settings = world.tenants.settings_at(head.tenant, in_force)
    if settings is None:
        raise Permanent(
            f"Tenant {head.tenant} does not exist any more; its calls are not logged.",
            code="tenant_deleted",
        )
    people = world.tenants.people(head.tenant)
    ends = external_ends(call)
    parties = readable_parties(call, settings, world)
    return Case(
        head=head,
        call=call,
        settings=settings,
        people=people,
        screened=screen(call, parties=parties, settings=settings, people=people),
        first_party=parties[0] if parties else None,
        first_raw=ends[0].number if ends else call.external_number,
    )


def readable_parties(call: CallFacts, settings: Settings, world: World) -> tuple[Party, ...]:
    """The external ends of a call whose numbers can be read."""
    found = (_party(end, settings, world) for end in external_ends(call))
    return tuple(party for party in found if party is not None)


def _party(end: Participant, settings: Settings, world: World) -> Party | None:
    number = world.numbers.parse(end.number, regions=(settings.default_region,))
    if number is None:
        return None
    return Party(
        key=number.e164, number=number, raw=end.number or "", name=end.name, email=end.email
    )


def know_org(
    case: Case, connection: Connection, grant: Grant, attempt: Attempt, world: World
) -> OrgFacts:
    """The org's metadata: as remembered for a day, else read anew and remembered.

    An agent whom it does not know may have come to Salesforce since: the users are then read again,
    at most once in a quarter of an hour for each such address.
    """
    stored = world.memory.recall(grant.tenant)
    if stored is None or not _is_fresh(stored, connection, attempt, world):
        facts = load_facts(grant, world.org)
        attempt.facts_refreshed = True
        attempt.note("read the org's metadata", "ok", world)
        fresh = StoredFacts(facts=facts, fetched_at=world.now(), org_id=connection.org_id)
        return _remembered(_with_case_key(fresh, stored), case, world)
    if _wants_case_key(stored, case, world):
        stored = replace(
            stored,
            facts=replace(stored.facts, case_key=has_case_key(grant, world.org)),
            case_asked_at=world.now(),
        )
        attempt.note("read the Case's metadata", "ok", world)
        _remembered(stored, case, world)
    address = _agents_address(case)
    if address is None or address in stored.facts.users_by_email or _asked(stored, address, world):
        return stored.facts
    lists = world.org.lists(grant).facts
    attempt.note("read the org's users", "ok", world)
    facts = replace(
        stored.facts,
        task_statuses=lists.task_statuses,
        users_by_email=lists.users_by_email,
        barred_by_email=lists.barred_by_email,
        user_ids=lists.user_ids,
        connecting_user=lists.connecting_user,
        sees_all_records=lists.sees_all_records,
    )
    return _remembered(replace(stored, facts=facts), case, world)


def _with_case_key(fresh: StoredFacts, stored: StoredFacts | None) -> StoredFacts:
    """What is known of Case outlives the rest, so that a cold tenant's call costs eight at most."""
    if stored is None or stored.org_id != fresh.org_id:
        return fresh
    facts = replace(fresh.facts, case_key=stored.facts.case_key)
    return replace(fresh, facts=facts, case_asked_at=stored.case_asked_at)


def _wants_case_key(stored: StoredFacts, case: Case, world: World) -> bool:
    """Only calls that may make a Case need it, and only where Tasks have the unique field too."""
    if not stored.facts.task_key or not makes_cases(case.settings):
        return False
    asked_at = stored.case_asked_at
    return asked_at is None or world.now() - asked_at >= _FACTS_LIVE


def _is_fresh(stored: StoredFacts, connection: Connection, attempt: Attempt, world: World) -> bool:
    if attempt.refresh_facts and not attempt.facts_refreshed:
        return False
    age = world.now() - stored.fetched_at
    return stored.org_id == connection.org_id and age < _FACTS_LIVE


def _agents_address(case: Case) -> str | None:
    agent = acting_agent(case.call, case.people)
    if agent is None:
        return None
    address = known_agent(agent, case.people).email
    return address.lower() if address else None


def _asked(stored: StoredFacts, address: str, world: World) -> bool:
    asked_at = stored.missed.get(address)
    return asked_at is not None and world.now() - asked_at < _MISSES_LIVE


def _remembered(fresh: StoredFacts, case: Case, world: World) -> OrgFacts:
    """The facts, stored with the agent they do not know; older misses are forgotten."""
    address, now = _agents_address(case), world.now()
    missed = {
        name: at
        for name, at in fresh.missed.items()
        if now - at < _MISSES_LIVE and name not in fresh.facts.users_by_email
    }
    if address is not None and address not in fresh.facts.users_by_email:
        missed[address] = now
    # An org too large to be remembered is read anew for each call, which is slow but right.
    with suppress(Permanent):
        world.memory.remember(case.head.tenant, replace(fresh, missed=missed))
    return fresh.facts


def know_parties(case: Case, screened: Screened, world: World) -> dict[str, Known]:
    """What the directory knows of each party; one read for each."""
    tenant = case.head.tenant
    return {party.key: world.directory.known(tenant, party.key) for party in screened.parties}


def note_usage(connection: Connection, usage: ApiUsage | None, world: World) -> None:
    """Keep the tenant's API gauge; written only when it moved by a hundredth of the allowance."""
    if usage is None:
        return
    before = connection.usage
    moved = before is None or abs(usage.used - before.used) >= usage.limit * _USAGE_STEP
    if moved or (before is not None and before.limit != usage.limit):
        world.connections.note_usage(connection.tenant, usage, parked=connection.parked)


def decision_input(
    case: Case,
    screened: Screened,
    access: Access,
    parties: tuple[PartyCandidates, ...],
    attempt: Attempt,
) -> DecisionInput:
    """The values of one decision."""
    return DecisionInput(
        tenant=case.head.tenant,
        call=case.call,
        external_id=case.head.external_id,
        screened=screened,
        parties=parties,
        settings=case.settings,
        people=case.people,
        org=access.facts,
        avoid_records=frozenset(attempt.avoid_records),
        avoid_users=frozenset(attempt.avoid_users),
    )
