"""Tokens as an app has them, from the control plane instead of a log-in."""

import pytest


def as_app(rest, asked, **more):
    tokens = rest.control("POST", "token", {"as_app": asked, **more})
    return {"Authorization": f"Bearer {tokens['access_token']}"}, tokens.get("refresh_token")


def test_a_token_as_an_app_has_it_is_hit_by_faults_and_times_out(rest):
    """Unlike the control plane's own."""
    rest.headers, _ = as_app(rest, True)
    rest.fault("status_503")

    statuses = [rest.call("GET", "/limits").status_code for _ in range(2)]
    rest.clock.forward(7201)
    statuses.append(rest.call("GET", "/limits").status_code)

    assert statuses == [503, 200, 401]
    journal = rest.control("GET", "requests")["items"]
    assert [entry["client"] for entry in journal] == ["PlatformCLI", "PlatformCLI", None]


def test_a_token_as_an_app_has_it_acts_for_the_user_who_is_named(rest):
    """As after a log-in of that user's."""
    user = rest.load("User", Username="jo@vidre.example", LastName="Jo")
    rest.headers, _ = as_app(rest, True, username="jo@vidre.example")

    contact = rest.create("Contact", LastName="F")

    assert rest.row("Contact", contact)["OwnerId"] == user


def test_a_refresh_token_comes_with_it_and_works_once_for_a_rotating_app(rest, app):
    """The second time the grant ends, and the access token with it."""
    app.register(rotation=True)
    rest.headers, token = as_app(rest, "lark")

    statuses = [app.refresh(token).status_code for _ in range(2)]

    assert statuses == [200, 400]
    assert rest.call("GET", "/limits").status_code == 401


def test_an_app_without_offline_access_gets_no_refresh_token(rest, app):
    """Its scopes say what it gets."""
    app.register(scopes=["api"])

    assert as_app(rest, "lark")[1] is None


@pytest.mark.parametrize(
    "asked", ["nobody", 7, None, []], ids=["unknown", "number", "null", "list"]
)
def test_an_app_that_is_not_there_gets_no_token(rest, asked):
    """The answer says what would do."""
    refused = rest.control("POST", "token", {"as_app": asked}, status=422)

    assert refused["error"]["code"] == "unknown_app"
    assert refused["error"]["fields"] == {"as_app": "unknown"}
