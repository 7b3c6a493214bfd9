"""Finds the app behind a token request and checks that it is who it says."""

import base64
import secrets
from ipaddress import ip_address, ip_network
from urllib.parse import unquote_plus

from orgsim.oauth.errors import OAuthError
from orgsim.settings import ConnectedApp, Settings
from orgsim.web import HttpRequest

__all__ = ["calling_app", "check_address", "check_installed"]


def calling_app(settings: Settings, request: HttpRequest, form: dict[str, str]) -> ConnectedApp:
    """Return the app that calls; its secret comes in the form or as HTTP Basic.

    Raises OAuthError for an app that is not registered and for a wrong secret.
    """
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    basic = _basic_credentials(request)
    if basic is not None:
        client_id, secret = basic
    app = settings.app(client_id)
    if app is None:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if app.client_secret is not None and not secrets.compare_digest(
        secret.encode(), app.client_secret.encode()
    ):
        raise OAuthError("invalid_client", "invalid client credentials")
    return app


def check_installed(app: ConnectedApp) -> None:
    """Raise OAuthError for an app that the org's admin has not installed."""
    if not app.installed:
        raise OAuthError("invalid_client", "app must be installed into org")


def check_address(app: ConnectedApp, client_ip: str) -> None:
    """Raise OAuthError unless the app's refresh tokens may be used from that address."""
    if not app.refresh_ip_allow_list:
        return
    allowed = (ip_network(entry) for entry in app.refresh_ip_allow_list)
    if not client_ip or not any(ip_address(client_ip) in network for network in allowed):
        raise OAuthError("invalid_grant", "ip restricted")


def _basic_credentials(request: HttpRequest) -> tuple[str, str] | None:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        raise OAuthError("invalid_client", "invalid client credentials") from None
    return unquote_plus(client_id), unquote_plus(secret)
