"""aiosalesforce, as its users use it, finds nothing missing in the org."""

from pathlib import Path

from clients.operations import PASSED

SCRIPT = Path(__file__).with_name("aiosalesforce_script.py")
OPERATIONS = (
    "create, get, update, delete",
    "NotFoundError",
    "SalesforceError of a refusal",
    "upsert, get by external id",
    "query over several pages",
    "query with include_all_records",
    "limits",
    "composite with references",
    "composite rolled back",
    "composite batch",
    "bulk: insert, update, delete",
    "bulk: upsert of which part fails",
    "ClientCredentialsFlow",
)


def test_aiosalesforce_works_unchanged(client_org, run_client, clients_bin):
    """Each operation comes out as it would with Salesforce."""
    client_org.control("load", {"generate": {"Contact": 2100}})
    environment = client_org.environment(
        HTTPS_PROXY=client_org.addresses.proxy_url, SSL_CERT_FILE=client_org.addresses.ca_file
    )

    outcomes = run_client("aiosalesforce", [clients_bin / "python", SCRIPT], environment)

    assert outcomes == dict.fromkeys(OPERATIONS, PASSED)
    assert client_org.proxied_hosts == {"oak-foods.my.salesforce.com"}
