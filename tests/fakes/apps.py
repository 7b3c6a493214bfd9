"""Tenants' own Salesforce apps in memory, with the semantics of TenantTable and Secrets Manager."""

from switchhook.domain.connection import OwnApp
from switchhook.domain.errors import NeedsReconnect, Retryable
from switchhook.ports.connect import APP_NOT_SET_UP, AppChoice, AppCredentials


class FakeAppChoices:
    """The port AppChoices."""

    def __init__(self) -> None:
        self.stored: dict[str, AppChoice] = {}

    def read(self, tenant: str) -> AppChoice | None:
        return self.stored.get(tenant)

    def put(self, tenant: str, choice: AppChoice) -> None:
        self.stored[tenant] = choice

    def drop(self, tenant: str) -> None:
        self.stored.pop(tenant, None)


class FakeAppSecrets:
    """The port AppSecrets; a secret's id is its name with a mark, as an ARN is.

    While `is_down`, nothing answers.
    """

    def __init__(self) -> None:
        self.stored: dict[str, AppCredentials] = {}
        self.is_down = False

    def create(self, name: str, credentials: AppCredentials) -> str | None:
        self._answer()
        if _id(name) in self.stored:
            return None
        self.stored[_id(name)] = credentials
        return _id(name)

    def replace(self, name: str, credentials: AppCredentials) -> str | None:
        self._answer()
        if _id(name) not in self.stored:
            return None
        self.stored[_id(name)] = credentials
        return _id(name)

    def delete(self, secret_id: str) -> None:
        self._answer()
        self.stored.pop(secret_id, None)

    def _answer(self) -> None:
        if self.is_down:
            raise Retryable("no answer", code="aws_unreachable", after_s=5)


class FakeApps:
    """The credentials of every app: the deployment's, None when nobody set it up, and tenants' own."""

    def __init__(self, default: AppCredentials | None, secrets: FakeAppSecrets) -> None:
        self.default, self.secrets = default, secrets
        self.error: Retryable | None = None

    def credentials(self, app: OwnApp | None = None) -> AppCredentials:
        if self.error is not None:
            raise self.error
        if app is not None:
            found = self.secrets.stored.get(app.secret_id)
            if found is None:
                raise NeedsReconnect("the app has been removed", code="app_removed")
            return found
        if self.default is None:
            raise Retryable("no Salesforce app is set up", code=APP_NOT_SET_UP, after_s=300)
        return self.default


def _id(name: str) -> str:
    return f"arn:{name}-AbCdEf"
