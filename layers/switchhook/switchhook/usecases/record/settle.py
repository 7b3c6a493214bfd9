"""Ends an intent: its outcome is written over whatever was taken in meanwhile, or not at all.

With it goes the record of the decision, for an admin to read: candidates, reasons, requests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from switchhook.domain.activity import Activity, DecisionRecord, Slot, State
from switchhook.domain.decision import Candidate, PartyCandidates, Reason
from switchhook.domain.errors import Conflict, Retryable
from switchhook.domain.facts.chat import ChatAction
from switchhook.domain.rules import Rule
from switchhook.domain.writing.claims import Known
from switchhook.domain.writing.slots import SlotPlan, is_unanswered, reopened, summed_up
from switchhook.ports.ledger import Ledger, LedgerWrite
from switchhook.usecases.record import claims
from switchhook.usecases.record.gather import Access, Opened
from switchhook.usecases.record.world import Attempt, Run

_ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A decision that is about to be written; `known` is what the directory said of each party.

    `action` is what a chat becomes.
    """

    opened: Opened
    access: Access
    plans: tuple[SlotPlan, ...]
    parties: tuple[PartyCandidates, ...]
    known: Mapping[str, Known]
    reasons: tuple[Reason, ...]
    action: ChatAction | None = None


def is_same_sending(head: Activity, intent: Activity) -> bool:
    """Tells whether the activity is still in the sending that the intent began."""
    return head.sent_at == intent.sent_at and head.state in (State.SENDING, State.UNKNOWN)


def settle(
    intent: Activity,
    change: Callable[[Activity], LedgerWrite],
    ledger: Ledger,
    *,
    is_same: Callable[[Activity, Activity], bool] = is_same_sending,
) -> Activity:
    """Write the outcome of an intent, over events that were taken in meanwhile.

    `is_same(head, intent)` tells whether a head that moved on is still in this intent.

    Raises:
        Conflict: the activity is no longer in this intent; whoever moved it on knows more.
    """
    head = intent
    for _ in range(_ROUNDS):
        write = change(head)
        try:
            ledger.commit(write)
        except (Conflict, Retryable):
            stored = ledger.head(intent.tenant, intent.id)
            if stored == write.head:
                # It was applied; only its answer was lost.
                return write.head
            if stored is None or not is_same(stored, intent):
                raise
            head = stored
            continue
        return write.head
    raise Conflict(f"Activity {intent.id} is being changed by others all the time.")


def ended(head: Activity, slots: tuple[Slot, ...]) -> Activity:
    """The head once every slot is final; facts that came after the intent are still to be looked at."""
    summary = summed_up(slots)
    return replace(
        head,
        version=head.version + 1,
        state=summary.state,
        reason=summary.reason,
        text=summary.text,
        slots=slots,
        fence_until=None,
        due_at=head.late_at if summary.state is State.LOGGED else None,
        late_at=None,
    )


def undone(head: Activity, before: Activity, run: Run) -> LedgerWrite:
    """Nothing left this side, or Salesforce cleanly did nothing: the slots are open again.

    The clean answer ends the fence of its own request; one that was sent `before` it and never answered
    may still land.
    """
    open_again = replace(
        head,
        version=head.version + 1,
        state=State.WAITING,
        reason="undone",
        text="Waiting: nothing was written; it is tried again.",
        slots=reopened(head.slots),
        fence_until=head.fence_until if is_unanswered(before) else None,
        due_at=run.now(),
    )
    return LedgerWrite(head=open_again, claims=claims.released(head.slots, head))


_MOST_CANDIDATES = 50


def decision_record(
    head: Activity,
    parties: tuple[PartyCandidates, ...],
    reasons: tuple[Reason, ...],
    attempt: Attempt,
) -> DecisionRecord:
    """The record of the head's newest decision; at most 50 candidates are kept."""
    candidates = shown_candidates(parties)
    explanation = (*_about_replay(head), *reasons)
    return DecisionRecord(
        number=head.decisions,
        at=attempt.clock.now(),
        settings_version=head.settings_version or 0,
        candidates=candidates,
        explanation=tuple({"rule": reason.rule, "text": reason.text} for reason in explanation),
        salesforce_calls=tuple(attempt.calls),
    )


def _about_replay(head: Activity) -> tuple[Reason, ...]:
    """Says which settings decided, where they are not those of the call's end (AC-2)."""
    if head.settings_at is None:
        return ()
    text = (
        f"Replayed on {head.settings_at:%Y-%m-%d at %H:%M:%S} UTC under settings version"
        f" {head.settings_version}, the ones in force then, whatever was in force when the call ended."
    )
    return (Reason(rule=Rule.AC_2, text=text),)


def shown_candidates(parties: tuple[PartyCandidates, ...]) -> tuple[Mapping[str, object], ...]:
    """At most 50 of the candidates, each with the party it was considered for; JSON-ready."""
    candidates = [
        _shown(candidate, about.party.key) for about in parties for candidate in about.candidates
    ]
    return tuple(candidates[:_MOST_CANDIDATES])


def _shown(candidate: Candidate, party: str) -> Mapping[str, object]:
    return {
        "type": candidate.record.type,
        "id": candidate.record.id,
        "name": candidate.name,
        "source": candidate.source.value,
        "party": party,
        "is_converted": candidate.is_converted,
        "is_person_account": candidate.is_person_account,
    }
