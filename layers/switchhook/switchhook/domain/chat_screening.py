"""Says of a chat, before any look at Salesforce, whether it is recorded: not, not yet, or as what."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from switchhook.domain.activity import Activity, SlotState
from switchhook.domain.chat import ChatAction, ChatFacts
from switchhook.domain.chat_actions import AwaitTrigger, ChosenAction, choose_action
from switchhook.domain.chat_parties import ChatParty, screen_chat
from switchhook.domain.decision import Reason, Skip
from switchhook.domain.events import Event
from switchhook.domain.party import Party
from switchhook.domain.people import People
from switchhook.domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatScreened:
    """What passes the rules that need no look into Salesforce: the facts, the visitor, the action."""

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
