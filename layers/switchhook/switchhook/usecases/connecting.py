"""What the steps of connecting pass on, and the ports they need."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from switchhook.domain.errors import Rejected
from switchhook.ports import Cipher, Connections, OrgMemory, OrgReader, TokenEndpoint
from switchhook.ports_connect import (
    AppChoices,
    AppSecrets,
    ConnectSteps,
    IdentityReader,
    Markers,
    SalesforceApp,
)

type AuthorizeUrl = Callable[..., str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connecting:
    """The ports that connecting and disconnecting need.

    `authorize_url` builds the address at Salesforce from `login_base`, `client_id`, `redirect_uri`,
    `state` and `challenge`.
    """

    steps: ConnectSteps
    app: SalesforceApp
    app_choices: AppChoices
    app_secrets: AppSecrets
    tokens: TokenEndpoint
    identities: IdentityReader
    org: OrgReader
    memory: OrgMemory
    connections: Connections
    cipher: Cipher
    markers: Markers
    now: Callable[[], datetime]
    authorize_url: AuthorizeUrl


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """Three fresh random texts of at least 43 URL-safe characters each."""

    state: str
    browser: str
    verifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Where to send the browser, and the cookie value that will prove it is the same one."""

    url: str
    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What the browser brings back from Salesforce; None for what it does not bring."""

    state: str | None
    code: str | None
    error: str | None
    browser: str | None


def stale(what: str) -> Rejected:
    """The refusal of a link or sign-in that cannot be used (any more)."""
    return Rejected(
        f"{what[0].upper()}{what[1:]}. Ask for a new link and connect again.",
        code="stale_link",
        status=400,
    )


def denied(error: str) -> Rejected:
    """The refusal that Salesforce, or the person there, gave instead of a code."""
    if error == "access_denied":
        return Rejected(
            "You did not allow the access, so nothing was changed. To connect, ask for a new link "
            "and choose Allow.",
            code="access_denied",
            status=403,
        )
    return Rejected(
        "Salesforce refused the sign-in. An administrator of the org may have to install or approve "
        "the app first; then ask for a new link and connect again.",
        code="salesforce_refused",
        status=403,
    )
