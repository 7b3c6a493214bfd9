"""The deployed handler over the real tables: what the API writes is what the other functions read."""

import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from builders.ledger import T0, a_decision, a_head, after, an_event, written
from fakes.queues import FakePayloadStore
from switchhook.adapters.aws import KmsCipher
from switchhook.adapters.dynamodb.connect import DynamoConnectSteps
from switchhook.adapters.dynamodb.connections import DynamoConnections
from switchhook.adapters.dynamodb.hooks_read import HookTable
from switchhook.adapters.dynamodb.keys import PartyHasher
from switchhook.adapters.dynamodb.ledger import EventItems, LedgerTable
from switchhook.adapters.dynamodb.settings import TenantTableReader
from switchhook.domain.activity import State
from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.domain.facts.people import ListedAgent, People
from switchhook.ports.ledger import LedgerWrite

pytestmark = [pytest.mark.emulator]

GENERIC = {"provider": "generic", "kind": "call"}


@pytest.fixture
def table(aws, tables):
    """The whole of TenantTable as it stands."""
    client = aws.client("dynamodb")
    return lambda: client.scan(TableName=tables.tenant)["Items"]


def sort_keys(items):
    return sorted(item["sk"]["S"] for item in items)


def test_health_asks_nothing_of_aws(call):
    assert call("GET", "/v1/health") == (200, {"status": "ok"})


def test_the_operators_key_is_the_one_in_secrets_manager(call, operator_key):
    assert call("GET", "/v1/tenants", key=operator_key)[0] == 200
    assert call("GET", "/v1/tenants", key=operator_key[:-1])[0] == 401


def test_no_key_or_secret_lies_in_the_table_in_clear(call, tenant, table):
    _, hook = call("POST", f"{tenant.path}/hooks", GENERIC, key=tenant.admin)
    _, ticket = call("POST", f"{tenant.path}/connection", key=tenant.admin)

    stored = repr(table())

    for private in (tenant.admin, tenant.agent, hook["secret"], ticket["connect_url"][-20:]):
        assert private not in stored


@pytest.mark.rule("AC-2")
def test_the_worker_finds_the_version_in_force_when_the_call_ended(call, tenant, aws, tables):
    before = datetime.now(UTC)
    for language in ("de", "en", "de"):
        status, _ = call(
            "PATCH", f"{tenant.path}/settings", {"language": language}, key=tenant.admin
        )
        assert status == 200
    reader = TenantTableReader(aws.client("dynamodb"), tenant_table=tables.tenant)

    later = reader.settings_at(tenant.id, datetime.now(UTC) + timedelta(seconds=1))
    earlier = reader.settings_at(tenant.id, before - timedelta(days=1))

    assert (later.version, later.language) == (4, "de")
    assert (earlier.version, earlier.language) == (1, "en")


def test_changes_of_settings_lie_over_each_other(call, tenant):
    changes = [{"language": "de"}, {"max_in_flight": 7}, {"calls": {"unknown_number": "lead"}}]
    for body in changes:
        assert call("PATCH", f"{tenant.path}/settings", body, key=tenant.admin)[0] == 200

    _, settings = call("GET", f"{tenant.path}/settings", key=tenant.admin)

    assert (settings["language"], settings["max_in_flight"]) == ("de", 7)
    assert settings["calls"]["unknown_number"] == "lead"


def test_the_worker_reads_the_people_that_were_written(call, tenant, aws, tables):
    body = {
        "agents": [{"email": "ann@example.com", "name": "Änn Ægent"}],
        "own_numbers": ["(415) 555-0199"],
        "internal_domains": ["Example.com"],
    }
    assert call("PUT", f"{tenant.path}/people", body, key=tenant.admin)[0] == 200

    people = TenantTableReader(aws.client("dynamodb"), tenant_table=tables.tenant).people(tenant.id)

    assert people == People(
        agents=(ListedAgent(email="ann@example.com", name="Änn Ægent"),),
        own_numbers=frozenset({"+14155550199"}),
        internal_domains=frozenset({"example.com"}),
    )
    _, shown = call("GET", f"{tenant.path}/people", key=tenant.admin)
    assert shown["own_numbers"] == ["(415) 555-0199"]


@pytest.mark.parametrize(
    ("count", "expected"), [(4_000, 200), (5_000, 413)], ids=["fits", "does_not_fit"]
)
def test_a_list_of_people_is_taken_as_long_as_it_fits_into_an_item(call, tenant, count, expected):
    # Kept as it was written and in E.164, a number takes more room than in the body.
    written = [
        f"+1 415 {number // 10_000:03} {number % 10_000:04}" + " " * 50
        for number in range(5_550_000, 5_550_000 + count)
    ]

    status, _ = call("PUT", f"{tenant.path}/people", {"own_numbers": written}, key=tenant.admin)

    assert status == expected


