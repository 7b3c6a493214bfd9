"""simple-salesforce, as its users use it, finds nothing missing in the org."""

import sys
from pathlib import Path

from clients.operations import PASSED

SCRIPT = Path(__file__).with_name("simple_salesforce_script.py")
OPERATIONS = (
    "create, get, update, delete",
    "SalesforceResourceNotFound",
    "SalesforceMalformedRequest",
    "SalesforceExpiredSession",
    "upsert, get_by_custom_id",
    "query with format_soql",
    "query_more by address and by locator",
    "query_all, query_all_iter",
    "query with include_deleted",
    "search, quick_search",
    "describe",
    "limits, api_usage",
    "is_sandbox",
    "oauth2 userinfo",
    "updated, deleted",
    "restful: composite",
    "restful: collections",
    "restful: tree",
    "ContentVersion upload and download",
    "bulk2: insert, query",
    "bulk2: update, delete",
    "bulk2: upsert, failed and successful records",
    "bulk2: download",
    "bulk: insert, update, query, delete",
)


def test_simple_salesforce_works_unchanged(client_org, run_client):
    """Each operation comes out as it would with Salesforce."""
    client_org.control("load", {"generate": {"Contact": 2100}})
    environment = client_org.environment(REQUESTS_CA_BUNDLE=client_org.addresses.ca_file)

    outcomes = run_client("simple-salesforce", [sys.executable, SCRIPT], environment)

    assert outcomes == dict.fromkeys(OPERATIONS, PASSED)
