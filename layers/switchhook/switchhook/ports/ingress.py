"""What receiving a webhook needs from the world, apart from the other ports to keep cold starts short.

Every method makes at most one remote effect and neither sleeps nor retries; one that fails raises a
member of `domain.errors`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from switchhook.domain.facts.event import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One webhook address as stored; secrets are ciphertext.

    `previous_until` is in epoch seconds: until then the secret before the last rotation works too.
    """

    id: str
    tenant: str
    provider: str
    kind: Kind
    source: str
    secret_ct: bytes | None = None
    previous_secret_ct: bytes | None = None
    previous_until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedHook:
    """A hook with its secrets in the clear; it lives in memory only.

    `read_at` is when the hook was read from its table.
    """

    hook: Hook
    read_at: datetime
    secret: str | None = None
    previous_secret: str | None = None

    def __repr__(self) -> str:
        """Name the hook and never a secret, whatever prints it."""
        return f"OpenedHook({self.hook.id!r})"

    def live_secrets(self, now: datetime) -> tuple[str, ...]:
        """Every secret that a sender may use at `now`, the current one first; empty ones never."""
        until = self.hook.previous_until
        previous = self.previous_secret if until is not None and now.timestamp() < until else None
        return tuple(secret for secret in (self.secret, previous) if secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """What a provider sent: header names in lower case, the body's bytes untouched.

    `query` holds the parameters of the url, decoded. A key may be among them: it is never stored.
    """

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """What could be read off a request without judging it; None where nothing usable stands.

    `event_id` is the provider's own identity of the event. `named` is what we call it by where it has
    none: type, subject and time tell less than an identity does, so what it says is part of it too.
    `occurrence` counts the openings of one conversation, where a sender numbers them. `ignored` says
    that the type is one the provider sends and nobody needs. `body` is what is stored in place of the
    redacted body, where a request speaks of several calls: each stands in `others` with its own part.
    `signed_at_s` is the sender's own time of signing, in epoch seconds, where the
    provider signs one and old requests are taken in all the same.
    """

    event_id: str | None = None
    named: str | None = None
    external_id: str | None = None
    occurrence: int = 1
    type: str | None = None
    ignored: bool = False
    body: bytes | None = None
    others: tuple["Located", ...] = ()
    signed_at_s: int | None = None


class ProviderEdge(Protocol):
    """The part of a provider that the ingress needs: computations, total over any bytes."""

    @property
    def KEPT_HEADERS(self) -> tuple[str, ...]:  # noqa: N802 - a module constant in each provider
        """Names of the headers a replay needs, lower case; never a credential."""
        ...

    def verify(self, request: WebhookRequest, *, secrets: Sequence[str], now: datetime) -> bool:
        """Whether the raw bytes come from a holder of one of the secrets, in constant time."""
        ...

    def locate(self, request: WebhookRequest) -> Located:
        """The ids and the type of the event."""
        ...

    def redact(self, raw: bytes) -> bytes:
        """The body with its own credential's value replaced and every other byte kept."""
        ...


@runtime_checkable
class AnswersChallenges(Protocol):
    """What the edge has besides where a provider asks a new address to prove that it knows the secret."""

    def answer_challenge(self, request: WebhookRequest, *, secret: str) -> Mapping[str, str] | None:
        """The JSON to answer with when the request is a challenge, else None; a computation, total."""
        ...


class HookReader(Protocol):
    """Where hooks are kept."""

    def read(self, hook_id: str) -> Hook | None:
        """The hook as it is now, strongly consistent; None when there is none."""
        ...


class HookMemory(Protocol):
    """Hooks of the last minute in this process; a computation, not an effect."""

    def recall(self, hook_id: str, *, now: datetime) -> OpenedHook | None:
        """The hook while it is fresh enough to be used unread."""
        ...

    def keep(self, opened: OpenedHook) -> None:
        """Remember the hook in place of what was known of it."""
        ...

    def may_read_again(self, hook_id: str, *, now: datetime) -> bool:
        """Whether a failed signature may re-read the hook now; saying yes uses the permission up."""
        ...