def test_the_ingress_finds_the_hook_and_can_open_its_secrets(
    call, tenant, aws, tables, environment
):
    _, hook = call("POST", f"{tenant.path}/hooks", GENERIC, key=tenant.admin)
    path = f"{tenant.path}/hooks/{hook['hook_id']}"
    _, rotated = call("POST", f"{path}/rotate", {"keep_previous_s": 60}, key=tenant.admin)
    cipher = KmsCipher(aws.client("kms"), environment["KMS_KEY_ID"])

    stored = HookTable(aws.client("dynamodb"), tables.tenant).read(hook["hook_id"])

    def opened(ciphertext):
        return cipher.decrypt(ciphertext, tenant=tenant.id, purpose="hook")

    assert (stored.tenant, stored.provider, stored.source) == (
        tenant.id,
        "generic",
        hook["hook_id"],
    )
    assert opened(stored.secret_ct) == rotated["secret"]
    assert opened(stored.previous_secret_ct) == hook["secret"]
    assert 55 <= stored.previous_until - datetime.now(UTC).timestamp() <= 60


def test_an_ended_secret_leaves_nothing_behind(call, tenant, aws, tables):
    _, hook = call("POST", f"{tenant.path}/hooks", GENERIC, key=tenant.admin)
    path = f"{tenant.path}/hooks/{hook['hook_id']}"
    for kept_s in (60, 0):
        body = {"keep_previous_s": kept_s}
        assert call("POST", f"{path}/rotate", body, key=tenant.admin)[0] == 200

    stored = HookTable(aws.client("dynamodb"), tables.tenant).read(hook["hook_id"])

    assert (stored.previous_secret_ct, stored.previous_until) == (None, None)
    assert call("GET", path, key=tenant.admin)[1]["previous_secret_until"] is None


def test_a_deleted_hook_is_gone_for_the_ingress_and_its_source_can_be_continued(
    call, tenant, aws, tables
):
    _, old = call("POST", f"{tenant.path}/hooks", GENERIC, key=tenant.admin)
    path = f"{tenant.path}/hooks/{old['hook_id']}"

    assert call("DELETE", path, key=tenant.admin) == (204, None)
    assert call("DELETE", path, key=tenant.admin)[0] == 404
    body = {**GENERIC, "replaces": old["hook_id"]}
    status, new = call("POST", f"{tenant.path}/hooks", body, key=tenant.admin)

    assert HookTable(aws.client("dynamodb"), tables.tenant).read(old["hook_id"]) is None
    assert (status, new["source"]) == (201, old["source"])


def test_a_connect_link_holds_a_ticket_that_can_be_taken_once(call, tenant, aws, tables):
    body = {"confirm_org": True}
    _, made = call("POST", f"{tenant.path}/connection", body, key=tenant.admin)
    ticket = parse_qs(urlsplit(made["connect_url"]).query)["ticket"][0]
    steps = DynamoConnectSteps(aws.client("dynamodb"), tables.tenant)
    digest = hashlib.sha256(ticket.encode()).hexdigest()

    taken = steps.take_ticket(digest)

    assert (taken.tenant, taken.confirm_org) == (tenant.id, True)
    assert 595 <= (taken.expires_at - datetime.now(UTC)).total_seconds() <= 600
    assert steps.take_ticket(digest) is None


def test_a_rotated_key_ends_at_once(call, tenant):
    _, made = call("POST", f"{tenant.path}/keys/rotate", {"role": "admin"}, key=tenant.admin)

    assert call("GET", tenant.path, key=tenant.admin)[0] == 401
    assert call("GET", tenant.path, key=made["key"])[0] == 200


def test_a_deleted_tenant_leaves_nothing_in_the_table(call, tenant, table, operator_key):
    for _ in range(3):
        call("POST", f"{tenant.path}/hooks", GENERIC, key=tenant.admin)
    _, hooks = call("GET", f"{tenant.path}/hooks", key=tenant.admin)
    gone = f"{tenant.path}/hooks/{hooks['items'][0]['hook_id']}"
    call("DELETE", gone, key=tenant.admin)
    call("PUT", f"{tenant.path}/people", {}, key=tenant.admin)
    call("PATCH", f"{tenant.path}/settings", {"language": "de"}, key=tenant.admin)

    status, answer = call("DELETE", tenant.path, key=operator_key)

    assert (status, answer["grant_revoked"]) == (200, None)
    assert table() == []
    assert call("GET", "/v1/tenants", key=operator_key)[1]["items"] == []


def test_what_comes_in_while_a_tenant_is_deleted_makes_nothing(call, tenant, aws, tables, table):
    key = {"pk": {"S": f"T#{tenant.id}"}, "sk": {"S": "TENANT"}}
    aws.client("dynamodb").delete_item(TableName=tables.tenant, Key=key)
    before = sort_keys(table())

    statuses = [
        call("POST", f"{tenant.path}/hooks", GENERIC, key=tenant.admin)[0],
        call("PUT", f"{tenant.path}/people", {}, key=tenant.admin)[0],
        call("POST", f"{tenant.path}/connection", key=tenant.admin)[0],
        call("PATCH", f"{tenant.path}/settings", {"language": "de"}, key=tenant.admin)[0],
    ]

    assert statuses == [409] * 4
    assert sort_keys(table()) == before


