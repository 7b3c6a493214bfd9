"""A stranger sends a connect link to somebody whose browser is logged in to Salesforce already."""

import re

import pytest
import requests

from local.office import Office

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.rule("SH-8")]

STEP_WITHIN_MS = 30_000
FOREIGN_PAGE = "https://stranger.example/prize"


@pytest.fixture
def stranger(stack):
    """A tenant whose admin would like to have somebody else's org."""
    return Office(stack, name="Acme <b>Dialling</b>")


@pytest.fixture
def context(browser, stack):
    """The browser of a person who is logged in, and whose org uses the operator's app already."""
    neighbour = Office(stack, name="Neighbour")
    username = neighbour.new_admin()
    neighbour.connect(username=username)
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(STEP_WITHIN_MS)
    page = context.new_page()
    page.goto(f"{stack.salesforce.login_url}/login")
    sign_in(page, stack, username)
    page.wait_for_load_state()
    page.close()
    yield context
    context.close()


def sign_in(page, stack, username=None):
    page.fill("#username", username or stack.salesforce.username)
    page.fill("#password", stack.salesforce.password)
    page.click("#login")


def link(office):
    return office.call("POST", "/connection", {})["connect_url"]


def status(office):
    return office.call("GET", "/connection")["status"]


def test_one_click_on_a_strangers_link_gives_no_org_away(stranger, context):
    page = context.new_page()
    page.goto(link(stranger))
    page.wait_for_load_state("networkidle")

    assert status(stranger) == "not_connected"
    shown = page.inner_text("main")
    assert "Acme <b>Dialling</b>" in shown
    assert stranger.tenant in shown
    assert "Local operator" in shown


def test_whoever_goes_on_is_asked_for_log_in_and_consent_though_both_were_given(stranger, context):
    page = context.new_page()
    page.goto(link(stranger))
    page.click("#continue")
    sign_in(page, stranger.state)
    page.wait_for_selector("#allow")

    assert status(stranger) == "not_connected"

    page.click("#allow")
    page.wait_for_selector("#user")
    shown = page.inner_text("main")
    stored = stranger.call("GET", "/connection")
    assert stored["status"] == "connected"
    for told in ("Acme <b>Dialling</b>", stored["salesforce"]["org_id"]):
        assert told in shown
    assert stored["salesforce"]["user"]["email"] in shown


POSTING = """<!doctype html><form method="post" action="{action}">
<input name="ticket" value="{ticket}"><input name="page" value="{page}"></form>
<script>document.forms[0].submit()</script>"""


@pytest.mark.parametrize("has_seen_the_page", [False, True], ids=["unseen", "page_seen_before"])
def test_a_foreign_page_that_posts_the_ticket_spends_nothing(stranger, context, has_seen_the_page):
    url = link(stranger)
    start, _, ticket = url.partition("?ticket=")
    page = context.new_page()
    proof = ""
    if has_seen_the_page:
        page.goto(url)
        proof = page.get_attribute("input[name=page]", "value")
    body = POSTING.format(action=start, ticket=ticket, page=proof)
    context.route(
        FOREIGN_PAGE, lambda route: route.fulfill(status=200, content_type="text/html", body=body)
    )
    with page.expect_response(re.compile("/oauth/salesforce/start")) as answered:
        page.goto(FOREIGN_PAGE, wait_until="commit")
    page.wait_for_selector("[role=alert]")

    assert answered.value.status == 403
    assert status(stranger) == "not_connected"
    page.goto(url)
    assert page.is_visible("#continue")  # the ticket is unspent


def test_a_mail_scanner_that_opens_the_link_spends_nothing(stranger, context):
    url = link(stranger)
    for _ in range(3):
        seen = requests.get(url, allow_redirects=True, timeout=30)
        assert seen.status_code == 200
        assert "login" not in seen.url

    page = context.new_page()
    page.goto(url)
    page.click("#continue")
    sign_in(page, stranger.state)
    page.click("#allow")
    page.wait_for_selector("#user")

    assert status(stranger) == "connected"


def test_the_page_cannot_be_framed_and_its_button_goes_on_without_a_script(stranger, browser):
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=False)
    context.set_default_timeout(STEP_WITHIN_MS)
    page = context.new_page()
    shown = page.goto(link(stranger))
    policy = shown.headers["content-security-policy"]
    page.click("#continue")
    page.wait_for_selector("#username")

    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "prompt=login+consent" in page.url
    context.close()
