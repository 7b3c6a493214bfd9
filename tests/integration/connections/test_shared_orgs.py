"""Which tenants an org has, in the table of the template and in its stand-in."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fakes.connections import FakeConnections
from switchhook.adapters.dynamodb.connections import DynamoConnections
from switchhook.domain.connection import Connection, ConnectionStatus

pytestmark = [pytest.mark.emulator, pytest.mark.rule("SH-8")]

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TENANTS = ("t-1", "t-2")
ORG, OTHER_ORG = "00D1", "00D2"


def nothing(tenant):
    return Connection(tenant=tenant, status=ConnectionStatus.NOT_CONNECTED)


def grant(tenant, org_id=ORG, *, generation=1):
    return Connection(
        tenant=tenant,
        status=ConnectionStatus.CONNECTED,
        generation=generation,
        org_id=org_id,
        connected_at=NOW,
    )


@pytest.fixture
def real(aws, tables):
    client = aws.client("dynamodb")
    for tenant in TENANTS:
        item = {"pk": {"S": f"T#{tenant}"}, "sk": {"S": "TENANT"}}
        client.put_item(TableName=tables.tenant, Item=item)
    return DynamoConnections(client, tables.tenant)


@pytest.fixture(params=["fake", "table"])
def connections(request):
    return FakeConnections() if request.param == "fake" else request.getfixturevalue("real")


def test_an_org_that_nobody_connected_has_no_tenant(connections):
    assert connections.tenants_of(ORG) == frozenset()


def test_whoever_connects_is_among_the_orgs_tenants(connections):
    for tenant in TENANTS:
        assert connections.connect(nothing(tenant), grant(tenant), alone=False)

    assert connections.tenants_of(ORG) == {"t-1", "t-2"}
    assert connections.read("t-2") == grant("t-2")


def test_a_second_tenant_is_not_stored_where_one_is_to_be_alone(connections):
    assert connections.connect(nothing("t-1"), grant("t-1"), alone=True)

    assert not connections.connect(nothing("t-2"), grant("t-2"), alone=True)
    assert connections.read("t-2") is None
    assert connections.tenants_of(ORG) == {"t-1"}


def test_a_tenant_that_has_the_org_connects_again(connections):
    connections.connect(nothing("t-1"), grant("t-1"), alone=True)

    assert connections.connect(grant("t-1"), grant("t-1", generation=2), alone=True)
    assert connections.tenants_of(ORG) == {"t-1"}


def test_a_grant_of_before_the_look_up_is_counted_when_it_is_made_again(connections):
    connections.replace(nothing("t-1"), grant("t-1"))

    assert connections.connect(grant("t-1"), grant("t-1", generation=2), alone=True)
    assert connections.tenants_of(ORG) == {"t-1"}


def test_a_stale_sight_of_the_connection_changes_neither(connections):
    connections.connect(nothing("t-1"), grant("t-1"), alone=False)

    assert not connections.connect(nothing("t-1"), grant("t-1", OTHER_ORG), alone=False)
    assert connections.tenants_of(OTHER_ORG) == frozenset()
    assert connections.read("t-1") == grant("t-1")


def test_another_org_takes_the_tenant_from_the_first(connections):
    connections.connect(nothing("t-1"), grant("t-1"), alone=False)

    assert connections.connect(grant("t-1"), grant("t-1", OTHER_ORG, generation=2), alone=False)

    assert connections.tenants_of(ORG) == frozenset()
    assert connections.tenants_of(OTHER_ORG) == {"t-1"}


def test_whoever_disconnects_leaves_the_org_to_the_others(connections):
    for tenant in TENANTS:
        connections.connect(nothing(tenant), grant(tenant), alone=False)

    ended = replace(nothing("t-1"), generation=2, org_id=ORG)
    assert connections.replace(grant("t-1"), ended)

    assert connections.tenants_of(ORG) == {"t-2"}


def test_a_broken_grant_still_has_its_org(connections):
    connections.connect(nothing("t-1"), grant("t-1"), alone=False)

    connections.replace(grant("t-1"), replace(grant("t-1"), status=ConnectionStatus.BROKEN))

    assert connections.tenants_of(ORG) == {"t-1"}


def test_a_deleted_tenant_gets_no_org(real):
    assert not real.connect(nothing("t-9"), grant("t-9"), alone=False)
    assert real.tenants_of(ORG) == frozenset()


def test_of_tenants_that_connect_at_once_one_is_alone(real, aws, tables):
    tenants = [f"t-{number}" for number in range(10, 18)]
    for tenant in tenants:
        item = {"pk": {"S": f"T#{tenant}"}, "sk": {"S": "TENANT"}}
        aws.client("dynamodb").put_item(TableName=tables.tenant, Item=item)

    with ThreadPoolExecutor(8) as pool:
        stored = list(
            pool.map(lambda one: real.connect(nothing(one), grant(one), alone=True), tenants)
        )

    assert stored.count(True) == 1
    assert real.tenants_of(ORG) == {tenants[stored.index(True)]}
