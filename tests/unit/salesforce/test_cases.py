from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from switchhook.adapters.salesforce.queries import RecordQueries
from switchhook.adapters.salesforce.session import Answer
from switchhook.domain.connection import Grant
from switchhook.domain.errors import Permanent, Retryable

GRANT = Grant(
    tenant="t-1",
    generation=1,
    access_token="00D!x",
    instance_url="https://acme.my.salesforce.com",
    org_id="00D",
    user_id="005",
)
SPAN = (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
KEY = "sh1:a"


@dataclass
class Canned:
    body: Any
    asked: list[Any] = field(default_factory=list)

    def get(self, _grant, path, *, params=None):
        self.asked.append((path, params))
        return Answer(body=self.body, usage=None)


def row(**fields):
    return {"Id": "500", "ContactId": None, "Description": None, **fields}


@pytest.mark.rule("SH-1")
def test_only_the_connected_users_cases_of_the_time_are_asked_for():
    rest = Canned({"records": [], "done": True})

    RecordQueries(rest).cases_created_between(GRANT, [KEY], *SPAN)

    ((path, params),) = rest.asked
    assert path == "query/"
    assert "CreatedById = '005'" in params["q"]
    assert "CreatedDate >= 2026-11-20T00:00:00" in params["q"]
    assert "CreatedDate <= 2026-11-21T00:00:00" in params["q"]


@pytest.mark.rule("SH-1")
def test_a_further_page_is_named_and_asked_for():
    next_url = "/services/data/v66.0/query/01gD0000002HU6KIAW-2000"
    rest = Canned({"records": [row()], "done": False, "nextRecordsUrl": next_url})
    queries = RecordQueries(rest)

    first = queries.cases_created_between(GRANT, [KEY], *SPAN)
    queries.cases_created_between(GRANT, [KEY], *SPAN, page=first.next_page)

    assert first.next_page == "query/01gD0000002HU6KIAW-2000"
    assert rest.asked[1] == ("query/01gD0000002HU6KIAW-2000", None)


@pytest.mark.parametrize(
    "url",
    ["https://evil.example.com/x", "/services/data/v66.0/sobjects/User", "/services/data/../x"],
)
def test_no_other_address_is_followed(url):
    rest = Canned({"records": [], "done": False, "nextRecordsUrl": url})

    with pytest.raises(Permanent) as refused:
        RecordQueries(rest).cases_created_between(GRANT, [KEY], *SPAN)

    assert refused.value.code == "UNKNOWN_PAGE"


@pytest.mark.parametrize("body", [[], {}, {"records": [{}], "done": True}, {"records": None}])
def test_an_unreadable_answer_concludes_nothing(body):
    with pytest.raises(Retryable):
        RecordQueries(Canned(body)).cases_created_between(GRANT, [KEY], *SPAN)
    with pytest.raises(Retryable):
        RecordQueries(Canned(body)).cases_with_keys(GRANT, [KEY])
