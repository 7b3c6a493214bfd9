"""Secrets that belong to the whole deployment, as they stand in Secrets Manager."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from switchhook.adapters.aws_errors import aws_refusals

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CACHED_S = 300.0


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
