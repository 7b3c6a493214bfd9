"""Knows a tenant's org: its fields, statuses and users, as remembered for a day or read anew."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from switchhook.domain.connection import Connection, Grant
from switchhook.domain.crm import StoredFacts
from switchhook.domain.decision import OrgFacts
from switchhook.domain.errors import Permanent
from switchhook.domain.fields.mapping import fields_in_use, named
from switchhook.domain.ownership import known_agent
from switchhook.ports.ledger import OrgMemory
from switchhook.usecases.org.survey import describe_case, load_facts
from switchhook.usecases.record.gather import Opened
from switchhook.usecases.record.world import Attempt, OrgView, Run

_FACTS_LIVE = timedelta(days=1)
_MISSES_LIVE = timedelta(minutes=15)
_CASE = "Case"


def know_org(
    opened: Opened, connection: Connection, grant: Grant, attempt: Attempt, org: OrgView, run: Run
) -> OrgFacts:
    """The org's metadata: as remembered for a day, else read anew and remembered.

    An agent whom it does not know may have come to Salesforce since: the users are then read again,
    at most once in a quarter of an hour for each such address.
    """
    used = fields_in_use(opened.settings.chats.mapping)
    stored = org.memory.recall(grant.tenant)
    if stored is None or not _is_fresh(stored, opened, connection, attempt, run):
        facts = load_facts(grant, org.metadata, used)
        attempt.facts_refreshed = True
        attempt.note("read the org's metadata", "ok")
        fresh = StoredFacts(
            facts=facts,
            fetched_at=run.now(),
            org_id=connection.org_id,
            fields_asked=named(used),
        )
        if not (attempt.refresh_facts and opened.writes_mapped_fields):
            fresh = _with_case(fresh, stored)
        if not (opened.writes_mapped_fields and _wants_case(fresh, opened, run)):
            return _remembered(fresh, opened, org.memory, run)
        stored = fresh
    return _completed(stored, opened, grant, attempt, org, run)


def _completed(
    stored: StoredFacts,
    opened: Opened,
    grant: Grant,
    attempt: Attempt,
    org: OrgView,
    run: Run,
) -> OrgFacts:
    """The org's metadata with what else this activity wants of them: those of Case, and its agent."""
    if _wants_case(stored, opened, run):
        used = fields_in_use(opened.settings.chats.mapping)[_CASE]
        facts = describe_case(grant, org.metadata, stored.facts, used)
        stored = replace(stored, facts=facts, case_asked_at=run.now())
        attempt.note("read the Case's metadata", "ok")
        _remembered(stored, opened, org.memory, run)
    address = _agents_address(opened)
    if address is None or address in stored.facts.users_by_email or _asked(stored, address, run):
        return stored.facts
    lists = org.metadata.lists(grant).facts
    attempt.note("read the org's users", "ok")
    facts = replace(
        stored.facts,
        task_statuses=lists.task_statuses,
        users_by_email=lists.users_by_email,
        barred_by_email=lists.barred_by_email,
        user_ids=lists.user_ids,
        connecting_user=lists.connecting_user,
        sees_all_records=lists.sees_all_records,
    )
    return _remembered(replace(stored, facts=facts), opened, org.memory, run)


def _with_case(fresh: StoredFacts, stored: StoredFacts | None) -> StoredFacts:
    """What is known of Case outlives the rest, so that a cold tenant's call costs eight at most."""
    if stored is None or stored.org_id != fresh.org_id:
        return fresh
    known = stored.facts.chat_fields.get(_CASE)
    fields = fresh.facts.chat_fields if known is None else {**fresh.facts.chat_fields, _CASE: known}
    facts = replace(fresh.facts, case_key=stored.facts.case_key, chat_fields=fields)
    is_whole = fresh.fields_asked <= stored.fields_asked
    return replace(fresh, facts=facts, case_asked_at=stored.case_asked_at if is_whole else None)


def _wants_case(stored: StoredFacts, opened: Opened, run: Run) -> bool:
    """Chats that become Cases need it, and calls that may make one where Tasks have the unique field."""
    if not opened.makes_case(stored.facts):
        return False
    asked_at = stored.case_asked_at
    return asked_at is None or run.now() - asked_at >= _FACTS_LIVE


def _is_fresh(
    stored: StoredFacts, opened: Opened, connection: Connection, attempt: Attempt, run: Run
) -> bool:
    if attempt.refresh_facts and not attempt.facts_refreshed:
        return False
    used = named(fields_in_use(opened.settings.chats.mapping))
    if opened.writes_mapped_fields and not used <= stored.fields_asked:
        return False
    age = run.now() - stored.fetched_at
    return stored.org_id == connection.org_id and age < _FACTS_LIVE


def _agents_address(opened: Opened) -> str | None:
    if opened.agent is None:
        return None
    address = known_agent(opened.agent, opened.people).email
    return address.lower() if address else None


def _asked(stored: StoredFacts, address: str, run: Run) -> bool:
    asked_at = stored.missed.get(address)
    return asked_at is not None and run.now() - asked_at < _MISSES_LIVE


def _remembered(fresh: StoredFacts, opened: Opened, memory: OrgMemory, run: Run) -> OrgFacts:
    """The facts, stored with the agent they do not know; older misses are forgotten."""
    address, now = _agents_address(opened), run.now()
    missed = {
        name: at
        for name, at in fresh.missed.items()
        if now - at < _MISSES_LIVE and name not in fresh.facts.users_by_email
    }
    if address is not None and address not in fresh.facts.users_by_email:
        missed[address] = now
    # An org too large to be remembered is read anew for each call, which is slow but right.
    with suppress(Permanent):
        memory.remember(opened.head.tenant, replace(fresh, missed=missed))
    return fresh.facts
