"""Writes down a decision so that an admin can read it: candidates, reasons, Salesforce requests."""

from collections.abc import Mapping

from switchhook.domain.activity import Activity, DecisionRecord
from switchhook.domain.decision import Candidate, PartyCandidates, Reason
from switchhook.usecases.attempt import Attempt
from switchhook.usecases.world import World

_MOST_CANDIDATES = 50


def decision_record(
    head: Activity,
    parties: tuple[PartyCandidates, ...],
    reasons: tuple[Reason, ...],
    attempt: Attempt,
    world: World,
) -> DecisionRecord:
    """The record of the head's newest decision; at most 50 candidates are kept."""
    candidates = shown_candidates(parties)
    explanation = (*_about_replay(head), *reasons)
    return DecisionRecord(
        number=head.decisions,
        at=world.now(),
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
    return (Reason(rule="AC-2", text=text),)


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
