"""A deployment's secret is read once in five minutes, and an unreadable one is worth another try."""

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from switchhook.adapters.secrets import StoredSecret
from switchhook.domain.errors import Retryable


class SecretsManager:
    """Counts how often it is asked; `error` is raised instead of an answer."""

    def __init__(self):
        self.text, self.error, self.asked = "first", None, 0

    def get_secret_value(self, *, SecretId):  # noqa: N803 - boto3's name
        assert SecretId == "arn:example"
        self.asked += 1
        if self.error is not None:
            raise self.error
        return {"SecretString": self.text}


@pytest.fixture
def manager():
    return SecretsManager()


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def secret(manager, clock):
    return StoredSecret(
        manager, secret_id="arn:example", what="the operator's key", monotonic=lambda: clock[0]
    )


def test_a_secret_is_kept_for_five_minutes_and_then_read_again(secret, manager, clock):
    seen = []
    for clock[0] in (0.0, 299.0, 300.0):
        seen.append(secret.current())
        manager.text = "second"

    assert seen == ["first", "first", "second"]
    assert manager.asked == 2


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "InternalServiceError"}}, "GetSecretValue"),
        ConnectTimeoutError(endpoint_url="https://secretsmanager.example.com"),
    ],
    ids=["refused", "unreachable"],
)
def test_an_unreadable_secret_is_worth_another_try(secret, manager, error):
    manager.error = error

    with pytest.raises(Retryable, match="the operator's key"):
        secret.current()

    manager.error = None
    assert secret.current() == "first"
