"""A tenant's own Salesforce app: stores it, shows it and forgets it (CX-2b, CX-9 to CX-12).

A grant belongs to the app it was made with. So changing the app touches no connection: the one in
force goes on with its own app's credentials, which are kept until it ends.
"""

from collections.abc import Callable
from dataclasses import dataclass

from switchhook.domain.connection import ConnectionStatus, OwnApp
from switchhook.domain.errors import Conflict, Permanent, Rejected, Retryable
from switchhook.domain.tenants import fingerprint
from switchhook.ports.connect import (
    APP_NOT_SET_UP,
    AppChoice,
    AppChoices,
    AppCredentials,
    AppSecrets,
    SalesforceApp,
)
from switchhook.ports.ledger import Connections

NAME_CHARACTERS = 32

type ReadLoginUrl = Callable[[str], str]
"""Gives a sign-in address as it is used; raises `Permanent` for one that is not Salesforce's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppStores:
    """The ports of a tenant's own app; `secret_prefix` begins the names of all their secrets."""

    choices: AppChoices
    secrets: AppSecrets
    connections: Connections
    secret_prefix: str


def put_app(
    tenant: str,
    credentials: AppCredentials,
    *,
    login_url: str,
    read_login_url: ReadLoginUrl,
    stores: AppStores,
) -> AppChoice:
    """Stores the tenant's own app; the next connection goes through it. Asks nobody about it.

    Doing it twice is harmless: the secret's name follows from tenant and client id. A new secret of the
    same app is in force for its grant too, five minutes later at most.

    Raises:
        Rejected: 422, people cannot sign in at `login_url`.
        Conflict: the tenant is being deleted, or somebody else stores the same app in this moment.
        Retryable: a store cannot be reached; do it again.
    """
    base = _login_base(login_url, read_login_url)
    former = stores.choices.read(tenant)
    secret_id = _secret_kept(tenant, credentials, stores)
    choice = AppChoice(
        app=OwnApp(client_id=credentials.client_id, secret_id=secret_id), login_url=base
    )
    stores.choices.put(tenant, choice)
    if former is not None and former.app != choice.app:
        _forget_unless_granted(former.app, tenant, stores)
    return choice


def _secret_kept(tenant: str, credentials: AppCredentials, stores: AppStores) -> str:
    name = f"{stores.secret_prefix}{tenant}/{fingerprint(credentials.client_id)[:NAME_CHARACTERS]}"
    secret_id = stores.secrets.create(name, credentials)
    if secret_id is None:
        secret_id = stores.secrets.replace(name, credentials)
    if secret_id is None:
        raise Conflict(f"the app of tenant {tenant} is being changed; do it again")
    return secret_id


def drop_app(tenant: str, *, stores: AppStores) -> None:
    """Forgets the tenant's own app; the next connection goes through the deployment's.

    Raises:
        Retryable: a store cannot be reached; do it again.
    """
    former = stores.choices.read(tenant)
    if former is not None:
        stores.choices.drop(tenant)
        _forget_unless_granted(former.app, tenant, stores)


def erase_apps(tenant: str, *, stores: AppStores) -> None:
    """Deletes the credentials of every app of a tenant that is being deleted.

    Raises:
        Retryable: a store cannot be reached; do it again.
    """
    seen, chosen = stores.connections.read(tenant), stores.choices.read(tenant)
    for app in {seen.app if seen else None, chosen.app if chosen else None}:
        if app is not None:
            stores.secrets.delete(app.secret_id)


def forget_app(
    app: OwnApp | None, tenant: str, *, choices: AppChoices, secrets: AppSecrets
) -> None:
    """Deletes the credentials of an app whose grant has ended, unless the tenant still chooses it.

    A store that does not answer leaves them: the grant's end must not fail for that.
    """
    if app is None:
        return
    try:
        chosen = choices.read(tenant)
        if chosen is None or chosen.app != app:
            secrets.delete(app.secret_id)
    except Retryable:
        return


def is_in_force(tenant: str, *, choice: AppChoice | None, connections: Connections) -> bool:
    """Whether no grant of another app than the chosen one (None: the deployment's) is in use.

    Raises:
        Retryable: the store cannot be read now.
    """
    seen = connections.read(tenant)
    if seen is None or seen.status is ConnectionStatus.NOT_CONNECTED:
        return True
    return seen.app == (choice.app if choice else None)


def refuse_without_app(tenant: str, *, choices: AppChoices, default: SalesforceApp) -> None:
    """Raises `Rejected` (409) when there is no app to connect through (CX-3).

    Raises:
        Retryable: a store cannot be read now.
    """
    if choices.read(tenant) is not None:
        return
    try:
        default.credentials()
    except Retryable as error:
        if error.code != APP_NOT_SET_UP:
            raise
        raise Rejected(
            "The tenant cannot be connected: the operator has not set up the Salesforce app of this "
            "deployment yet (the secret SalesforceAppSecret), and the tenant has no app of its own. "
            "Ask the operator, or PUT the tenant's own app.",
            code=APP_NOT_SET_UP,
            status=409,
        ) from error


def _login_base(login_url: str, read_login_url: ReadLoginUrl) -> str:
    try:
        return read_login_url(login_url)
    except Permanent as error:
        raise Rejected(
            f"The app cannot be stored: login_url cannot be used, {error.message}.",
            code="invalid_app",
            status=422,
            fields={"login_url": f"{error.message}."},
        ) from error


def _forget_unless_granted(app: OwnApp, tenant: str, stores: AppStores) -> None:
    seen = stores.connections.read(tenant)
    if seen is None or seen.app != app:
        forget_app(app, tenant, choices=stores.choices, secrets=stores.secrets)
