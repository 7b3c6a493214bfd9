"""A small org whose resources are called without HTTP."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from orgsim.api.calls import ApiCall, read_params, split_path, write_options
from orgsim.api.router import DataApi
from orgsim.errors import ApiError
from orgsim.store import Store
from orgsim.usage import ApiUsage
from query.query_org import own_query_org, query_org

__all__ = ["own_query_org", "query_org"]

START = datetime(2026, 5, 13, 10, 30, tzinfo=UTC)


class Api:
    """One org; `ask` gives the body of an answer, `refusal` the error."""

    def __init__(self):
        self.time = START
        self.store = Store(clock=lambda: self.time)
        self._api = DataApi(self.store, ApiUsage())

    def add(self, sobject: str, **values: object) -> str:
        return self.store.insert(sobject, values, user_id=self.store.admin_id)

    def later(self, **span: int):
        self.time += timedelta(**span)

    def ask(
        self, path: str, body: object = None, *, user: str | None = None, method: str | None = None,
        version: str = "62.0", **headers: str,
    ) -> dict:  # fmt: skip
        path, _, query = path.partition("?")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        call = ApiCall(
            method=method or ("GET" if body is None else "POST"),
            version=version,
            segments=split_path(path),
            params=read_params(query),
            headers=sent,
            body=body,
            options=write_options(user or self.store.admin_id, version, sent),
            origin="https://org.example",
        )
        return self._api.answer(call).body

    def refusal(self, path: str, body: object = None, **more: object) -> tuple[int, str, str]:
        with pytest.raises(ApiError) as raised:
            self.ask(path, body, **more)
        return raised.value.status, raised.value.code, raised.value.message

    def query(self, text: str) -> list[dict[str, object]]:
        """The records of a query without their attributes."""
        records = self.ask("/query?" + urlencode({"q": text}))["records"]
        return [{k: v for k, v in record.items() if k != "attributes"} for record in records]


@pytest.fixture
def api():
    """An empty org."""
    api = Api()
    yield api
    api.store.close()


@pytest.fixture(scope="module")
def many():
    """An org with one lead more than fits on a page; tests only read it."""
    api = Api()
    for number in range(2001):
        api.add("Lead", LastName=f"L{number:04d}", Company="C")
    yield api
    api.store.close()


@pytest.fixture(scope="module")
def people():
    """An org with people and tasks that tests only read."""
    api = Api()
    oak = api.add("Account", Name="Oak", Phone="415 5551212", NumberOfEmployees=40)
    elm = api.add("Account", Name="Elm", Phone="(415) 555-1213")
    day = "{}T{}.000+0000".format
    nora = api.add("Contact", LastName="Nora", AccountId=oak, Phone="4155551212",
                   CreatedDate=day("2026-05-12", "23:59:59"))  # fmt: skip
    api.add("Contact", LastName="Abel", AccountId=oak, CreatedDate=day("2026-01-31", "00:00:00"))
    api.add("Contact", LastName="Elm", AccountId=elm, CreatedDate=day("2025-12-31", "08:15:00"))
    api.add("Contact", LastName="nora", CreatedDate=day("2024-12-31", "08:15:00"))
    lead = api.add("Lead", LastName="Pell", Company="Pell & Co", Phone="4155551212")
    api.add("Task", Subject="One", WhoId=nora, ActivityDate="2026-05-13")
    api.add(
        "Task", Subject="Two", WhoId=lead, ActivityDate="2026-02-01", OwnerId=api.store.admin_id
    )
    api.add("Task", Subject="Three", WhatId=elm)
    yield api
    api.store.close()
