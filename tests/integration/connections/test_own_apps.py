"""Tenants' own apps in the table and in Secrets Manager, and in their stand-ins."""

import pytest

from fakes.apps import FakeAppChoices, FakeAppSecrets
from switchhook.adapters.dynamodb.connect import AppChoiceTable
from switchhook.adapters.secrets import OwnAppSecrets, StoredApps
from switchhook.domain.connection import OwnApp
from switchhook.domain.errors import Conflict, NeedsReconnect
from switchhook.ports.connect import AppChoice, AppCredentials

pytestmark = [pytest.mark.emulator, pytest.mark.rule("CX-2")]

CHOICE = AppChoice(
    app=OwnApp(client_id="own", secret_id="arn:own"),
    login_url="https://acme.my.site.com/partners",
)
FIRST = AppCredentials(client_id="own", client_secret="first")
SECOND = AppCredentials(client_id="own", client_secret="second")
NAME = "stack/apps/t-1/abc"


@pytest.fixture
def real_choices(aws, tables):
    client = aws.client("dynamodb")
    client.put_item(TableName=tables.tenant, Item={"pk": {"S": "T#t-1"}, "sk": {"S": "TENANT"}})
    return AppChoiceTable(client, tables.tenant)


@pytest.fixture(params=["fake", "table"])
def choices(request):
    return FakeAppChoices() if request.param == "fake" else request.getfixturevalue("real_choices")


def test_a_choice_comes_back_as_it_was_stored(choices):
    before = choices.read("t-1")
    choices.put("t-1", CHOICE)
    choices.put("t-1", CHOICE)

    assert before is None
    assert choices.read("t-1") == CHOICE
    assert choices.read("t-2") is None


def test_a_dropped_choice_is_gone(choices):
    choices.put("t-1", CHOICE)
    choices.drop("t-1")
    choices.drop("t-1")

    assert choices.read("t-1") is None


def test_a_tenant_that_is_being_deleted_gets_no_app(real_choices):
    with pytest.raises(Conflict):
        real_choices.put("t-2", CHOICE)

    assert real_choices.read("t-2") is None


@pytest.fixture
def real_secrets(aws):
    key_id = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    return OwnAppSecrets(aws.client("secretsmanager"), kms_key_id=key_id)


@pytest.fixture(params=["fake", "secrets_manager"])
def secrets(request):
    return FakeAppSecrets() if request.param == "fake" else request.getfixturevalue("real_secrets")


def test_a_name_is_given_once_and_then_replaced(secrets):
    absent = secrets.replace(NAME, FIRST)
    made = secrets.create(NAME, FIRST)
    again = secrets.create(NAME, SECOND)
    replaced = secrets.replace(NAME, SECOND)

    assert (absent, again) == (None, None)
    assert made is not None
    assert replaced == made


def test_a_deleted_name_is_free_again(secrets):
    made = secrets.create(NAME, FIRST)
    secrets.delete(made)
    secrets.delete(made)

    assert secrets.replace(NAME, FIRST) is None
    assert secrets.create(NAME, SECOND) is not None


def test_what_was_stored_is_what_grants_are_refreshed_with(aws, real_secrets):
    own = OwnApp(client_id="own", secret_id=real_secrets.create(NAME, FIRST))
    client = aws.client("secretsmanager")

    def read():
        return StoredApps(client, secret_id="none").credentials(own)

    first = read()
    real_secrets.replace(NAME, SECOND)
    second = read()
    real_secrets.delete(own.secret_id)

    assert (first, second) == (FIRST, SECOND)
    with pytest.raises(NeedsReconnect):
        read()
