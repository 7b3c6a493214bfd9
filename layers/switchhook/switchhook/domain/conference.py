"""Chooses the owner of each Task of a conference, where a lead's own owner may have taken part.

For leads PC-18 and PC-19 hold, for everybody else PC-14 (X-6).
"""

from collections.abc import Iterator
from dataclasses import replace

from switchhook.domain.acting_agent import acting_agent
from switchhook.domain.activity import OwnerChoice
from switchhook.domain.agent import Agent
from switchhook.domain.decision import Candidate, DecisionInput
from switchhook.domain.events import Role
from switchhook.domain.ownership import fallback_owner, is_fallback, is_user
from switchhook.domain.settings import ConferenceElse

HOST_RULE = "PC-14"
LEAD_OWNER_RULE = "PC-18"
ELSE_RULE = "PC-19"


def is_conference(inputs: DecisionInput) -> bool:
    """Tells whether two or more external parties took part."""
    return len(inputs.screened.parties) > 1


def owner_of(candidate: Candidate, inputs: DecisionInput, host: OwnerChoice) -> OwnerChoice:
    """Chooses who owns a record's Task, where `host` is the owner that the call's agent makes.

    Where the tenant wants so, a lead's Task of a conference is its owner's, if an active user who took
    part (PC-18), else the installer's or the host's (PC-19). All other Tasks are the host's (PC-14).
    """
    settings = inputs.settings.ownership
    if (
        not settings.conference_lead_owner
        or candidate.record.type != "Lead"
        or not is_conference(inputs)
    ):
        return host
    lead_owner = candidate.owner_id
    if lead_owner and lead_owner not in inputs.avoid_users and _took_part(lead_owner, inputs):
        text = "The lead's owner took part in the conference and owns the lead's Task."
        return OwnerChoice(user_id=lead_owner, rule=LEAD_OWNER_RULE, text=text)
    why = "No user who owns the lead took part in the conference"
    if settings.conference_lead_owner_else is ConferenceElse.HOST:
        rule = host.rule if is_fallback(host) else ELSE_RULE
        return replace(host, rule=rule, text=f"{why}. {host.text}")
    installer = fallback_owner(
        why, org=inputs.org, settings=settings, avoid_users=inputs.avoid_users
    )
    return replace(installer, rule=ELSE_RULE)


def stands_in(owner: OwnerChoice, host: OwnerChoice) -> bool:
    """Tells whether the owner stands in for the call's agent, so that the Task names the agent."""
    if owner.rule == LEAD_OWNER_RULE:
        return False
    return is_fallback(host) or owner.user_id != host.user_id


def _took_part(user_id: str, inputs: DecisionInput) -> bool:
    return any(
        is_user(agent, user_id, people=inputs.people, org=inputs.org) for agent in _present(inputs)
    )


def _present(inputs: DecisionInput) -> Iterator[Agent]:
    """Gives everybody who took part; an e-mail tells a user even at an outside end."""
    host = acting_agent(inputs.call, inputs.people)
    if host:
        yield host
    for end in inputs.call.participants:
        if end.role is Role.AGENT:
            yield Agent(email=end.email, name=end.name, extension=end.number)
        elif end.email:
            yield Agent(email=end.email)
