import base64
import hashlib
import re
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.connection import Check, Connection, ConnectionStatus
from switchhook.domain.errors import Conflict, NotDelivered, Rejected
from switchhook.domain.facts.people import OrgUser
from switchhook.runtime.connect import (
    asked,
    asked_of,
    base_url_of,
    connected,
    departure,
    not_found,
    press_of,
    refuse_foreign,
    refused,
    return_of,
    ticket_of,
)
from switchhook.runtime.pages import (
    ConnectedAccount,
    connected_page,
    onward_page,
    problem_page,
    question_page,
)
from switchhook.usecases.org.connect import Connected, Departure, Question, Return

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
MADE = Connected(connection=CONNECTION, tenant_name="Lovelace Engines", others=())
QUESTION = Question(tenant_id="t_aaaa", tenant_name="Lovelace Engines")
BASE_URL = "https://hook.example.com"
SIGHT = "m" * 43


@pytest.mark.rule("CX-6", "CX-7")
def test_the_page_shows_the_account_and_closes_itself():
    answer = connected(MADE)

    assert answer["statusCode"] == 200
    for shown in (
        "Ann Admin",
        "ann@example.com",
        "00D1",
        "Lovelace Engines",
        "window.close()",
    ):
        assert shown in answer["body"]


@pytest.mark.rule("CX-5")
def test_the_page_warns_of_failed_checks_only():
    body = connected(MADE)["body"]

    assert "The user may not create Tasks." in body
    assert "All is well." not in body


@pytest.mark.rule("CX-6")
@pytest.mark.parametrize(
    ("warnings", "script"),
    [
        pytest.param((), "setTimeout(function(){window.close()},3000)", id="to_see_who"),
        pytest.param(("Look.",), "setTimeout(function(){window.close()},8000)", id="to_read_why"),
    ],
)
def test_a_window_stays_open_as_long_as_it_takes(warnings, script):
    page = connected_page(ACCOUNT, warnings=warnings)

    assert f"<script>{script}</script>" in page.html


def test_the_cookie_is_fenced_in_and_ends_with_the_way():
    going = departure(Departure(url="https://login.salesforce.com/x", browser="b" * 43))
    state, page = "__Host-switchhook_state=", "__Host-switchhook_page="
    lasts = "; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax"
    ends = "; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"

    assert asked(QUESTION, opened(), operator="Op", sight=SIGHT)["cookies"] == [
        f"{page}{SIGHT}{lasts}"
    ]
    assert going["cookies"] == [f"{state}{'b' * 43}{lasts}"]
    assert connected(MADE)["cookies"] == [f"{state}{ends}", f"{page}{ends}"]


def opened(*cookies):
    """The event of somebody who opens the link."""
    return {"queryStringParameters": {"ticket": "t-1"}, "cookies": list(cookies)}


def field(answer, name):
    return re.search(rf'name="{name}" value="([^"]*)"', answer["body"])[1]


def pressed(answer, *, origin=BASE_URL, cookies=None, **changes):
    """The event of somebody who presses the button of a page."""
    form = {name: field(answer, name) for name in ("ticket", "page")} | changes
    kept = answer["cookies"][0].partition(";")[0]
    return {
        "headers": {"origin": origin},
        "cookies": [kept] if cookies is None else cookies,
        "body": base64.b64encode(urlencode(form).encode()).decode(),
        "isBase64Encoded": True,
    }


@pytest.mark.parametrize("base_url", [BASE_URL, "https://HOOK.example.com:443"])
def test_a_press_of_our_own_page_is_taken(base_url):
    press = press_of(pressed(asked(QUESTION, opened(), operator="Op", sight=SIGHT)))

    refuse_foreign(press, base_url=base_url)

    assert press.ticket == "t-1"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"origin": "https://stranger.example"}, id="from_another_origin"),
        pytest.param({"origin": "null"}, id="from_an_origin_that_hides"),
        pytest.param({"origin": "http://hook.example.com"}, id="from_http"),
        pytest.param({"origin": "https://hook.example.com:8443"}, id="from_another_port"),
        pytest.param({"origin": "https://["}, id="from_no_origin_at_all"),
        pytest.param({"origin": None}, id="without_an_origin"),
        pytest.param({"cookies": []}, id="from_a_browser_that_saw_no_page"),
        pytest.param(
            {"cookies": [f"__Host-switchhook_page={'x' * 43}"]}, id="from_another_browser"
        ),
        pytest.param({"cookies": ["__Host-switchhook_page="]}, id="with_an_empty_cookie"),
        pytest.param({"ticket": "t-2"}, id="with_another_ticket"),
        pytest.param({"page": ""}, id="without_the_pages_proof"),
        pytest.param({"page": "0" * 64}, id="with_a_made_up_proof"),
    ],
)
def test_what_our_page_did_not_send_is_refused(changes):
    page = asked(QUESTION, opened(), operator="Op", sight=SIGHT)

    with pytest.raises(Rejected) as refusal:
        refuse_foreign(press_of(pressed(page, **changes)), base_url=BASE_URL)

    assert (refusal.value.code, refusal.value.status) == ("foreign_page", 403)


