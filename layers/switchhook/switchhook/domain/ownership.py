"""Chooses the Salesforce user who owns what a call leaves behind.

The author that users see is the owner (X-4): Salesforce always names the integration's user as the
creator.

Says what is made of a party that the org does not hold: a contact, a lead or an account (AC-9).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from switchhook.domain.activity import OwnerChoice, OwnerKind
from switchhook.domain.decision import OrgFacts, PersonToCreate
from switchhook.domain.facts.people import (
    OWNING_USER_TYPES,
    Agent,
    ListedAgent,
    OrgUser,
    Party,
    People,
)
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import OwnershipSettings, UnknownNumber
from switchhook.domain.text import cut, one_line

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_SHORT_ID = 15
_FALLBACKS = frozenset({OwnerKind.TENANTS_CHOICE, OwnerKind.CONNECTING_USER})
_BY_CONFERENCE = frozenset({OwnerKind.LEAD_OWNER, OwnerKind.CONFERENCE_ELSE})
# Frozen: what the owners that were stored without a kind cite, whatever is cited today.
_STORED_WITHOUT_KIND: Mapping[str, OwnerKind] = {
    "XB-4": OwnerKind.TENANTS_CHOICE,
    "AC-28": OwnerKind.CONNECTING_USER,
    "CX-58": OwnerKind.CONNECTING_USER,
    "PC-18": OwnerKind.LEAD_OWNER,
    "PC-19": OwnerKind.CONFERENCE_ELSE,
}


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
    e-mail in any case; of two, the one who logged in last, then the lowest id (CX-59). Users in
    `avoid_users` were refused by Salesforce. A user who cannot own gives way to `fallback_owner`,
    and the text says why.
    """
    if agent is None:
        why = "No agent is known for the call"
        return fallback_owner(why, org=org, settings=settings, avoid_users=avoid_users)
    listed = _listed(agent, people)
    wanted = listed.salesforce_user_id if listed else None
    named = _known_id(wanted, org)
    if named is not None and named not in avoid_users:
        text = "The people list names this Salesforce user for the agent."
        return _agents_user(named, text)
    email = (known_agent(agent, people).email or "").lower()
    with_email = org.users_by_email.get(email, ())
    users = [user for user in with_email if _can_own(user) and user.id not in avoid_users]
    if users:
        return _agents_user(_latest(users).id, _by_email(len(users), wanted))
    why = _trouble_with(wanted, org, avoid_users) or _trouble_with_email(email, org, avoid_users)
    return fallback_owner(why, org=org, settings=settings, avoid_users=avoid_users)


def _agents_user(user_id: str, text: str) -> OwnerChoice:
    return OwnerChoice(user_id=user_id, rule=Rule.AC_27, text=text, kind=OwnerKind.AGENT)


def fallback_owner(
    why: str, *, org: OrgFacts, settings: OwnershipSettings, avoid_users: frozenset[str]
) -> OwnerChoice:
    """Chooses the user whom the tenant named (XB-4), else the connecting user (AC-28, X-3).

    The connecting user is the last resort even where Salesforce refused them. `why` begins the
    sentence that tells so.
    """
    wanted = settings.fallback_user_id
    chosen = _known_id(wanted, org)
    if chosen is not None and chosen not in avoid_users:
        text = f"{why}, so the user whom the settings name owns it."
        kind = OwnerKind.TENANTS_CHOICE
        return OwnerChoice(user_id=chosen, rule=Rule.XB_4, text=text, kind=kind)
    if wanted:
        why += ", and the user whom the settings name cannot own it"
    text = f"{why}, so the user who connected Salesforce owns it (PC-13, CX-58)."
    kind = OwnerKind.CONNECTING_USER
    return OwnerChoice(user_id=org.connecting_user.id, rule=Rule.AC_28, text=text, kind=kind)


def kind_of_owner(owner: OwnerChoice) -> OwnerKind:
    """Tells as what the user owns; an owner stored without a kind is known by the rule it cites."""
    return owner.kind or _STORED_WITHOUT_KIND.get(owner.rule, OwnerKind.AGENT)


def is_fallback(owner: OwnerChoice) -> bool:
    """Tells whether the owner stands in for an agent whom Salesforce does not know."""
    return kind_of_owner(owner) in _FALLBACKS


def is_by_conference(owner: OwnerChoice) -> bool:
    """Tells whether the owner was chosen by what holds for leads in a conference (PC-18, PC-19)."""
    return kind_of_owner(owner) in _BY_CONFERENCE


def known_agent(agent: Agent, people: People) -> Agent:
    """Completes what the event says of the agent with the tenant's people list."""
    listed = _listed(agent, people)
    email = (agent.email or "").strip() or (listed.email if listed else None)
    name = (agent.name or "").strip() or (listed.name if listed else None)
    return replace(agent, email=(email or "").strip() or None, name=name)


