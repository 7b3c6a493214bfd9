"""One port call is at most one remote effect: a crash between two effects is always between two calls.

A whole life of a tenant is led against the emulator and the org with every port watched; what each call
asked the network for is counted below the libraries.
"""

import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Protocol

import pytest

from builders.port_watch import PortCall, PortWatch, Sent, methods_of
from builders.site import site_for
from builders.tenant_life import lead_a_whole_life
from builders.watched_site import PROTOCOLS, WatchedSite
from orgsim.server import OrgServer

pytestmark = [pytest.mark.emulator, pytest.mark.org]

QUERY = "DynamoDB_20120810.Query"
READ_SECRET = "secretsmanager.GetSecretValue"
UNUSED = {
    "Entries.read": "the half of Ledger that only reads, which is watched as a whole",
    "Entries.head": "the same",
    "Entries.holds": "the same",
    "AnswersChallenges.answer_challenge": "a computation on the handshake of one provider",
}


def only_pages(sent: list[Sent]) -> bool:
    return all(one.what == QUERY for one in sent)


def refused_before_the_last(sent: list[Sent]) -> bool:
    return len(sent) == 2 and sent[0].status == 400


def secret_read_first(sent: list[Sent]) -> bool:
    return len(sent) == 2 and sent[0].what == READ_SECRET


EXCEPTIONS: dict[str, tuple[Callable[[list[Sent]], bool], str]] = {
    "Ledger.read": (only_pages, "an activity above 1 MB comes in pages, and reading has no effect"),
    "LedgerReader.story": (only_pages, "the same"),
    "TenantReader.settings_at": (only_pages, "old settings versions come in pages"),
    "Ledger.commit": (
        refused_before_the_last,
        "a refused transaction has changed nothing; it is sent again without foreign give-backs",
    ),
    "Flights.take_off": (
        refused_before_the_last,
        "the refusal shows whose place has expired; only the second request takes one",
    ),
    "DueDates.postpone": (
        refused_before_the_last,
        "the refusal shows the date that keeps the marker; only the second request moves it",
    ),
    "TokenEndpoint.exchange": (secret_read_first, "the app's secret is read once in 300 s"),
    "TokenEndpoint.refresh": (secret_read_first, "the app's secret is read once in 300 s"),
}


def offences(watch: PortWatch) -> list[str]:
    """Every call that asked the network twice without an exception for it."""
    return [str(call) for call in watch.calls if len(call.requests) > 1 and not _excused(call)]


def _excused(call: PortCall) -> bool:
    excuse = EXCEPTIONS.get(call.name)
    return excuse is not None and excuse[0](call.requests)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[PortWatch]:
    watch = PortWatch()
    with watch.watching(monkeypatch):
        yield watch


@pytest.fixture
def at(
    aws, tables, fresh_org: OrgServer, watch: PortWatch, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WatchedSite]:
    site = site_for(aws, tables, fresh_org, monkeypatch)
    watched = WatchedSite(site, watch, aws)
    yield watched
    watched.close()
    site.close()


@pytest.mark.rule("SH-1")
def test_in_a_tenants_whole_life_no_port_call_asks_twice_or_sleeps(
    at: WatchedSite, watch: PortWatch, subtests
):
    lead_a_whole_life(at)

    with subtests.test("one request a call"):
        assert offences(watch) == []
    with subtests.test("no sleep"):
        assert [str(call) for call in watch.calls if call.slept] == []
    with subtests.test("every method was called, or its absence has a reason"):
        promised = {
            f"{name}.{method}" for name, port in PROTOCOLS.items() for method in methods_of(port)
        }
        assert sorted(promised - watch.exercised - UNUSED.keys()) == []
    with subtests.test("every exception is needed"):
        twice = {call.name for call in watch.calls if len(call.requests) > 1}
        paged = {name for name, (holds, _) in EXCEPTIONS.items() if holds is only_pages}
        assert sorted(EXCEPTIONS.keys() - paged - twice) == []


class _Doer(Protocol):
    def do(self) -> None: ...


class _Once(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Once)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("times", "caught"),
    [pytest.param(1, False, id="one_request_is_fine"), pytest.param(2, True, id="two_are_caught")],
)
def test_the_watch_counts_requests(watch: PortWatch, address: str, *, times: int, caught: bool):
    class Asks:
        def do(self) -> None:
            for _ in range(times):
                urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own server

    watch.over(_Doer, Asks()).do()

    assert bool(offences(watch)) is caught
    assert [sent.status for sent in watch.calls[0].requests] == [200] * times


def test_the_watch_notices_a_sleep(watch: PortWatch):
    class Rests:
        def do(self) -> None:
            time.sleep(3600)

    watch.over(_Doer, Rests()).do()

    assert [call.slept for call in watch.calls] == [True]
