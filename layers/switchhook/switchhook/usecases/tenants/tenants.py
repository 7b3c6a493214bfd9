"""The operator's tenants and the keys of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from switchhook.domain.errors import Conflict, Rejected
from switchhook.domain.settings import reading as rules
from switchhook.domain.tenants import (
    KeyHolder,
    Role,
    SettingsVersion,
    Tenant,
    fingerprint,
    is_tenant_key,
    new_key,
    new_tenant_id,
)
from switchhook.ports.admin import ApiKeys, OperatorKey, Tenants

ERASE_AT_ONCE = 100
"""Items removed in one transaction, the most that DynamoDB takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTenant:
    """A tenant just made, with the only sight of its keys."""

    tenant: Tenant
    keys: Mapping[Role, str]

    def __repr__(self) -> str:
        return f"NewTenant({self.tenant.id!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantEntropy:
    """The randomness a new tenant needs, 32 bytes each."""

    tenant_id: bytes
    admin_key: bytes
    agent_key: bytes


def create_tenant(
    name: str,
    patch: Mapping[str, object],
    *,
    tenants: Tenants,
    entropy: TenantEntropy,
    now: datetime,
) -> NewTenant:
    """Makes a tenant with its first settings and both keys.

    Raises:
        Rejected: 422, the settings cannot be taken; names each.
    """
    rules.resolve(patch, version=1)
    keys = {
        Role.ADMIN: new_key(Role.ADMIN, entropy.admin_key),
        Role.AGENT: new_key(Role.AGENT, entropy.agent_key),
    }
    tenant = Tenant(
        id=new_tenant_id(entropy.tenant_id),
        name=name,
        created_at=now,
        key_hashes={role: fingerprint(key) for role, key in keys.items()},
    )
    tenants.create(tenant, SettingsVersion(version=1, effective_at=now, patch=dict(patch)))
    return NewTenant(tenant=tenant, keys=keys)


def get_tenant(tenant_id: str, *, tenants: Tenants) -> Tenant:
    """Gives the tenant; raises `Rejected` (404) when there is none."""
    tenant = tenants.read(tenant_id)
    if tenant is None:
        raise no_such_tenant(tenant_id)
    return tenant


def delete_tenant(tenant_id: str, *, tenants: Tenants) -> int:
    """Removes all that the tenant table holds of a tenant; gives the number of items removed.

    Keys go first, so that nobody adds anything, then hooks, so that nothing more comes in; the tenant
    itself goes last, so that an interrupted deletion can be called again. The ledger is not touched:
    it expires by its retention.
    """
    tenants.revoke_keys(get_tenant(tenant_id, tenants=tenants))
    removed = 0
    while left := tenants.holdings(tenant_id, limit=ERASE_AT_ONCE):
        tenants.erase(left)
        removed += len(left)
    return removed


def rotate_key(tenant_id: str, role: Role, *, tenants: Tenants, entropy: bytes) -> str:
    """Makes a role's new key and ends its old one at once; the answer is the only sight of it.

    Raises:
        Rejected: 404 no such tenant; 409 somebody else rotated it in the same moment.
    """
    seen = get_tenant(tenant_id, tenants=tenants)
    key = new_key(role, entropy)
    try:
        tenants.replace_key(seen, role, fingerprint(key))
    except Conflict as exc:
        raise Rejected(
            f"The {role} key of tenant {tenant_id} was rotated by somebody else in this moment; "
            "use that key, or rotate again.",
            code="conflict",
            status=409,
        ) from exc
    return key


def identify(key: str, *, keys: ApiKeys) -> KeyHolder | None:
    """Says whom a tenant's key stands for; None for anything else."""
    return keys.holder(fingerprint(key)) if is_tenant_key(key) else None


def is_operator(key: str, *, operator: OperatorKey) -> bool:
    """Whether a key is the operator's, in a time that does not depend on how much of it is right."""
    current = operator.current()
    # Hashes have one length, so not even the key's length shows in the time.
    return bool(current) and compare_digest(fingerprint(key), fingerprint(current))


def no_such_tenant(tenant_id: str) -> Rejected:
    """The answer to whoever asks for a tenant that is not there, or not theirs."""
    return Rejected(
        f"There is no tenant {tenant_id[:64]!r} for this key; check the id in the path.",
        code="not_found",
        status=404,
    )
