"""A running org and a client that speaks Bulk API to it."""

import csv
import io
import time

import pytest
import requests
from simple_salesforce import Salesforce

from rest.conftest import START, Rest, clock, server

__all__ = ["Bulk", "bulk", "clock", "server"]


class Bulk(Rest):
    """A client of one org that expects its calls to go through unless it says otherwise."""

    def ask(self, method: str, path: str, body: object = None, **more: object):
        answer = self.call(method, path, body, **more)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: object = None, **more: object):
        answer = self.call(method, path, body, **more)
        assert not answer.ok, answer.text
        return answer.status_code, answer.json()[0]["errorCode"]

    def open_job(self, operation: str = "insert", sobject: str = "Contact", **more: object) -> str:
        body = {"object": sobject, "operation": operation, **more}
        return self.ask("POST", "/jobs/ingest", body)["id"]

    def upload(self, job: str, text: str | bytes):
        data = text if isinstance(text, bytes) else text.encode()
        path = f"/jobs/ingest/{job}/batches"
        return self.call("PUT", path, data=data, headers={"Content-Type": "text/csv"})

    def close_job(self, job: str):
        return self.ask("PATCH", f"/jobs/ingest/{job}", {"state": "UploadComplete"})

    def ingest(self, text: str, operation: str = "insert", sobject: str = "Contact", **more):
        """A whole job; gives its id."""
        job = self.open_job(operation, sobject, **more)
        assert self.upload(job, text).status_code == 201
        self.close_job(job)
        return job

    def job(self, job: str, kind: str = "ingest"):
        return self.ask("GET", f"/jobs/{kind}/{job}")

    def results(self, job: str, which: str, delimiter: str = ","):
        text = self.call("GET", f"/jobs/ingest/{job}/{which}/").content.decode()
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))

    def failures(self, job: str):
        return [row["sf__Error"] for row in self.results(job, "failedResults")]

    def query_job(self, text: str, operation: str = "query", **more: object) -> str:
        return self.ask("POST", "/jobs/query", {"operation": operation, "query": text, **more})[
            "id"
        ]

    def page(self, job: str, **params: object):
        answer = self.call("GET", f"/jobs/query/{job}/results", params=params)
        assert answer.ok, answer.text
        return answer

    def names(self) -> list[str]:
        return [r["LastName"] for r in self.query("SELECT LastName FROM Contact ORDER BY LastName")]


@pytest.fixture
def bulk(server, clock):
    """A client of the process's org, emptied of what other tests left."""
    clock.moment = START
    server.org.reset()
    client = Bulk(server, clock)
    yield client
    client.session.close()


@pytest.fixture
def salesforce(bulk, monkeypatch):
    """simple-salesforce, which knows only a token, an address and a file of certificates.

    Its pauses between polls are not waited for.
    """
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bulk.addresses.ca_file)
    for module in ("bulk", "bulk2"):
        monkeypatch.setattr(f"simple_salesforce.{module}.sleep", lambda _: time.sleep(0))
    with requests.Session() as session:
        yield Salesforce(
            instance_url=bulk.addresses.instance_url,
            session_id=bulk.headers["Authorization"].removeprefix("Bearer "),
            session=session,
            version="62.0",
        )
