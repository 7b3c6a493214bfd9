"""A caller's key stands for what it was first used for, for as long as it lives."""

from datetime import timedelta

import pytest

from builders.ledger import T0, TENANT
from switchhook.adapters.dynamodb.idempotency import IdempotencyTable

pytestmark = [pytest.mark.emulator, pytest.mark.rule("CX-34")]

DAY = timedelta(hours=24)


@pytest.fixture
def keys(aws, tables):
    return IdempotencyTable(aws.client("dynamodb"), tables.tenant)


def take(keys, asked="a", *, key="k-1", tenant=TENANT, now=T0):
    return keys.take(tenant, key, asked, now=now, until=now + DAY)


def test_what_was_asked_first_is_given_back(keys):
    assert (take(keys), take(keys), take(keys, "b")) == ("a", "a", "a")


def test_keys_and_tenants_are_told_apart(keys):
    take(keys)

    assert (take(keys, "b", key="k-2"), take(keys, "c", tenant="other")) == ("b", "c")


def test_after_a_day_the_key_is_new_whether_or_not_the_item_is_gone(keys):
    take(keys)

    assert take(keys, "b", now=T0 + DAY - timedelta(seconds=1)) == "a"
    assert take(keys, "b", now=T0 + DAY) == "b"
    assert take(keys, "a", now=T0 + DAY) == "b"
