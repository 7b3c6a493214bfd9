"""A real client library works against the org unchanged."""

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)


@pytest.fixture
def salesforce(rest, monkeypatch):
    """A client that knows only a token, an address and a file of certificates."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", rest.addresses.ca_file)
    with requests.Session() as session:
        yield Salesforce(
            instance_url=rest.addresses.instance_url,
            session_id=rest.headers["Authorization"].removeprefix("Bearer "),
            session=session,
            version="62.0",
        )


def test_it_creates_reads_changes_and_deletes(salesforce):
    """And finds nothing afterwards."""
    created = salesforce.Contact.create({"LastName": "Ferrer", "Phone": "+34 93 555 01 00"})
    changed = salesforce.Contact.update(created["id"], {"FirstName": "Ida"})
    row = salesforce.Contact.get(created["id"])
    deleted = salesforce.Contact.delete(created["id"])

    assert (created["success"], changed, deleted) == (True, 204, 204)
    assert row["Name"] == "Ida Ferrer"
    with pytest.raises(SalesforceResourceNotFound):
        salesforce.Contact.get(created["id"])


def test_it_upserts_by_an_external_id(rest, salesforce):
    """Created, then changed."""
    rest.settings(external_id_field=True)

    statuses = [
        salesforce.Task.upsert("Switchhook_Key__c/k-1", {"Subject": subject})
        for subject in ("One", "Two")
    ]

    assert statuses == [201, 200]
    assert salesforce.Task.get_by_custom_id("Switchhook_Key__c", "k-1")["Subject"] == "Two"


def test_it_queries_page_by_page(rest, salesforce):
    """More than one page comes together."""
    rest.control("POST", "load", {"generate": {"Contact": 2100}})

    one_page = salesforce.query("SELECT Id FROM Contact")
    everything = salesforce.query_all("SELECT Id, Name FROM Contact ORDER BY Id")

    assert (one_page["done"], len(one_page["records"])) == (False, 2000)
    assert len({r["Id"] for r in everything["records"]}) == 2100


def test_it_searches(salesforce):
    """SOSL by phone number."""
    contact = salesforce.Contact.create({"LastName": "Ferrer", "Phone": "93 555 01 00"})

    found = salesforce.search("FIND {93 555 01 00} IN PHONE FIELDS RETURNING Contact(Id, Phone)")

    assert [r["Id"] for r in found["searchRecords"]] == [contact["id"]]


def test_it_describes(salesforce):
    """One object and all of them."""
    names = [f["name"] for f in salesforce.Contact.describe()["fields"]]

    assert {"Id", "LastName", "MobilePhone"} <= set(names)
    assert "Task" in [o["name"] for o in salesforce.describe()["sobjects"]]


def test_it_sends_a_composite(salesforce):
    """Through its door for everything else."""
    body = {
        "allOrNone": True,
        "compositeRequest": [
            {
                "method": "POST",
                "url": "/services/data/v62.0/sobjects/Contact",
                "referenceId": "who",
                "body": {"LastName": "Ferrer"},
            },
            {
                "method": "POST",
                "url": "/services/data/v62.0/sobjects/Task",
                "referenceId": "task",
                "body": {"WhoId": "@{who.id}", "Status": "Completed"},
            },
        ],
    }

    results = salesforce.restful("composite", method="POST", json=body)["compositeResponse"]

    assert [r["httpStatusCode"] for r in results] == [201, 201]
    task = salesforce.Task.get(results[1]["body"]["id"])
    assert (task["WhoId"], task["IsClosed"]) == (results[0]["body"]["id"], True)


def test_it_reads_refusals_and_the_gauge_of_calls(salesforce):
    """By status, with the error's code inside."""
    with pytest.raises(SalesforceMalformedRequest) as refused:
        salesforce.Contact.create({})

    assert refused.value.content[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    salesforce.query("SELECT Id FROM User")
    assert salesforce.api_usage["api-usage"].used == 2


def test_it_notices_an_ended_session_and_goes_on_after_a_refresh(rest, salesforce):
    """The refresh itself goes through requests."""
    grants, admin = rest.org.grants, rest.org.store.admin_id
    grant = grants.grant(admin, "PlatformCLI", "api refresh_token")
    refresh_token = grants.new_refresh_token(grant)
    salesforce.headers["Authorization"] = "Bearer ended"

    with pytest.raises(SalesforceExpiredSession):
        salesforce.query("SELECT Id FROM User")
    answer = requests.post(
        f"{rest.addresses.login_url}/services/oauth2/token",
        data={
            "grant_type": "refresh_token",
            "client_id": "PlatformCLI",
            "refresh_token": refresh_token,
        },
        timeout=10,
    )
    salesforce.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    assert salesforce.query("SELECT Id FROM User")["totalSize"] == 1
