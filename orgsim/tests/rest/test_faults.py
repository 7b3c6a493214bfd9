"""Faults break answers the way networks and orgs do, and leave the right traces."""

import socket
import ssl
import threading
import time

import pytest
import requests

TASK = {"Subject": "Call", "Status": "Completed"}


@pytest.fixture
def app(rest):
    """A caller that faults may hit: a session of a registered app."""
    scope = "api refresh_token"
    grant = rest.org.grants.grant(rest.org.store.admin_id, "PlatformCLI", scope)
    token = rest.org.grants.open_session(rest.org.store.admin_id, "PlatformCLI", grant, scope)
    rest.refresh_token = rest.org.grants.new_refresh_token(grant)
    rest.app_headers = {"Authorization": f"Bearer {token}"}
    return rest


def create_task(app, **more):
    return app.call("POST", "/sobjects/Task", TASK, headers=app.app_headers, **more)


def tasks(app):
    return len(app.query("SELECT Id FROM Task"))


@pytest.mark.parametrize(
    ("effect", "status", "kind"),
    [
        pytest.param("status_503", 503, "application/json;charset=UTF-8", id="json_503"),
        pytest.param("html_502", 502, "text/html", id="html_502"),
        pytest.param("limit_exceeded", 403, "application/json;charset=UTF-8", id="limit"),
        pytest.param("lock_row", 400, "application/json;charset=UTF-8", id="lock"),
        pytest.param("revoke", 401, "application/json;charset=UTF-8", id="revoke"),
    ],
)
def test_a_refusing_fault_does_nothing_and_strikes_once(app, effect, status, kind):
    """The next request goes through, unless the grant is gone."""
    app.fault(effect)

    first = create_task(app)

    assert (first.status_code, first.headers["Content-Type"]) == (status, kind)
    assert tasks(app) == 0
    assert create_task(app).status_code == (401 if effect == "revoke" else 201)


def test_a_lock_reads_as_in_a_real_org(app):
    """It names the row that is held."""
    contact = app.create("Contact", LastName="F")
    app.fault("lock_row", match={"object": "Task"})

    answer = app.call("POST", "/sobjects/Task", {**TASK, "WhoId": contact}, headers=app.app_headers)

    assert answer.json() == [
        {
            "message": f"unable to obtain exclusive access to this record or 1 records: {contact}",
            "errorCode": "UNABLE_TO_LOCK_ROW",
            "fields": [],
        }
    ]


def test_a_lock_inside_a_composite_fails_its_subrequest(app):
    """And undoes the others when all or none is asked for."""
    app.fault("lock_row", match={"object": "task"})
    body = {
        "allOrNone": True,
        "compositeRequest": [
            {
                "method": "POST",
                "referenceId": name,
                "url": f"/services/data/v62.0/sobjects/{name}",
                "body": {"Subject": "x"} if name == "Task" else {"Name": "x"},
            }
            for name in ("Account", "Task")
        ],
    }

    results = app.call("POST", "/composite", body, headers=app.app_headers).json()

    codes = [r["body"][0]["errorCode"] for r in results["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "UNABLE_TO_LOCK_ROW"]
    assert app.query("SELECT Id FROM Account") == []


@pytest.mark.parametrize(
    ("effect", "stored"),
    [
        pytest.param("drop_before", 0, id="before_anything_was_done"),
        pytest.param("drop_after", 1, id="after_it_was_done"),
        pytest.param("commit_then_timeout", 1, id="after_a_silence"),
    ],
)
def test_a_dropped_connection_gives_no_answer(app, effect, stored):
    """What was stored depends on when the line was cut."""
    app.fault(effect, delay_s=0.1)

    with pytest.raises(requests.ConnectionError):
        create_task(app)

    assert tasks(app) == stored
    last = app.control("GET", "requests")["items"][0]
    assert (last["status"], last["fault"]) == (0, effect)


def test_the_line_is_cut_below_http_and_tls(app):
    """The client reads the end of the stream and not one byte before it."""
    app.fault("drop_before")
    context = ssl.create_default_context(cafile=app.addresses.ca_file)
    port = int(app.addresses.instance_url.rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=True) as line,
    ):
        line.sendall(b"GET /services/data/v62.0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            received = line.recv(1)
        except ConnectionResetError:
            received = b""

    assert received == b""


def test_a_silent_org_has_stored_what_the_client_gave_up_on(app):
    """By default the silence outlasts every client."""
    app.fault("commit_then_timeout")

    with pytest.raises(requests.ReadTimeout):
        app.session.post(
            f"{app.base}/sobjects/Task", json=TASK, headers=app.app_headers, timeout=0.3
        )

    assert tasks(app) == 1


def test_a_held_request_commits_after_its_client_has_gone(app):
    """The org does what it was asked, whatever the client does meanwhile."""
    app.fault("hold_then_commit", delay_s=0.5)

    with pytest.raises(requests.ReadTimeout):
        app.session.post(
            f"{app.base}/sobjects/Task", json=TASK, headers=app.app_headers, timeout=0.2
        )
    before = tasks(app)
    deadline = time.monotonic() + 5
    while tasks(app) == 0 and time.monotonic() < deadline:
        time.sleep(0.05)

    assert (before, tasks(app)) == (0, 1)


@pytest.mark.parametrize("effect", ["hold_then_commit", "slow"])
def test_a_request_held_too_long_never_commits(app, effect):
    """It is answered 503 and nothing is stored."""
    app.settings(request_limit_s=0.1)
    app.fault(effect, delay_s=0.3)

    answer = create_task(app)

    assert (answer.status_code, tasks(app)) == (503, 0)


def test_a_slow_answer_is_right(app):
    """Only late."""
    app.fault("slow", delay_s=0.3)
    began = time.monotonic()

    answer = create_task(app)

    assert (answer.status_code, tasks(app)) == (201, 1)
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    ("match", "statuses"),
    [
        pytest.param({"nth": 2}, [201, 503, 201], id="the_second_only"),
        pytest.param({"method": "post"}, [503, 201, 201], id="by_method"),
        pytest.param({"method": "PATCH"}, [201, 201, 201], id="another_method"),
        pytest.param({"path_regex": r"/sobjects/Task$"}, [503, 201, 201], id="by_path"),
        pytest.param({"path_regex": r"/sobjects/Lead"}, [201, 201, 201], id="another_path"),
        pytest.param({"object": "Task"}, [503, 201, 201], id="by_object"),
        pytest.param({"object": "Lead"}, [201, 201, 201], id="another_object"),
    ],
)
def test_a_fault_strikes_what_it_matches(app, match, statuses):
    """And nothing else."""
    app.fault("status_503", match=match)

    assert [create_task(app).status_code for _ in range(3)] == statuses


def test_a_fault_strikes_as_often_as_it_says(app):
    """From the nth on."""
    app.fault("status_503", match={"nth": 2}, times=2)

    assert [create_task(app).status_code for _ in range(4)] == [201, 503, 503, 201]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        pytest.param("/query", {"q": "SELECT Id FROM Lead"}, id="a_query"),
        pytest.param(
            "/search", {"q": "FIND {x1} RETURNING Contact(Id), Lead(Id)"}, id="a_search_further_on"
        ),
        pytest.param("/sobjects/Lead/describe", {}, id="a_describe"),
    ],
)
def test_an_object_is_matched_wherever_it_is_named(app, path, params):
    """In the address or in the statement."""
    app.fault("status_503", match={"object": "Lead"})

    answer = app.call("GET", path, params=params, headers=app.app_headers)

    assert answer.status_code == 503


