"""What users of simple-salesforce do with an org."""

import base64
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from operations import Operations, refused
from simple_salesforce import Salesforce, exceptions, format_soql

FERRER = {"LastName": "Ferrer", "FirstName": "Ida", "Phone": "+34 93 555 01 00"}
EXTERNAL_ID = "Switchhook_Key__c"
WAIT_S = 0.05


def one_record(operations: Operations, org: Salesforce) -> None:
    with operations.operation("create, get, update, delete"):
        contact_id = org.Contact.create(FERRER)["id"]
        assert org.Contact.get(contact_id)["Name"] == "Ida Ferrer"
        assert org.Contact.update(contact_id, {"FirstName": "Eva"}) == 204
        assert org.Contact.get(contact_id)["Name"] == "Eva Ferrer"
        assert org.Contact.delete(contact_id) == 204
    with operations.operation("SalesforceResourceNotFound"):
        with refused(exceptions.SalesforceResourceNotFound) as refusal:
            org.Contact.get(contact_id)
        assert refusal.error.status == 404
    with operations.operation("SalesforceMalformedRequest"):
        with refused(exceptions.SalesforceMalformedRequest) as refusal:
            org.Contact.create({})
        assert refusal.error.content[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    with operations.operation("SalesforceExpiredSession"):
        ended = Salesforce(instance_url=os.environ["ORG_URL"], session_id="ended")
        with refused(exceptions.SalesforceExpiredSession):
            ended.query("SELECT Id FROM Contact")
    with operations.operation("upsert, get_by_custom_id"):
        key = f"{EXTERNAL_ID}/k&1"
        assert org.Task.upsert(key, {"Subject": "One"}) == 201
        assert org.Task.upsert(key, {"Subject": "Two"}) == 200
        assert org.Task.get_by_custom_id(EXTERNAL_ID, "k&1")["Subject"] == "Two"


def queries(operations: Operations, org: Salesforce) -> None:
    with operations.operation("query with format_soql"):
        org.Account.create({"Name": "O'Hara & Søn"})
        text = format_soql("SELECT Id, Name FROM Account WHERE Name = {}", "O'Hara & Søn")
        assert [r["Name"] for r in org.query(text)["records"]] == ["O'Hara & Søn"]
    with operations.operation("query_more by address and by locator"):
        first = org.query("SELECT Id FROM Contact")
        assert (first["totalSize"], first["done"]) == (2100, False)
        path = first["nextRecordsUrl"]
        by_address = org.query_more(path, identifier_is_url=True)
        by_locator = org.query_more(path.rsplit("/", 1)[-1])
        assert by_address["records"] == by_locator["records"]
        assert (len(by_address["records"]), by_address["done"]) == (100, True)
    with operations.operation("query_all, query_all_iter"):
        everything = org.query_all("SELECT Id FROM Contact")["records"]
        assert {r["Id"] for r in everything} == {
            r["Id"] for r in org.query_all_iter("SELECT Id FROM Contact")
        }
    with operations.operation("query with include_deleted"):
        gone = org.Lead.create({"LastName": "Gone", "Company": "Gone Ltd"})["id"]
        org.Lead.delete(gone)
        text = "SELECT Id, IsDeleted FROM Lead"
        assert org.query(text)["totalSize"] == 0
        [row] = org.query(text, include_deleted=True)["records"]
        assert (row["Id"], row["IsDeleted"]) == (gone, True)
    with operations.operation("search, quick_search"):
        contact_id = org.Contact.create(FERRER)["id"]
        found = org.search("FIND {Ferrer} IN NAME FIELDS RETURNING Contact(Id, Phone)")
        assert [r["Id"] for r in found["searchRecords"]] == [contact_id]
        quickly = org.quick_search("Ferrer")["searchRecords"]
        assert contact_id in {r["Id"] for r in quickly}


def about_the_org(operations: Operations, org: Salesforce) -> None:
    with operations.operation("describe"):
        assert {"Account", "Contact", "Task"} <= {o["name"] for o in org.describe()["sobjects"]}
        assert "LastName" in {f["name"] for f in org.Contact.describe()["fields"]}
        assert org.Contact.metadata()["objectDescribe"]["keyPrefix"] == "003"
    with operations.operation("limits, api_usage"):
        assert org.limits()["DailyApiRequests"]["Max"] == 100_000
        assert org.api_usage["api-usage"].total == 100_000
    with operations.operation("is_sandbox"):
        assert org.is_sandbox() in (True, False)
    with operations.operation("oauth2 userinfo"):
        assert org.oauth2("userinfo")["preferred_username"] == os.environ["ORG_USERNAME"]
    with operations.operation("updated, deleted"):
        kept, gone = (org.Lead.create({"LastName": n, "Company": n})["id"] for n in ("A", "B"))
        org.Lead.delete(gone)
        now = datetime.now(UTC)
        span = (now - timedelta(hours=1), now + timedelta(minutes=2))
        assert kept in org.Lead.updated(*span)["ids"]
        assert gone in {r["id"] for r in org.Lead.deleted(*span)["deletedRecords"]}


def restful(operations: Operations, org: Salesforce) -> None:
    with operations.operation("restful: composite"):
        base = f"/services/data/v{org.sf_version}/sobjects"
        who = {"method": "POST", "url": f"{base}/Contact", "referenceId": "who", "body": FERRER}
        task = {
            "method": "POST",
            "url": f"{base}/Task",
            "referenceId": "task",
            "body": {"WhoId": "@{who.id}", "Status": "Completed"},
        }
        body = {"allOrNone": True, "compositeRequest": [who, task]}
        answers = org.restful("composite", method="POST", json=body)["compositeResponse"]
        assert org.Task.get(answers[1]["body"]["id"])["WhoId"] == answers[0]["body"]["id"]
    with operations.operation("restful: collections"):
        rows = [{"attributes": {"type": "Account"}, "Name": name} for name in ("Elm", "Fir")]
        body = {"allOrNone": True, "records": rows}
        created = org.restful("composite/sobjects", method="POST", json=body)
        ids = ",".join(result["id"] for result in created)
        gone = org.restful("composite/sobjects", params={"ids": ids}, method="DELETE")
        assert [result["success"] for result in gone] == [True, True]
    with operations.operation("restful: tree"):
        leaf = {"attributes": {"type": "Contact", "referenceId": "c"}, "LastName": "Leaf"}
        root = {"attributes": {"type": "Account", "referenceId": "a"}, "Name": "Root"}
        body = {"records": [{**root, "Contacts": {"records": [leaf]}}]}
        planted = org.restful("composite/tree/Account", method="POST", json=body)
        ids = {result["referenceId"]: result["id"] for result in planted["results"]}
        assert org.Contact.get(ids["c"])["AccountId"] == ids["a"]


def files(operations: Operations, org: Salesforce) -> None:
    with operations.operation("ContentVersion upload and download"):
        body = {"Title": "Note", "PathOnClient": "note.txt"}
        content = base64.b64encode(b"heard and noted").decode()
        version_id = org.ContentVersion.create({**body, "VersionData": content})["id"]
        got = org.ContentVersion.get_base64(version_id, "VersionData")
        assert got == b"heard and noted"


def bulk2(operations: Operations, org: Salesforce) -> None:
    rows = [{"Name": f"Bulk {n}", "Site": 'a, "b"'} for n in range(30)]
    with operations.operation("bulk2: insert, query"):
        [job] = org.bulk2.Account.insert(records=rows, wait=WAIT_S)
        assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (30, 0)
        page = next(
            org.bulk2.Account.query(
                "SELECT Id, Site FROM Account WHERE Name LIKE 'Bulk%'", wait=WAIT_S
            )
        )
        assert page.count('a, ""b""') == 30
    with operations.operation("bulk2: update, delete"):
        text = "SELECT Id FROM Account WHERE Name LIKE 'Bulk%'"
        ids = [{"Id": row["Id"]} for row in org.query_all(text)["records"]]
        changed = [{**row, "Site": "Pier"} for row in ids]
        [job] = org.bulk2.Account.update(records=changed, wait=WAIT_S)
        assert job["numberRecordsFailed"] == 0
        [job] = org.bulk2.Account.delete(records=ids, wait=WAIT_S)
        assert job["numberRecordsFailed"] == 0
        assert org.query(text)["totalSize"] == 0
    with operations.operation("bulk2: upsert, failed and successful records"):
        rows = [
            {EXTERNAL_ID: "b-1", "Subject": "x", "WhoId": ""},
            {EXTERNAL_ID: "b-2", "Subject": "y", "WhoId": "nobody"},
        ]
        [job] = org.bulk2.Task.upsert(records=rows, external_id_field=EXTERNAL_ID, wait=WAIT_S)
        assert "b-2" in org.bulk2.Task.get_failed_records(job["job_id"])
        assert "b-1" in org.bulk2.Task.get_successful_records(job["job_id"])
    with operations.operation("bulk2: download"), tempfile.TemporaryDirectory() as folder:
        text = "SELECT Id FROM Contact"
        files = org.bulk2.Contact.download(text, path=folder, max_records=1000, wait=WAIT_S)
        lines = [len(Path(file["file"]).read_text("utf-8").split()) - 1 for file in files]
        assert sum(lines) == org.query(text)["totalSize"]
        assert len(lines) == 3


def bulk1(operations: Operations, org: Salesforce) -> None:
    with operations.operation("bulk: insert, update, query, delete"):
        made = org.bulk.Account.insert([{"Name": f"Old {n}"} for n in range(20)])
        assert [r["success"] for r in made] == [True] * 20
        changes = [{"Id": r["id"], "Site": "Quay"} for r in made]
        assert all(r["success"] for r in org.bulk.Account.update(changes))
        rows = org.bulk.Account.query("SELECT Id FROM Account WHERE Site = 'Quay'")
        assert {r["Id"] for r in rows} == {r["id"] for r in made}
        gone = org.bulk.Account.delete([{"Id": r["id"]} for r in made])
        assert all(r["success"] for r in gone)


def main() -> None:
    operations = Operations()
    with requests.Session() as session:
        org = Salesforce(
            instance_url=os.environ["ORG_URL"],
            session_id=os.environ["ORG_TOKEN"],
            session=session,
            version="62.0",
        )
        for part in (queries, one_record, about_the_org, restful, files, bulk2, bulk1):
            part(operations, org)
    operations.tell()


if __name__ == "__main__":
    main()
