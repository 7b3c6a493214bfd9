"""What users of aiosalesforce do with an org that they know by its My Domain only."""

import asyncio
import os

import httpx
from aiosalesforce import Salesforce
from aiosalesforce.auth import ClientCredentialsFlow
from aiosalesforce.exceptions import NotFoundError, SalesforceError
from operations import Operations, refused

FERRER = {"LastName": "Ferrer", "FirstName": "Ida", "Phone": "+34 93 555 01 00"}
EXTERNAL_ID = "Switchhook_Key__c"
MY_DOMAIN = "https://oak-foods.my.salesforce.com"


async def one_record(operations: Operations, org: Salesforce) -> None:
    with operations.operation("create, get, update, delete"):
        contact_id = await org.sobject.create("Contact", FERRER)
        row = await org.sobject.get("Contact", contact_id, fields=["Name", "Phone"])
        assert (row["Name"], row["Phone"]) == ("Ida Ferrer", FERRER["Phone"])
        await org.sobject.update("Contact", contact_id, {"FirstName": "Eva"})
        assert (await org.sobject.get("Contact", contact_id))["Name"] == "Eva Ferrer"
        await org.sobject.delete("Contact", contact_id)
    with operations.operation("NotFoundError"):
        with refused(NotFoundError) as refusal:
            await org.sobject.get("Contact", contact_id)
        assert refusal.error.error_code == "ENTITY_IS_DELETED"
    with operations.operation("SalesforceError of a refusal"):
        with refused(SalesforceError) as refusal:
            await org.sobject.create("Contact", {})
        assert refusal.error.error_code == "REQUIRED_FIELD_MISSING"
    with operations.operation("upsert, get by external id"):
        key = ("Task", "k 1", EXTERNAL_ID)
        results = [
            await org.sobject.upsert(*key, {EXTERNAL_ID: "k 1", "Subject": subject})
            for subject in ("One", "Two")
        ]
        assert [result.created for result in results] == [True, False]
        assert (await org.sobject.get(*key))["Subject"] == "Two"


async def queries(operations: Operations, org: Salesforce) -> None:
    with operations.operation("query over several pages"):
        ids = {row["Id"] async for row in org.query("SELECT Id FROM Contact")}
        assert len(ids) == 2100
    with operations.operation("query with include_all_records"):
        lead = await org.sobject.create("Lead", {"LastName": "Gone", "Company": "Gone Ltd"})
        await org.sobject.delete("Lead", lead)
        text = "SELECT Id, IsDeleted FROM Lead"
        rows = [row async for row in org.query(text, include_all_records=True)]
        assert [(row["Id"], row["IsDeleted"]) for row in rows] == [(lead, True)]
    with operations.operation("limits"):
        assert (await org.get_limits())["DailyApiRequests"]["Max"] == 100_000


async def composite(operations: Operations, org: Salesforce) -> None:
    with operations.operation("composite with references"):
        async with org.composite(all_or_none=True) as request:
            account = request.sobject.create("Account", {"Name": "Fish & Chips <Ltd>"})
            # Written out: a reference is a kind of text that orjson takes by its bare name.
            whose = {**FERRER, "AccountId": str(account.reference.id)}
            contact = request.sobject.create("Contact", whose)
            read = request.sobject.get("Contact", str(contact.reference.id))
            found = request.query("SELECT Id, Name FROM Account WHERE Name LIKE 'Fish%'")
        assert read.record["AccountId"] == account.id
        assert [row["Name"] for row in found.records] == ["Fish & Chips <Ltd>"]
    with operations.operation("composite rolled back"):
        request = org.composite(all_or_none=True)
        kept = request.sobject.create("Account", {"Name": "Never kept"})
        request.sobject.create("Contact", {})
        await request.execute()
        assert (kept.is_success, kept.status_code) == (False, 400)
        text = "SELECT Id FROM Account WHERE Name = 'Never kept'"
        assert [row async for row in org.query(text)] == []
    with operations.operation("composite batch"):
        async with org.composite.batch(halt_on_error=True) as request:
            account = request.sobject.create("Account", {"Name": "Batched"})
            found = request.query("SELECT Id FROM Organization")
        assert (len(found.records), account.status_code) == (1, 201)
        read = org.composite.batch()
        rows = [
            read.sobject.get("Account", account.id),
            read.sobject.get("Account", "001000000000000AAA"),
        ]
        await read.execute()
        assert [row.status_code for row in rows] == [200, 404]


async def bulk(operations: Operations, org: Salesforce) -> None:
    async def perform(operation: str, sobject: str, data: list[dict[str, str]], **more: str):
        performed = org.bulk_v2.ingest.perform_operation(
            operation, sobject, data, polling_interval=0.05, **more
        )
        [result] = [result async for result in performed]
        return result

    with operations.operation("bulk: insert, update, delete"):
        made = await perform("insert", "Account", [{"Name": f"Bulk {n}"} for n in range(30)])
        assert (len(made.successful_results), made.failed_results) == (30, [])
        ids = [{"Id": row["sf__Id"]} for row in made.successful_results]
        changed = await perform("update", "Account", [{**row, "Site": "a, b"} for row in ids])
        assert len(changed.successful_results) == 30
        text = "SELECT Id FROM Account WHERE Site = 'a, b'"
        assert len([row async for row in org.query(text)]) == 30
        gone = await perform("delete", "Account", ids)
        assert len(gone.successful_results) == 30
    with operations.operation("bulk: upsert of which part fails"):
        rows = [{EXTERNAL_ID: "b-1", "Subject": "x"}, {EXTERNAL_ID: "b-2", "Subject": "y" * 256}]
        result = await perform("upsert", "Task", rows, external_id_field=EXTERNAL_ID)
        assert [row[EXTERNAL_ID] for row in result.successful_results] == ["b-1"]
        assert [row[EXTERNAL_ID] for row in result.failed_results] == ["b-2"]


async def main() -> None:
    operations = Operations()
    auth = ClientCredentialsFlow(os.environ["APP_ID"], os.environ["APP_SECRET"])
    # The proxy and its CA come from the environment, as httpx reads them.
    async with httpx.AsyncClient(timeout=30) as client:
        org = Salesforce(client, base_url=MY_DOMAIN, auth=auth, version="62.0")
        with operations.operation("ClientCredentialsFlow"):
            await auth.get_access_token(org)
        for part in (queries, one_record, composite, bulk):
            await part(operations, org)
    operations.tell()


if __name__ == "__main__":
    asyncio.run(main())
