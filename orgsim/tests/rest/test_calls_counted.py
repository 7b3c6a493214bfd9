"""What a request costs, and how many long ones may run at a time."""

import threading
import time

import pytest

V = "/services/data/v62.0"
ACCOUNT = {"attributes": {"type": "Account", "referenceId": "a"}, "Name": "A"}


def sub(reference_id):
    return {"referenceId": reference_id, "method": "GET", "url": f"{V}/limits/recordCount"}


PARTS = [{"method": "GET", "url": "v62.0/limits"}] * 3


@pytest.mark.parametrize(
    ("method", "path", "body", "cost"),
    [
        pytest.param("GET", "/sobjects", None, 1, id="a_read"),
        pytest.param("GET", "/sobjects/Shoe", None, 1, id="a_failed_one"),
        pytest.param("GET", "/limits", None, 1, id="limits"),
        pytest.param(
            "POST", "/composite", {"compositeRequest": [sub("a"), sub("b")]}, 1, id="composite"
        ),
        pytest.param(
            "POST",
            "/composite/graph",
            {"graphs": [{"graphId": "g", "compositeRequest": [sub("a"), sub("b")]}]},
            1,
            id="graph",
        ),
        pytest.param("POST", "/composite/tree/Account", {"records": [ACCOUNT]}, 1, id="tree"),
        pytest.param("POST", "/composite/sobjects", {"records": [ACCOUNT] * 3}, 1, id="collection"),
        pytest.param("POST", "/composite/batch", {"batchRequests": PARTS}, 3, id="batch"),
        pytest.param("POST", "/composite/batch", {"batchRequests": []}, 1, id="refused_batch"),
    ],
)
def test_each_flavour_has_its_price(rest, method, path, body, cost):
    """A batch costs a call per part, everything else one; the journal says so too."""
    rest.settings(api_limit=500, api_used=0)

    answer = rest.call(method, path, body)

    entry = rest.control("GET", "requests")["items"][-1]
    assert rest.org.usage.used == cost
    assert entry["counted"] == cost
    assert answer.headers["Sforce-Limit-Info"] == f"api-usage={cost}/500"


def test_a_batch_that_runs_out_of_calls_fails_from_there_on(rest):
    """403 for the part, not for the batch."""
    rest.settings(api_limit=2, api_used=0)

    body = rest.ask("POST", "/composite/batch", {"batchRequests": PARTS})

    assert [r["statusCode"] for r in body["results"]] == [200, 200, 403]
    assert body["results"][2]["result"][0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    assert rest.org.usage.used == 2


def test_parts_that_were_halted_cost_nothing(rest):
    """They did not run."""
    rest.settings(api_used=0)
    missing = {"method": "GET", "url": "v62.0/sobjects/Shoe"}

    rest.ask("POST", "/composite/batch", {"haltOnError": True, "batchRequests": [missing, *PARTS]})

    assert rest.org.usage.used == 1


@pytest.fixture
def app(rest):
    """A caller that faults may hit."""
    return rest.log_in_as_app()


@pytest.mark.parametrize(
    ("allowed", "refused"), [(1, True), (2, False)], ids=["at_the_limit", "below_it"]
)
def test_long_requests_keep_further_ones_out(rest, app, allowed, refused):
    """403 while they run, without Retry-After; the org's own observer is let through."""
    rest.settings(long_requests_allowed=allowed, long_request_s=0.05)
    rest.fault("slow", delay_s=1)
    held = threading.Thread(
        target=rest.session.get, args=(f"{rest.base}/limits",), kwargs={"headers": app}
    )
    held.start()
    while not rest.org.long_requests.reached(1, 0.05):
        time.sleep(0.01)

    answer = rest.call("GET", "/limits", headers=app)
    observer = rest.call("GET", "/limits")
    held.join()
    after = rest.call("GET", "/limits", headers=app)

    assert (answer.status_code == 403) is refused
    assert not refused or answer.json() == [
        {
            "message": "ConcurrentPerOrgLongTxn Limit exceeded.",
            "errorCode": "REQUEST_LIMIT_EXCEEDED",
        }
    ]
    assert "Retry-After" not in answer.headers
    assert (observer.status_code, after.status_code) == (200, 200)


def test_a_fault_waits_for_the_objects_inside_graphs_batches_and_trees(rest, app):
    """It strikes whatever flavour names its object."""
    lock = {"match": {"object": "Contact"}, "times": 3}
    rest.fault("status_503", **lock)
    node = {
        "referenceId": "a",
        "method": "POST",
        "url": f"{V}/sobjects/Contact",
        "body": {"LastName": "F"},
    }
    part = {"method": "GET", "url": "v62.0/sobjects/Contact"}
    calls = [
        ("/composite/graph", {"graphs": [{"graphId": "g", "compositeRequest": [node]}]}),
        ("/composite/batch", {"batchRequests": [part]}),
        ("/composite/tree/Contact", {"records": []}),
        ("/composite/tree/Account", {"records": []}),
    ]

    statuses = [rest.call("POST", path, body, headers=app).status_code for path, body in calls]

    assert statuses == [503, 503, 503, 400]
