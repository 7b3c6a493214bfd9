"""The Salesforce app's credentials, as the operator stored them in Secrets Manager."""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from switchhook.domain.errors import Retryable
from switchhook.ports_connect import AppCredentials

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CACHED_S = 300.0
UNAVAILABLE_AFTER_S = 5.0
NOT_SET_AFTER_S = 300.0


class StoredApp:
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
        self._known: tuple[float, AppCredentials] | None = None

    def credentials(self) -> AppCredentials:
        """The credentials in force.

        Raises:
            Retryable: they cannot be read now, or nobody has stored them yet.
        """
        now = self._monotonic()
        if self._known is not None and now - self._known[0] < CACHED_S:
            return self._known[1]
        credentials = self._read()
        self._known = (now, credentials)
        return credentials

    def _read(self) -> AppCredentials:
        try:
            text = self._client.get_secret_value(SecretId=self._secret_id)["SecretString"]
        except (BotoCoreError, ClientError) as error:
            raise Retryable(
                "the Salesforce app's credentials cannot be read from Secrets Manager now",
                code="app_secret_unavailable",
                after_s=UNAVAILABLE_AFTER_S,
            ) from error
        try:
            stored = json.loads(text)
            return AppCredentials(
                client_id=stored["client_id"], client_secret=stored.get("client_secret") or ""
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Retryable(
                "no Salesforce app is set up; the operator stores its client_id and "
                "client_secret in the secret SalesforceAppSecret",
                code="app_not_set_up",
                after_s=NOT_SET_AFTER_S,
            ) from None
