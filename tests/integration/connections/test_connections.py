"""Grants, tickets, states and due dates in the tables of the template, and in their stand-ins."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fakes.connections import FakeConnections
from switchhook.adapters.dynamodb.connect import DynamoConnectSteps
from switchhook.adapters.dynamodb.connections import DynamoConnections
from switchhook.adapters.dynamodb.due import DueTable
from switchhook.domain.connection import (
    ApiUsage,
    Check,
    Connection,
    ConnectionStatus,
    OwnApp,
)
from switchhook.domain.facts.people import OrgUser
from switchhook.ports.connect import ConnectState

pytestmark = [pytest.mark.emulator, pytest.mark.rule("SH-8")]

NOW = datetime(2026, 11, 20, 15, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(seconds=35)
NOTHING = Connection(tenant="t-1", status=ConnectionStatus.NOT_CONNECTED)
FIRST = Connection(
    tenant="t-1",
    status=ConnectionStatus.CONNECTED,
    generation=1,
    org_id="00D1",
    instance_url="https://acme.my.salesforce.com",
    login_url="https://login.salesforce.com",
    user=OrgUser(id="0051", name="Ann", email="ann@example.com", last_login_at=NOW),
    access_ciphertext=b"\x00access",
    refresh_ciphertext=b"\x00refresh",
    connected_at=NOW,
    refreshed_at=NOW,
)


@pytest.fixture
def real(aws, tables):
    client = aws.client("dynamodb")
    client.put_item(TableName=tables.tenant, Item={"pk": {"S": "T#t-1"}, "sk": {"S": "TENANT"}})
    return DynamoConnections(client, tables.tenant)


@pytest.fixture(params=["fake", "table"])
def connections(request):
    return FakeConnections() if request.param == "fake" else request.getfixturevalue("real")


@pytest.fixture
def connected(connections):
    assert connections.replace(NOTHING, FIRST)
    return connections


def lease(connections, seen, holder="me", now=NOW):
    return connections.lease(seen, holder=holder, now=now, until=now + timedelta(seconds=35))


def test_a_tenant_that_never_connected_has_no_connection(connections):
    assert connections.read("t-1") is None


def test_a_connection_comes_back_as_it_was_stored(connections):
    whole = replace(
        FIRST,
        refresh_sent_at=NOW,
        lease_until=LATER,
        lease_holder="me",
        checks=(Check(id="creates_tasks", ok=False, text="No."),),
        usage=ApiUsage(used=5, limit=100),
        parked="budget",
        app=OwnApp(client_id="own", secret_id="arn:own"),
    )

    assert connections.replace(NOTHING, whole)

    assert connections.read("t-1") == whole


def test_only_one_first_connection_is_stored(connected):
    assert not connected.replace(NOTHING, replace(FIRST, org_id="00D2"))
    assert connected.read("t-1") == FIRST


def test_what_is_emptied_is_gone(connected):
    gone = Connection(tenant="t-1", status=ConnectionStatus.NOT_CONNECTED, generation=2)

    assert connected.replace(FIRST, gone)

    assert connected.read("t-1") == gone


def test_the_refresher_is_noted_with_what_it_sends(connected):
    leased = lease(connected, FIRST)

    assert leased == replace(FIRST, lease_holder="me", lease_until=LATER, refresh_sent_at=NOW)
    assert connected.read("t-1") == leased


def test_who_saw_the_same_connection_loses_the_lease(connected):
    lease(connected, FIRST)

    assert lease(connected, FIRST, holder="other", now=NOW + timedelta(minutes=2)) is None


def test_a_running_lease_is_not_taken(connected):
    leased = lease(connected, FIRST)

    assert lease(connected, leased, holder="other", now=NOW + timedelta(seconds=34)) is None


def test_a_lease_that_ran_out_is_taken_by_who_saw_it(connected):
    leased = lease(connected, FIRST)

    again = lease(connected, leased, holder="other", now=LATER)

    assert again is not None
    assert (again.lease_holder, again.refresh_sent_at) == ("other", LATER)


@pytest.mark.parametrize("status", [ConnectionStatus.BROKEN, ConnectionStatus.NOT_CONNECTED])
def test_only_a_connected_grant_is_refreshed(connected, status):
    ended = replace(FIRST, status=status)
    connected.replace(FIRST, ended)

    assert lease(connected, ended) is None


def test_a_new_pair_ends_the_lease(connected):
    leased = lease(connected, FIRST)
    renewed = replace(FIRST, generation=2, access_ciphertext=b"new", refreshed_at=LATER)

    assert connected.replace(leased, renewed)

    assert connected.read("t-1") == renewed


@pytest.mark.parametrize(
    "stale",
    [
        pytest.param(FIRST, id="another_has_the_lease"),
        pytest.param(replace(FIRST, generation=7, lease_holder="me"), id="another_generation"),
    ],
)
def test_a_change_of_what_has_moved_on_is_refused(connected, stale):
    leased = lease(connected, FIRST)

    assert not connected.replace(stale, replace(stale, generation=8))
    assert connected.read("t-1") == leased


def test_the_gauge_noted_meanwhile_survives_a_new_pair(real):
    real.replace(NOTHING, FIRST)
    real.note_usage("t-1", ApiUsage(used=99, limit=100), parked="budget")

    assert real.replace(FIRST, replace(FIRST, generation=2))

    assert real.read("t-1") == replace(
        FIRST, generation=2, usage=ApiUsage(used=99, limit=100), parked="budget"
    )


@pytest.mark.rule("SH-9")
def test_the_gauge_and_the_spent_budget_are_noted_and_cleared(connected):
    connected.note_usage("t-1", ApiUsage(used=95, limit=100), parked="budget")
    noted = connected.read("t-1")
    connected.note_usage("t-1", None, parked=None)

    assert (noted.usage, noted.parked) == (ApiUsage(used=95, limit=100), "budget")
    assert connected.read("t-1") == replace(noted, parked=None)


def test_a_gauge_without_a_connection_makes_none(connections):
    connections.note_usage("t-1", ApiUsage(used=1, limit=2), parked=None)

    assert connections.read("t-1") is None


def test_a_deleted_tenant_gets_no_grant(aws, tables):
    connections = DynamoConnections(aws.client("dynamodb"), tables.tenant)

    assert not connections.replace(NOTHING, FIRST)
    assert connections.read("t-1") is None


def test_of_many_refreshers_at_once_one_gets_the_lease(connected):
    with ThreadPoolExecutor(8) as pool:
        leases = list(pool.map(lambda i: lease(connected, FIRST, holder=f"w{i}"), range(16)))

    won = [each for each in leases if each is not None]
    assert len(won) == 1
    assert connected.read("t-1").lease_holder == won[0].lease_holder


@pytest.fixture
def steps(aws, tables):
    return DynamoConnectSteps(aws.client("dynamodb"), tables.tenant)


STATE = ConnectState(
    tenant="t-1",
    confirm_org=True,
    browser_hash="b" * 64,
    verifier_ciphertext=b"\x01secret",
    login_url="https://login.salesforce.com",
    redirect_uri="https://hook.example.com/oauth/salesforce/callback",
    expires_at=NOW.replace(microsecond=0),
)


@pytest.mark.parametrize(
    "app", [None, OwnApp(client_id="own", secret_id="arn:own")], ids=["default_app", "own_app"]
)
def test_a_state_is_taken_once(steps, app):
    state = replace(STATE, app=app)
    steps.put_state("s" * 64, state)

    assert steps.take_state("s" * 64) == state
    assert steps.take_state("s" * 64) is None


def test_of_many_who_bring_one_state_one_gets_it(steps):
    steps.put_state("s" * 64, STATE)

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: steps.take_state("s" * 64), range(16)))

    assert [each for each in taken if each] == [STATE]


def test_a_ticket_is_taken_once(aws, tables, steps):
    aws.client("dynamodb").put_item(
        TableName=tables.tenant,
        Item={
            "pk": {"S": f"TICKET#{'t' * 64}"},
            "sk": {"S": "TICKET"},
            "tenant": {"S": "t-1"},
            "confirm_org": {"BOOL": True},
            "expires_at": {"N": "1800000000"},
        },
    )

    assert steps.read_ticket("t" * 64) == steps.read_ticket("t" * 64)
    ticket = steps.take_ticket("t" * 64)

    assert (ticket.tenant, ticket.confirm_org) == ("t-1", True)
    assert ticket.expires_at == datetime.fromtimestamp(1_800_000_000, UTC)
    assert steps.take_ticket("t" * 64) is None
    assert steps.read_ticket("t" * 64) is None


@pytest.fixture
def due(aws, tables):
    client = aws.client("dynamodb")

    def due():
        found = []
        for shard in range(16):
            answer = client.query(
                TableName=tables.activity,
                IndexName="due",
                KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                ExpressionAttributeValues={
                    ":shard": {"S": f"DUE#{shard:02}"},
                    ":now": {"N": str(int(LATER.timestamp() * 1000))},
                },
            )
            found += [item["pk"]["S"] for item in answer["Items"]]
        return found

    return due


def test_draining_touches_only_a_parked_tenant(aws, tables, due):
    client = aws.client("dynamodb")
    markers = DueTable(client, activity_table=tables.activity)
    client.put_item(
        TableName=tables.activity,
        Item={
            "pk": {"S": "T#t-1#PARK"},
            "sk": {"S": "PARK"},
            "due_shard": {"S": "DUE#03"},
            "due_at": {"N": "9999999999999"},
        },
    )

    markers.drain_now("t-1", now=NOW)
    markers.drain_now("t-2", now=NOW)

    assert due() == ["T#t-1#PARK"]


def test_a_grant_is_due_when_it_has_rested(aws, tables, due):
    markers = DueTable(aws.client("dynamodb"), activity_table=tables.activity)

    markers.keep_alive_at("t-1", NOW)
    markers.keep_alive_at("t-2", LATER + timedelta(days=1))

    assert due() == ["T#t-1#GRANT"]
