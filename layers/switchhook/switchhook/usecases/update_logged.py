"""Finds out which facts came after a call was logged, and has its Tasks brought up to date (SH-5).

Doing it twice changes nothing; where the Tasks say all already, the org is not asked.
"""

from switchhook.domain.activity import Entry
from switchhook.domain.call_workflow import call_type
from switchhook.domain.connection import Connection
from switchhook.domain.decision import DecisionInput, OrgFacts, Screened
from switchhook.domain.errors import Conflict, Permanent, SwitchhookError
from switchhook.domain.late_facts import Revision, revise
from switchhook.domain.settings import LateFacts
from switchhook.usecases import gather
from switchhook.usecases.attempt import Attempt, Progress
from switchhook.usecases.flight import place_in_flight
from switchhook.usecases.gather import Case
from switchhook.usecases.grants import open_grant
from switchhook.usecases.know_org import know_org
from switchhook.usecases.late_rests import look_again, rest, set_back, until_usable
from switchhook.usecases.setbacks import usable
from switchhook.usecases.update_tasks import EDIT_SETTLES_IN, is_unsettled, read_tasks, update_tasks
from switchhook.usecases.world import World


def update_logged(entry: Entry, attempt: Attempt, world: World) -> Progress:
    """Write what all facts together would have written otherwise; ask nothing where they would not.

    The settings version, the record and the number of Tasks stay; the owner follows the agent, status
    and subject follow the type of the call. What a person changed is left alone.
    """
    head = entry.head
    try:
        case = gather.open_case(entry, world)
    except Permanent:
        return rest(head, world)
    if case.settings.late_facts is LateFacts.IGNORE:
        return rest(head, world)
    stored = world.memory.recall(head.tenant)
    if stored is not None and not _revisions(case, stored.facts, attempt, world):
        return rest(head, world)
    connection = world.connections.read(head.tenant)
    if connection is None or not usable(connection):
        return until_usable(head, connection, world)
    with place_in_flight(case, world) as has_place:
        if not has_place:
            why = "the tenant already has as many requests in flight as its settings allow."
            return look_again(head, world, after_s=2, why=why)
        return _ask_and_update(case, connection, attempt, world)


def _revisions(case: Case, facts: OrgFacts, attempt: Attempt, world: World) -> tuple[Revision, ...]:
    """What is to change, Task by Task; the org's facts only say whose and of which status they are."""
    inputs = DecisionInput(
        tenant=case.head.tenant,
        call=case.call,
        external_id=case.head.external_id,
        screened=_screened(case, world),
        parties=(),
        settings=case.settings,
        people=case.people,
        org=facts,
        avoid_users=frozenset(attempt.avoid_users),
    )
    before = case.head.call_type
    revised = (revise(inputs, slot, call_type_before=before) for slot in case.head.slots)
    return tuple(revision for revision in revised if revision is not None)


def _screened(case: Case, world: World) -> Screened:
    """The call as it would have passed; one that would be skipped by now keeps its parties."""
    if isinstance(case.screened, Screened):
        return case.screened
    logged = {party for slot in case.head.slots for party in slot.parties}
    readable = gather.readable_parties(case.call, case.settings, world)
    parties = {party.key: party for party in readable if party.key in logged}
    return Screened(parties=tuple(parties.values()), call_type=call_type(case.call))


def _ask_and_update(case: Case, connection: Connection, attempt: Attempt, world: World) -> Progress:
    try:
        grant = open_grant(connection, cipher=world.cipher, memory=world.grants)
        facts = know_org(case, connection, grant, attempt, world)
        revisions = _revisions(case, facts, attempt, world)
        standing = read_tasks(revisions, grant, attempt, world)
    except Conflict:
        raise
    except SwitchhookError as error:
        return set_back(case.head, error, attempt, world)
    if any(is_unsettled(task, world) for task in standing.values()):
        why = "somebody has just changed the Task in Salesforce."
        return look_again(case.head, world, after_s=EDIT_SETTLES_IN.total_seconds(), why=why)
    if world.clock.remaining_s() < world.timing.send_needs_s:
        why = "too little of this run is left; the next run goes on."
        return look_again(case.head, world, after_s=0, why=why)
    return update_tasks(case, revisions, standing, grant, attempt, world)
