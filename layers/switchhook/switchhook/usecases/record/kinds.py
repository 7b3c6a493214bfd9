"""Names, for each kind of activity, who opens it and what is done otherwise than for another kind.

A further kind is a line of this table, and the files that it names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from switchhook.domain.activity import Entry, Told
from switchhook.domain.calls.merging import call_awaits_end, call_ended_at, held_until
from switchhook.domain.chats.merging import chat_awaits_end, chat_ended_at
from switchhook.domain.chats.told import says_nothing_new, told_by, told_with
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.queue_messages import EventMessage
from switchhook.ports.ledger import Entries, TenantReader
from switchhook.usecases.record.calls import open_call, update_call
from switchhook.usecases.record.chats import next_chat, open_chat
from switchhook.usecases.record.gather import Opened, Reopened
from switchhook.usecases.record.late_chats import update_chat
from switchhook.usecases.record.world import Attempt, Opening, Progress, World

type NextOccurrence = Callable[[Told, Event, EventMessage, Entries, TenantReader], Reopened | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carries:
    """What the heads of a kind carry of their events, so that a further one is taken in without them.

    `by` makes it of all events, `with_one` adds one to it. `says_nothing_new` tells whether an event leaves
    it as it was that the activity is skipped.
    """

    by: Callable[[Sequence[Event]], Told | None]
    with_one: Callable[[Told, Event], Told]
    says_nothing_new: Callable[[Told, Event], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What is done with an activity of one kind.

    `open` reads all that can be known without a look into Salesforce, and raises Permanent where the
    tenant is gone. `update` brings what came after the log into the org. `ended_at` tells when it ended
    by its events, `awaits_end` whether they are mere additions to an end that is still to come,
    `held_until` until when a fuller report of its end may come; None where none ever does.
    `next_occurrence` moves an event on where its activity began anew under the same external id; None
    where that never is. `gains_parties` says that one that was logged may turn out to have had further
    parties, `is_chosen_by_hand` that an agent may choose what it becomes (CX-34). `carries` is for kinds
    that are told of line by line: their late facts are always taken, and none of them gains parties.
    """

    open: Callable[[Entry, Opening], Opened]
    update: Callable[[Entry, Attempt, World], Progress]
    ended_at: Callable[[Sequence[Event]], datetime | None]
    awaits_end: Callable[[Sequence[Event]], bool]
    held_until: Callable[[Sequence[Event]], datetime | None] | None
    next_occurrence: NextOccurrence | None
    carries: Carries | None
    gains_parties: bool
    is_chosen_by_hand: bool


STEPS: Mapping[Kind, Steps] = {
    Kind.CALL: Steps(
        open=open_call,
        update=update_call,
        ended_at=call_ended_at,
        awaits_end=call_awaits_end,
        held_until=held_until,
        next_occurrence=None,
        carries=None,
        gains_parties=True,
        is_chosen_by_hand=False,
    ),
    Kind.CHAT: Steps(
        open=open_chat,
        update=update_chat,
        ended_at=chat_ended_at,
        awaits_end=chat_awaits_end,
        held_until=None,
        next_occurrence=next_chat,
        carries=Carries(by=told_by, with_one=told_with, says_nothing_new=says_nothing_new),
        gains_parties=False,
        is_chosen_by_hand=True,
    ),
}
"""What is done with each kind."""
