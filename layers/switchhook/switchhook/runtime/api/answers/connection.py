"""Answers about a tenant's connection and its Salesforce app."""

from typing import Annotated, Literal, Self

from switchhook.domain import connection
from switchhook.domain.connection import ConnectionStatus
from switchhook.runtime.api.answers.base import SOMETIMES, Answer, Count, Time, Url
from switchhook.usecases.org import disconnect


class ConnectTicket(Answer):
    """Where a Salesforce user connects the tenant, once."""

    connect_url: Url
    expires_at: Time


class OrgUser(Answer):
    """The user whom the tenant is connected as."""

    id: str
    name: str
    email: str


class Org(Answer):
    """The org that the tenant is connected to."""

    org_id: str
    instance_url: Url
    user: OrgUser | None


class Check(Answer):
    """One thing that the connection must be able to do."""

    id: str
    ok: bool
    text: str


class ApiUsage(Answer):
    """How much of the org's API is used."""

    used: Count
    limit: Count


class Connection(Answer):
    """A tenant's connection; `parked` says why activities wait though it stands."""

    status: ConnectionStatus
    salesforce: Org | None
    checks: tuple[Check, ...]
    api_usage: ApiUsage | None
    app: Literal["own", "default"]
    parked: str | None
    connected_at: Time | None
    grant_revoked: Annotated[bool | None, SOMETIMES] = None

    @classmethod
    def of(cls, stored: connection.Connection, *, grant_revoked: bool | None = None) -> Self:
        """The connection as it stands; `grant_revoked` once it was ended."""
        usage = stored.usage
        return cls(
            status=stored.status,
            salesforce=_org(stored),
            checks=tuple(
                Check(id=check.id, ok=check.ok, text=check.text) for check in stored.checks
            ),
            api_usage=None if usage is None else ApiUsage(used=usage.used, limit=usage.limit),
            app="default" if stored.app is None else "own",
            parked=stored.parked,
            connected_at=stored.connected_at,
            grant_revoked=grant_revoked,
        )


def _org(stored: connection.Connection) -> Org | None:
    if stored.status is ConnectionStatus.NOT_CONNECTED:
        return None
    user = stored.user
    return Org(
        org_id=stored.org_id,
        instance_url=stored.instance_url,
        user=None if user is None else OrgUser(id=user.id, name=user.name, email=user.email),
    )


class DisconnectPreview(Answer):
    """What disconnecting would do and would leave."""

    status: ConnectionStatus
    connected_as: str | None
    org_id: str | None
    open_activities: Count
    hooks: Count
    would: tuple[str, ...]
    keeps: tuple[str, ...]

    @classmethod
    def of(cls, preview: disconnect.DisconnectPreview) -> Self:
        """The preview, as it is."""
        return cls.model_validate(preview.fields())


class App(Answer):
    """The Salesforce app that the tenant connects through; its secret is never shown."""

    kind: Literal["own", "default"]
    client_id: str | None
    login_url: Url
    redirect_url: Url
    in_force: bool
    note: str
