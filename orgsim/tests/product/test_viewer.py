"""The request log in a browser."""

import re

import pytest
import requests

from orgsim.journal import Journal

pytestmark = [pytest.mark.org, pytest.mark.browser]

API = "/services/data/v62.0"
RENEWED_MS = 5_000


@pytest.fixture
def page(browser, caller):
    """The page of the log, in a browser that notes what it loads and what goes wrong in it."""
    context = browser.new_context()
    page = context.new_page()
    page.loaded, page.problems = [], []
    page.on("request", lambda request: page.loaded.append(request.url))
    page.on("console", lambda message: page.problems.append(message.text))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(caller.log_url)
    yield page
    context.close()


def shown(page):
    """The cells of the log, newest first, without the time."""
    rows = page.locator("#log tbody tr").all()
    cells = [[cell.inner_text() for cell in row.locator("td").all()] for row in rows]
    return [[*row[:1], *row[2:]] for row in cells]


def wait_for_rows(page, count):
    script = "count => document.querySelectorAll('#log tbody tr').length === count"
    page.wait_for_function(script, arg=count, timeout=RENEWED_MS)


def test_the_log_shows_each_request_with_what_it_cost_as_it_comes_in(caller, page):
    """Without being loaded again, and the newest first."""
    assert page.locator("#summary").inner_text() == "No request has come in yet."

    caller.get("/services/data")
    caller.get(f"{API}/limits")

    wait_for_rows(page, 2)
    assert [row[1:] for row in shown(page)] == [
        ["GET", f"{API}/limits", "200", "1", "control", ""],
        ["GET", "/services/data", "200", "0", "control", ""],
    ]
    numbers = [int(row[0]) for row in shown(page)]
    assert numbers[0] == numbers[1] + 1
    summary = page.locator("#summary").inner_text()
    assert summary == "2 of 2 requests; 1 counted as API calls, 0 with a fault."


def test_the_log_shows_faults_requests_that_wait_and_lines_that_were_cut(caller, page):
    """The fault stands beside the status it led to."""
    faults = [
        {"effect": "status_503", "match": {"path_regex": "/authorize"}},
        {"effect": "drop_before", "match": {"path_regex": "/token"}},
        {"effect": "slow", "delay_s": 600, "match": {"path_regex": "/revoke"}},
    ]
    caller.control("POST", "faults", faults)
    oauth = f"{caller.addresses.http_url}/services/oauth2"

    requests.get(f"{oauth}/authorize", timeout=10)
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{oauth}/token", timeout=10)
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{oauth}/revoke", timeout=0.2)

    wait_for_rows(page, 3)
    assert [(row[3], row[6]) for row in shown(page)] == [
        ("waiting", "slow"),
        ("cut", "drop_before"),
        ("503", "status_503"),
    ]


@pytest.mark.parametrize(
    ("field", "text", "statuses"),
    [
        ("path", "LIMITS", ["200"]),
        ("status", "404", ["404"]),
        ("status", "4xx", ["404", "401"]),
        ("status", "cut", []),
    ],
    ids=[
        "part_of_the_path_in_any_case",
        "a_status",
        "a_class_of_statuses",
        "nothing_that_fits",
    ],
)
def test_a_filter_keeps_what_fits(caller, page, field, text, statuses):
    """What is typed filters at once and stands in the address, which shows the same again."""
    caller.get(f"{API}/limits", token="unknown" if field == "status" else None)
    caller.get(f"{API}/nothing")
    wait_for_rows(page, 2)

    page.fill(f"#{field}", text)

    wait_for_rows(page, len(statuses))
    assert [row[3] for row in shown(page)] == statuses
    assert page.url == f"{caller.log_url}?{field}={text}"
    page.reload()
    assert [row[3] for row in shown(page)] == statuses
    assert page.input_value(f"#{field}") == text


def test_only_requests_with_a_fault_are_shown_on_request(caller, page):
    """The box counts as a filter like the others."""
    caller.control("POST", "faults", [{"effect": "html_502", "match": {"path_regex": "/token"}}])
    requests.post(f"{caller.addresses.http_url}/services/oauth2/token", timeout=10)
    caller.get("/services/data")
    wait_for_rows(page, 2)

    page.check("#faults")

    wait_for_rows(page, 1)
    assert shown(page)[0][3:] == ["502", "0", "", "html_502"]


def test_the_page_loads_nothing_but_itself_and_complains_of_nothing(caller, page):
    """No script, style, picture or font from anywhere else."""
    caller.get("/services/data")
    wait_for_rows(page, 1)

    assert {re.sub(r"\?.*", "", url) for url in page.loaded} <= {caller.log_url, "data:,"}
    assert page.problems == []


def test_a_path_cannot_put_markup_into_the_page(caller, page):
    """It is shown as it came."""
    caller.get("/<img src=x onerror=document.title=1>")
    address = f"{caller.log_url}?path=%22%3E%3Cimg+src%3Dx%3E"
    wait_for_rows(page, 1)

    page.goto(address)

    assert page.input_value("#path") == '"><img src=x>'
    assert page.locator("img").count() == 0
    assert page.title() == "orgsim: requests"


def test_a_paused_page_stays_as_it_is(caller, page):
    """Until the pause ends."""
    page.check("#pause")
    loaded = len(page.loaded)
    caller.get("/services/data")

    page.wait_for_timeout(1_500)
    assert (shown(page), len(page.loaded)) == ([], loaded)
    page.uncheck("#pause")

    wait_for_rows(page, 1)


def test_the_log_itself_is_neither_noted_nor_counted(caller, page):
    """Watching changes nothing."""
    page.wait_for_timeout(1_200)

    assert caller.journal() == []


def test_asking_from_a_number_on_gives_what_came_after_it(caller):
    """Also after the journal was emptied: numbers go on."""
    journal = Journal()
    moment = caller.server.org.store.now()
    for _ in range(3):
        journal.begin(moment, "GET", "/a")

    assert [entry.number for entry in journal.since(number=1)] == [2, 3]
    journal.clear()
    assert journal.since(number=1) == []
    journal.begin(moment, "GET", "/b")
    assert [entry.number for entry in journal.since(number=1)] == [4]
    assert [entry.number for entry in journal.since(number=4)] == []
