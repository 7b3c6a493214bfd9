"""Looks into the tenant's org and decides; the worker acts on the outcome, a dry run shows it."""

from collections.abc import Mapping
from dataclasses import dataclass

from switchhook.domain.connection import Connection
from switchhook.domain.decision import Decision, PartyCandidates, Passed, Reason
from switchhook.domain.writing.claims import Claim, Known
from switchhook.usecases.record.gather import Access, Looked, Opened
from switchhook.usecases.record.org import know_org
from switchhook.usecases.record.world import Attempt, Deciding


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A decision with what it was made from, and every reason for it in order."""

    parties: tuple[PartyCandidates, ...]
    access: Access
    decision: Decision
    reasons: tuple[Reason, ...]


def weigh(
    opened: Opened,
    passed: Passed,
    connection: Connection,
    known: Mapping[str, Known],
    attempt: Attempt,
    deciding: Deciding,
) -> Weighed | tuple[Claim, ...]:
    """Read what is missing of the org, and decide.

    Gives the claims instead while another activity is just making a Case for one of the contacts.

    Raises:
        SessionExpired, BudgetSpent, NeedsReconnect, Permanent, Retryable: nothing was decided.
    """
    grant = deciding.sessions.grants.opened(connection)
    facts = know_org(opened, connection, grant, attempt, deciding.org, deciding.run)
    access = Access(connection=connection, grant=grant, facts=facts)
    looked = opened.look(access, known, attempt, deciding)
    if not isinstance(looked, Looked):
        return looked
    return Weighed(
        parties=looked.parties,
        access=access,
        decision=looked.decision,
        reasons=(*passed.explanation, *looked.decision.explanation, *attempt.learnt),
    )
