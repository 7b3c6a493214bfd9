"""Chooses the Salesforce user who owns what a call leaves behind.

The author that users see is the owner (X-4): Salesforce always names the integration's user as the
creator.
"""

from dataclasses import replace
from datetime import UTC, datetime

from switchhook.domain.activity import OwnerChoice
from switchhook.domain.decision import OrgFacts
from switchhook.domain.events import Agent
from switchhook.domain.people import ListedAgent, OrgUser, People
from switchhook.domain.settings import OwnershipSettings

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_SHORT_ID = 15
AGENT_RULE = "AC-27"
TENANTS_CHOICE_RULE = "XB-4"
CONNECTING_USER_RULE = "AC-28"


def choose_owner(
    agent: Agent | None,
    *,
    people: People,
    org: OrgFacts,
    settings: OwnershipSettings,
    avoid_users: frozenset[str] = frozenset(),
) -> OwnerChoice:
    """Chooses the owner: the agent where Salesforce knows them, else whom the tenant falls back on.

    The agent's user is the one that the people list names, else the active user with the agent's
    e-mail in any case; of two, the one who logged in last, then the lowest id (CX-59). The fallback
    is the user the tenant chose (XB-4), else the connecting user (AC-28). Users in `avoid_users`
    were refused by Salesforce; the connecting user is the last resort all the same.
    """
    if agent is None:
        return _fallback("No agent is known for the call", org, settings, avoid_users)
    listed = _listed(agent, people)
    named = _known_id(listed.salesforce_user_id if listed else None, org)
    if named is not None and named not in avoid_users:
        text = "The people list names this Salesforce user for the agent."
        return OwnerChoice(user_id=named, rule=AGENT_RULE, text=text)
    email = known_agent(agent, people).email
    if not email:
        return _fallback("The agent's e-mail is not known", org, settings, avoid_users)
    users = [
        user
        for user in org.users_by_email.get(email.lower(), ())
        if user.is_active and user.id not in avoid_users
    ]
    if not users:
        why = "No active Salesforce user has the agent's e-mail"
        return _fallback(why, org, settings, avoid_users)
    text = "This active Salesforce user has the agent's e-mail"
    if len(users) > 1:
        text += f"; of {len(users)} with it, this one logged in last (CX-59)"
    return OwnerChoice(user_id=_latest(users).id, rule=AGENT_RULE, text=f"{text}.")


def is_fallback(owner: OwnerChoice) -> bool:
    """Tells whether the owner stands in for an agent."""
    return owner.rule != AGENT_RULE


def known_agent(agent: Agent, people: People) -> Agent:
    """Completes what the event says of the agent with the tenant's people list."""
    listed = _listed(agent, people)
    email = (agent.email or "").strip() or (listed.email if listed else None)
    name = (agent.name or "").strip() or (listed.name if listed else None)
    return replace(agent, email=(email or "").strip() or None, name=name)


def _listed(agent: Agent, people: People) -> ListedAgent | None:
    """Finds the agent in the people list by id, e-mail, extension or name, the first that is unique."""
    for key in ("id", "email", "extension", "name"):
        wanted = _folded(getattr(agent, key))
        found = [one for one in people.agents if wanted and _folded(getattr(one, key)) == wanted]
        if len(found) == 1:
            return found[0]
    return None


def _folded(text: str | None) -> str:
    return (text or "").strip().casefold()


def _known_id(user_id: str | None, org: OrgFacts) -> str | None:
    """Gives the 18-character id of a user of the org, of whom 15 or 18 characters are given."""
    if not user_id:
        return None
    if user_id in org.user_ids:
        return user_id
    if len(user_id) != _SHORT_ID:
        return None
    return min((known for known in org.user_ids if known.startswith(user_id)), default=None)


def _latest(users: list[OrgUser]) -> OrgUser:
    newest = max(user.last_login_at or _NEVER for user in users)
    same = [user for user in users if (user.last_login_at or _NEVER) == newest]
    return min(same, key=lambda user: user.id)


def _fallback(
    why: str, org: OrgFacts, settings: OwnershipSettings, avoid_users: frozenset[str]
) -> OwnerChoice:
    chosen = _known_id(settings.fallback_user_id, org)
    if chosen is not None and chosen not in avoid_users:
        text = f"{why}, so the user whom the settings name owns it."
        return OwnerChoice(user_id=chosen, rule=TENANTS_CHOICE_RULE, text=text)
    text = f"{why}, so the user who connected Salesforce owns it (PC-13, CX-58)."
    return OwnerChoice(user_id=org.connecting_user.id, rule=CONNECTING_USER_RULE, text=text)
