"""A tenant of the deployed stack whose chats are logged, and what the org then has of a visitor."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

from builders.deployed_tenant import a_user, connected
from builders.sent_chats import Told, send
from local.office import Hook, Office
from local.state import State

_CHOOSE_SECRETS = frozenset({"livechat", "chatwoot", "intercom"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A tenant with a chat hook of each product that it uses, and an agent."""

    office: Office
    hooks: dict[str, Hook]
    ann: tuple[str, str]

    def accepted(self, provider: str, body: dict[str, Any]) -> str:
        hook = self.hooks[provider]
        if provider == "generic":
            return self.office.accepted(hook, body)
        answer = send(hook, body)
        assert answer.status_code == 202, answer.text
        activity_id: str = answer.json()["activity_id"]
        return activity_id

    def found(self, type_: str, chat: Told) -> list[str]:
        """The people of a kind that the org has for the visitor."""
        rows = self.office.query(f"SELECT Id FROM {type_} WHERE Email = '{chat.email}'")
        return [row["Id"] for row in rows]

    def tasks_on(self, person: str) -> list[str]:
        rows = self.office.query(f"SELECT Id FROM Task WHERE WhoId = '{person}'")
        return [row["Id"] for row in rows]

    def cases_on(self, contact: str) -> list[dict[str, Any]]:
        return self.office.query(
            "SELECT Id, OwnerId, Subject, SuppliedEmail, Description"
            f" FROM Case WHERE ContactId = '{contact}'"
        )

    def logged_on(self, type_: str, chat: Told, activity: dict[str, Any]) -> str:
        """The one new person whom a chat was logged on."""
        (person,) = self.found(type_, chat)
        assert activity["state"] == "logged", activity["text"]
        assert activity["slots"][0]["created_person"] == {"type": type_, "id": person}
        return person


def a_team(state: State, name: str, *providers: str, **settings: Any) -> Team:
    office = connected(state, name, late_facts_window_s=1, **settings)
    hooks = {
        provider: office.add_hook(
            provider,
            kind="chat",
            secret=f"given-{uuid.uuid4().hex}" if provider in _CHOOSE_SECRETS else None,
        )
        for provider in providers
    }
    return Team(office=office, hooks=hooks, ann=a_user(office, "Ann"))


def said_in(description: str) -> list[str]:
    """What the transcript's lines say, without when and by whom."""
    transcript = description.partition("\nTranscript:\n")[2]
    return re.findall(r"^  \S+Z .+?: (.*)$", transcript, re.MULTILINE)
