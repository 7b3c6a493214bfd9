"""Says what a chat becomes, and when: by what set it off and what the tenant chose for that.

A chat and a conversation are different surfaces with triggers of their own, which never mix.

Says who the external person of a chat is, and whether it is external at all.

Says of a chat, before any look at Salesforce, whether it is recorded: not, not yet, or as what.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from switchhook.domain.activity import Activity, SlotState
from switchhook.domain.decision import INTERNAL, Reason, Skip
from switchhook.domain.facts.chat import ChatAction, ChatFacts, ChatTrigger
from switchhook.domain.facts.event import Event
from switchhook.domain.facts.people import Party, People, PhoneNumber
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import ChatMode, ChatSettings, Settings
from switchhook.domain.text import one_line


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


BY_HAND = "manual_mode"
"""Why a chat is skipped that an agent is to choose for first (CX-34)."""


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
    return _not_set_off(come, settings)


def _not_set_off(come: tuple[ChatTrigger, ...], settings: ChatSettings) -> AwaitTrigger | Skip:
    """Nothing that has come sets an action off: what may still come is waited for, if it would."""
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
        rules=(Rule.CX_18, Rule.CX_25),
        explanation=(Reason(rule=Rule.CX_18, text=text),),
    )


def _by_hand_or_begun(action: ChatAction, *, is_over: bool, is_begun: bool) -> ChosenAction:
    rule, text = Rule.CX_34, f"An agent chose {action} for this chat."
    if is_begun:
        rule, text = (
            Rule.CX_27,
            f"The chat became {action} before; it stays so and is brought up to date.",
        )
    return ChosenAction(
        action=action,
        trigger=None,
        is_over=is_over,
        rules=(Rule.CX_18, rule),
        explanation=(Reason(rule=rule, text=text),),
    )


def _manual() -> Skip:
    text = "Chats are recorded by hand here; nothing is made before an agent chooses an action."
    return Skip(rule=Rule.CX_34, reason=BY_HAND, text=text)


def _nothing_chosen() -> Skip:
    return Skip(
        rule=Rule.CX_18, reason="no_action", text="The action chosen by hand is to do nothing."
    )


def _set_to_none(come: tuple[ChatTrigger, ...]) -> Skip:
    named = ", ".join(come) or "every trigger"
    text = f"The settings make nothing of: {named}."
    return Skip(rule=Rule.CX_18, reason="no_action", text=text)


_ADDRESS = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,189}\.[^@\s<>,;.]{2,63}")
_LONGEST_ID = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatParty:
    """The visitor of a chat.

    `identifiers` are all that identify the visitor, the party's key first: e-mail, number in E.164,
    provider's id. The right to create a person is claimed for every one of them in one transaction, so
    that many chats of one new visitor make one Lead (SH-1).
    """

    party: Party
    identifiers: tuple[str, ...]


def party_of(
    chat: ChatFacts, *, source: str, external_id: str, number: PhoneNumber | None
) -> ChatParty:
    """Names the visitor by e-mail in lower case, else by phone, else by the provider's visitor id.

    `source` is the hook's, since a visitor id means nothing outside it; `number` is the visitor's phone
    as far as it could be read. A visitor of whom nothing is said is known as the one of this chat
    alone, and `external_id` names it.
    """
    visitor = chat.visitor
    email = address(visitor.email)
    visitor_id = one_line(visitor.id, limit=_LONGEST_ID)[:_LONGEST_ID]
    stated = (
        email,
        number.e164 if number else None,
        f"visitor:{source}:{visitor_id}" if visitor_id else None,
    )
    known = tuple(identifier for identifier in stated if identifier)
    identifiers = known or (f"chat:{source}:{external_id}",)
    party = Party(
        key=identifiers[0],
        number=number,
        raw=(visitor.email or visitor.phone or visitor.id or "").strip(),
        name=one_line(visitor.name, limit=_LONGEST_ID) or None,
        email=email,
    )
    return ChatParty(party=party, identifiers=identifiers)


def address(stated: str | None) -> str | None:
    """Gives an e-mail address in lower case; None for what is no address ("n/a")."""
    text = (stated or "").strip().lower()
    return text if _ADDRESS.fullmatch(text) else None


def screen_chat(chat: ChatFacts, visitor: ChatParty, people: People) -> Skip | None:
    """Skips a chat between the tenant's own people (XB-17, PC-16); None lets it pass.

    Own people are the agents of the people list and of this chat by their e-mails, everybody of an
    internal domain, and whoever writes from one of the tenant's own numbers.
    """
    party = visitor.party
    stated = (*(one.email for one in people.agents), *(one.email for one in chat.agents))
    own = {address(email) for email in stated} - {None}
    domain = (party.email or "").rpartition("@")[2]
    is_own_number = party.number is not None and party.number.e164 in people.own_numbers
    if party.email in own or (domain and domain in people.internal_domains) or is_own_number:
        text = "The visitor is one of the tenant's own people, so the chat is internal (PC-16)."
        return Skip(rule=Rule.XB_17, reason=INTERNAL, text=text)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatScreened:
    """A chat that passes: the facts, the visitor, the action."""

    chat: ChatFacts
    visitor: ChatParty
    chosen: ChosenAction
    explanation: tuple[Reason, ...] = ()

    @property
    def parties(self) -> tuple[Party, ...]:
        """The one person of a chat."""
        return (self.visitor.party,)


def begun_action(head: Activity) -> ChatAction | None:
    """Gives the action under which something of the chat may be in the org, now or soon (CX-27).

    An open slot counts: what was sent of it and not answered may land yet, under the key of its kind.
    """
    is_begun = any(slot.state is not SlotState.REFUSED for slot in head.slots)
    return head.action if is_begun else None


def with_chooser(chat: ChatFacts, head: Activity) -> ChatFacts:
    """Lets the agent who recorded a chat by hand stand last, as its owner's agent (CX-34)."""
    if head.chosen is None:
        return chat
    agent = head.chosen.agent
    email = (agent.email or "").casefold()
    others = (one for one in chat.agents if not email or (one.email or "").casefold() != email)
    return replace(chat, agents=(*others, agent))


def screen(
    head: Activity,
    events: Sequence[Event],
    chat: ChatFacts,
    visitor: ChatParty,
    *,
    settings: Settings,
    people: People,
) -> ChatScreened | AwaitTrigger | Skip:
    """Applies the rules in their order: internal (XB-17), by hand (CX-34), the triggers' actions (CX-18)."""
    begun = begun_action(head)
    internal = screen_chat(chat, visitor, people) if begun is None else None
    if internal is not None:
        return internal
    applied = head.chosen.action if head.chosen else None
    chosen = choose_action(events, settings.chats, applied=applied, begun=begun)
    if not isinstance(chosen, ChosenAction):
        return chosen
    return ChatScreened(chat=chat, visitor=visitor, chosen=chosen)
