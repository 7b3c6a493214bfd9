"""Answers about chosen matches and Tasks that were moved after them."""

from typing import Self

from pydantic import RootModel

from switchhook.domain.matching import pins
from switchhook.runtime.api.answers.activities import url_of
from switchhook.runtime.api.answers.base import Answer, Count, Page, Time
from switchhook.usecases.matches import repoint


class MatchedRecord(Answer):
    """The record that was chosen for a party."""

    type: str
    id: str
    name: str | None
    url: str | None


class Match(Answer):
    """The record that a party's calls are logged on, chosen by a person."""

    party: str
    record: MatchedRecord
    pinned_at: Time
    by: str

    @classmethod
    def of(cls, pin: pins.Pin, instance_url: str) -> Self:
        """The choice; `instance_url` is where its record can be opened."""
        record = MatchedRecord(
            type=pin.record.type,
            id=pin.record.id,
            name=pin.candidate.name,
            url=url_of(pin.record, instance_url),
        )
        return cls(party=pin.party, record=record, pinned_at=pin.pinned_at, by=pin.by)


class MatchPage(Page[Match]):
    """The chosen matches."""


class MatchOrPage(RootModel[Match | MatchPage]):
    """The match of the party that was asked for, or all of them."""


class NotMoved(Answer):
    """An activity whose Tasks were left where they are."""

    activity_id: str
    why: str


def _not_moved(outcome: repoint.Outcome) -> tuple[NotMoved, ...]:
    return tuple(NotMoved(activity_id=one, why=why) for one, why in outcome.refused)


class Repointed(Answer):
    """How many activities' Tasks were moved, and why the others were not."""

    undo_id: str
    moved: Count
    refused: tuple[NotMoved, ...]

    @classmethod
    def of(cls, outcome: repoint.Outcome) -> Self:
        """What moving came to."""
        return cls(undo_id=outcome.undo_id, moved=outcome.done, refused=_not_moved(outcome))


class RepointUndone(Answer):
    """How many activities' Tasks were moved back, and why the others were not."""

    undo_id: str
    restored: Count
    refused: tuple[NotMoved, ...]

    @classmethod
    def of(cls, outcome: repoint.Outcome) -> Self:
        """What moving back came to."""
        return cls(undo_id=outcome.undo_id, restored=outcome.done, refused=_not_moved(outcome))
