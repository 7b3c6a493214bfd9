"""Sorts calls into five types and screens out those that are not logged, before any look at Salesforce.

The order of the rules is X-10's: internal, withheld, short call, call type, business hours; the first
hit names the rule.

Finds the agent whose call it was, also where the provider names none (AC-27).

Of several agents it is the last who talked; of a call that nobody took, the one it rang at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from switchhook.domain.calls.merging import is_answered, talk_time_s
from switchhook.domain.decision import INTERNAL, Reason, Screened, Skip
from switchhook.domain.facts.event import (
    CallFacts,
    CallType,
    Direction,
    Outcome,
    Participant,
    Role,
)
from switchhook.domain.facts.people import Agent, Party, People, digits_of, is_same_number
from switchhook.domain.local_time import hours_of, is_open, local_time, zone_name
from switchhook.domain.ownership import is_listed
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import LogAs, Settings, ShortCallRule

_LONGEST_EXTENSION = 5


def call_type(call: CallFacts) -> CallType:
    """Sorts a call into one of the five types of AC-3; voicemail beats missed.

    A call with an external party that its provider calls internal was taken outside by an agent, and
    counts as outbound.
    """
    answered = is_answered(call)
    if call.direction is not Direction.INBOUND:
        return CallType.OUTBOUND_ANSWERED if answered else CallType.OUTBOUND_UNANSWERED
    if answered:
        return CallType.INBOUND_ANSWERED
    if call.outcome is Outcome.VOICEMAIL or call.voicemail_url:
        return CallType.VOICEMAIL
    return CallType.MISSED


def external_ends(call: CallFacts) -> tuple[Participant, ...]:
    """Gives the call's ends outside the tenant, as the provider wrote them.

    Those are the external participants, where a list is given, else the main external end (whose
    number may be None: withheld). A call between agents, or a list of agents only, has none.
    """
    main = Participant(
        role=Role.EXTERNAL,
        number=call.external_number,
        email=call.external_email,
        name=call.external_name,
    )
    listed = tuple(end for end in call.participants if end.role is Role.EXTERNAL)
    if listed:
        return tuple(_completed(end, main) for end in listed)
    if call.participants and call.external_number is None:
        return ()
    return () if call.direction is Direction.INTERNAL else (main,)


def _completed(end: Participant, main: Participant) -> Participant:
    """Gives a listed end the name and e-mail that only the main end states."""
    if not end.number or digits_of(end.number) != digits_of(main.number or ""):
        return end
    return replace(end, name=end.name or main.name, email=end.email or main.email)


def screen(
    call: CallFacts, *, parties: tuple[Party, ...], settings: Settings, people: People
) -> Skip | Screened:
    """Applies the rules that need no look into Salesforce.

    `parties` are the external ends whose numbers could be read. The tenant's own numbers and agents
    are never parties. Gives whom to look for, each once, or the Skip that names the rule.
    """
    own = _own_addresses(call, people)
    outside = {
        party.key: party for party in reversed(parties) if not _is_own(party, call, own, people)
    }
    if not outside:
        if not _is_among_agents(call, parties, own, people):
            text = "The number was withheld, or is no telephone number that a record could have."
            return Skip(rule=Rule.XB_15, reason="withheld", text=text)
        if not settings.calls.log_internal:
            text = "Only users of the same phone system took part in the call."
            return Skip(rule=Rule.XB_17, reason=INTERNAL, text=text)
    return _short_call(call, settings) or _chosen(call, settings, outside)


def _chosen(call: CallFacts, settings: Settings, outside: Mapping[str, Party]) -> Skip | Screened:
    """Applies what the tenant chose: a treatment for each type of call, and hours."""
    kind = call_type(call)
    log_as = settings.calls.workflow[kind]
    if log_as is LogAs.NONE:
        text = f"Calls of type {kind} are set not to be logged."
        return Skip(rule=Rule.AC_6, reason="call_type", text=text)
    text = f"The call's type is {kind}; calls of this type are logged as {log_as}."
    reasons = [Reason(rule=Rule.AC_3, text=text)]
    if not outside:
        text = "Only users of the same phone system took part; the settings want such calls logged."
        reasons.insert(0, Reason(rule=Rule.XB_17, text=text))
    hours = _hours(call, settings)
    if isinstance(hours, Skip):
        return hours
    return Screened(
        parties=tuple(outside[key] for key in sorted(outside)),
        call_type=kind,
        explanation=(*reasons, *hours),
    )


def _hours(call: CallFacts, settings: Settings) -> Skip | tuple[Reason, ...]:
    """Applies business hours to the time the call began (AC-7, AC-8).

    The tenant's own hours rule where they are set, for the number or in general; else what the
    provider says; else the number is open.
    """
    set_hours = settings.calls.business_hours
    if set_hours is None or not set_hours.only_open:
        return ()
    own = hours_of(set_hours, call.internal_number)
    began = call.started_at or call.answered_at or call.ended_at
    if own is None or began is None:
        if call.during_opening_hours is False:
            text = "The phone system says that the number was closed."
            return Skip(rule=Rule.AC_7, reason="outside_hours", text=text)
        return ()
    zones = (own.time_zone, call.time_zone, settings.time_zone)
    at = f"{local_time(began, *zones):%A %H:%M} ({zone_name(*zones)})"
    if not is_open(own, began, *zones):
        text = f"The call began on {at}, when the number was closed."
        return Skip(rule=Rule.AC_7, reason="outside_hours", text=text)
    return (Reason(rule=Rule.AC_7, text=f"The call began on {at}, when the number was open."),)


def _own_addresses(call: CallFacts, people: People) -> frozenset[str]:
    """Gathers agents' e-mails (lower case) and the numbers or extensions of their ends."""
    agents = (*people.agents, *((call.agent,) if call.agent else ()))
    ends = [end for end in call.participants if end.role is Role.AGENT]
    emails = [*(agent.email for agent in agents), *(end.email for end in ends)]
    extensions = [*(agent.extension for agent in agents), *(end.number for end in ends)]
    return frozenset(
        address.strip().lower() for address in (*emails, *extensions) if address and address.strip()
    )


