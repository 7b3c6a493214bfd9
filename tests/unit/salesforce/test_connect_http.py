import base64
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.connection import Check, Connection, ConnectionStatus
from switchhook.domain.errors import Conflict, NotDelivered, Rejected
from switchhook.domain.facts.people import OrgUser
from switchhook.runtime.connect import (
    callback_url,
    connected,
    departure,
    not_found,
    refused,
    return_of,
    ticket_of,
)
from switchhook.runtime.pages import connected_page, problem_page
from switchhook.usecases.org.connect import Departure, Return

NASTY = "<script>alert(1)</script>\"'&"
CONNECTION = Connection(
    tenant="t-1",
    status=ConnectionStatus.CONNECTED,
    org_id="00D1",
    user=OrgUser(id="0051", name="Ann Admin", email="ann@example.com"),
    checks=(
        Check(id="a", ok=False, text="The user may not create Tasks."),
        Check(id="b", ok=True, text="All is well."),
    ),
)


@pytest.mark.rule("CX-6", "CX-7")
def test_the_page_shows_the_account_and_closes_itself():
    answer = connected(CONNECTION)

    assert answer["statusCode"] == 200
    for shown in ("Ann Admin", "ann@example.com", "00D1", "window.close()"):
        assert shown in answer["body"]


@pytest.mark.rule("CX-5")
def test_the_page_warns_of_failed_checks_only():
    body = connected(CONNECTION)["body"]

    assert "The user may not create Tasks." in body
    assert "All is well." not in body


def test_the_cookie_is_fenced_in_and_ends_with_the_way():
    going = departure(Departure(url="https://login.salesforce.com/x", browser="b" * 43))
    cookie = "__Host-switchhook_state="

    assert going["statusCode"] == 302
    assert going["headers"]["location"] == "https://login.salesforce.com/x"
    assert going["cookies"] == [
        f"{cookie}{'b' * 43}; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax"
    ]
    assert connected(CONNECTION)["cookies"] == [
        f"{cookie}; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"
    ]


def allowed_hashes(page, directive):
    policy = page.headers()["content-security-policy"]
    return re.findall(rf"{directive} '(sha256-[^']+)'", policy)


def hashes_in(page, tag):
    return [
        f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
        for text in re.findall(rf"<{tag}>(.*?)</{tag}>", page.html)
    ]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            connected_page(name="A", email="a@example.com", org_id="00D", warnings=()),
            id="connected",
        ),
        pytest.param(problem_page(status=400, title="No", text="Because."), id="problem"),
    ],
)
def test_a_page_allows_exactly_its_own_style_and_script(page):
    policy = page.headers()["content-security-policy"]

    assert hashes_in(page, "style") == allowed_hashes(page, "style-src")
    assert hashes_in(page, "script") == allowed_hashes(page, "script-src")
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"(?:src|href)=", page.html)


@given(st.text(max_size=50))
def test_no_name_becomes_markup(name):
    page = connected_page(name=name + NASTY, email=NASTY, org_id=NASTY, warnings=(NASTY,))

    assert page.html.count("<script>") == 1
    assert "alert(1)</script>" not in page.html


def test_pages_can_be_read_by_a_screen_reader():
    for page in (connected(CONNECTION)["body"], not_found()["body"]):
        assert '<html lang="en">' in page
        assert "<main><h1>" in page
        assert re.search(r'role="(?:status|alert)"', page)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(Rejected("Denied.", code="access_denied", status=403), 403, id="denied"),
        pytest.param(Rejected("Stale.", code="stale_link", status=400), 400, id="stale"),
        pytest.param(Rejected("Other.", code="other_org", status=409), 409, id="other_org"),
        pytest.param(Conflict("the connection keeps changing"), 409, id="conflict"),
        pytest.param(NotDelivered("no connection"), 503, id="unreachable"),
    ],
)
def test_every_trouble_is_a_page_with_the_right_status(error, status):
    answer = refused(error)

    assert answer["statusCode"] == status
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    assert error.message[1:] in answer["body"]


def test_what_the_browser_brings_is_read():
    event = {
        "queryStringParameters": {"state": "s", "code": "aPrx==", "ticket": "t"},
        "cookies": ["other=1", "__Host-switchhook_state=b"],
    }

    assert return_of(event) == Return(state="s", code="aPrx==", error=None, browser="b")
    assert ticket_of(event) == "t"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x" * 4097, id="too_long"),
        pytest.param("\udc80", id="half_a_character"),
        pytest.param("\u00fc", id="not_ascii"),
    ],
)
def test_what_nobody_put_there_is_passed_over(value):
    event = {
        "queryStringParameters": {"state": value, "ticket": value},
        "cookies": [f"__Host-switchhook_state={value}"],
    }

    assert return_of(event) == Return(state=None, code=None, error=None, browser=None)
    assert ticket_of(event) == ""


ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.fixed_dictionaries(
        {}, optional={"queryStringParameters": ANYTHING, "cookies": ANYTHING, "rawPath": ANYTHING}
    )
)
def test_no_event_is_too_odd_to_read(event):
    assert isinstance(return_of(event), Return)
    assert isinstance(ticket_of(event), str)


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        pytest.param("https://hook.example.com/", "https://hook.example.com", id="configured"),
        pytest.param("", "https://abc.execute-api.example.com", id="the_apis_own_domain"),
    ],
)
def test_people_are_sent_back_to_our_own_address(configured, expected):
    event = {"requestContext": {"domainName": "abc.execute-api.example.com"}}

    url = callback_url(event, public_base_url=configured)

    assert url == f"{expected}/oauth/salesforce/callback"