def test_lists_are_walked_page_by_page_and_each_thing_is_seen_once(call, tenant, operator_key):
    for _ in range(5):
        call("POST", f"{tenant.path}/hooks", GENERIC, key=tenant.admin)
    for number in range(4):
        body = {
            "name": f"Tenant {number}",
            "preset": "standard",
            "default_region": "DE",
            "time_zone": "Europe/Berlin",
        }
        call("POST", "/v1/tenants", body, key=operator_key)

    assert len(set(walked(call, f"{tenant.path}/hooks", tenant.admin, "hook_id"))) == 5
    assert len(set(walked(call, "/v1/tenants", operator_key, "tenant_id"))) == 5


def walked(call, path, key, name, **query):
    found, cursor = [], None
    while True:
        page_query = {"limit": "2", **query, **({"cursor": cursor} if cursor else {})}
        status, page = call("GET", path, key=key, query=page_query)
        assert status == 200, page
        found += [item[name] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("path", ["hooks", "activities", ""])
@pytest.mark.parametrize("cursor", ["x", "AAAA", "W10", "WyJ4IiwgInkiXQ==", "é", "a b", "#", "0"])
def test_a_cursor_of_nobody_is_refused_or_finds_nothing_amiss(
    call, tenant, operator_key, path, cursor
):
    where = f"{tenant.path}/{path}" if path else "/v1/tenants"
    key = tenant.admin if path else operator_key

    status, _ = call("GET", where, key=key, query={"cursor": cursor})

    assert status in {200, 400, 422}


@pytest.fixture
def ledger(aws, tables):
    """The ledger as the worker writes it."""
    client = aws.client("dynamodb")

    class Stores:
        ledger = LedgerTable(
            client,
            activity_table=tables.activity,
            directory_table=tables.directory,
            tenant_table=tables.tenant,
            hasher=PartyHasher(key=b"a session key of the tests"),
            events=EventItems(FakePayloadStore(), now=lambda: T0),
        )

    return Stores


def test_an_admin_finds_what_the_worker_wrote(call, tenant, ledger):
    head = a_head(
        "c-1", tenant=tenant.id, state=State.LOGGED, party_e164="+14155550100", decisions=1
    )
    ledger.ledger.commit(LedgerWrite(head=head, event=an_event(), decision=a_decision()))
    written(ledger, a_head("c-2", tenant=tenant.id, received_at=after(1)))
    activities = f"{tenant.path}/activities"

    _, whole = call("GET", f"{activities}/{head.id}", key=tenant.admin)

    assert (whole["state"], len(whole["candidates"]), len(whole["events"])) == ("logged", 1, 1)
    assert walked(call, activities, tenant.admin, "external_id") == ["c-2", "c-1"]
    for query in (
        {"state": "logged"},
        {"party": "(415) 555-0100"},
        {"source": "main", "external_id": "c-1"},
        {"external_id": "c-1"},
        {"until": "2026-11-20T15:00:01Z"},
    ):
        assert walked(call, activities, tenant.admin, "external_id", **query) == ["c-1"], query
    _, counted = call(
        "GET", f"{tenant.path}/statement", key=tenant.admin, query={"date": "2026-11-20"}
    )
    assert counted == {"received": 2, "logged": 1, "skipped": {}, "failed": 0, "open": 1}


def test_a_cursor_carried_over_to_another_filter_is_no_fault_of_ours(call, tenant, ledger):
    for number in range(4):
        written(ledger, a_head(f"c-{number}", tenant=tenant.id, received_at=after(number)))
    activities = f"{tenant.path}/activities"
    _, page = call("GET", activities, key=tenant.admin, query={"limit": "2"})

    for query in ({"state": "pending"}, {"until": "2026-11-20T15:00:01Z"}, {"party": "a@b.c"}):
        carried = {**query, "cursor": page["next_cursor"]}
        assert call("GET", activities, key=tenant.admin, query=carried)[0] < 500, query


def test_disconnecting_forgets_the_tokens_though_salesforce_cannot_be_asked(
    call, tenant, aws, tables, environment
):
    cipher = KmsCipher(aws.client("kms"), environment["KMS_KEY_ID"])
    connections = DynamoConnections(aws.client("dynamodb"), tables.tenant)
    seen = Connection(tenant=tenant.id, status=ConnectionStatus.NOT_CONNECTED)
    grant = Connection(
        tenant=tenant.id,
        status=ConnectionStatus.CONNECTED,
        generation=1,
        org_id="00D000000000001AAA",
        instance_url="https://engines.my.salesforce.com",
        login_url="https://nowhere.invalid",
        access_ciphertext=cipher.encrypt("a", tenant=tenant.id, purpose="access_token"),
        refresh_ciphertext=cipher.encrypt("r", tenant=tenant.id, purpose="refresh_token"),
    )
    assert connections.replace(seen, grant)
    path = f"{tenant.path}/connection"

    assert call("DELETE", path, key=tenant.admin)[0] == 409
    status, left = call("DELETE", path, key=tenant.admin, query={"confirm": "true"})

    assert (status, left["status"], left["grant_revoked"]) == (200, "not_connected", False)
    assert connections.read(tenant.id).refresh_ciphertext == b""
