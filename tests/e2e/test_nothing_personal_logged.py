"""No function ever logs or measures a person, a secret or a token, whatever happens (SH-10).

One tenant's office goes through a day on which everything carries a canary and much goes wrong; then
every log group is read.
"""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from builders.stack_logs import log_text, metric_dimensions
from local.aws import clients
from local.office import API_TIMEOUT_S, Hook, Office, standard_headers
from local.state import State

pytestmark = [pytest.mark.stack, pytest.mark.rule("SH-10")]

PERSON = (
    "+14155557342",
    "4155557342",
    "(415) 555-7342",
    "555-7342",
    "+14155557344",
    "Zephyrine",
    "Quillfeather",
    "zephyrine.quill@canary.example",
    "canary-comment",
    "canary-tag",
    "canary-queue",
    "canary-recording",
    "canary-agent",
)
PARKED_WITHIN_S = 30
DIMENSIONS = {"provider", "service", "function_name", "FunctionName"}


@dataclass
class Day:
    """What must not be found, and the office that it happened in."""

    stack: State
    office: Office
    generic: Hook
    aircall: Hook
    secrets: set[str] = field(default_factory=set)

    def post(self, raw: bytes, headers: dict[str, str], *, hook: Hook | None = None) -> str:
        """Posts a webhook; its activity's id, empty when it was refused."""
        url = (hook or self.generic).url
        answer = requests.post(url, data=raw, headers=headers, timeout=API_TIMEOUT_S)
        return answer.json().get("activity_id", "")

    def call(self, body: dict[str, Any]) -> str:
        raw = json.dumps(body).encode()
        return self.post(raw, standard_headers(self.generic.secret, raw))

    def await_parked(self, activity: str) -> None:
        until = time.monotonic() + PARKED_WITHIN_S
        while activity not in self._parked():
            assert time.monotonic() < until, f"no call was parked in {PARKED_WITHIN_S} s"
            time.sleep(0.1)

    def _parked(self) -> list[str]:
        page = self.office.call("GET", "/activities?state=parked")
        return [item["id"] for item in page["items"]]

    def get(self, path: str, *, key: str | None = None, **query: str) -> None:
        """Asks the API something; whatever it answers."""
        headers = {"authorization": f"Bearer {key or self.office.admin_key}"}
        requests.get(
            f"{self.stack.api}{path}",
            headers=headers,
            params=query,
            timeout=API_TIMEOUT_S,
            allow_redirects=False,
        )

    def note_tokens(self) -> None:
        """Remembers the tokens that the tenant has now, read as only the functions can."""
        aws = clients(self.stack.aws_endpoint)
        tables = aws("dynamodb").list_tables()["TableNames"]
        table = next(name for name in tables if "TenantTable" in name)
        key = {"pk": {"S": f"T#{self.office.tenant}"}, "sk": {"S": "CONNECTION"}}
        item = aws("dynamodb").get_item(TableName=table, Key=key)["Item"]
        for purpose in ("access_token", "refresh_token"):
            opened = aws("kms").decrypt(
                CiphertextBlob=item[purpose.replace("token", "ciphertext")]["B"],
                EncryptionContext={"tenant": self.office.tenant, "purpose": purpose},
            )
            self.secrets.add(opened["Plaintext"].decode())


