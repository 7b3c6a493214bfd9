"""An ingress on fakes that hold what it stores, and the event files that come in."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from switchhook.adapters.providers.catalog import edge_of
from switchhook.domain.errors import Permanent, Retryable
from switchhook.domain.events import Kind
from switchhook.domain.queue_message import EventMessage, QueueMessage
from switchhook.ports_ingress import Hook
from switchhook.runtime.hook_memory import RecentHooks
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
    secret_ct=b"t_one/hook/" + TOKEN.encode(),
)
GENERIC = Hook(
    id="hook-generic",
    tenant="t_one",
    provider="generic",
    kind=Kind.CALL,
    source="hook-generic",
    secret_ct=b"t_one/hook/" + SIGNING_SECRET.encode(),
)


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


class FakeCipher:
    """Ciphertext is readable here: `tenant/purpose/secret`; a foreign context is refused."""

    def decrypt(self, ciphertext: bytes, *, tenant: str, purpose: str) -> str:
        prefix = f"{tenant}/{purpose}/"
        text = ciphertext.decode()
        if not text.startswith(prefix):
            raise Permanent("foreign context", code="aws_refused")
        return text.removeprefix(prefix)


@dataclass
class FakeOutbox:
    """A queue in memory."""

    sent: list[QueueMessage] = field(default_factory=list)
    down: bool = False

    def send(self, message: QueueMessage, *, delay_s: int = 0) -> None:  # noqa: ARG002
        if self.down:
            raise Retryable("the queue is away", code="aws_unreachable", after_s=1)
        self.sent.append(message)

    @property
    def only(self) -> EventMessage:
        (message,) = self.sent
        assert isinstance(message, EventMessage)
        return message


@dataclass
class FakePayloads:
    """A bucket in memory."""

    stored: dict[str, bytes] = field(default_factory=dict)
    down: bool = False

    def put(self, key: str, packed: bytes) -> None:
        if self.down:
            raise Retryable("the bucket is away", code="aws_unreachable", after_s=1)
        self.stored[key] = packed

    def get(self, key: str) -> bytes:
        return self.stored[key]


@dataclass
class World:
    """One ingress and the fakes behind it."""

    hooks: FakeHooks
    outbox: FakeOutbox
    payloads: FakePayloads
    ingress: Ingress


def make_world(*hooks: Hook) -> World:
    stored, outbox, payloads = FakeHooks(*hooks), FakeOutbox(), FakePayloads()
    ingress = Ingress(
        hooks=stored,
        secrets=FakeCipher(),
        memory=RecentHooks(),
        edge_of=edge_of,
        payloads=payloads,
        outbox=outbox,
    )
    return World(hooks=stored, outbox=outbox, payloads=payloads, ingress=ingress)


def event_file(name: str) -> dict[str, object]:
    loaded = json.loads((ROOT / "events/call_ended" / f"{name}.json").read_text())
    assert isinstance(loaded, dict)
    return loaded
