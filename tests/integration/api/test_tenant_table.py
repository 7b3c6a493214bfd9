"""TenantTable as the API changes it: of changes that come at once one wins, and the others are told."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from switchhook.adapters.dynamodb.changes import change_together
from switchhook.adapters.dynamodb.hooks import TenantHooks
from switchhook.adapters.dynamodb.hooks_read import HookTable
from switchhook.adapters.dynamodb.settings import PeopleTable, SettingsTable
from switchhook.adapters.dynamodb.tenants import TenantTable
from switchhook.domain.errors import Conflict, Retryable
from switchhook.domain.facts.event import Kind
from switchhook.domain.tenants import PeopleList, Role, SettingsVersion, Tenant
from switchhook.ports.ingress import Hook

pytestmark = [pytest.mark.emulator]

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
AT_ONCE = 12
PATCH = {"preset": "standard", "default_region": "US", "time_zone": "America/New_York"}
FIRST = SettingsVersion(version=1, effective_at=NOW, patch=PATCH)
TENANT = Tenant(
    id="t_one",
    name="Engines Ltd",
    created_at=NOW,
    key_hashes={Role.ADMIN: "admin-0", Role.AGENT: "agent-0"},
)


def outcomes(change):
    """What became of `change(0)`, `change(1)`, ... all at once: True where it was made."""

    def tried(number):
        try:
            change(number)
        except (Conflict, Retryable):
            return False
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(tried, range(AT_ONCE)))


@pytest.fixture
def client(aws):
    return aws.client("dynamodb")


@pytest.fixture
def tenants(client, tables):
    table = TenantTable(client, tables.tenant)
    table.create(TENANT, FIRST)
    return table


def test_one_rotation_of_a_key_wins_and_only_its_key_is_good(tenants):
    made = outcomes(lambda number: tenants.replace_key(TENANT, Role.ADMIN, f"new-{number}"))

    winner = f"new-{made.index(True)}"
    assert made.count(True) == 1
    assert tenants.read(TENANT.id).key_hashes == {Role.ADMIN: winner, Role.AGENT: "agent-0"}
    good = [n for n in ("admin-0", *(f"new-{i}" for i in range(AT_ONCE))) if tenants.holder(n)]
    assert good == [winner]


@pytest.mark.usefixtures("tenants")
def test_one_change_of_settings_takes_the_next_number(client, tables):
    versions = SettingsTable(client, tables.tenant)

    made = outcomes(
        lambda number: versions.append(
            TENANT.id,
            replace(FIRST, version=2, patch={**PATCH, "max_in_flight": number + 1}),
        )
    )

    assert made.count(True) == 1
    assert versions.latest(TENANT.id).patch["max_in_flight"] == made.index(True) + 1


@pytest.mark.usefixtures("tenants")
def test_one_change_of_a_hooks_secret_wins(client, tables):
    hooks, reader = TenantHooks(client, tables.tenant), HookTable(client, tables.tenant)
    seen = Hook(
        id="h_one", tenant=TENANT.id, provider="generic", kind=Kind.CALL, source="h_one",
        secret_ct=b"old",
    )  # fmt: skip
    hooks.create(seen, NOW)

    made = outcomes(
        lambda number: hooks.change_secret(
            seen,
            replace(
                seen,
                secret_ct=f"new-{number}".encode(),
                previous_secret_ct=b"old",
                previous_until=number,
            ),
        )
    )

    winner = made.index(True)
    stored = reader.read("h_one")
    assert made.count(True) == 1
    assert (stored.secret_ct, stored.previous_until) == (f"new-{winner}".encode(), winner)
    assert hooks.listed(TENANT.id, "h_one").previous_until == winner


def test_a_tenant_is_made_once(tenants):
    made = outcomes(lambda _number: tenants.create(TENANT, FIRST))

    assert made.count(True) == 0


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        pytest.param("ConditionalCheckFailed", Conflict, id="condition"),
        pytest.param("TransactionConflict", Retryable, id="another_transaction"),
        pytest.param("ThrottlingError", Retryable, id="throttled"),
        pytest.param("ValidationError", ClientError, id="a_bug_of_ours"),
    ],
)
def test_a_canceled_transaction_is_told_by_its_reason(reason, expected):
    class Canceling:
        def transact_write_items(self, **_request):
            refusal = {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": [{"Code": "None"}, {"Code": reason}],
            }
            raise ClientError(refusal, "TransactWriteItems")

    with pytest.raises(expected):
        change_together(Canceling(), "store settings", [])


def test_a_refusal_of_the_whole_table_is_worth_another_try():
    class Throttling:
        def transact_write_items(self, **_request):
            refusal = {"Error": {"Code": "ThrottlingException"}}
            raise ClientError(refusal, "TransactWriteItems")

    with pytest.raises(Retryable, match="store settings"):
        change_together(Throttling(), "store settings", [])


def test_a_tenant_too_large_for_one_read_is_erased_with_its_own_item_last(client, tables, tenants):
    for name in ("METADATA", "PEOPLE", "SETTINGS#000002", "SETTINGS#000003"):
        item = {"pk": {"S": "T#t_one"}, "sk": {"S": name}, "body": {"S": "x" * 350_000}}
        client.put_item(TableName=tables.tenant, Item=item)

    first = tenants.holdings(TENANT.id, limit=100)
    tenants.erase(first)
    second = tenants.holdings(TENANT.id, limit=100)

    assert "TENANT" not in {holding.sk for holding in first}
    assert second[-1].sk == "TENANT"
    assert tenants.read(TENANT.id) == TENANT


def test_what_was_never_set_is_empty_or_missing(client, tables):
    assert SettingsTable(client, tables.tenant).latest("t_none") is None
    assert PeopleTable(client, tables.tenant).read("t_none") == PeopleList()


def test_more_hooks_than_one_transaction_takes_are_all_erased(client, tables, tenants):
    hooks = TenantHooks(client, tables.tenant)
    for number in range(70):
        hook = Hook(
            id=f"h_{number}", tenant=TENANT.id, provider="generic", kind=Kind.CALL, source="main"
        )
        hooks.create(hook, NOW)

    tenants.revoke_keys(TENANT)
    rounds = 0
    while holdings := tenants.holdings(TENANT.id, limit=100):
        tenants.erase(holdings)
        rounds += 1

    assert rounds == 2
    assert client.scan(TableName=tables.tenant)["Items"] == []
