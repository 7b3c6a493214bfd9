"""An ingress on fakes that hold what it stores, and the event files that come in."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from fakes.cipher import FakeCipher
from fakes.queues import FakeActivityQueue, FakePayloadStore
from switchhook.adapters.providers.catalog import edge_of
from switchhook.domain.errors import Retryable
from switchhook.domain.facts.event import Kind
from switchhook.domain.queue_messages import EventMessage, unpack
from switchhook.ports.ingress import Hook
from switchhook.runtime.ingress import RecentHooks
from switchhook.usecases.receive_webhook import Ingress

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
TOKEN = "example-token-1"
SIGNING_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

AIRCALL = Hook(
    id="hook-aircall",
    tenant="t_one",
    provider="aircall",
    kind=Kind.CALL,
    source="aircall",
    secret_ct=b"t_one|hook|" + TOKEN.encode(),
)
GENERIC = Hook(
    id="hook-generic",
    tenant="t_one",
    provider="generic",
    kind=Kind.CALL,
    source="hook-generic",
    secret_ct=b"t_one|hook|" + SIGNING_SECRET.encode(),
)

ZOOM_SECRET = "example-zoom-secret-token"
DIALPAD_SECRET = "whsec_EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8="
ZOOM = Hook(
    id="hook-zoom",
    tenant="t_one",
    provider="zoom_phone",
    kind=Kind.CALL,
    source="hook-zoom",
    secret_ct=b"t_one|hook|" + ZOOM_SECRET.encode(),
)
DIALPAD = Hook(
    id="hook-dialpad",
    tenant="t_one",
    provider="dialpad",
    kind=Kind.CALL,
    source="hook-dialpad",
    secret_ct=b"t_one|hook|" + DIALPAD_SECRET.encode(),
)

CHATWOOT_SECRET = "example-chatwoot-secret"
CHATWOOT_KEY = "example-older-chatwoot-key-0000001"
INTERCOM_SECRET = "example-intercom-client-secret"
CHATWOOT = Hook(
    id="hook-chatwoot",
    tenant="t_one",
    provider="chatwoot",
    kind=Kind.CHAT,
    source="hook-chatwoot",
    secret_ct=b"t_one|hook|" + CHATWOOT_SECRET.encode(),
)
CHATWOOT_OLDER = replace(
    CHATWOOT, id="hook-chatwoot-older", secret_ct=b"t_one|hook|" + CHATWOOT_KEY.encode()
)
INTERCOM = Hook(
    id="hook-intercom",
    tenant="t_one",
    provider="intercom",
    kind=Kind.CHAT,
    source="hook-intercom",
    secret_ct=b"t_one|hook|" + INTERCOM_SECRET.encode(),
)

COMM100_KEY = "example-comm100-key-000000000000000000000001"
LIVECHAT_KEY = "example-livechat-key"
COMM100 = Hook(
    id="hook-comm100",
    tenant="t_one",
    provider="comm100",
    kind=Kind.CHAT,
    source="hook-comm100",
    secret_ct=b"t_one|hook|" + COMM100_KEY.encode(),
)
LIVECHAT = Hook(
    id="hook-livechat",
    tenant="t_one",
    provider="livechat",
    kind=Kind.CHAT,
    source="hook-livechat",
    secret_ct=b"t_one|hook|" + LIVECHAT_KEY.encode(),
)
GENERIC_CHAT = replace(GENERIC, id="hook-generic-chat", kind=Kind.CHAT, source="hook-generic-chat")


class FakeHooks:
    """A table of hooks that counts its reads."""

    def __init__(self, *hooks: Hook) -> None:
        self.stored = {hook.id: hook for hook in hooks}
        self.reads = 0
        self.down = False

    def read(self, hook_id: str) -> Hook | None:
        self.reads += 1
        if self.down:
            raise Retryable("the table is away", code="aws_unreachable", after_s=1)
        return self.stored.get(hook_id)

    def change(self, hook_id: str, **changes) -> None:
        self.stored[hook_id] = replace(self.stored[hook_id], **changes)


@dataclass
class World:
    """One ingress and the fakes behind it."""

    hooks: FakeHooks
    outbox: FakeActivityQueue
    payloads: FakePayloadStore
    ingress: Ingress


def make_world(*hooks: Hook) -> World:
    stored, outbox, payloads = FakeHooks(*hooks), FakeActivityQueue(), FakePayloadStore()
    ingress = Ingress(
        hooks=stored,
        secrets=FakeCipher(),
        memory=RecentHooks(),
        edge_of=edge_of,
        payloads=payloads,
        outbox=outbox,
    )
    return World(hooks=stored, outbox=outbox, payloads=payloads, ingress=ingress)


def named(message: EventMessage, event_id: str) -> str:
    """The event's id, its `*` filled in with 32 hex digits of what the stored body says."""
    told = json.dumps(json.loads(unpack(message.packed or b"")), sort_keys=True)
    return event_id.replace("*", hashlib.sha256(told.encode()).hexdigest()[:32])


def logged(records: Sequence[logging.LogRecord]) -> str:
    """All that was logged: messages, extra fields, exceptions with their traces.

    Read off the records, for a logger keeps the stream that it found when a process first made it.
    """
    plain = vars(logging.makeLogRecord({})).keys()
    shown = logging.Formatter()
    return "\n".join(
        f"{shown.format(record)} "
        f"{ {name: value for name, value in vars(record).items() if name not in plain} }"
        for record in records
    )


def event_file(name: str, function: str = "call_ended") -> dict[str, object]:
    loaded = json.loads((ROOT / "events" / function / f"{name}.json").read_text())
    assert isinstance(loaded, dict)
    return loaded


def tell_chats(handler: ModuleType, name: str) -> tuple[int, dict[str, object]]:
    """Feed an event file to the function for chats; gives the status and the body it answers."""
    response = handler.handler(event_file(name, "chat_ended"), None)
    return response["statusCode"], json.loads(response["body"])
