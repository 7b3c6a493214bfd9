"""Says what a chat becomes, and when: by what set it off and what the tenant chose for that.

A chat and a conversation are different surfaces with triggers of their own, which never mix.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from switchhook.domain.chat import ChatAction, ChatTrigger
from switchhook.domain.decision import Reason, Skip
from switchhook.domain.events import Event
from switchhook.domain.settings import ChatMode, ChatSettings


class Surface(StrEnum):
    """Where a visitor writes: the web chat, or an inbox of conversations."""

    CHAT = "chat"
    CONVERSATION = "conversation"


_LIVES: Mapping[Surface, tuple[ChatTrigger, ...]] = {
    Surface.CHAT: (ChatTrigger.CHAT_STARTED, ChatTrigger.OFFLINE_MESSAGE, ChatTrigger.CHAT_ENDED),
    Surface.CONVERSATION: (ChatTrigger.CONVERSATION_STARTED, ChatTrigger.CONVERSATION_ENDED),
}
"""What can set an action off on each surface, in the order in which it comes."""

_END_OF = {
    ChatTrigger.CHAT_STARTED: ChatTrigger.CHAT_ENDED,
    ChatTrigger.CONVERSATION_STARTED: ChatTrigger.CONVERSATION_ENDED,
}
_START_OF = {end: start for start, end in _END_OF.items()}
OVER = frozenset(
    {ChatTrigger.CHAT_ENDED, ChatTrigger.OFFLINE_MESSAGE, ChatTrigger.CONVERSATION_ENDED}
)
"""The triggers after which nobody writes any more."""


def surface_of(trigger: ChatTrigger) -> Surface:
    """Gives the surface that a trigger belongs to."""
    return next(surface for surface, life in _LIVES.items() if trigger in life)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenAction:
    """The chat is due: what it becomes, and what set it off (None: an agent chose it, CX-34).

    `action` is never `none`. `is_over` says that the chat has ended, so that its Task is closed.
    """

    action: ChatAction
    trigger: ChatTrigger | None
    is_over: bool
    rules: tuple[str, ...]
    explanation: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitTrigger:
    """Nothing that came sets anything off, but one of `waits_for` may still come and does.

    `otherwise` is what the chat becomes if none of them ever comes.
    """

    waits_for: tuple[ChatTrigger, ...]
    text: str
    otherwise: Skip


type ActionChoice = ChosenAction | AwaitTrigger | Skip


def choose_action(
    events: Sequence[Event],
    settings: ChatSettings,
    *,
    applied: ChatAction | None = None,
    begun: ChatAction | None = None,
) -> ActionChoice:
    """Chooses the action of one chat; the order of `events` does not matter.

    The first trigger in the chat's life whose action is not none decides, so that a chat that started
    and ended is one activity (CX-27). A chat that ended has started: its start counts as come, for one
    event may overtake the other. `applied` is what an agent chose by hand, which comes before the
    settings (CX-34). `begun` is the action under which something of the chat may be in the org; it
    stays, whatever comes later.
    """
    come = _come(events)
    is_over = bool(OVER & set(come))
    chosen = begun or applied
    if chosen is ChatAction.NONE:
        return _nothing_chosen()
    if chosen is not None:
        return _by_hand_or_begun(chosen, is_over=is_over, is_begun=begun is not None)
    if settings.mode is ChatMode.MANUAL:
        return _manual()
    for trigger in come:
        if settings.actions[trigger] is not ChatAction.NONE:
            return _set_off(trigger, settings.actions[trigger], is_over=is_over)
    waits_for = tuple(
        trigger
        for trigger in _still_to_come(come)
        if settings.actions[trigger] is not ChatAction.NONE
    )
    skip = _set_to_none(come)
    if not waits_for:
        return skip
    named = ", ".join(waits_for)
    text = f"Nothing that has come sets an action off; waiting for: {named} (CX-16, CX-17)."
    return AwaitTrigger(waits_for=waits_for, text=text, otherwise=skip)


def _come(events: Sequence[Event]) -> tuple[ChatTrigger, ...]:
    """What has come of the surface that was told of first, in the order of a chat's life."""
    told = sorted(
        (event.occurred_at, surface_of(event.trigger), event.trigger)
        for event in events
        if event.trigger is not None
    )
    if not told:
        return ()
    life = _LIVES[told[0][1]]
    come = {trigger for _, _, trigger in told}
    come |= {_START_OF[trigger] for trigger in come if trigger in _START_OF}
    return tuple(trigger for trigger in life if trigger in come)


def _still_to_come(come: tuple[ChatTrigger, ...]) -> tuple[ChatTrigger, ...]:
    """What may follow: the end of what has started; anything, where nothing has come but lines."""
    if not come:
        return tuple(ChatTrigger)
    if OVER & set(come):
        return ()
    return tuple(_END_OF[trigger] for trigger in come)


def _set_off(trigger: ChatTrigger, action: ChatAction, *, is_over: bool) -> ChosenAction:
    text = f"{trigger} sets off {action}, as the settings say (CX-16, CX-17)."
    return ChosenAction(
        action=action,
        trigger=trigger,
        is_over=is_over,
        rules=("CX-18", "CX-25"),
        explanation=(Reason(rule="CX-18", text=text),),
    )


def _by_hand_or_begun(action: ChatAction, *, is_over: bool, is_begun: bool) -> ChosenAction:
    rule, text = "CX-34", f"An agent chose {action} for this chat."
    if is_begun:
        rule, text = (
            "CX-27",
            f"The chat became {action} before; it stays so and is brought up to date.",
        )
    return ChosenAction(
        action=action,
        trigger=None,
        is_over=is_over,
        rules=("CX-18", rule),
        explanation=(Reason(rule=rule, text=text),),
    )


def _manual() -> Skip:
    text = "Chats are recorded by hand here; nothing is made before an agent chooses an action."
    return Skip(rule="CX-34", reason="manual_mode", text=text)


def _nothing_chosen() -> Skip:
    return Skip(
        rule="CX-18", reason="no_action", text="The action chosen by hand is to do nothing."
    )


def _set_to_none(come: tuple[ChatTrigger, ...]) -> Skip:
    named = ", ".join(come) or "every trigger"
    text = f"The settings make nothing of: {named}."
    return Skip(rule="CX-18", reason="no_action", text=text)
