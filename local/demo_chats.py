"""The same chats for a sales team and for a support team, and the records that each finds in Salesforce."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.demo_bodies import iso
from local.office import Hook, Office
from local.state import State
from local.table import table

SALES, SUPPORT = "sales", "support"
_ACTIONS = {SALES: "lead_task", SUPPORT: "contact_case"}
_PERSON = {SALES: "Lead", SUPPORT: "Contact"}
_ids = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoChat:
    """One chat and what it should become: a new or a known person, and whose the Task or Case is."""

    story: str
    body: Mapping[str, Any]
    is_new_person: bool
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatDay:
    """What became of the chats of each team, and what is not as it should be."""

    rows: Sequence[tuple[str, ...]]
    wrong: Sequence[str]

    def as_table(self) -> str:
        """One row a chat and team."""
        return table(("chat", "team", "person", "logged as", "owner", "rules"), self.rows)


def demo_chats() -> tuple[DemoChat, ...]:
    """The chats, all ended a moment ago."""
    return (
        DemoChat(story="Lin, whom the org knows, asks for a price",
                 body=_chat("lin", agent="ann.presets"), is_new_person=False, owner="Ann"),
        DemoChat(story="Maxwell, a stranger, asks for help",
                 body=_chat("maxwell", agent="bob.presets"), is_new_person=True, owner="Bob"),
        DemoChat(story="Maxwell comes back an hour later",
                 body=_chat("maxwell", agent="ann.presets"), is_new_person=False, owner="Ann"),
        DemoChat(story="Curie leaves a message while nobody is there",
                 body=_chat("curie", agent=None, type_="chat.offline_message"),
                 is_new_person=True, owner="installer"),
        DemoChat(story="a temp unknown to Salesforce helps Lin",
                 body=_chat("lin", agent="temp.presets"), is_new_person=False, owner="installer"),
    )  # fmt: skip


def play(state: State, names: Mapping[str, str]) -> ChatDay:
    """Posts the chats to a tenant of each team and reads what became of them."""
    rows: list[tuple[str, ...]] = []
    wrong: list[str] = []
    for team, action in _ACTIONS.items():
        office = Office(state, name=f"Chats Ltd ({team})", preset="cloudcx")
        actions = dict.fromkeys(("chat_ended", "offline_message", "conversation_ended"), action)
        office.call("PATCH", "/settings", {"chats": {"actions": actions}})
        office.connect(username=office.new_admin())
        installer = office.call("GET", "/connection")["salesforce"]["user"]["id"]
        _know_lin(office, team)
        hook = office.add_hook("generic", kind="chat")
        known = {**names, installer: "installer"}
        for chat in demo_chats():
            row, problem = _played(office, hook, chat, team, known)
            rows.append(row)
            wrong += [problem] if problem else []
    return ChatDay(rows=rows, wrong=wrong)


def _know_lin(office: Office, team: str) -> None:
    fields = {"FirstName": "Lin", "LastName": "Yutang", "Email": "Lin@Example.org"}
    more = {"Company": "Letters"} if team == SALES else {}
    office.load(_PERSON[team], **fields, **more)


def _played(
    office: Office, hook: Hook, chat: DemoChat, team: str, names: Mapping[str, str]
) -> tuple[tuple[str, ...], str | None]:
    activity = office.settled(office.accepted(hook, {**chat.body, "chat_id": f"demo-{next(_ids)}"}))
    slot = activity["slots"][0] if activity["slots"] else None
    if slot is None:
        told = activity["rule"] or activity["text"]
        return (
            chat.story,
            team,
            "-",
            activity["state"],
            "-",
            told,
        ), f"{team}: {chat.story}: {told}"
    made = slot.get("created_person")
    person = made or slot["record"]
    owner = names.get(slot["owner"]["id"], slot["owner"]["id"])
    where = f"{person['type']} {_name(office, person)}{' (new)' if made else ''}"
    logged = f"{slot['kind'].title()} {slot['salesforce_id']}"
    good = (
        activity["state"] == "logged"
        and person["type"] == _PERSON[team]
        and bool(made) is chat.is_new_person
        and owner == chat.owner
    )
    row = (chat.story, team, where, logged, owner, ", ".join(slot["rules"]))
    return row, None if good else f"{team}: {chat.story}: {where}, {owner}"


def _name(office: Office, person: Mapping[str, Any]) -> str:
    found = office.query(f"SELECT Name FROM {person['type']} WHERE Id = '{person['id']}'")  # noqa: S608 - ids
    return str(found[0]["Name"]) if found else str(person["id"])


def _chat(name: str, *, agent: str | None, type_: str = "chat.ended") -> dict[str, Any]:
    now = datetime.now(UTC).replace(microsecond=0)
    started = now - timedelta(minutes=9)
    agents = (
        [{"email": f"{agent}@example.com", "name": agent.partition(".")[0].title()}]
        if agent
        else []
    )
    return {
        "type": type_,
        "channel": "web_chat",
        "source_tenant_id": "shop",
        "visitor": {"name": name.title(), "email": f"{name}@example.org"},
        "agents": agents,
        "started_at": iso(started),
        "ended_at": iso(now),
        "transcript": [
            {"at": iso(started), "author_kind": "visitor", "author": name.title(), "text": "Hello"},
            {"at": iso(now), "author_kind": "visitor", "author": name.title(), "text": "Thanks"},
        ],
        "page_url": "https://shop.example.com/pricing",
    }
