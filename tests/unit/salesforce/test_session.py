import json

import pytest
import requests

from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.adapters.salesforce.session import (
    CONNECTION_RESTS_S,
    BoundedSession,
    Bounds,
    DataSession,
    RestApi,
)
from switchhook.adapters.secrets import CACHED_S, StoredApps
from switchhook.domain.connection import ApiUsage, Grant
from switchhook.domain.errors import OutcomeUnknown, Permanent, Retryable

BOUNDS = Bounds(hosts=SalesforceHosts(), connect_timeout_s=5, read_timeout_s=25)
URL = "https://acme.my.salesforce.com/services/data/v62.0/limits/"
GRANT = Grant(
    tenant="t-1",
    generation=1,
    access_token="00D!token",
    instance_url="https://acme.my.salesforce.com",
    org_id="00D",
    user_id="005",
)


class Wire(requests.adapters.BaseAdapter):
    """Answers in the place of a network."""

    def __init__(self, body="{}", status=200, headers=None):
        super().__init__()
        self.body, self.status, self.headers = body, status, headers or {}
        self.sent, self.closed = [], 0

    def send(self, request, **options):
        self.sent.append((request, options))
        answer = requests.Response()
        answer.status_code = self.status
        answer._content = self.body.encode()
        answer.headers = requests.structures.CaseInsensitiveDict(self.headers)
        answer.request, answer.url = request, request.url
        return answer

    def close(self):
        self.closed += 1


def session_on(wire, kind=BoundedSession, **more):
    session = kind(BOUNDS, **more)
    session.mount("https://", wire)
    return session


def test_every_request_is_bounded_and_goes_nowhere_else():
    wire = Wire(status=302, headers={"location": "https://evil.example"})

    answer = session_on(wire).request("GET", URL)

    ((_, options),) = wire.sent
    assert options["timeout"] == (5, 25)
    assert answer.status_code == 302


def test_nobody_can_set_other_bounds():
    wire = Wire()

    session_on(wire).request("GET", URL, timeout=None, allow_redirects=True)

    assert wire.sent[0][1]["timeout"] == (5, 25)


@pytest.mark.parametrize("url", ["https://evil.example/x", "http://acme.my.salesforce.com/x"])
def test_a_request_to_a_foreign_host_is_not_sent(url):
    wire = Wire()

    with pytest.raises(Permanent):
        session_on(wire).request("GET", url)

    assert wire.sent == []


def test_a_netrc_file_never_replaces_the_grants_token(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine acme.my.salesforce.com login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    wire = Wire()

    session_on(wire).request("GET", URL, headers={"Authorization": "Bearer t"})

    assert wire.sent[0][0].headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize(
    ("rested_s", "closed"),
    [
        pytest.param(CONNECTION_RESTS_S - 1, 0, id="used_again_soon"),
        pytest.param(CONNECTION_RESTS_S + 1, 1, id="rested_too_long"),
    ],
)
def test_a_connection_that_rested_is_not_trusted(rested_s, closed):
    times = iter([0.0, 1.0, 1.0 + rested_s])
    wire = Wire()
    session = session_on(wire, monotonic=lambda: next(times))

    session.request("GET", URL)
    session.request("GET", URL)

    assert wire.closed == closed


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize("body", ["<html>", '{"compositeRes', "", "5", '"text"'])
def test_a_2xx_that_is_not_whole_json_is_not_an_answer(body):
    rest = RestApi(session_on(Wire(body), DataSession))

    with pytest.raises(OutcomeUnknown):
        rest.post(GRANT, "composite", {}, is_write=True)
    with pytest.raises(Retryable):
        rest.get(GRANT, "limits/")


@pytest.mark.rule("SH-9")
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("api-usage=18/5000", ApiUsage(used=18, limit=5000), id="plain"),
        pytest.param(
            "api-usage=25/5000; per-app-api-usage=17/250(appName=x)",
            ApiUsage(used=25, limit=5000),
            id="with_the_apps_share",
        ),
        pytest.param("nonsense", None, id="unreadable"),
    ],
)
def test_the_gauge_is_read_from_the_header(header, expected):
    wire = Wire('{"a": 1}', headers={"Sforce-Limit-Info": header})

    assert RestApi(session_on(wire, DataSession)).get(GRANT, "limits/").usage == expected


def test_requests_carry_the_grant_and_the_version():
    wire = Wire('{"a": 1}')

    RestApi(session_on(wire, DataSession)).get(GRANT, "query/", params={"q": "SELECT"})

    request = wire.sent[0][0]
    assert request.url == ("https://acme.my.salesforce.com/services/data/v62.0/query/?q=SELECT")
    assert request.headers["Authorization"] == "Bearer 00D!token"


class Secrets:
    def __init__(self, *texts):
        self.texts = list(texts)

    def get_secret_value(self, **_asked):
        return {"SecretString": self.texts[0] if len(self.texts) == 1 else self.texts.pop(0)}


def app_text(secret):
    return json.dumps({"client_id": "id", "client_secret": secret})


def test_the_apps_credentials_are_read_again_after_a_while():
    now = [0.0]
    secrets = Secrets(app_text("old"), app_text("new"))
    app = StoredApps(secrets, secret_id="arn", monotonic=lambda: now[0])

    seen = []
    for at in (0.0, CACHED_S - 1, CACHED_S):
        now[0] = at
        seen.append(app.credentials().client_secret)

    assert seen == ["old", "old", "new"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"client_id": 1', "null"])
def test_an_app_that_is_not_set_up_is_told_in_words(text):
    app = StoredApps(Secrets(text), secret_id="arn")

    with pytest.raises(Retryable, match="SalesforceAppSecret") as refused:
        app.credentials()

    assert refused.value.code == "app_not_set_up"


@pytest.mark.rule("SH-10")
def test_credentials_do_not_print_themselves():
    credentials = StoredApps(Secrets(app_text("s3cret")), secret_id="arn").credentials()

    assert "s3cret" not in f"{credentials!r}"


@pytest.mark.rule("SH-5")
def test_a_change_is_answered_with_nothing_and_that_is_a_clean_answer():
    wire = Wire(body="", status=204)

    RestApi(session_on(wire, DataSession)).patch(
        GRANT, "sobjects/Task/00T", {"Subject": "x"}, headers={"If-Unmodified-Since": "then"}
    )

    request, _ = wire.sent[0]
    assert (request.method, request.headers["If-Unmodified-Since"]) == ("PATCH", "then")
    assert json.loads(request.body) == {"Subject": "x"}


def test_an_answer_to_a_change_that_was_cut_is_unknown():
    wire = Wire(body="", status=200)

    with pytest.raises(OutcomeUnknown):
        RestApi(session_on(wire, DataSession)).patch(GRANT, "sobjects/Task/00T", {}, headers={})