def is_listed(agent: Agent, people: People) -> bool:
    """Tells whether the tenant's people list names the agent."""
    return _listed(agent, people) is not None


def is_user(agent: Agent, user_id: str, *, people: People, org: OrgFacts) -> bool:
    """Tells whether an agent is this active user: by the people list, or by e-mail in any case."""
    listed = _listed(agent, people)
    if listed and _known_id(listed.salesforce_user_id, org) == user_id:
        return True
    email = (known_agent(agent, people).email or "").lower()
    users = org.users_by_email.get(email, ())
    return any(user.id == user_id and _can_own(user) for user in users)


def _listed(agent: Agent, people: People) -> ListedAgent | None:
    """Finds the agent in the people list by id, e-mail, extension or name, the first that is unique."""
    if not people.agents:
        return None
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


def _can_own(user: OrgUser) -> bool:
    return user.is_active and user.user_type in OWNING_USER_TYPES


def _latest(users: list[OrgUser]) -> OrgUser:
    newest = max(user.last_login_at or _NEVER for user in users)
    same = [user for user in users if (user.last_login_at or _NEVER) == newest]
    return min(same, key=lambda user: user.id)


def _by_email(how_many: int, wanted: str | None) -> str:
    text = "This active Salesforce user has the agent's e-mail"
    if how_many > 1:
        text += f"; of {how_many} with it, this one logged in last (CX-59)"
    if wanted:
        text += "; the user whom the people list names cannot own it"
    return f"{text}."


def _trouble_with(wanted: str | None, org: OrgFacts, avoid_users: frozenset[str]) -> str | None:
    """Says why the user whom the people list names does not own the call, if it names one."""
    if not wanted:
        return None
    if _known_id(wanted, org) in avoid_users:
        return "Salesforce refused the user whom the people list names for the agent"
    if any(user.id.startswith(wanted) for user in _barred(org)):
        return "The user whom the people list names for the agent is inactive"
    return "The people list names a user for the agent whom the org does not have"


def _barred(org: OrgFacts) -> Iterator[OrgUser]:
    return (user for users in org.barred_by_email.values() for user in users)


def _trouble_with_email(email: str, org: OrgFacts, avoid_users: frozenset[str]) -> str:
    """Says why no user with the agent's e-mail owns the call."""
    if not email:
        return "The agent's e-mail is not known"
    users = (*org.users_by_email.get(email, ()), *org.barred_by_email.get(email, ()))
    active = [user for user in users if user.is_active]
    if any(_can_own(user) and user.id in avoid_users for user in active):
        return "Salesforce refused the agent's user as the owner"
    if active:
        return f"The agent's user is of type {_latest(active).user_type}, which cannot own a Task"
    if users:
        return "The agent's user in Salesforce is inactive"
    return "No active Salesforce user has the agent's e-mail"


NAME_LIMIT = 255
_LAST_NAME_LIMIT = 80
_EMAIL_LIMIT = 80
# Narrower than Salesforce's own test: an address that it refuses would cost the Task as well.
_EMAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}",
    re.IGNORECASE | re.ASCII,
)

OBJECTS: Mapping[UnknownNumber, str] = {
    UnknownNumber.CONTACT: "Contact",
    UnknownNumber.LEAD: "Lead",
    UnknownNumber.ACCOUNT: "Account",
}
"""The object that each choice makes; the one that is missing makes nothing."""


def shown_name(party: Party) -> str:
    """Names a party by what it is called, else by its number in international format."""
    return one_line(party.name, limit=NAME_LIMIT) or party.shown


def person_for(object_type: str, party: Party, owner: OwnerChoice) -> PersonToCreate:
    """Gives the values of a Contact, Lead or (business) Account for an unknown party.

    The whole name is the last name, the company and the account's name; without a name it is the
    number in international format. The e-mail is written where one is stated and an object has the
    field (AC-21); what is no e-mail address is left out.
    """
    name = one_line(party.name, limit=NAME_LIMIT) or party.shown
    fields = {"Phone": party.key, "OwnerId": owner.user_id}
    if object_type == "Account":
        return PersonToCreate(
            object_type=object_type, fields={"Name": cut(name, NAME_LIMIT), **fields}
        )
    named = {"LastName": cut(name, _LAST_NAME_LIMIT)}
    if object_type == "Lead":
        named["Company"] = cut(name, NAME_LIMIT)
    email = mail_address(party.email)
    return PersonToCreate(
        object_type=object_type, fields={**named, **fields, **({"Email": email} if email else {})}
    )


def mail_address(stated: str | None) -> str | None:
    """Gives an e-mail address that Salesforce surely takes; None for any other text."""
    address = (stated or "").strip()
    return address if len(address) <= _EMAIL_LIMIT and _EMAIL.fullmatch(address) else None
