"""Looks into the tenant's org and decides; the worker acts on the outcome, a dry run shows it."""

from collections.abc import Mapping
from dataclasses import dataclass

from switchhook.domain.calls.decide import decide
from switchhook.domain.chats.screening import ChatScreened
from switchhook.domain.connection import Connection
from switchhook.domain.decision import (
    Decision,
    DecisionInput,
    PartyCandidates,
    Reason,
    Screened,
)
from switchhook.domain.writing.claims import Claim, Known
from switchhook.usecases.record import gather
from switchhook.usecases.record.gather import Access, Case
from switchhook.usecases.record.look import decide_visit, find_candidates, find_visitor, relate
from switchhook.usecases.record.org import know_org
from switchhook.usecases.record.world import Attempt, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A decision with what it was made from, and every reason for it in order."""

    parties: tuple[PartyCandidates, ...]
    access: Access
    decision: Decision
    reasons: tuple[Reason, ...]


def weigh(
    case: Case,
    screened: Screened | ChatScreened,
    connection: Connection,
    known: Mapping[str, Known],
    attempt: Attempt,
    world: World,
) -> Weighed | tuple[Claim, ...]:
    """Read what is missing of the org, and decide.

    Gives the claims instead while another activity is just making a Case for one of the contacts.

    Raises:
        SessionExpired, BudgetSpent, NeedsReconnect, Permanent, Retryable: nothing was decided.
    """
    grant = world.grants.opened(connection)
    facts = know_org(case, connection, grant, attempt, world)
    access = Access(connection=connection, grant=grant, facts=facts)
    if isinstance(screened, ChatScreened):
        found = find_visitor(case, screened, access, known, attempt, world)
        verdict = decide_visit(case, screened, access, found, known, attempt)
        return _weighed(screened, (found,), access, verdict, attempt)
    parties = find_candidates(case, screened, access, known, attempt, world)
    asked = gather.decision_input(case, screened, access, parties, attempt)
    inputs = relate(asked, case.head, access, attempt, world)
    if not isinstance(inputs, DecisionInput):
        return inputs
    return _weighed(screened, inputs.parties, access, decide(inputs), attempt)


def _weighed(
    screened: Screened | ChatScreened,
    parties: tuple[PartyCandidates, ...],
    access: Access,
    decision: Decision,
    attempt: Attempt,
) -> Weighed:
    return Weighed(
        parties=parties,
        access=access,
        decision=decision,
        reasons=(*screened.explanation, *decision.explanation, *attempt.learnt),
    )
