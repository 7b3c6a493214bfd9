"""A log-in by username and password through the SOAP API, as clients do it by default."""

import re

import pytest
from simple_salesforce import Salesforce, SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

ENVELOPE = (
    '<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">'
    "<e:Body>{}</e:Body></e:Envelope>"
)
LOGIN = (
    '<login xmlns="urn:partner.soap.sforce.com"><username>{}</username>'
    "<password>{}</password></login>"
)


@pytest.fixture
def post(rest):
    """Sends what stands in the body of an envelope."""

    def send(body, *, dialect="u", version="59.0", envelope=ENVELOPE):
        url = f"{rest.addresses.instance_url}/services/Soap/{dialect}/{version}"
        headers = {"Content-Type": "text/xml", "SOAPAction": "login"}
        return rest.session.post(url, data=envelope.format(body), headers=headers, timeout=10)

    return send


@pytest.fixture
def login(rest):
    """The call with the right name and password."""
    return LOGIN.format(rest.addresses.username, rest.addresses.password)


def value(answer, name):
    return re.search(f"<{name}>([^<]*)</{name}>", answer.text)[1]


@pytest.mark.parametrize(
    ("dialect", "namespace"),
    [("u", "urn:partner.soap.sforce.com"), ("c", "urn:enterprise.soap.sforce.com")],
    ids=["partner", "enterprise"],
)
def test_who_logs_in_gets_a_session_and_the_address_to_use_it_at(
    rest, post, login, dialect, namespace
):
    """The session works with the REST API."""
    answer = post(login, dialect=dialect)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    assert f'xmlns="{namespace}"' in answer.text
    org = rest.org.store.org_id
    home = rest.addresses.instance_url
    assert value(answer, "serverUrl") == f"{home}/services/Soap/{dialect}/59.0/{org[:15]}"
    assert value(answer, "organizationId") == org
    assert value(answer, "userId") == rest.org.store.admin_id
    assert (value(answer, "passwordExpired"), value(answer, "sandbox")) == ("false", "false")
    rest.headers = {"Authorization": f"Bearer {value(answer, 'sessionId')}"}
    assert rest.call("GET", "/limits").status_code == 200


def test_such_a_session_is_an_apps_and_ends_when_idle(rest, post, login):
    """Faults hit it; nothing but time ends it."""
    rest.headers = {"Authorization": f"Bearer {value(post(login), 'sessionId')}"}
    rest.fault("status_503")

    statuses = [rest.call("GET", "/limits").status_code for _ in range(2)]
    rest.clock.forward(7201)

    assert [*statuses, rest.call("GET", "/limits").status_code] == [503, 200, 401]


@pytest.mark.parametrize(
    "case", ["password", "user", "inactive", "locked"], ids=lambda case: f"wrong_{case}"
)
def test_who_may_not_log_in_is_told_no_more_than_that(rest, post, case):
    """The same fault for each reason."""
    username, password = rest.addresses.username, rest.addresses.password
    if case == "password":
        password += "token"
    elif case == "user":
        username = "nobody@orgsim.example"
    elif case == "inactive":
        username = "jo@vidre.example"
        rest.load("User", Username=username, LastName="Jo", IsActive=False)
    else:
        rest.settings(org_locked=True)

    answer = post(LOGIN.format(username, password))

    sentence = "Invalid username, password, security token; or user locked out."
    assert answer.status_code == 500
    assert value(answer, "faultcode") == "sf:INVALID_LOGIN"
    assert value(answer, "faultstring") == f"INVALID_LOGIN: {sentence}"
    assert value(answer, "sf:exceptionCode") == "INVALID_LOGIN"
    assert value(answer, "sf:exceptionMessage") == sentence


@pytest.mark.parametrize("version", ["30.0", "65.0"], ids=["retired", "without_the_call"])
def test_versions_without_the_call_refuse_it(post, login, version):
    """It went with version 65.0."""
    answer = post(login, version=version)

    assert answer.status_code == 500
    assert value(answer, "sf:exceptionCode") == "UNSUPPORTED_API_VERSION"


@pytest.mark.parametrize(
    ("body", "envelope"),
    [
        ("<getServerTimestamp/>", ENVELOPE),
        ("", "no xml"),
        ("", "<!DOCTYPE e [<!ENTITY a 'b'>]><e:Envelope>&a;</e:Envelope>"),
    ],
    ids=["another_call", "no_xml", "a_document_type"],
)
def test_what_is_no_login_is_not_built(post, body, envelope):
    """It is said so."""
    answer = post(body, envelope=envelope)

    assert answer.status_code == 501
    assert "SOAP API" in answer.json()["error_description"]


def test_simple_salesforce_logs_in_by_username_and_password(rest, monkeypatch):
    """Its own way, with no app; a wrong password is its own exception."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", rest.addresses.ca_file)
    address = {"scratch_url": rest.addresses.login_url, "session": rest.session}
    known = {"username": rest.addresses.username, "security_token": ""}

    token, host = SalesforceLogin(password=rest.addresses.password, **known, **address)
    org = Salesforce(
        instance_url=f"https://{host}", session_id=token, session=rest.session, version="62.0"
    )

    assert org.query("SELECT count() FROM Account")["totalSize"] == 0
    with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_LOGIN"):
        SalesforceLogin(password="wrong", **known, **address)