def _is_own(party: Party, call: CallFacts, own: frozenset[str], people: People) -> bool:
    if party.key in people.own_numbers or party.raw.strip() in own:
        return True
    if call.internal_number and is_same_number(call.internal_number, party.number):
        return True
    return _is_own_email(party.email, own, people)


def _is_own_email(email: str | None, own: frozenset[str], people: People) -> bool:
    address = (email or "").strip().lower()
    return bool(address) and (
        address in own or address.rpartition("@")[2] in people.internal_domains
    )


def _is_among_agents(
    call: CallFacts, parties: tuple[Party, ...], own: frozenset[str], people: People
) -> bool:
    """Tells whether a call without any party was one among users of the same phone system (XB-17)."""
    known = {party.raw for party in parties}
    ends = external_ends(call)
    return all((end.number or "") in known or _is_inside(end, own, people) for end in ends)


def _is_inside(end: Participant, own: frozenset[str], people: People) -> bool:
    """Tells whether an end without a telephone number is an extension or an agent (XB-17)."""
    number = (end.number or "").strip()
    is_extension = number.isdecimal() and 1 < len(number) <= _LONGEST_EXTENSION
    return is_extension or number.lower() in own or _is_own_email(end.email, own, people)


def _short_call(call: CallFacts, settings: Settings) -> Skip | None:
    """Applies the tenant's short-call rule; the limit itself is logged (X-1)."""
    rule, limit_s = settings.calls.short_call_rule, settings.calls.short_call_threshold_s
    was_canceled = _canceled_within(call, limit_s)
    if rule is ShortCallRule.XBEES and was_canceled and call.direction is not Direction.INBOUND:
        text = f"The caller gave up within {limit_s} seconds."
        return Skip(rule=Rule.XB_16, reason="short_call", text=text)
    if rule is ShortCallRule.PARTNER and was_canceled:
        text = f"The call was cancelled within {limit_s} seconds."
        return Skip(rule=Rule.PC_5, reason="short_call", text=text)
    if rule is ShortCallRule.PARTNER and _talked_less_than(call, limit_s):
        text = f"The call lasted less than {limit_s} seconds."
        return Skip(rule=Rule.PC_5, reason="short_call", text=text)
    return None


def _canceled_within(call: CallFacts, limit_s: int) -> bool:
    if call.outcome is not Outcome.CANCELED or call.started_at is None or call.ended_at is None:
        return False
    return (call.ended_at - call.started_at).total_seconds() < limit_s


def _talked_less_than(call: CallFacts, limit_s: int) -> bool:
    is_known = call.talk_s is not None or call.answered_at is not None
    return is_answered(call) and is_known and talk_time_s(call) < limit_s


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