def a_call(**changes: object) -> dict[str, Any]:
    """A call that is personal wherever it can be."""
    now = datetime.now(UTC)
    who = {"email": "canary-agent@canary.example", "name": "canary-agent", "extension": "7342"}
    return {
        "type": "call.ended",
        "call_id": f"canary-comment-{uuid.uuid4().hex}",
        "direction": "inbound",
        "outcome": "answered",
        "external": {
            "number": "+1 (415) 555-7342",
            "name": "Zephyrine Quillfeather",
            "email": "zephyrine.quill@canary.example",
        },
        "internal_number": "+14155557344",
        "agent": who,
        "started_at": _iso(now - timedelta(seconds=60)),
        "ended_at": _iso(now),
        "talk_s": 30,
        "queue": "canary-queue",
        "recording_url": "https://canary.example/canary-recording",
        "tags": ["canary-tag"],
        "comments": [{"author": "Zephyrine Quillfeather", "text": "canary-comment"}],
        **changes,
    }


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def day(stack: State) -> Iterator[Day]:
    office = Office(stack, name="Quillfeather", settings={"calls": {"unknown_number": "lead"}})
    token = f"aircall-token-{uuid.uuid4().hex}"
    agent = office.call("POST", "/keys/rotate", {"role": "agent"})["key"]
    day = Day(
        stack=stack,
        office=office,
        generic=office.add_hook("generic"),
        aircall=office.add_hook("aircall", secret=token),
    )
    day.secrets |= {token, agent, office.admin_key, stack.operator_key, day.generic.secret}
    day.secrets |= {day.generic.secret.removeprefix("whsec_"), stack.salesforce.password}
    office.connect(username=office.new_admin())
    day.note_tokens()
    try:
        _live_through(day)
        yield day
    finally:
        office.control("POST", "/_org/settings", {"validation_rules": []})
        office.control("DELETE", "/_org/faults")


def _live_through(day: Day) -> None:
    """Everything that can happen to a call, to an admin and to a grant."""
    ended = [day.call(a_call()), day.call(a_call()), day.call(a_call(direction="internal"))]
    ended += [day.call(a_call(started_at="canary-comment")), day.call({"type": "canary-comment"})]
    raw = b'{"canary-comment": Zephyrine'
    ended.append(day.post(raw, standard_headers(day.generic.secret, raw)))
    _send_refused(day)
    ended += _through_aircall(day)
    for activity in ended:
        day.office.settled(activity)
    _face_refusals_of_the_org(day)
    _ask_the_api(day)
    _lose_the_grant(day)


def _send_refused(day: Day) -> None:
    raw = json.dumps(a_call()).encode()
    day.post(raw, standard_headers("whsec_Y2FuYXJ5LXNlY3JldA==", raw))
    day.post(raw, {"webhook-id": "canary-comment", "webhook-signature": "Zephyrine"})
    unknown = Hook(
        id="", url=f"{day.stack.api}/hooks/canary-comment/call-ended", provider="", secret=""
    )
    day.post(raw, {}, hook=unknown)


def _through_aircall(day: Day) -> list[str]:
    now = int(datetime.now(UTC).timestamp())
    call = {
        "id": 73_420_000 + now % 10_000,
        "direction": "inbound",
        "status": "done",
        "started_at": now - 60,
        "answered_at": now - 50,
        "ended_at": now,
        "duration": 60,
        "raw_digits": "+1 415-555-7342",
        "number": {"digits": "+1 415-555-7342", "name": "canary-queue"},
        "user": {"name": "canary-agent", "email": "canary-agent@canary.example"},
        "contact": {"first_name": "Zephyrine", "last_name": "Quillfeather"},
        "comments": [{"content": "canary-comment", "posted_at": now}],
        "tags": [{"name": "canary-tag"}],
    }
    posted = []
    for token in (day.aircall.secret, "canary-comment"):
        body = {"event": "call.ended", "timestamp": now, "token": token, "data": call}
        posted.append(day.post(json.dumps(body).encode(), {}, hook=day.aircall))
    return [activity for activity in posted if activity]


def _face_refusals_of_the_org(day: Day) -> None:
    """Salesforce refuses in words that quote the caller, times out, and answers with a page."""
    words = "Zephyrine Quillfeather +14155557342 zephyrine.quill@canary.example is refused"
    rule = {"object": "Task", "field": "Description", "op": "contains", "value": "canary-tag"}
    day.office.control("POST", "/_org/settings", {"validation_rules": [rule | {"message": words}]})
    refused = day.office.settled(day.call(a_call()))
    assert refused["state"] == "failed"
    assert "Zephyrine" in refused["text"]
    day.office.control("POST", "/_org/settings", {"validation_rules": []})
    faults = [
        {"match": {"path_regex": "/composite$"}, "effect": effect}
        for effect in ("html_502", "drop_after", "status_503")
    ]
    day.office.control("POST", "/_org/faults", faults)
    for activity in [day.call(a_call()) for _ in faults]:
        day.office.settled(activity)


