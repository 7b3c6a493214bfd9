"""Decides who may ask what, and whether a browser page of another origin may read the answer."""

from collections.abc import Callable, Mapping

from switchhook.domain.errors import Rejected
from switchhook.domain.tenants import Role, is_id
from switchhook.ports.admin import ApiKeys, OperatorKey, SettingsVersions
from switchhook.runtime.api.route import ANYONE, Route
from switchhook.usecases.tenants.settings import get_settings
from switchhook.usecases.tenants.tenants import identify, is_operator, no_such_tenant

_ASKS_FOR = {
    Role.OPERATOR: "the operator's key",
    Role.ADMIN: "the tenant's admin key (sha_...)",
    Role.AGENT: "an agent key (shg_...)",
}
_MOST_KEY_CHARS = 512


class Unauthorized(Exception):  # noqa: N818 - an answer, not a failure
    """No key, or one that stands for nobody."""


def admit(
    route: Route,
    tenant_id: str,
    headers: Mapping[str, str],
    *,
    keys: ApiKeys,
    operator: Callable[[], OperatorKey],
) -> Role | None:
    """Says whom the caller's key stands for; None where no key is asked for.

    The operator's key is asked for only when no tenant's is that one.

    Raises:
        Unauthorized: no valid key.
        Rejected: 404 for another tenant's thing, 403 for what this key may not do.
    """
    if route.roles == ANYONE:
        return None
    role = _role_of(_bearer(headers), route, tenant_id, keys=keys, operator=operator)
    if role not in route.roles:
        wanted = " or ".join(_ASKS_FOR[r] for r in Role if r in route.roles)
        raise Rejected(
            f"{_ASKS_FOR[role].capitalize()} may not do this; use {wanted}.",
            code="forbidden",
            status=403,
        )
    return role


def _role_of(
    key: str,
    route: Route,
    tenant_id: str,
    *,
    keys: ApiKeys,
    operator: Callable[[], OperatorKey],
) -> Role:
    if (holder := identify(key, keys=keys)) is not None:
        if route.below_a_tenant and holder.tenant != tenant_id:
            raise no_such_tenant(tenant_id)
        return holder.role
    if is_operator(key, operator=operator()):
        return Role.OPERATOR
    raise Unauthorized


def cors_headers(
    tenant_id: str, headers: Mapping[str, str], *, versions: SettingsVersions
) -> Mapping[str, str]:
    """The headers that let a page of an origin in the tenant's `cors_origins` read an answer."""
    origin = headers.get("origin")
    if origin is None or not is_id(tenant_id):
        return {}
    try:
        allowed = get_settings(tenant_id, versions=versions).cors_origins
    except Rejected:
        return {"Vary": "Origin"}
    if origin not in allowed:
        return {"Vary": "Origin"}
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key or len(key) > _MOST_KEY_CHARS:
        raise Unauthorized
    return key
