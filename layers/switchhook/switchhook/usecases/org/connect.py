"""Connects a tenant to its Salesforce org (CX-2 to CX-13, SH-8).

The way leads through an admin's browser, so each step trusts nothing but what it can verify: a person who
is told whom the org is given to before anything is spent (`question`), a ticket that works once, a state that works once and only in the browser it was made for, a PKCE verifier that
never leaves the server, an org that must be the one connected before. A tenant with an app of its own
goes through that app (CX-2), and its grant belongs to it.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchhook.domain.connection import (
    Connection,
    ConnectionStatus,
    Grant,
    OwnApp,
    SecondTenant,
    TokenPair,
)
from switchhook.domain.crm import StoredFacts
from switchhook.domain.errors import (
    Conflict,
    NeedsReconnect,
    Permanent,
    Rejected,
    Retryable,
    SwitchhookError,
)
from switchhook.domain.facts.people import OrgUser
from switchhook.domain.tenants import fingerprint, new_ticket
from switchhook.domain.writing.slots import KEY_FIELD
from switchhook.ports.cipher import Cipher
from switchhook.ports.connect import (
    AppChoices,
    AppSecrets,
    ConnectState,
    ConnectSteps,
    ConnectTicket,
    Identity,
    SalesforceApp,
    SharedOrgs,
    TokenEndpoint,
)
from switchhook.ports.connect import ConnectTicket as StoredTicket
from switchhook.ports.due import DueDates
from switchhook.ports.ledger import Connections, OrgMemory
from switchhook.ports.org import OrgMetadata
from switchhook.usecases.org.checks import checks_of, no_api_access
from switchhook.usecases.org.grants import ACCESS_TOKEN, REFRESH_TOKEN, next_keep_alive
from switchhook.usecases.org.own_app import forget_app
from switchhook.usecases.org.shared_org import other_tenants, shared_check
from switchhook.usecases.org.survey import OrgSurvey, survey_with_case

type AuthorizeUrl = Callable[..., str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connecting:
    """The ports that connecting and disconnecting need.

    `authorize_url` builds the address at Salesforce from `login_base`, `client_id`, `redirect_uri`,
    `state` and `challenge`; `second` is what the operator wants where an org has a tenant already.
    """

    steps: ConnectSteps
    orgs: SharedOrgs
    second: SecondTenant
    app: SalesforceApp
    app_choices: AppChoices
    app_secrets: AppSecrets
    tokens: TokenEndpoint
    org: OrgMetadata
    memory: OrgMemory
    connections: Connections
    cipher: Cipher
    due_dates: DueDates
    now: Callable[[], datetime]
    authorize_url: AuthorizeUrl


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """Three fresh random texts of at least 43 URL-safe characters each."""

    state: str
    browser: str
    verifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is asked before the way to Salesforce begins: whom to give access to the org."""

    tenant_id: str
    tenant_name: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """What came of it; `others` are the ids of tenants that are connected to the same org."""

    connection: Connection
    tenant_name: str
    others: tuple[str, ...]


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


PKCE = "pkce"
STATE_LASTS = timedelta(minutes=10)
STORE_TRIES = 3


def question(ticket: str, *, world: Connecting) -> Question:
    """Tell what a ticket is for; it stays as it is, however often it is asked (mail scanners do).

    Raises:
        Rejected: the ticket is unknown, spent or too old, or its tenant is gone.
        Retryable: a store cannot be read now.
    """
    known = _in_time(world.steps.read_ticket(fingerprint(ticket)), world)
    return Question(tenant_id=known.tenant, tenant_name=_name_of(known.tenant, world))


def start(
    ticket: str, *, login_url: str, redirect_uri: str, chance: Chance, world: Connecting
) -> Departure:
    """Spend a ticket for one way to Salesforce and back, through the tenant's own app if it has one.

    `login_url` is where people sign in for the deployment's app.

    Raises:
        Rejected: the ticket is unknown, spent or too old.
        Retryable: a store or the app's credentials cannot be read now.
    """
    now = world.now()
    taken = _in_time(world.steps.take_ticket(fingerprint(ticket)), world)
    own = world.app_choices.read(taken.tenant)
    state = ConnectState(
        tenant=taken.tenant,
        confirm_org=taken.confirm_org,
        browser_hash=fingerprint(chance.browser),
        verifier_ciphertext=world.cipher.encrypt(
            chance.verifier, tenant=taken.tenant, purpose=PKCE
        ),
        login_url=own.login_url if own else login_url,
        redirect_uri=redirect_uri,
        expires_at=now + STATE_LASTS,
        app=own.app if own else None,
    )
    client_id = own.app.client_id if own else world.app.credentials().client_id
    world.steps.put_state(fingerprint(chance.state), state)
    return _departure(state, client_id, chance, world)