def _ask_the_api(day: Day) -> None:
    path = f"/v1/tenants/{day.office.tenant}"
    agent = {"email": "canary-agent@canary.example", "name": "canary-agent"}
    day.office.call("PUT", "/people", {"agents": [agent], "own_numbers": ["+14155557000"]})
    day.get(f"{path}/activities", party="+14155557342")
    day.get(f"{path}/activities", state="Zephyrine", external_id="canary-comment")
    day.get(f"{path}/activities/canary-comment")
    day.get("/v1/tenants/+14155557342/settings")
    day.get("/v1/canary-comment")
    day.get(f"{path}/settings", key="canary-comment")
    for body in ({"canary-comment": "Zephyrine"}, {"language": "Zephyrine"}):
        headers = {"authorization": f"Bearer {day.office.admin_key}"}
        url = f"{day.stack.api}{path}/settings"
        requests.patch(url, json=body, headers=headers, timeout=API_TIMEOUT_S)
    day.get("/oauth/salesforce/start", ticket="canary-comment")
    words = "Zephyrine Quillfeather"
    day.get("/oauth/salesforce/callback", state="canary-comment", code="canary-tag", error=words)


def _lose_the_grant(day: Day) -> None:
    """The grant is revoked under way, a call parks, the admin connects again, and it is logged."""
    fault = {"match": {"path_regex": "/services/data/"}, "effect": "revoke"}
    day.office.control("POST", "/_org/faults", [fault])
    parked = day.call(a_call(external={"number": "+14155557342", "name": "Zephyrine"}))
    other = a_call(external={"number": "+14155557343", "name": "Zephyrine Quillfeather"})
    also = day.call(other)
    day.await_parked(parked)
    url = day.office.call("POST", "/connection", {})["connect_url"]
    day.secrets.add(url.partition("ticket=")[2])
    day.office.connect(username=day.office.new_admin())
    day.note_tokens()
    for activity in (parked, also):
        day.office.settled(activity)


def found(canaries: set[str], text: str) -> list[str]:
    return sorted(canary for canary in canaries if canary in text)


def test_no_log_line_holds_a_person(day: Day):
    """Numbers in every form, names, e-mails, words, links, ids that the provider chose."""
    text = log_text(day.stack)

    assert day.office.tenant in text, "these are not the logs of what just happened"
    assert found(set(PERSON), text) == []


def test_no_log_line_holds_a_secret_or_a_token(day: Day):
    """Keys of operator, admin and agent, hook secrets, access and refresh tokens, tickets."""
    assert len(day.secrets) >= 12
    assert found(day.secrets, log_text(day.stack)) == []


def test_metrics_have_dimensions_that_name_no_tenant_and_no_person(day: Day):
    dimensions = metric_dimensions(day.stack)

    assert {name for name, _ in dimensions} <= DIMENSIONS
    assert {"generic", "aircall"} <= {value for _, value in dimensions}
    values = " ".join(value for _, value in dimensions)
    assert found({*PERSON, *day.secrets, day.office.tenant}, values) == []


def test_a_canary_in_a_log_would_be_found(stack: State):
    """The search is able to fail."""
    group = f"/test/{uuid.uuid4().hex}"
    logs = clients(stack.aws_endpoint)("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    line = {
        "timestamp": int(datetime.now(UTC).timestamp() * 1000),
        "message": f"Zephyrine at {group}",
    }
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[line])
    try:
        assert found({f"Zephyrine at {group}"}, log_text(stack)) != []
    finally:
        logs.delete_log_group(logGroupName=group)