def test_a_link_may_stand_in_two_tabs_of_a_browser():
    first = asked(QUESTION, opened(), operator="Op", sight=SIGHT)
    kept = first["cookies"][0].partition(";")[0]
    second = asked(QUESTION, opened(kept), operator="Op", sight="n" * 43)

    refuse_foreign(press_of(pressed(first)), base_url=BASE_URL)
    refuse_foreign(press_of(pressed(second)), base_url=BASE_URL)

    assert second["cookies"] == first["cookies"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"body": "\u00e9", "isBase64Encoded": True}, id="no_base64"),
        pytest.param({"body": "/w==", "isBase64Encoded": True}, id="no_text"),
        pytest.param({"body": "a=1&" * 11, "isBase64Encoded": False}, id="too_many_fields"),
        pytest.param({"body": "ticket=" + "x" * 9000, "isBase64Encoded": False}, id="too_long"),
        pytest.param({"body": None}, id="nothing"),
    ],
)
def test_a_form_that_no_page_of_ours_has_is_empty(changes):
    assert press_of(opened() | changes).ticket == ""


def test_a_form_that_comes_as_text_is_read_too():
    assert press_of({"body": "ticket=t-1&page=p", "isBase64Encoded": False}).ticket == "t-1"


def test_going_on_needs_no_redirect_and_no_script():
    """Browsers hold form-action against the redirects after a form, too."""
    going = departure(Departure(url="https://login.salesforce.com/x?a=1&b=2", browser="b" * 43))

    assert going["statusCode"] == 200
    assert 'content="0;url=https://login.salesforce.com/x?a=1&amp;b=2"' in going["body"]
    assert 'href="https://login.salesforce.com/x?a=1&amp;b=2"' in going["body"]
    assert "<script" not in going["body"]


@pytest.mark.parametrize(
    ("page", "form_action", "referrer"),
    [
        pytest.param(
            "question", "form-action 'self'", "same-origin", id="the_question_posts_to_us"
        ),
        pytest.param("onward", "form-action 'none'", "no-referrer", id="the_others_post_nowhere"),
    ],
)
def test_a_form_goes_to_us_and_says_from_where(page, form_action, referrer):
    headers = PAGES[page].headers()

    assert form_action in headers["content-security-policy"]
    assert headers["referrer-policy"] == referrer


def allowed_hashes(page, directive):
    policy = page.headers()["content-security-policy"]
    return re.findall(rf"{directive} '(sha256-[^']+)'", policy)


def hashes_in(page, tag):
    return [
        f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
        for text in re.findall(rf"<{tag}>(.*?)</{tag}>", page.html)
    ]


ACCOUNT = ConnectedAccount(user="A", email="a@example.com", org_id="00D", tenant="T")
PAGES = {
    "question": question_page(tenant_id="t", tenant_name="T", operator="Op", form={"ticket": "t"}),
    "onward": onward_page("https://login.salesforce.com/x"),
    "connected": connected_page(ACCOUNT, warnings=()),
    "connected with warnings": connected_page(ACCOUNT, warnings=("Look.",)),
    "problem": problem_page(status=400, title="No", text="Because."),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_allows_exactly_its_own_style_and_script(page):
    policy = page.headers()["content-security-policy"]

    assert hashes_in(page, "style") == allowed_hashes(page, "style-src")
    assert hashes_in(page, "script") == allowed_hashes(page, "script-src")
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"src=|<link", page.html)


@given(st.text(max_size=50))
def test_no_name_becomes_markup(name):
    account = ConnectedAccount(user=name + NASTY, email=NASTY, org_id=NASTY, tenant=NASTY)
    connected = connected_page(account, warnings=(NASTY,))
    question = question_page(
        tenant_id=NASTY, tenant_name=name + NASTY, operator=NASTY, form={"ticket": NASTY}
    )

    assert (connected.html.count("<script>"), question.html.count("<script>")) == (1, 0)
    for page in (connected, question, onward_page(NASTY)):
        assert "alert(1)</script>" not in page.html


def test_pages_can_be_read_by_a_screen_reader():
    for page in (*(page.html for page in PAGES.values()), not_found()["body"]):
        assert '<html lang="en">' in page
        assert "<main><h1>" in page
        assert page is PAGES["question"].html or re.search(r'role="(?:status|alert)"', page)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(Rejected("Denied.", code="access_denied", status=403), 403, id="denied"),
        pytest.param(Rejected("Stale.", code="stale_link", status=400), 400, id="stale"),
        pytest.param(Rejected("Other.", code="other_org", status=409), 409, id="other_org"),
        pytest.param(Rejected("Taken.", code="org_taken", status=409), 409, id="org_taken"),
        pytest.param(Rejected("Foreign.", code="foreign_page", status=403), 403, id="foreign_page"),
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
        {},
        optional=dict.fromkeys(
            (
                "queryStringParameters",
                "cookies",
                "rawPath",
                "headers",
                "body",
                "isBase64Encoded",
                "requestContext",
            ),
            ANYTHING,
        ),
    )
)
def test_no_event_is_too_odd_to_read(event):
    assert isinstance(return_of(event), Return)
    assert isinstance(ticket_of(event), str)
    assert isinstance(press_of(event).ticket, str)
    assert len(asked_of(event)) == 2


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        pytest.param("https://hook.example.com/", "https://hook.example.com", id="configured"),
        pytest.param("", "https://abc.execute-api.example.com", id="the_apis_own_domain"),
    ],
)
def test_people_are_sent_back_to_our_own_address(configured, expected):
    event = {"requestContext": {"domainName": "abc.execute-api.example.com"}}

    assert base_url_of(event, public_base_url=configured) == expected
