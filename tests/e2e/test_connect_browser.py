"""An admin connects a tenant in a real browser, through the deployed stack."""

import re

import pytest

from local.office import Office

pytestmark = [
    pytest.mark.stack,
    pytest.mark.browser,
    pytest.mark.rule("CX-4", "CX-6", "CX-7", "SH-8"),
]

STEP_WITHIN_MS = 30_000
CLOSES_WITHIN_MS = 10_000


@pytest.fixture
def office(stack):
    return Office(stack, name="Browser")


@pytest.fixture
def context(browser):
    """A browser without history that trusts the simulated org's certificate."""
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(STEP_WITHIN_MS)
    yield context
    context.close()


def link(office):
    return office.call("POST", "/connection", {})["connect_url"]


def sign_in(page, office):
    page.click("#continue")
    log_in(page, office)


def log_in(page, office):
    page.fill("#username", office.state.salesforce.username)
    page.fill("#password", office.state.salesforce.password)
    page.click("#login")


def watch_for_violations(page):
    seen = []
    page.on(
        "console", lambda message: seen.append(message.text) if "Security" in message.text else None
    )
    return seen


def test_allowing_connects_and_the_window_closes_itself(office, context):
    opener = context.new_page()
    opener.goto(f"{office.state.api}/v1/health")
    with context.expect_page() as opened:
        opener.evaluate("url => { window.open(url) }", link(office))
    window = opened.value
    violations = watch_for_violations(window)
    sign_in(window, office)
    with window.expect_event("close", timeout=STEP_WITHIN_MS):
        window.click("#allow")
        window.wait_for_selector("#user")
        shown = window.inner_text("main")
        assert "Browser" in window.inner_text("#tenant")

    connection = office.call("GET", "/connection")
    assert connection["status"] == "connected"
    assert connection["salesforce"]["user"]["email"] in shown
    assert connection["salesforce"]["org_id"] in shown
    assert violations == []


def test_denying_says_what_to_do_and_connects_nothing(office, context):
    page = context.new_page()
    page.goto(link(office))
    sign_in(page, office)
    with page.expect_response(re.compile("/oauth/salesforce/callback")) as answered:
        page.click("#deny")

    assert answered.value.status == 403
    assert "ask for a new link" in page.inner_text("[role=alert]")
    assert office.call("GET", "/connection")["status"] == "not_connected"


def test_a_sign_in_begun_elsewhere_connects_nothing(office, context, browser):
    with browser.new_context(ignore_https_errors=True) as elsewhere:
        stranger = elsewhere.new_page()
        stranger.goto(link(office))
        stranger.click("#continue")
        stranger.wait_for_selector("#username")
        begun = stranger.url
    page = context.new_page()
    page.goto(begun)
    log_in(page, office)
    with page.expect_response(re.compile("/oauth/salesforce/callback")) as answered:
        page.click("#allow")

    assert answered.value.status == 403
    assert "another browser" in page.inner_text("[role=alert]")
    assert office.call("GET", "/connection")["status"] == "not_connected"


def test_the_page_can_be_read_without_a_script(office, browser):
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=False)
    context.set_default_timeout(STEP_WITHIN_MS)
    page = context.new_page()
    page.goto(link(office))
    sign_in(page, office)
    page.click("#allow")

    page.wait_for_selector("#user")
    assert page.inner_text("h1") == "Connected to Salesforce"
    assert page.inner_text("[role=status]").startswith("You can close this window")
    context.close()
