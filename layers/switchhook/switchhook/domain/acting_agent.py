"""Finds the agent whose call it was, also where the provider names none (AC-27).

Of several agents it is the last who talked; of a call that nobody took, the one it rang at.
"""

from collections.abc import Iterator

from switchhook.domain.agent import Agent
from switchhook.domain.events import CallFacts, Role
from switchhook.domain.ownership import is_listed
from switchhook.domain.people import People
from switchhook.domain.talk_time import is_answered


def acting_agent(call: CallFacts, people: People) -> Agent | None:
    """Gives the agent that the event names, else the one that the rest of it tells of.

    An answered call is that of the last agent it was transferred to, else of its only agent. A call
    that nobody took is that of the only agent it rang at, else of the listed agent whose extension is
    the called number, else of the listed agent with the queue's name; so a people list can give a
    queue a Salesforce user. None when nobody is known.
    """
    agent = call.agent
    if agent and (agent.id or agent.email or agent.name or agent.extension):
        return agent
    if is_answered(call):
        return next(_transferred_to(call, people), None) or _only_inside(call)
    return _only_inside(call) or next(_called(call, people), None)


def _only_inside(call: CallFacts) -> Agent | None:
    inside = [end for end in call.participants if end.role is Role.AGENT]
    if len(inside) != 1:
        return None
    return Agent(email=inside[0].email, name=inside[0].name, extension=inside[0].number)


def _transferred_to(call: CallFacts, people: People) -> Iterator[Agent]:
    """Gives the agents a call was handed to, the last first; a number outside is no agent."""
    for transfer in reversed(call.transfers):
        to = (transfer.to or "").strip()
        named = Agent(email=to) if "@" in to else Agent(extension=to, name=to)
        if "@" in to or is_listed(named, people):
            yield named


def _called(call: CallFacts, people: People) -> Iterator[Agent]:
    for called in (Agent(extension=call.internal_number), Agent(name=call.queue)):
        if is_listed(called, people):
            yield called
