"""Where the credentials of apps come from: the deployment's own, or a tenant's."""

import json

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from switchhook.adapters.secrets import CACHED_S, StoredApps
from switchhook.domain.connection import OwnApp
from switchhook.domain.errors import NeedsReconnect, Retryable

OWN = OwnApp(client_id="own", secret_id="arn:own")

pytestmark = pytest.mark.rule("CX-2")


class Secrets:
    """Secrets by id; asks are counted."""

    def __init__(self, **texts):
        self.texts, self.asked, self.error = texts, [], None

    def get_secret_value(self, *, SecretId):  # noqa: N803 - boto3's name
        self.asked.append(SecretId)
        if self.error is not None:
            raise self.error
        if SecretId not in self.texts:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
        return {"SecretString": self.texts[SecretId]}


def text(client_id):
    return json.dumps({"client_id": client_id, "client_secret": f"secret of {client_id}"})


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def secrets():
    return Secrets(**{"arn:default": text("default"), "arn:own": text("own")})


@pytest.fixture
def apps(secrets, now):
    return StoredApps(secrets, secret_id="arn:default", monotonic=lambda: now[0])


def test_each_app_has_its_own_credentials(apps):
    seen = [apps.credentials(app).client_secret for app in (None, OWN, None, OWN)]

    assert seen == ["secret of default", "secret of own"] * 2


def test_an_apps_credentials_are_kept_for_five_minutes(apps, secrets, now):
    for now[0] in (0.0, CACHED_S - 1, CACHED_S):
        apps.credentials(OWN)

    assert secrets.asked == ["arn:own", "arn:own"]


def test_a_tenants_app_that_was_removed_can_only_be_replaced_by_connecting_again(apps, secrets):
    del secrets.texts["arn:own"]

    with pytest.raises(NeedsReconnect) as refused:
        apps.credentials(OWN)

    assert refused.value.code == "app_removed"


@pytest.mark.parametrize("app", [None, OWN], ids=["default", "own"])
@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue"),
        ConnectTimeoutError(endpoint_url="https://secretsmanager.example.com"),
    ],
    ids=["refused", "unreachable"],
)
def test_credentials_that_cannot_be_read_break_no_grant(apps, secrets, error, app):
    secrets.error = error

    with pytest.raises(Retryable) as refused:
        apps.credentials(app)

    assert refused.value.code == "app_secret_unavailable"


def test_a_missing_secret_of_the_deployment_is_no_tenants_trouble(apps, secrets):
    del secrets.texts["arn:default"]

    with pytest.raises(Retryable):
        apps.credentials()


@pytest.mark.rule("CX-3")
def test_an_app_whose_client_id_is_empty_is_not_set_up(apps, secrets):
    secrets.texts["arn:default"] = text("")

    with pytest.raises(Retryable) as refused:
        apps.credentials()

    assert refused.value.code == "app_not_set_up"
