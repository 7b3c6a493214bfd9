"""Webhooks about one chat of a moment ago, as chat products write and sign them."""

import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from builders.deployed_tenant import a_name
from local.office import API_TIMEOUT_S, Hook

SITE = "https://looms.example.org/prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A visitor whom nobody knows writes to an agent; `id` is the chat's, times are counted from `began`."""

    id: str
    name: str
    email: str
    agent: str
    agent_email: str
    began: datetime

    def at(self, seconds: float) -> datetime:
        """So many seconds after the beginning."""
        return self.began + timedelta(seconds=seconds)

    def iso(self, seconds: float) -> str:
        """The same as most products write it; to the millisecond."""
        return self.at(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def epoch_s(self, seconds: float) -> int:
        """The same as Intercom counts it."""
        return int(self.at(seconds).timestamp())

    def dated(self, seconds: float) -> str:
        """The same as Comm100 writes it."""
        return f"/Date({int(self.at(seconds).timestamp() * 1000)})/"


def told(agent_email: str, *, agent: str = "Ann Agent") -> Told:
    """A chat of its own that lasted 60 s and ends now."""
    return Told(
        id=uuid.uuid4().hex,
        name=a_name(),
        email=f"visitor-{uuid.uuid4().hex}@example.org",
        agent=agent,
        agent_email=agent_email,
        began=datetime.now(UTC) - timedelta(seconds=60),
    )


def send(hook: Hook, body: dict[str, Any], *, url: str | None = None) -> requests.Response:
    """Posts one webhook with what proves it: a signature, or what url and body already hold."""
    raw, secret = json.dumps(body).encode(), hook.secret.encode()
    headers = {"content-type": "application/json"}
    if hook.provider == "chatwoot":
        at = str(int(time.time()))
        signature = hmac.digest(secret, at.encode() + b"." + raw, hashlib.sha256).hex()
        headers["x-chatwoot-timestamp"] = at
        headers["x-chatwoot-delivery"] = str(uuid.uuid4())
        headers["x-chatwoot-signature"] = f"sha256={signature}"
    elif hook.provider == "intercom":
        headers["x-hub-signature"] = f"sha1={hmac.digest(secret, raw, hashlib.sha1).hex()}"
    return requests.post(url or hook.url, data=raw, headers=headers, timeout=API_TIMEOUT_S)


def livechat_began(chat: Told, secret: str) -> dict[str, Any]:
    """The thread with its people, a form and a greeting."""
    users = [
        {"id": f"v-{chat.id}", "type": "customer", "name": chat.name, "email": chat.email},
        {"id": chat.agent_email, "type": "agent", "name": chat.agent, "email": chat.agent_email},
    ]
    events = [_livechat_line(chat, 2, "Welcome to the looms", chat.agent_email)]
    routing = {"continuous": False, "start_url": SITE, "unassigned": False}
    thread = {
        "id": chat.id,
        "active": True,
        "properties": {"routing": routing},
        "user_ids": [user["id"] for user in users],
        "events": events,
        "created_at": chat.iso(0),
    }
    payload = {"chat": {"id": f"C{chat.id}", "users": users, "thread": thread}}
    return _livechat("incoming_chat", payload, secret)


def livechat_said(
    chat: Told, secret: str, nth: int, text: str, *, by_agent: bool = False
) -> dict[str, Any]:
    """One line of the thread, so many tens of seconds after its beginning."""
    author = chat.agent_email if by_agent else f"v-{chat.id}"
    event = _livechat_line(chat, nth, text, author)
    payload = {"chat_id": f"C{chat.id}", "thread_id": chat.id, "event": event}
    return _livechat("incoming_event", payload, secret)


def livechat_over(chat: Told, secret: str) -> dict[str, Any]:
    """The thread's end."""
    payload = {"chat_id": f"C{chat.id}", "thread_id": chat.id, "user_id": chat.agent_email}
    return _livechat("chat_deactivated", payload, secret)


def _livechat(action: str, payload: dict[str, Any], secret: str) -> dict[str, Any]:
    envelope = {"webhook_id": uuid.uuid4().hex, "secret_key": secret, "license_id": 100_200}
    return {**envelope, "action": action, "payload": payload, "additional_data": {}}


def _livechat_line(chat: Told, nth: int, text: str, author: str) -> dict[str, Any]:
    at = {"id": f"{chat.id}_{nth}", "created_at": chat.iso(nth * 10), "author_id": author}
    return {"type": "message", "text": text, "recipients": "all", **at}


def comm100_ended(chat: Told) -> dict[str, Any]:
    """The whole chat, its transcript one text with the clock of the site, which is UTC here."""
    said = [
        f"[{chat.at(10):%H:%M:%S}] {chat.name}: What does a loom cost?",
        f"[{chat.at(20):%H:%M:%S}] {chat.agent}: Nine hundred",
    ]
    times = {"start_time": chat.dated(0), "end_time": chat.dated(60)}
    person = {"name": chat.name, "email": chat.email}
    return {
        "event": "chat_ended",
        "visitor": _comm100_visitor(chat),
        "chat": {**person, **times, "chat_transcript": "\u2299".join(said), "agents": chat.agent},
    }


def comm100_wrapped_up(chat: Told) -> dict[str, Any]:
    """What the agent noted later."""
    noted = {"category": "Sales", "comment": "Wants two looms", "fields": []}
    wrapup = {**noted, "time": chat.dated(60)}
    visitor = _comm100_visitor(chat)
    return {"chat_id": chat.id, "event": "chat_wrapped_up", "visitor": visitor, "wrapup": wrapup}


def _comm100_visitor(chat: Told) -> dict[str, Any]:
    seen = {"current_browsing": SITE, "visit_time": chat.dated(-300), "visits": 1}
    return {"id": f"v-{chat.id}", "chat_id": chat.id, "email": chat.email, "name": chat.name} | seen


def chatwoot_step(chat: Told, event: str, status: str, at_s: float) -> dict[str, Any]:
    """What became of the conversation; its id is a number that its account counts."""
    return {"event": event, **_chatwoot_conversation(chat, status, at_s)}


def chatwoot_said(
    chat: Told, nth: int, text: str, *, by_agent: bool = False, private: bool = False
) -> dict[str, Any]:
    """One message, so many tens of seconds after the beginning; a private one is for colleagues."""
    visitor = {"id": 14, "name": chat.name, "type": "contact"}
    agent = {"id": 1, "name": chat.agent, "email": chat.agent_email, "type": "user"}
    return {
        "event": "message_created",
        "id": int(chat.id[:12], 16) + nth,
        "content": text,
        "created_at": chat.iso(nth * 10),
        "message_type": "outgoing" if by_agent else "incoming",
        "content_type": "text",
        "private": private,
        "sender": agent if by_agent else visitor,
        "account": {"id": 1, "name": "Looms Ltd"},
        "conversation": _chatwoot_conversation(chat, "open", nth * 10),
    }


def _chatwoot_conversation(chat: Told, status: str, at_s: float) -> dict[str, Any]:
    visitor = {"id": 14, "name": chat.name, "email": chat.email, "phone_number": None}
    agent = {"id": 1, "name": chat.agent, "email": chat.agent_email, "type": "user"}
    return {
        "id": int(chat.id[:12], 16),
        "channel": "Channel::WebWidget",
        "additional_attributes": {"referer": SITE},
        "messages": [],
        "meta": {"sender": {**visitor, "type": "contact"}, "assignee": agent},
        "status": status,
        "created_at": chat.epoch_s(0),
        "updated_at": chat.at(at_s).timestamp(),
        "timestamp": chat.epoch_s(at_s),
    }


def intercom(
    chat: Told, topic: str, *, part: str | None = None, text: str | None = None, at_s: float = 0
) -> dict[str, Any]:
    """A notification of a conversation that the visitor opened, with the part that fired it."""
    visitor = {"type": "lead", "id": f"v-{chat.id}"}
    agent = {"type": "admin", "id": f"a-{chat.agent_email}", "name": chat.agent}
    at = chat.epoch_s(at_s)
    fired = {"id": f"{chat.id}-{at_s}", "part_type": part, "body": text, "author": agent}
    parts = [{**fired, "created_at": at, "attachments": []}] if part else []
    opening = {"id": f"{chat.id}-0", "body": "<p>Is the <b>big</b> loom there?</p>"}
    item = {
        "type": "conversation",
        "id": chat.id,
        "created_at": chat.epoch_s(0),
        "updated_at": at,
        "user": {**visitor, "name": chat.name, "email": chat.email},
        "assignee": {**agent, "email": chat.agent_email},
        "conversation_message": {**opening, "type": "conversation_message", "author": visitor},
        "conversation_parts": {"conversation_parts": parts, "total_count": len(parts)},
        "tags": {"type": "tag.list", "tags": []},
    }
    return _notification(topic, {**item, "state": "closed" if part == "close" else "open"}, at)


def intercom_ping() -> dict[str, Any]:
    """What a new subscription is tried with."""
    return _notification("ping", {"type": "ping", "message": "ping"}, int(time.time()))


def _notification(topic: str, item: dict[str, Any], at: int) -> dict[str, Any]:
    envelope = {"type": "notification_event", "app_id": "looms", "topic": topic, "created_at": at}
    data = {"type": "notification_event_data", "item": item}
    return {**envelope, "id": f"notif_{uuid.uuid4()}", "data": data}


def generic(chat: Told, type_: str, *lines: str) -> dict[str, Any]:
    """A chat in our own format; the visitor says the lines, ten seconds apart."""
    body = {
        "type": type_,
        "chat_id": chat.id,
        "channel": "web_chat",
        "visitor": {"name": chat.name, "email": chat.email},
        "agents": [{"email": chat.agent_email, "name": chat.agent}],
        "started_at": chat.iso(0),
        "transcript": [
            {"at": chat.iso(nth * 10), "author_kind": "visitor", "author": chat.name, "text": line}
            for nth, line in enumerate(lines, start=1)
        ],
    }
    return body | ({"ended_at": chat.iso(60)} if type_ == "chat.ended" else {})
