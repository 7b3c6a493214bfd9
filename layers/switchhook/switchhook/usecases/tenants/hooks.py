"""A tenant's hooks: made, shown, given secrets, deleted."""

from dataclasses import dataclass, replace
from datetime import datetime

from switchhook.domain.errors import Conflict, Rejected
from switchhook.domain.facts.event import Kind
from switchhook.domain.tenants import (
    ListedHook,
    ProviderFacts,
    is_id,
    new_hook_id,
    new_hook_secret,
    new_url_key,
)
from switchhook.ports.admin import Hooks, ProviderCatalog
from switchhook.ports.cipher import Cipher
from switchhook.ports.ingress import Hook, HookReader

PURPOSE = "hook"
"""What a hook's secret is encrypted for; part of the encryption context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookWish:
    """What an admin asks a new hook to be."""

    provider: str
    kind: Kind
    secret: str | None = None
    source: str | None = None
    replaces: str | None = None

    def __repr__(self) -> str:
        return f"HookWish(provider={self.provider!r}, kind={self.kind.value!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookEntropy:
    """The randomness a new hook needs, 32 bytes each."""

    hook_id: bytes
    secret: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHook:
    """A hook with what its provider needs; `secret` is set only where we have just made it."""

    hook: ListedHook
    provider: ProviderFacts
    secret: str | None = None

    def __repr__(self) -> str:
        return f"ShownHook({self.hook.id!r})"


def create_hook(
    tenant_id: str,
    wish: HookWish,
    *,
    catalog: ProviderCatalog,
    hooks: Hooks,
    cipher: Cipher,
    entropy: HookEntropy,
    now: datetime,
) -> ShownHook:
    """Makes a hook; a secret that we choose is seen in this answer only, a given one never again.

    Raises:
        Rejected: 422 naming what cannot be taken.
    """
    provider = _provider_of(wish, catalog)
    hook_id = new_hook_id(entropy.hook_id)
    source = _source_of(wish, provider, hook_id, _replaced(tenant_id, wish, hooks))
    if wish.secret is not None:
        _refuse_unusable(wish.provider, wish.secret, catalog)
    makes = wish.secret is None and provider.secret_is_ours
    secret = _new_secret(provider, entropy.secret) if makes else wish.secret
    hook = Hook(
        id=hook_id,
        tenant=tenant_id,
        provider=provider.name,
        kind=wish.kind,
        source=source,
        secret_ct=cipher.encrypt(secret, tenant=tenant_id, purpose=PURPOSE) if secret else None,
    )
    hooks.create(hook, now)
    return ShownHook(hook=_listed(hook, now), provider=provider, secret=secret if makes else None)


def get_hook(tenant_id: str, hook_id: str, *, hooks: Hooks, catalog: ProviderCatalog) -> ShownHook:
    """Gives one hook of the tenant; raises `Rejected` (404) when it is not there or not theirs."""
    hook = hooks.listed(tenant_id, hook_id) if is_id(hook_id) else None
    if hook is None:
        raise no_such_hook(hook_id)
    return show(hook, catalog=catalog)


def show(hook: ListedHook, *, catalog: ProviderCatalog) -> ShownHook:
    """Puts a hook beside what its provider needs."""
    provider = catalog.facts(hook.provider)
    assert provider is not None, "no hook is made for a provider outside the catalog"
    return ShownHook(hook=hook, provider=provider)


def take_secret(
    tenant_id: str,
    hook_id: str,
    secret: str,
    *,
    keep_previous_s: int,
    hooks: Hooks,
    reader: HookReader,
    cipher: Cipher,
    catalog: ProviderCatalog,
    now: datetime,
) -> ShownHook:
    """Gives a hook a secret from outside; the one before works `keep_previous_s` on.

    Raises:
        Rejected: 404 no such hook, 422 a secret that cannot work, 409 lost against another change.
    """
    shown = get_hook(tenant_id, hook_id, hooks=hooks, catalog=catalog)
    _refuse_unusable(shown.provider.name, secret, catalog)
    stored = _stored(tenant_id, hook_id, reader)
    return _with_secret(
        shown, stored, secret, keep_previous_s=keep_previous_s, hooks=hooks, cipher=cipher, now=now
    )


def rotate_secret(
    tenant_id: str,
    hook_id: str,
    *,
    keep_previous_s: int,
    hooks: Hooks,
    reader: HookReader,
    cipher: Cipher,
    catalog: ProviderCatalog,
    entropy: bytes,
    now: datetime,
) -> ShownHook:
    """Makes a hook's new secret; the answer is its only sight, the old works `keep_previous_s` on.

    Raises:
        Rejected: 404 no such hook, 409 where the provider makes the secret or another rotation won.
    """
    shown = get_hook(tenant_id, hook_id, hooks=hooks, catalog=catalog)
    if not shown.provider.secret_is_ours:
        raise Rejected(
            f"The secret of hook {hook_id} is made by {shown.provider.name}: make a new one there "
            'and send it here with PATCH {"secret": ...}.',
            code="secret_not_ours",
            status=409,
        )
    stored = _stored(tenant_id, hook_id, reader)
    secret = _new_secret(shown.provider, entropy)
    changed = _with_secret(
        shown, stored, secret, keep_previous_s=keep_previous_s, hooks=hooks, cipher=cipher, now=now
    )
    return replace(changed, secret=secret)


def delete_hook(tenant_id: str, hook_id: str, *, hooks: Hooks, now: datetime) -> None:
    """Removes a hook; what it has already taken in is still worked off.

    The ingress may know the hook for another minute. Raises `Rejected` (404) when it is not there.
    """
    hook = hooks.listed(tenant_id, hook_id) if is_id(hook_id) else None
    if hook is None:
        raise no_such_hook(hook_id)
    hooks.delete(tenant_id, hook, at=now)


def no_such_hook(hook_id: str) -> Rejected:
    """The answer to whoever asks for a hook that is not there, or not theirs."""
    return Rejected(
        f"This tenant has no hook {hook_id[:64]!r}; GET .../hooks lists those it has.",
        code="not_found",
        status=404,
    )


def _new_secret(provider: ProviderFacts, entropy: bytes) -> str:
    return new_url_key(entropy) if provider.key_in_url else new_hook_secret(entropy)


def _with_secret(
    shown: ShownHook,
    stored: Hook,
    secret: str,
    *,
    keep_previous_s: int,
    hooks: Hooks,
    cipher: Cipher,
    now: datetime,
) -> ShownHook:
    keeps = stored.secret_ct is not None and keep_previous_s > 0
    new = replace(
        stored,
        secret_ct=cipher.encrypt(secret, tenant=stored.tenant, purpose=PURPOSE),
        previous_secret_ct=stored.secret_ct if keeps else None,
        previous_until=int(now.timestamp()) + keep_previous_s if keeps else None,
    )
    try:
        hooks.change_secret(stored, new)
    except Conflict as exc:
        raise Rejected(
            f"The secret of hook {stored.id} was changed by somebody else in this moment; "
            "yours was not taken, try again.",
            code="conflict",
            status=409,
        ) from exc
    return replace(
        shown, hook=replace(shown.hook, has_secret=True, previous_until=new.previous_until)
    )


def _stored(tenant_id: str, hook_id: str, reader: HookReader) -> Hook:
    stored = reader.read(hook_id)
    if stored is None or stored.tenant != tenant_id:
        raise no_such_hook(hook_id)
    return stored


def _listed(hook: Hook, created_at: datetime) -> ListedHook:
    return ListedHook(
        id=hook.id,
        provider=hook.provider,
        kind=hook.kind,
        source=hook.source,
        created_at=created_at,
        has_secret=hook.secret_ct is not None,
    )


def _provider_of(wish: HookWish, catalog: ProviderCatalog) -> ProviderFacts:
    provider = catalog.facts(wish.provider)
    if provider is None:
        raise _unfit("provider", f"provider must be one of: {', '.join(catalog.names())}.")
    if wish.kind not in provider.kinds:
        offered = ", ".join(provider.kinds)
        raise _unfit("kind", f"kind must be one that {provider.name} has: {offered}.")
    return provider


def _refuse_unusable(provider: str, secret: str, catalog: ProviderCatalog) -> None:
    if problem := catalog.secret_problem(provider, secret):
        raise _unfit("secret", problem)


def _replaced(tenant_id: str, wish: HookWish, hooks: Hooks) -> ListedHook | None:
    if wish.replaces is None:
        return None
    known = is_id(wish.replaces)
    found = hooks.listed(tenant_id, wish.replaces) if known else None
    if found is None and known:
        found = hooks.former(tenant_id, wish.replaces)
    if found is None:
        raise _unfit("replaces", "replaces must be the id of a hook that this tenant has or had.")
    if (found.provider, found.kind) != (wish.provider, wish.kind):
        raise _unfit("replaces", "replaces must name a hook of the same provider and kind.")
    return found


def _source_of(
    wish: HookWish, provider: ProviderFacts, hook_id: str, replaced: ListedHook | None
) -> str:
    """Names the space of call ids: one call told by two hooks of one source is one activity (SH-1)."""
    if replaced is not None:
        if wish.source not in {None, replaced.source}:
            raise _unfit("source", "source must be left out, or be that of the replaced hook.")
        return replaced.source
    return wish.source or provider.fixed_source or hook_id


def _unfit(field: str, sentence: str) -> Rejected:
    return Rejected(
        f"The hook cannot be taken as described: {sentence} Nothing was changed.",
        code="invalid_hook",
        status=422,
        fields={field: sentence},
    )