def _departure(state: ConnectState, client_id: str, chance: Chance, world: Connecting) -> Departure:
    url = world.authorize_url(
        state.login_url,
        client_id=client_id,
        redirect_uri=state.redirect_uri,
        state=chance.state,
        challenge=_challenge(chance.verifier),
    )
    return Departure(url=url, browser=chance.browser)


def _in_time(ticket: StoredTicket | None, world: Connecting) -> StoredTicket:
    if ticket is None or ticket.expires_at <= world.now():
        raise stale("this link has been used already or is older than ten minutes")
    return ticket


def _name_of(tenant: str, world: Connecting) -> str:
    name = world.steps.tenant_name(tenant)
    if name is None:
        raise stale("the account that this link was made for is gone")
    return name


def finish(back: Return, *, world: Connecting) -> Connected:
    """Store the grant that the browser brings back; the tenant is connected afterwards.

    Checks that cannot be made now are left out; they never undo a good grant.

    Raises:
        Rejected: denied, stale, from another browser, refused by Salesforce, of another org, or of one
            that has a tenant already where the operator wants no second one.
        Retryable, Permanent: Salesforce or a store gave no usable answer; start again.
    """
    state = _verified_state(back, world)
    if back.error is not None:
        raise denied(back.error)
    if not back.code:
        raise stale("Salesforce sent no authorization code")
    _refuse_other_app(state, world)
    name = _name_of(state.tenant, world)
    pair = _exchange(state, back.code, world)
    try:
        made = _store(state, pair, world.tokens.identify(pair), world)
    except SwitchhookError:
        # Five grants per user and app: one that nobody will use must not push out a good one.
        _revoke(world, state.login_url, pair.refresh_token or pair.access_token)
        raise
    keep_alive_at = next_keep_alive(made.connection, now=world.now())
    world.due_dates.keep_alive_at(state.tenant, keep_alive_at)
    checked = _check(made, pair, world)
    world.due_dates.drain_now(state.tenant, now=world.now())
    if made.former_app != state.app:
        _forget(made.former_app, state.tenant, world)
    return Connected(connection=checked, tenant_name=name, others=made.others)


def _verified_state(back: Return, world: Connecting) -> ConnectState:
    """Take the state, whoever brings it: what was seen by a foreign browser is spent."""
    if not back.state:
        raise stale("the address holds no state")
    state = world.steps.take_state(fingerprint(back.state))
    if state is None or state.expires_at <= world.now():
        raise stale("this sign-in has been used already or is older than ten minutes")
    brought = fingerprint(back.browser or "")
    if not hmac.compare_digest(brought, state.browser_hash):
        raise Rejected(
            "This sign-in was started in another browser. Ask for a new link and open it in the "
            "browser in which you sign in to Salesforce.",
            code="foreign_browser",
            status=403,
        )
    return state


def _exchange(state: ConnectState, code: str, world: Connecting) -> TokenPair:
    verifier = world.cipher.decrypt(state.verifier_ciphertext, tenant=state.tenant, purpose=PKCE)
    try:
        pair = world.tokens.exchange(
            state.login_url,
            app=state.app,
            code=code,
            verifier=verifier,
            redirect_uri=state.redirect_uri,
        )
    except NeedsReconnect as error:
        raise Rejected(
            f"{error.message}. Ask for a new link and connect again.",
            code=error.code,
            status=400,
        ) from error
    if pair.refresh_token is None:
        _revoke(world, state.login_url, pair.access_token)
        raise Rejected(
            "Salesforce gave no refresh token. Allow the app the scope 'Perform requests at any "
            "time' (refresh_token), then connect again.",
            code="no_refresh_token",
            status=400,
        )
    return pair


def _refuse_other_app(state: ConnectState, world: Connecting) -> None:
    own = world.app_choices.read(state.tenant)
    if (own.app if own else None) != state.app:
        # Its secret may be gone, and a grant of it could never be refreshed.
        raise stale("the Salesforce app of this account was changed during the sign-in")


