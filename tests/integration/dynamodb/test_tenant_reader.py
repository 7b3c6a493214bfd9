"""A call is judged by the settings that were in force when it ended."""

import json

import pytest

from builders.ledger import T0, TENANT, after
from fakes.tenants import FakeTenants
from switchhook.adapters.dynamodb.settings import TenantTableReader
from switchhook.domain.facts.people import ListedAgent, People

pytestmark = [pytest.mark.emulator]

BASE = {"preset": "standard", "default_region": "AT", "time_zone": "Europe/Vienna"}


class WrittenTenants(TenantTableReader):
    """The tables' reader, with what an admin's changes leave in the table."""

    def __init__(self, client, table):
        super().__init__(client, tenant_table=table)
        self.versions = 0

    def set_settings(self, tenant, patch, *, effective_at):
        self.versions += 1
        self._client.put_item(
            TableName=self._table,
            Item={
                "pk": {"S": f"T#{tenant}"},
                "sk": {"S": f"SETTINGS#{self.versions:06}"},
                "version": {"N": str(self.versions)},
                "effective_at": {"S": effective_at.isoformat(timespec="milliseconds")},
                "patch": {"S": json.dumps(patch)},
            },
        )


@pytest.fixture(params=["memory", "tables"])
def tenants(request):
    if request.param == "memory":
        return FakeTenants()
    client = request.getfixturevalue("aws").client("dynamodb")
    return WrittenTenants(client, request.getfixturevalue("tables").tenant)


@pytest.mark.parametrize(
    ("at", "version"),
    [
        pytest.param(after(-1), 1, id="a_call_before_all_settings_takes_the_first"),
        pytest.param(T0, 1, id="a_version_holds_from_its_own_instant_on"),
        pytest.param(after(59.999), 1, id="a_version_holds_until_the_next"),
        pytest.param(after(60), 2, id="the_next_begins_where_it_ends"),
        pytest.param(after(9999), 12, id="the_newest_holds_for_ever"),
    ],
)
def test_the_settings_in_force_at_a_time(tenants, at, version):
    for number in range(12):
        patch = {**BASE, "max_in_flight": number + 1}
        tenants.set_settings(TENANT, patch, effective_at=after(60 * number))

    settings = tenants.settings_at(TENANT, at)

    assert (settings.version, settings.max_in_flight) == (version, version)


def test_an_unknown_tenant_has_no_settings(tenants):
    tenants.set_settings("other", BASE, effective_at=T0)

    assert tenants.settings_at(TENANT, T0) is None


def test_people_are_empty_until_they_are_set(tenants):
    assert tenants.people(TENANT) == People()


def test_people_are_read_as_their_admin_left_them(client, tables):
    body = {
        "agents": [{"id": "17", "email": "ann@example.com", "extension": None}],
        "own_numbers_e164": ["+431234567"],
        "own_numbers_raw": ["01 234567"],
        "internal_domains": ["Example.COM"],
    }
    client.put_item(
        TableName=tables.tenant,
        Item={"pk": {"S": "T#acme"}, "sk": {"S": "PEOPLE"}, "body": {"S": json.dumps(body)}},
    )

    people = TenantTableReader(client, tenant_table=tables.tenant).people(TENANT)

    assert people == People(
        agents=(ListedAgent(id="17", email="ann@example.com"),),
        own_numbers=frozenset({"+431234567"}),
        internal_domains=frozenset({"example.com"}),
    )
