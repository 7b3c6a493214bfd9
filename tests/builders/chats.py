"""Builds the chats that the rules are tested with; every field has a plain default."""

from datetime import timedelta

from builders.calls import NOBODY, START, a_number, an_org, the_settings
from switchhook.domain.chats.decide import ChatInput
from switchhook.domain.chats.screening import ChosenAction, choose_action, party_of
from switchhook.domain.facts.chat import (
    AuthorKind,
    ChatAction,
    ChatFacts,
    ChatLine,
    ChatTrigger,
    Visitor,
)
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.facts.people import Agent

ADAS_EMAIL = "ada@example.org"
ADAS_PHONE = "+14155550100"
CHAT_ID = "ch-1"
ANN_AGENT = Agent(id="17", email="ann@example.com", name="Ann Agent")


def at(seconds):
    return START + timedelta(seconds=seconds)


def a_line(text, seconds=None, *, author="Ada Byron", kind=AuthorKind.VISITOR, line_id=None):
    """A line of the visitor's, unless said otherwise."""
    said_at = None if seconds is None else at(seconds)
    return ChatLine(at=said_at, author_kind=kind, author=author, text=text, id=line_id)


def a_visitor(**about):
    usual = {"id": "v-1", "name": "Ada Byron", "email": ADAS_EMAIL, "company": "Engines Ltd"}
    return Visitor(**{**usual, **about})


def a_chat(**facts):
    """A web chat of Ada with Ann that has ended, unless said otherwise."""
    usual = {
        "channel": "web_chat",
        "source_tenant_id": "site-1",
        "visitor": a_visitor(),
        "agents": (ANN_AGENT,),
        "started_at": START,
        "ended_at": at(540),
        "transcript": (a_line("Hello", 5),),
    }
    return ChatFacts(**{**usual, **facts})


def an_event(event_id="e-1", *, trigger=None, seconds=0, chat=None, **more):
    """One webhook of a chat that came so many seconds after its start."""
    usual = {
        "kind": Kind.CHAT,
        "type": "chat.updated",
        "ended": trigger is ChatTrigger.CHAT_ENDED,
        "occurred_at": at(seconds),
        "received_at": at(seconds + 1),
    }
    return Event(event_id=event_id, trigger=trigger, chat=chat or ChatFacts(), **{**usual, **more})


def chosen(action, *, trigger=ChatTrigger.CHAT_ENDED) -> ChosenAction:
    """What an ended chat becomes where the settings say so."""
    settings = the_settings(chats={"actions": {trigger: action}})
    choice = choose_action([an_event(trigger=trigger)], settings.chats)
    assert isinstance(choice, ChosenAction)
    return choice


def a_chat_input(*candidates, action=ChatAction.LEAD_TASK, chat=None, **more):
    """Everything one decision on a chat depends on."""
    chat = chat or a_chat()
    number = a_number(chat.visitor.phone) if chat.visitor.phone else None
    usual = {
        "tenant": "t-1",
        "chat": chat,
        "external_id": CHAT_ID,
        "chosen": chosen(action),
        "visitor": party_of(chat, source="site", external_id=CHAT_ID, number=number),
        "settings": the_settings(),
        "people": NOBODY,
        "org": an_org(),
        "candidates": candidates,
    }
    return ChatInput(**{**usual, **more})
