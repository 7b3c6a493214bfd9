"""Salesforce's OAuth endpoints: exchange, refresh, revoke, and who a token belongs to."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import requests

from switchhook.adapters.salesforce.errors import (
    FIRST_CLIENT_ERROR,
    FIRST_SERVER_ERROR,
    refusal,
    unreadable,
)
from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.adapters.salesforce.session import BoundedSession, json_or_none
from switchhook.domain.connection import OwnApp, TokenPair
from switchhook.domain.errors import (
    NeedsReconnect,
    OutcomeUnknown,
    Permanent,
    Retryable,
    SwitchhookError,
)
from switchhook.ports.connect import AppCredentials, Identity

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path
REVOKE_PATH = "/services/oauth2/revoke"
USERINFO_PATH = "/services/oauth2/userinfo"

OK = 200
REQUEST_TIMEOUT = 408

APP_TROUBLE_AFTER_S = 300.0
BUSY_AFTER_S = 60.0

_APP_TROUBLE = frozenset({"invalid_client", "invalid_client_id", "invalid_client_credentials"})
"""The trouble of whoever stored the app, not the grant's: a wrong app secret breaks none."""

_BUSY = frozenset({"rate_limit_exceeded", "server_error", "temporarily_unavailable"})


class SalesforceTokens:
    """Salesforce's token endpoint for any app; implements `TokenEndpoint`.

    `credentials` is asked before each request, so a rotated app secret needs no restart; it gives those
    of a tenant's own app, or for None those of the deployment's. Nothing is sent twice; nothing of an
    answer is ever part of a message.
    """

    def __init__(
        self,
        session: BoundedSession,
        *,
        hosts: SalesforceHosts,
        credentials: Callable[[OwnApp | None], AppCredentials],
    ) -> None:
        self._session = session
        self._hosts = hosts
        self._credentials = credentials

    def exchange(
        self, login_url: str, *, app: OwnApp | None, code: str, verifier: str, redirect_uri: str
    ) -> TokenPair:
        """Trade an authorization code for tokens; the code is spent by it.

        Raises:
            NeedsReconnect: the code is refused; start again.
            NotDelivered, Retryable, OutcomeUnknown, Permanent.
        """
        return self._token(
            login_url,
            app,
            {
                "grant_type": "authorization_code",
                "code": code,
                "code_verifier": verifier,
                "redirect_uri": redirect_uri,
            },
        )

    def refresh(self, login_url: str, *, app: OwnApp | None, refresh_token: str) -> TokenPair:
        """Trade a refresh token for a new pair; with rotation the old one is spent by it.

        Raises:
            NeedsReconnect: the grant is gone, `code` is Salesforce's reason; or its app is.
            NotDelivered, Retryable: nothing was spent.
            OutcomeUnknown: the refresh token may be spent.
        """
        return self._token(
            login_url, app, {"grant_type": "refresh_token", "refresh_token": refresh_token}
        )

    def revoke(self, login_url: str, *, token: str) -> None:
        """Revoke a token and, for a refresh token, its access tokens; a dead one is done.

        Raises:
            Retryable: Salesforce did not say that it did.
        """
        base = self._hosts.login_base(login_url)
        answer = self._session.request(
            "POST", base + REVOKE_PATH, data={"token": token}, is_write=False
        )
        if answer.status_code not in {OK, FIRST_CLIENT_ERROR}:
            raise Retryable(
                f"Salesforce answered {answer.status_code} to a revocation",
                code="not_revoked",
                after_s=BUSY_AFTER_S,
            )

    def identify(self, pair: TokenPair) -> Identity:
        """The user behind a fresh token, asked at the org's own address.

        Raises:
            SessionExpired, Retryable, Permanent.
        """
        base = self._hosts.instance_base(pair.instance_url)
        answer = self._session.request(
            "GET",
            base + USERINFO_PATH,
            headers={"Authorization": f"Bearer {pair.access_token}"},
            is_write=False,
        )
        body = json_or_none(answer)
        if answer.status_code != OK:
            raise refusal(answer.status_code, body, is_write=False)
        try:
            return _identity(body)
        except (KeyError, TypeError):
            raise unreadable(is_write=False) from None

    def _token(self, login_url: str, app: OwnApp | None, form: Mapping[str, str]) -> TokenPair:
        base = self._hosts.login_base(login_url)
        known = self._credentials(app)
        fields = {**form, "client_id": known.client_id}
        if known.client_secret:
            fields["client_secret"] = known.client_secret
        answer = self._session.request(
            "POST", base + TOKEN_PATH, data=fields, headers={"Accept": "application/json"}
        )
        body = json_or_none(answer)
        if answer.status_code != OK or not isinstance(body, dict):
            raise _token_refusal(answer, body)
        return self._pair(body)

    def _pair(self, body: Mapping[str, Any]) -> TokenPair:
        try:
            access, instance, identity = body["access_token"], body["instance_url"], body["id"]
        except KeyError:
            raise OutcomeUnknown("Salesforce's token answer is not whole") from None
        try:
            instance = self._hosts.instance_base(str(instance))
            self._hosts.identity_of(str(identity))
        except Permanent as error:
            # The pair must go nowhere: whoever named this address would get the token.
            raise NeedsReconnect(
                f"Salesforce named an address of the org that is not trusted: {error.message}",
                code=error.code,
            ) from None
        rotated = body.get("refresh_token")
        return TokenPair(
            access_token=str(access),
            refresh_token=str(rotated) if rotated else None,
            instance_url=instance,
            identity_url=str(identity),
        )


def authorize_url(
    login_base: str, *, client_id: str, redirect_uri: str, state: str, challenge: str
) -> str:
    """Where the admin grants access; PKCE S256 always (CX-10, SH-8).

    Salesforce asks for log-in and consent whatever the browser's session and the user's earlier consent
    would let pass: nobody gives an org away by a click.
    """
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": "api id refresh_token",
        "state": state,
        "prompt": "login consent",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{login_base}/services/oauth2/authorize?{urlencode(query)}"


def _token_refusal(answer: requests.Response, body: object) -> SwitchhookError:
    status = answer.status_code
    reason = body.get("error") if isinstance(body, dict) else None
    is_clean = FIRST_CLIENT_ERROR <= status < FIRST_SERVER_ERROR and status != REQUEST_TIMEOUT
    if not is_clean or not isinstance(reason, str):
        return OutcomeUnknown(f"Salesforce answered {status} to a token request")
    if reason in _APP_TROUBLE:
        return Retryable(
            f"Salesforce refuses the app itself ({reason}); check the app's stored credentials",
            code="app_refused",
            after_s=APP_TROUBLE_AFTER_S,
        )
    if reason in _BUSY:
        return Retryable(
            f"Salesforce refuses token requests now ({reason})", code=reason, after_s=BUSY_AFTER_S
        )
    return NeedsReconnect(f"Salesforce refuses the grant ({reason})", code=reason)


def _identity(body: Any) -> Identity:  # noqa: ANN401 - JSON
    return Identity(
        org_id=body["organization_id"],
        user_id=body["user_id"],
        name=body.get("name") or body.get("preferred_username") or "",
        email=body.get("email") or "",
    )
