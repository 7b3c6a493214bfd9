"""Receiving a webhook: prove the sender, read off the ids, put the event into the queue.

It never judges what the event says and never talks to Salesforce: anything that is proven is stored,
also what nobody can read (SH-2).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from switchhook.domain.activity import activity_id
from switchhook.domain.facts.event import Kind
from switchhook.domain.queue_messages import (
    MAX_BODY_BYTES,
    MAX_MESSAGE_BYTES,
    EventMessage,
    pack,
    to_json,
)
from switchhook.ports.cipher import Cipher
from switchhook.ports.ingress import (
    AnswersChallenges,
    Hook,
    HookMemory,
    HookReader,
    Located,
    OpenedHook,
    ProviderEdge,
    WebhookRequest,
)
from switchhook.ports.queues import ActivityQueue, PayloadStore

_PURPOSE = "hook"
_OLD_AFTER_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The event is durably queued; of several in one request, the first is named.

    `is_old` says that it was signed more than 300 s ago by a provider whose requests have no age limit.
    """

    hook: Hook
    activity_id: str
    event_id: str
    is_old: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """The event is proven and of a type nobody needs; nothing is stored."""

    hook: Hook
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenged:
    """The provider asked for a proof of the secret; `answer` is the JSON that proves it."""

    hook: Hook
    answer: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownHook:
    """No hook of this kind has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLarge:
    """The body is larger than any that is accepted."""

    hook: Hook


@dataclass(frozen=True, slots=True, kw_only=True)
class NotProven:
    """The request was not made with a live secret of the hook."""

    hook: Hook


type Received = Accepted | Ignored | Challenged | UnknownHook | TooLarge | NotProven


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingress:
    """Everything that receiving a webhook needs."""

    hooks: HookReader
    secrets: Cipher
    memory: HookMemory
    edge_of: Callable[[str], ProviderEdge]
    payloads: PayloadStore
    outbox: ActivityQueue


def receive_webhook(
    ingress: Ingress, request: WebhookRequest, *, hook_id: str | None, kind: Kind, now: datetime
) -> Received:
    """Queue one webhook, or say why not; `hook_id` None means an address that no hook can have.

    Receiving it again queues it again: the ledger knows an event by its id.

    Raises:
        Retryable, Permanent: the hook could not be read or the event not be stored.
    """
    if hook_id is None:
        return UnknownHook()
    opened = ingress.memory.recall(hook_id, now=now) or _open(ingress, hook_id, now)
    if opened is None or opened.hook.kind is not kind:
        return UnknownHook()
    if len(request.body) > MAX_BODY_BYTES:
        return TooLarge(hook=opened.hook)
    proven = _proven(ingress, opened, request, now)
    if proven is None:
        return NotProven(hook=opened.hook)
    answer = _answer(ingress, proven, request, now)
    if answer is not None:
        return Challenged(hook=proven.hook, answer=answer)
    return _queue(ingress, proven.hook, request, now)


def _answer(
    ingress: Ingress, proven: OpenedHook, request: WebhookRequest, now: datetime
) -> Mapping[str, str] | None:
    """A challenge is answered with the secret that it was signed with, the other may be outdated."""
    edge = ingress.edge_of(proven.hook.provider)
    if not isinstance(edge, AnswersChallenges):
        return None
    fitting = (
        secret
        for secret in proven.live_secrets(now)
        if edge.verify(request, secrets=(secret,), now=now)
    )
    return edge.answer_challenge(request, secret=next(fitting))


def _proven(
    ingress: Ingress, opened: OpenedHook, request: WebhookRequest, now: datetime
) -> OpenedHook | None:
    """The hook whose secret fits; a remembered one is read again, for it may have been rotated since."""
    if _fits(ingress, opened, request, now):
        return opened
    if opened.read_at == now or not ingress.memory.may_read_again(opened.hook.id, now=now):
        return None
    fresh = _open(ingress, opened.hook.id, now)
    if fresh is None or fresh.hook.kind is not opened.hook.kind:
        return None
    return fresh if _fits(ingress, fresh, request, now) else None


def _fits(ingress: Ingress, opened: OpenedHook, request: WebhookRequest, now: datetime) -> bool:
    secrets = opened.live_secrets(now)
    edge = ingress.edge_of(opened.hook.provider)
    return bool(secrets) and edge.verify(request, secrets=secrets, now=now)


def _open(ingress: Ingress, hook_id: str, now: datetime) -> OpenedHook | None:
    hook = ingress.hooks.read(hook_id)
    if hook is None:
        return None
    opened = OpenedHook(
        hook=hook,
        read_at=now,
        secret=_decrypted(ingress, hook, hook.secret_ct),
        previous_secret=_decrypted(ingress, hook, hook.previous_secret_ct),
    )
    ingress.memory.keep(opened)
    return opened


def _decrypted(ingress: Ingress, hook: Hook, ciphertext: bytes | None) -> str | None:
    if ciphertext is None:
        return None
    return ingress.secrets.decrypt(ciphertext, tenant=hook.tenant, purpose=_PURPOSE)


def _queue(
    ingress: Ingress, hook: Hook, request: WebhookRequest, now: datetime
) -> Accepted | Ignored:
    edge = ingress.edge_of(hook.provider)
    located = edge.locate(request)
    if located.ignored and located.type is not None:
        return Ignored(hook=hook, type=located.type)
    headers = {name: request.headers[name] for name in edge.KEPT_HEADERS if name in request.headers}
    messages = [
        message_of(hook, one, one.body or edge.redact(request.body), headers, now)
        for one in (located, *located.others)
    ]
    for message in messages:
        ingress.outbox.send(_small_enough(ingress, message))
    signed_at_s = located.signed_at_s
    return Accepted(
        hook=hook,
        activity_id=messages[0].activity_id,
        event_id=messages[0].event_id,
        is_old=signed_at_s is not None and now.timestamp() - signed_at_s > _OLD_AFTER_S,
    )


def message_of(
    hook: Hook, located: Located, body: bytes, headers: Mapping[str, str], now: datetime
) -> EventMessage:
    """One event as the queue carries it; what has no id of its own is known by its bytes.

    Two events of one name that say different things are two: two comments on a call in one second.
    """
    fingerprint = f"sha256:{hashlib.sha256(body).hexdigest()}"
    by_name = f"{located.named}:{_told(body)}" if located.named else fingerprint
    external_id = located.external_id or fingerprint
    return EventMessage(
        tenant=hook.tenant,
        hook=hook.id,
        provider=hook.provider,
        activity_kind=hook.kind,
        source=hook.source,
        activity_id=activity_id(
            tenant=hook.tenant,
            source=hook.source,
            external_id=external_id,
            occurrence=located.occurrence,
        ),
        external_id=external_id,
        occurrence=located.occurrence,
        event_id=located.event_id or by_name,
        received_at=now,
        headers=headers,
        packed=pack(body),
    )


def _told(body: bytes) -> str:
    """32 hex digits of what a body says, however it is written; its credential is blanked already."""
    with suppress(ValueError, RecursionError):
        body = json.dumps(json.loads(body), sort_keys=True).encode()
    return hashlib.sha256(body).hexdigest()[:32]


def _small_enough(ingress: Ingress, message: EventMessage) -> EventMessage:
    """The message, its body laid aside first when it would be too large for the queue."""
    packed = message.packed
    if packed is None or len(to_json(message)) <= MAX_MESSAGE_BYTES:
        return message
    digest = hashlib.sha256(packed).hexdigest()
    key = f"{message.tenant}/{message.activity_id}/{digest}.z"
    ingress.payloads.put(key, packed)
    return replace(message, packed=None, payload_key=key)
