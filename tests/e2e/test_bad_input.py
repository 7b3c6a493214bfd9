"""Whatever comes in from outside, through the deployed stack: the right answer, and nothing left behind."""

import base64
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from builders.stack_logs import await_lines, log_text
from builders.worst_text import LARGE, WORST, large_call
from local.office import API_TIMEOUT_S, Hook, Office, standard_headers
from local.state import State

pytestmark = pytest.mark.stack

NUMBER = "+14155557001"
DESCRIPTION_LIMIT = 32_000
MEBIBYTE = 1_048_576
TRACE_SIGNS = ("Traceback", 'File "', "botocore", "/var/task", "/opt/python", "Error(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """A connected tenant with one hook."""

    office: Office
    agent_key: str
    hook: Hook


@pytest.fixture(scope="module")
def firm(stack: State) -> Firm:
    office = Office(stack, name="Bad input", settings={"calls": {"unknown_number": "lead"}})
    office.connect(username=office.new_admin())
    made = office.call("POST", "/keys/rotate", {"role": "agent"})
    return Firm(office=office, agent_key=made["key"], hook=office.add_hook("generic"))


def a_call(**changes: object) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "type": "call.ended",
        "call_id": f"c-{uuid.uuid4().hex}",
        "direction": "inbound",
        "outcome": "answered",
        "external": {"number": NUMBER, "name": "Ada Byron"},
        "started_at": _iso(now - timedelta(seconds=60)),
        "ended_at": _iso(now),
        "talk_s": 30,
        **changes,
    }


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def post(url: str, raw: bytes, headers: dict[str, str]) -> requests.Response:
    return requests.post(url, data=raw, headers=headers, timeout=API_TIMEOUT_S)


def assert_refused(answer: requests.Response, status: int) -> dict[str, Any]:
    """The contract's error shape, a sentence, and no trace."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    error = answer.json()["error"]
    assert set(error) <= {"code", "message", "fields"}
    assert re.fullmatch(r"[a-z][a-z0-9_]*", error["code"])
    assert error["message"].endswith(".")
    assert [sign for sign in TRACE_SIGNS if sign in answer.text] == []
    return error


def _stale(secret: str, raw: bytes) -> dict[str, str]:
    return standard_headers(secret, raw, at=int(datetime.now(UTC).timestamp()) - 301)


def _from_the_future(secret: str, raw: bytes) -> dict[str, str]:
    return standard_headers(secret, raw, at=int(datetime.now(UTC).timestamp()) + 330)


def _forged(_secret: str, raw: bytes) -> dict[str, str]:
    return standard_headers("whsec_" + base64.b64encode(b"another secret").decode(), raw)


def _with(**headers: str) -> Callable[[str, bytes], dict[str, str]]:
    named = {f"webhook-{name}": value for name, value in headers.items()}
    return lambda secret, raw: standard_headers(secret, raw) | named


UNPROVEN = (
    pytest.param(_forged, id="another_secret"),
    pytest.param(_stale, id="older_than_300_s"),
    pytest.param(_from_the_future, id="ahead_of_our_clock"),
    pytest.param(_with(signature="v1,%%%"), id="signature_is_no_base64"),
    pytest.param(_with(signature="v1"), id="signature_without_a_value"),
    pytest.param(_with(signature="v2,AAAA"), id="another_version"),
    pytest.param(_with(signature="v1," + "A" * 4000), id="an_endless_signature"),
    pytest.param(_with(signature=""), id="a_blank_signature"),
    pytest.param(_with(timestamp="yesterday"), id="a_timestamp_in_words"),
    pytest.param(_with(timestamp="9" * 400), id="an_endless_timestamp"),
    pytest.param(_with(timestamp="1795187100.5"), id="a_broken_timestamp"),
    pytest.param(_with(id="another-id"), id="another_event_id"),
    pytest.param(lambda _secret, _raw: {}, id="no_headers"),
)


@pytest.mark.rule("SH-2", "SH-10")
@pytest.mark.parametrize("headers_for", UNPROVEN)
def test_what_is_not_proven_is_answered_with_401_and_leaves_nothing(
    stack: State, firm: Firm, headers_for: Callable[[str, bytes], dict[str, str]]
):
    """Neither in the ledger nor in any log."""
    word = f"canary{uuid.uuid4().hex}"
    body = a_call(external={"number": NUMBER, "name": word})
    raw = json.dumps(body).encode()
    already = log_text(stack).count("signature_rejected")

    answer = post(firm.hook.url, raw, headers_for(firm.hook.secret, raw))

    assert assert_refused(answer, 401)["code"] == "not_proven"
    assert _known(firm, body["call_id"]) == []
    # The emulator reads a late line of a log with the worker's next invocation, which that was.
    await_lines(stack, "signature_rejected", more_than=already)
    assert word not in log_text(stack)
    assert body["call_id"] not in log_text(stack)


def _known(firm: Firm, call_id: str) -> list[str]:
    """Ids under which the ledger knows a call, asked after a later, proven one has come through."""
    proven = firm.office.post(firm.hook, a_call(direction="internal"))
    firm.office.settled(proven.json()["activity_id"])
    listed = firm.office.call("GET", f"/activities?external_id={call_id}")
    return [item["id"] for item in listed["items"]]


@pytest.mark.parametrize(
    ("size", "status"),
    [
        pytest.param(MEBIBYTE, 401, id="a_mebibyte_is_read_and_not_proven"),
        pytest.param(MEBIBYTE + 1, 413, id="one_byte_more_is_too_large"),
        pytest.param(3 * MEBIBYTE, 413, id="much_more_too"),
    ],
)
def test_a_body_above_one_mebibyte_is_answered_with_413(firm: Firm, size: int, status: int):
    assert_refused(post(firm.hook.url, b"x" * size, {}), status)


@pytest.mark.parametrize(
    "hook_id",
    ["h_aaaaaaaaaaaaaaaa", "x", "%00", "h_%F0%9F%98%80", "a" * 500, "'; DROP--"],
)
def test_an_unknown_hook_is_answered_with_404(stack: State, hook_id: str):
    answer = post(f"{stack.api}/hooks/{hook_id}/call-ended", b"{}", {})

    assert_refused(answer, 404)


def test_a_hook_of_calls_is_unknown_where_chats_are_told(firm: Firm):
    url = firm.hook.url.replace("/call-ended", "/chat-ended")

    assert_refused(post(url, b"{}", {}), 404)


def test_a_probe_of_an_address_for_chats_is_answered(stack: State):
    """Intercom asks with HEAD before it takes an address; the answer tells no hook from none."""
    answer = requests.head(
        f"{stack.api}/hooks/h_aaaaaaaaaaaaaaaa/chat-ended", timeout=API_TIMEOUT_S
    )

    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.rule("SH-2")
@pytest.mark.parametrize(
    ("body", "state", "says"),
    [
        pytest.param({"type": "call.sung"}, "skipped", "call.sung", id="an_unknown_type"),
        pytest.param({}, "failed", "type", id="an_empty_object"),
        pytest.param([1, 2], "failed", "not a JSON object", id="a_list"),
        pytest.param({"type": "call.ended", "call_id": "x"}, "failed", "direction", id="no_facts"),
        pytest.param(
            a_call(call_id="y", started_at="soon"), "failed", "started_at", id="a_time_in_words"
        ),
        pytest.param(a_call(call_id="z", talk_s=-1), "failed", "talk_s", id="a_negative_time"),
        pytest.param(b"\xff\xfe{", "failed", "cannot be read", id="no_text_at_all"),
        pytest.param(b"[" * 200_000, "failed", "cannot be read", id="a_deep_nest"),
        pytest.param(
            b'{"type":' + b"9" * 9_000 + b"}", "failed", "JSON object", id="an_endless_number"
        ),
    ],
)
def test_a_proven_event_of_another_shape_is_accepted_and_explained_to_the_admin(
    firm: Firm, body: Any, state: str, says: str
):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    answer = post(firm.hook.url, raw, standard_headers(firm.hook.secret, raw))

    assert answer.status_code == 202
    activity = firm.office.settled(answer.json()["activity_id"])
    assert activity["state"] == state
    assert says in activity["text"]
    assert activity["reason"] == ("unreadable" if state == "failed" else "ignored_type")


@pytest.mark.rule("SH-1", "SH-2")
@pytest.mark.parametrize("kind", WORST)
def test_a_million_bytes_of_the_worst_text_become_exactly_one_task(firm: Firm, kind: str):
    """Salesforce counts characters as Java does: an emoji is two."""
    body = a_call()
    raw = large_call(body, WORST[kind])
    assert LARGE * 0.95 < len(raw) <= MEBIBYTE

    answer = post(firm.hook.url, raw, standard_headers(firm.hook.secret, raw))

    assert answer.status_code == 202
    activity = firm.office.settled(answer.json()["activity_id"])
    assert activity["state"] == "logged", activity["text"]
    (slot,) = activity["slots"]
    tasks = firm.office.query(
        f"SELECT Id, Subject, Description FROM Task WHERE CallObject = '{slot['key']}'"
    )
    (task,) = tasks
    assert len(task["Description"].encode("utf-16-le", "surrogatepass")) // 2 <= DESCRIPTION_LIMIT
    assert task["Description"].rstrip().endswith(f"Call id: {body['call_id']}")


def test_unknown_and_invalid_settings_are_answered_with_422_naming_each(firm: Firm):
    wrong = {"colour": "red", "calls": {"log_internal": "perhaps", "volume": 11}, "language": "xx"}

    answer = _ask(firm, "PATCH", "/settings", wrong)

    error = assert_refused(answer, 422)
    assert {"colour", "calls.log_internal", "calls.volume", "language"} == set(error["fields"])


@pytest.mark.parametrize(
    ("key", "status"), [("another", 404), ("agent", 403), ("made_up", 401), ("none", 401)]
)
@pytest.mark.parametrize("path", ["/settings", "/hooks", "/connection", "/activities"])
def test_only_the_tenants_admin_reads_its_things(
    stack: State, firm: Firm, key: str, path: str, status: int
):
    keys = {
        "another": Office(stack, name="Another").admin_key if key == "another" else "",
        "agent": firm.agent_key,
        "made_up": "sha_" + "a" * 40,
        "none": None,
    }

    assert_refused(_ask(firm, "GET", path, key=keys[key]), status)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        pytest.param(b"{", 400, id="half_a_body"),
        pytest.param(b"\xff", 400, id="no_text"),
        pytest.param(b"[" * 100_000, 400, id="a_deep_nest"),
        pytest.param(b"[]", 422, id="a_list"),
        pytest.param(b"", 400, id="nothing"),
    ],
)
def test_a_body_that_is_no_json_is_refused_by_the_api(firm: Firm, raw: bytes, status: int):
    answer = requests.post(
        f"{firm.office.state.api}/v1/tenants/{firm.office.tenant}/hooks",
        data=raw,
        headers={"authorization": f"Bearer {firm.office.admin_key}"},
        timeout=API_TIMEOUT_S,
    )

    assert answer.status_code in (status, 422), answer.text
    assert_refused(answer, answer.status_code)


def _ask(
    firm: Firm, method: str, path: str, body: object = None, *, key: str | None = ""
) -> requests.Response:
    """Calls the tenant's part of the API; an empty key means the admin's own, None means none."""
    headers = {} if key is None else {"authorization": f"Bearer {key or firm.office.admin_key}"}
    return requests.request(
        method,
        f"{firm.office.state.api}/v1/tenants/{firm.office.tenant}{path}",
        json=body,
        headers=headers,
        timeout=API_TIMEOUT_S,
    )
