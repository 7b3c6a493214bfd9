"""Secrets Manager: secrets of the whole deployment, and the credentials of Salesforce apps."""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from switchhook.adapters.aws import aws_refusals
from switchhook.domain.connection import OwnApp
from switchhook.domain.errors import NeedsReconnect, Retryable
from switchhook.ports.connect import APP_NOT_SET_UP, AppCredentials

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CACHED_S = 300.0
MOST_CACHED = 1000
UNAVAILABLE_AFTER_S = 5.0
NOT_SET_AFTER_S = 300.0


class StoredSecret:
    """One secret text, kept for 300 s: a rotated one is in force five minutes later at most.

    Implements `OperatorKey`. `what` names the secret in errors, never its value.
    """

    def __init__(
        self,
        client: "SecretsManagerClient",
        *,
        secret_id: str,
        what: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._what = what
        self._monotonic = monotonic
        self._known: tuple[float, str] | None = None

    def current(self) -> str:
        """The secret, at most 300 s old.

        Raises:
            Retryable: it cannot be read now.
        """
        now = self._monotonic()
        if self._known is not None and now - self._known[0] < CACHED_S:
            return self._known[1]
        with aws_refusals(f"read {self._what}"):
            answer = self._client.get_secret_value(SecretId=self._secret_id)
        text = answer["SecretString"]
        self._known = (now, text)
        return text


class StoredApps:
    """Reads `{"client_id": ..., "client_secret": ...}`; implements `SalesforceApp`.

    Kept for 300 s, so that a rotated secret is in force five minutes later at most.
    """

    def __init__(
        self,
        client: "SecretsManagerClient",
        *,
        secret_id: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, AppCredentials]] = {}

    def credentials(self, app: OwnApp | None = None) -> AppCredentials:
        """The credentials in force of a tenant's own app, or of the deployment's.

        Raises:
            NeedsReconnect: the tenant's own app has been removed; no grant of it can be refreshed.
            Retryable: they cannot be read now, or nobody has stored the deployment's yet.
        """
        secret_id = self._secret_id if app is None else app.secret_id
        now = self._monotonic()
        known = self._known.get(secret_id)
        if known is not None and now - known[0] < CACHED_S:
            return known[1]
        credentials = self._parsed(self._read(secret_id, app))
        if len(self._known) >= MOST_CACHED:
            self._known.clear()
        self._known[secret_id] = (now, credentials)
        return credentials

    def _read(self, secret_id: str, app: OwnApp | None) -> str:
        try:
            return self._client.get_secret_value(SecretId=secret_id)["SecretString"]
        except (BotoCoreError, ClientError) as error:
            if app is not None and _code(error) == "ResourceNotFoundException":
                raise NeedsReconnect(
                    "the Salesforce app that the grant was made with has been removed; connect again",
                    code="app_removed",
                ) from error
            raise Retryable(
                "the Salesforce app's credentials cannot be read from Secrets Manager now",
                code="app_secret_unavailable",
                after_s=UNAVAILABLE_AFTER_S,
            ) from error

    def _parsed(self, text: str) -> AppCredentials:
        try:
            stored = json.loads(text)
            client_id, client_secret = stored["client_id"], stored.get("client_secret") or ""
        except (ValueError, KeyError, TypeError, AttributeError):
            client_id, client_secret = "", ""
        if not client_id:
            raise Retryable(
                "no Salesforce app is set up; the operator stores its client_id and "
                "client_secret in the secret SalesforceAppSecret",
                code=APP_NOT_SET_UP,
                after_s=NOT_SET_AFTER_S,
            )
        return AppCredentials(client_id=client_id, client_secret=client_secret)


class OwnAppSecrets:
    """Keeps the credentials of tenants' own apps in Secrets Manager; implements `AppSecrets`."""

    def __init__(self, client: "SecretsManagerClient", *, kms_key_id: str) -> None:
        self._client = client
        self._kms_key_id = kms_key_id

    def create(self, name: str, credentials: AppCredentials) -> str | None:
        """Keep them under a new name and give the secret's id; None when the name is taken.

        Raises:
            Retryable: Secrets Manager refused or did not answer.
        """
        with aws_refusals("store an app's secret"):
            try:
                return self._client.create_secret(
                    Name=name,
                    Description="A tenant's own Salesforce app.",
                    KmsKeyId=self._kms_key_id,
                    SecretString=_text(credentials),
                )["ARN"]
            except self._client.exceptions.ResourceExistsException:
                return None

    def replace(self, name: str, credentials: AppCredentials) -> str | None:
        """Put them in the place of the name's and give the secret's id; None when there is none.

        Raises:
            Retryable: Secrets Manager refused or did not answer.
        """
        with aws_refusals("store an app's secret"):
            try:
                return self._client.put_secret_value(
                    SecretId=name, SecretString=_text(credentials)
                )["ARN"]
            except self._client.exceptions.ResourceNotFoundException:
                return None

    def delete(self, secret_id: str) -> None:
        """Forget a secret for good; harmless when it is gone.

        Raises:
            Retryable: Secrets Manager refused or did not answer.
        """
        with aws_refusals("delete an app's secret"):
            try:
                # Without a recovery window: the name is free for the same app's coming back.
                self._client.delete_secret(SecretId=secret_id, ForceDeleteWithoutRecovery=True)
            except self._client.exceptions.ResourceNotFoundException:
                return


def _text(credentials: AppCredentials) -> str:
    return json.dumps(
        {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    )


def _code(error: BotoCoreError | ClientError) -> str:
    return error.response["Error"].get("Code", "") if isinstance(error, ClientError) else ""