def test_a_lost_answer_to_a_refresh_has_rotated_the_token(app):
    """Asking again with the old token is a reuse, which ends the grant."""
    app.settings(connected_apps=[{"client_id": "dialer", "redirect_uris": [], "rotation": True}])
    grant = app.org.grants.grant(app.org.store.admin_id, "dialer", "api refresh_token")
    token = app.org.grants.new_refresh_token(grant)
    app.fault("drop_after", match={"path_regex": "/services/oauth2/token"})
    form = {"grant_type": "refresh_token", "client_id": "dialer", "refresh_token": token}
    url = f"{app.addresses.http_url}/services/oauth2/token"

    with pytest.raises(requests.ConnectionError):
        app.session.post(url, data=form, timeout=10)
    again = app.session.post(url, data=form, timeout=10)

    assert again.json()["error_description"] == "expired access/refresh token"


def test_control_tokens_are_never_hit(app):
    """A check must see what is there."""
    app.fault("status_503", times=100)

    assert app.call("GET", "/limits").status_code == 200


def test_clearing_removes_every_fault(app):
    """DELETE on the control plane."""
    app.fault("status_503", times=100)
    app.control("DELETE", "faults")

    assert create_task(app).status_code == 201


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"effect": "explode"}, id="unknown_effect"),
        pytest.param({}, id="no_effect"),
        pytest.param({"effect": "slow", "when": 1}, id="unknown_key"),
        pytest.param({"effect": "slow", "match": {"user": "x"}}, id="unknown_match_key"),
        pytest.param({"effect": "slow", "match": {"path_regex": "("}}, id="broken_pattern"),
        pytest.param({"effect": "slow", "times": 0}, id="never"),
        pytest.param({"effect": "slow", "delay_s": "long"}, id="delay_in_words"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(rest, fault):
    """422, and the good ones beside it are not set either."""
    answer = rest.control("POST", "faults", [{"effect": "slow"}, fault], status=422)

    assert answer["error"]["code"] == "invalid_faults"
    assert not rest.org.faults.any_set()


@pytest.mark.parametrize("writers", [8])
def test_many_writers_with_one_key_make_one_record(app, writers):
    """The unique field holds under concurrency; the losers read DUPLICATE_VALUE."""
    app.settings(external_id_field=True)
    codes: list[int] = []

    def write():
        answer = requests.post(
            f"{app.base}/sobjects/Task",
            json={**TASK, "Switchhook_Key__c": "k-1"},
            headers=app.app_headers,
            timeout=10,
        )
        codes.append(answer.status_code)

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == [201] + [400] * (writers - 1)
    assert tasks(app) == 1
