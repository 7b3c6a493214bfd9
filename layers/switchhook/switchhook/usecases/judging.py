"""Decides an activity without doing anything about it: what the worker would decide now."""

from dataclasses import dataclass, replace

from switchhook.domain.activity import Entry
from switchhook.domain.chat_actions import AwaitTrigger
from switchhook.domain.decision import Decision, OrgFacts, PartyCandidates, Reason, Skip
from switchhook.domain.errors import NeedsReconnect, Permanent, SessionExpired
from switchhook.usecases import claims, gather
from switchhook.usecases.attempt import Attempt
from switchhook.usecases.await_end import CHAT_END
from switchhook.usecases.gather import Access, Case
from switchhook.usecases.setbacks import STALE_METADATA, renew, usable
from switchhook.usecases.weighing import Weighed, weigh
from switchhook.usecases.world import World

_ROUNDS = 4
_NOT_CONNECTED = (
    "Salesforce is not connected, so nobody can say where this would be logged. Connect it, then ask"
    " again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A decision and all that led to it; `access` is None where the org had not to be asked."""

    case: Case
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

    case: Case
    reason: str
    text: str


def judge(entry: Entry, attempt: Attempt, world: World) -> Judged | Undecided:
    """What would be decided of a call or chat now; `world` is a dry one.

    Searches Salesforce even where a match is cached, so that the candidates can be shown.

    Raises:
        NeedsReconnect: the tenant's org cannot be asked.
        Permanent: the tenant is gone, or Salesforce refuses the question.
        BudgetSpent, Retryable: ask again later.
    """
    attempt.search_afresh = True
    case = gather.open_case(entry, world)
    if isinstance(case.screened, Skip):
        return Judged(case=case, decision=case.screened, reasons=_with_own(case.screened))
    if isinstance(case.screened, AwaitTrigger):
        return Undecided(case=case, reason=CHAT_END, text=case.screened.text)
    known = gather.know_parties(case, case.screened, world)
    if held := claims.held_by_others(known.values(), case.head):
        return _being_made(case, held[0].holder, held[0].object_type)
    for _ in range(_ROUNDS):
        connection = world.connections.read(case.head.tenant)
        if connection is None or not usable(connection):
            raise NeedsReconnect(_NOT_CONNECTED, code="not_connected")
        try:
            weighed = weigh(case, case.screened, connection, known, attempt, world)
        except SessionExpired:
            renew(world.grants[case.head.tenant], world)
            continue
        except Permanent as error:
            if error.code not in STALE_METADATA or attempt.facts_refreshed:
                raise
            attempt.refresh_facts = True
            continue
        if not isinstance(weighed, Weighed):
            return _being_made(case, weighed[0].holder, weighed[0].object_type)
        return _judged(case, weighed)
    raise SessionExpired(
        "Salesforce keeps refusing a session that was just renewed; ask again later."
    )


def _judged(case: Case, weighed: Weighed) -> Judged:
    decision, reasons = weighed.decision, weighed.reasons
    if isinstance(decision, Skip):
        reasons = _with_own(replace(decision, explanation=reasons))
    return Judged(
        case=case,
        decision=decision,
        reasons=reasons,
        parties=weighed.parties,
        access=weighed.access,
    )


def _with_own(skip: Skip) -> tuple[Reason, ...]:
    return (*skip.explanation, Reason(rule=skip.rule, text=skip.text))


def _being_made(case: Case, holder: str, object_type: str) -> Undecided:
    text = (
        f"Activity {holder} is just creating a {object_type} for the same caller; ask again soon."
    )
    return Undecided(case=case, reason="claim", text=text)
