"""A small org to ask queries of."""

from datetime import UTC, datetime

import pytest

from orgsim.query.soql import run_soql
from orgsim.store import Store

NOW = datetime(2026, 5, 13, 10, 30, tzinfo=UTC)  # a Wednesday


def stamp(day: str) -> str:
    return f"{day}T08:00:00.000+0000"


class QueryOrg:
    """A small org: names stand for records."""

    def __init__(self):
        self.store = Store(clock=lambda: NOW)
        self.ids: dict[str, str] = {}
        user = self.store.get("User", self.store.admin_id)
        self.profile = self.add("limited", "Profile", {"Name": "Limited"})
        self.add(
            "wren",
            "User",
            {
                "FirstName": "Jo",
                "LastName": "Wren",
                "Username": "jo.wren@oak.example",
                "ProfileId": self.profile,
                "IsActive": 1,
                "UserType": user["UserType"],
            },
        )
        self._people()
        self._tasks()

    def _people(self):
        oak = self.add(
            "oak",
            "Account",
            {"Name": "Oak Foods", "NumberOfEmployees": 40, "AnnualRevenue": 1000.5},
        )
        self.add("elm", "Account", {"Name": "elm trading", "NumberOfEmployees": 7})
        self.add(
            "nora",
            "Contact",
            {
                "FirstName": "Nora",
                "LastName": "Øst",
                "AccountId": oak,
                "Phone": "+47 22 11 00 33",
                "Email": "nora@oak.example",
                "CreatedDate": stamp("2026-05-12"),
            },
        )
        self.add(
            "abel",
            "Contact",
            {
                "FirstName": "Abel",
                "LastName": "100% _Sure",
                "AccountId": oak,
                "CreatedDate": stamp("2026-04-30"),
            },
        )
        self.add(
            "lone",
            "Contact",
            {"LastName": "O'Lone", "Phone": "22110034", "CreatedDate": stamp("2025-12-31")},
        )
        self.add("gone", "Contact", {"LastName": "Gone", "CreatedDate": stamp("2026-05-13")})
        self.store.delete("Contact", self.ids["gone"], user_id=self.store.admin_id)
        self.add("lead", "Lead", {"LastName": "Pell", "Company": "Pell & Co"})

    def _tasks(self):
        self.add("t1", "Task", {"Subject": "One", "WhoId": self.ids["nora"], "CallObject": "k-1"})
        self.add(
            "t2",
            "Task",
            {
                "Subject": "Two",
                "WhoId": self.ids["lead"],
                "CallObject": "K-1",
                "CallDurationInSeconds": 90,
                "OwnerId": self.ids["wren"],
            },
        )
        self.add(
            "t3",
            "Task",
            {
                "Subject": "Three",
                "WhatId": self.ids["oak"],
                "ActivityDate": "2026-05-13",
                "CallDurationInSeconds": 30,
            },
        )

    def add(self, name: str, sobject: str, values: dict[str, object]) -> str:
        self.ids[name] = self.store.insert(sobject, values, user_id=self.store.admin_id)
        return self.ids[name]

    def ask(self, text: str, *, viewer: str | None = None, all_rows: bool = False):
        text = text.format(**self.ids) if "{" in text else text
        viewer_id = self.ids[viewer] if viewer else self.store.admin_id
        return run_soql(self.store, text, viewer_id, all_rows=all_rows, now=NOW)

    def values(self, text: str, **options: object) -> list[object]:
        """The first field of each record."""
        return [list(record.values())[1] for record in self.ask(text, **options).records]


@pytest.fixture(scope="module")
def query_org():
    """An org that tests only read."""
    org = QueryOrg()
    yield org
    org.store.close()


@pytest.fixture
def own_query_org():
    """An org that a test may change."""
    org = QueryOrg()
    yield org
    org.store.close()