def _refuse_other_org(seen: Connection, identity: Identity, state: ConnectState) -> None:
    if seen.org_id in {"", identity.org_id} or state.confirm_org:
        return
    raise Rejected(
        f"You signed in to the Salesforce org {identity.org_id}, but this account was connected to "
        f"the org {seen.org_id} before. Nothing was changed. Sign in to the same org, or ask for a "
        "new link that confirms the change of org (confirm_org).",
        code="other_org",
        status=409,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """The connection as stored, the app of the one it took the place of, and the org's other tenants."""

    connection: Connection
    former_app: OwnApp | None
    others: tuple[str, ...]


def _store(state: ConnectState, pair: TokenPair, identity: Identity, world: Connecting) -> _Made:
    alone = world.second is SecondTenant.REFUSE
    first = _connected(state, pair, identity, world)
    for _ in range(STORE_TRIES):
        seen = world.connections.read(state.tenant) or Connection(
            tenant=state.tenant, status=ConnectionStatus.NOT_CONNECTED
        )
        _refuse_other_org(seen, identity, state)
        others = other_tenants(identity.org_id, state.tenant, orgs=world.orgs, second=world.second)
        new = replace(first, generation=seen.generation + 1)
        if world.orgs.connect(seen, new, alone=alone):
            return _Made(connection=new, former_app=seen.app, others=others)
        # A refresh of the old grant came between, and the admin's new one wins; or another tenant did.
    raise Conflict("the connection keeps changing; start again")


def _connected(
    state: ConnectState, pair: TokenPair, identity: Identity, world: Connecting
) -> Connection:
    """A tenant's first connection by this grant."""
    tenant, now = state.tenant, world.now()
    return Connection(
        tenant=tenant,
        status=ConnectionStatus.CONNECTED,
        generation=1,
        org_id=identity.org_id,
        instance_url=pair.instance_url,
        login_url=state.login_url,
        app=state.app,
        user=OrgUser(id=identity.user_id, name=identity.name, email=identity.email),
        access_ciphertext=world.cipher.encrypt(
            pair.access_token, tenant=tenant, purpose=ACCESS_TOKEN
        ),
        refresh_ciphertext=world.cipher.encrypt(
            pair.refresh_token or "", tenant=tenant, purpose=REFRESH_TOKEN
        ),
        connected_at=now,
        refreshed_at=now,
    )


def _forget(app: OwnApp | None, tenant: str, world: Connecting) -> None:
    forget_app(app, tenant, choices=world.app_choices, secrets=world.app_secrets)


def _check(made: _Made, pair: TokenPair, world: Connecting) -> Connection:
    """The connection with what is known and what can be found out now as its checks."""
    stored, known = made.connection, shared_check(made.others)
    grant = Grant(
        tenant=stored.tenant,
        generation=stored.generation,
        access_token=pair.access_token,
        instance_url=stored.instance_url,
        org_id=stored.org_id,
        user_id=stored.user.id if stored.user else "",
    )
    try:
        survey = survey_with_case(grant, world.org)
    except Permanent as error:
        found = no_api_access(error.message)
    except Retryable:
        found = ()
    else:
        found = checks_of(survey)
        _remember(stored, survey, world)
    checked = replace(stored, checks=(*found, *known))
    world.connections.replace(stored, checked)
    return checked


def _remember(stored: Connection, survey: OrgSurvey, world: Connecting) -> None:
    now = world.now()
    facts = StoredFacts(facts=survey.facts, fetched_at=now, org_id=stored.org_id)
    if survey.facts.task_key:
        case = survey.objects.get("Case")
        has_key = case is not None and KEY_FIELD in case.unique_fields
        facts = replace(facts, facts=replace(survey.facts, case_key=has_key), case_asked_at=now)
    try:
        world.memory.remember(stored.tenant, facts)
    except (Retryable, Permanent):
        # The first call fetches them again.
        return


def _revoke(world: Connecting, login_url: str, token: str) -> None:
    try:
        world.tokens.revoke(login_url, token=token)
    except (Retryable, Permanent):
        return


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


TICKET_LASTS = timedelta(minutes=10)
"""How long a connect ticket can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedTicket:
    """A single-use permission to connect a tenant; `ticket` is seen here only."""

    ticket: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"IssuedTicket(expires_at={self.expires_at.isoformat()!r})"


def issue_ticket(
    tenant_id: str, *, confirm_org: bool, steps: ConnectSteps, entropy: bytes, now: datetime
) -> IssuedTicket:
    """Makes a ticket for connecting, or connecting again; `confirm_org` allows another org."""
    ticket = ConnectTicket(tenant=tenant_id, confirm_org=confirm_org, expires_at=now + TICKET_LASTS)
    made = IssuedTicket(ticket=new_ticket(entropy), expires_at=ticket.expires_at)
    steps.put_ticket(fingerprint(made.ticket), ticket)
    return made


def get_connection(tenant_id: str, *, connections: Connections) -> Connection:
    """Gives the connection; one that says `not_connected` when the tenant never connected."""
    stored = connections.read(tenant_id)
    if stored is None:
        return Connection(tenant=tenant_id, status=ConnectionStatus.NOT_CONNECTED)
    return stored


def instance_url_of(tenant_id: str, connections: Connections) -> str:
    """Where the tenant's records can be opened; empty when the tenant never connected."""
    return get_connection(tenant_id, connections=connections).instance_url
