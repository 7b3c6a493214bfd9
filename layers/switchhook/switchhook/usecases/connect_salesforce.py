"""Connects a tenant to its Salesforce org, and disconnects it (CX-4 to CX-13, CX-60 to CX-62, SH-8).

The way leads through an admin's browser, so each step trusts nothing but what it can verify: a ticket
that works once, a state that works once and only in the browser it was made for, a PKCE verifier that
never leaves the server, an org that must be the one connected before.
"""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

from switchhook.domain.api_keys import fingerprint
from switchhook.domain.connection import Connection, ConnectionStatus, Grant, TokenPair
from switchhook.domain.crm import StoredFacts
from switchhook.domain.errors import (
    Conflict,
    NeedsReconnect,
    Permanent,
    Rejected,
    Retryable,
    SwitchhookError,
)
from switchhook.domain.people import OrgUser
from switchhook.ports import Cipher, Connections, TokenEndpoint
from switchhook.ports_connect import (
    ConnectState,
    Identity,
)
from switchhook.usecases.connecting import Chance, Connecting, Departure, Return, denied, stale
from switchhook.usecases.grants import ACCESS_TOKEN, REFRESH_TOKEN, next_keep_alive
from switchhook.usecases.org_checks import checks_of, no_api_access
from switchhook.usecases.org_facts import OrgSurvey, survey_org

PKCE = "pkce"
STATE_LASTS = timedelta(minutes=10)
STORE_TRIES = 3


def start(
    ticket: str, *, login_url: str, redirect_uri: str, chance: Chance, world: Connecting
) -> Departure:
    """Spend a ticket for one way to Salesforce and back.

    Raises:
        Rejected: the ticket is unknown, spent or too old.
        Retryable: a store or the app's credentials cannot be read now.
    """
    now = world.now()
    taken = world.steps.take_ticket(fingerprint(ticket))
    if taken is None or taken.expires_at <= now:
        raise stale("this link has been used already or is older than ten minutes")
    app = world.app.credentials()
    state = ConnectState(
        tenant=taken.tenant,
        confirm_org=taken.confirm_org,
        browser_hash=fingerprint(chance.browser),
        verifier_ciphertext=world.cipher.encrypt(
            chance.verifier, tenant=taken.tenant, purpose=PKCE
        ),
        login_url=login_url,
        redirect_uri=redirect_uri,
        expires_at=now + STATE_LASTS,
    )
    world.steps.put_state(fingerprint(chance.state), state)
    url = world.authorize_url(
        login_url,
        client_id=app.client_id,
        redirect_uri=redirect_uri,
        state=chance.state,
        challenge=_challenge(chance.verifier),
    )
    return Departure(url=url, browser=chance.browser)


def finish(back: Return, *, world: Connecting) -> Connection:
    """Store the grant that the browser brings back; the tenant is connected afterwards.

    Checks that cannot be made now are left out; they never undo a good grant.

    Raises:
        Rejected: denied, stale, from another browser, refused by Salesforce, or of another org.
        Retryable, Permanent: Salesforce or a store gave no usable answer; start again.
    """
    state = _verified_state(back, world)
    if back.error is not None:
        raise denied(back.error)
    if not back.code:
        raise stale("Salesforce sent no authorization code")
    pair = _exchange(state, back.code, world)
    try:
        identity = world.identities.identify(pair)
        seen = _seen(state.tenant, world)
        _refuse_other_org(seen, identity, state)
        stored = _store(seen, state, pair, identity, world)
    except SwitchhookError:
        # Five grants per user and app: one that nobody will use must not push out a good one.
        _revoke(world, state.login_url, pair.refresh_token or pair.access_token)
        raise
    world.markers.keep_alive_at(state.tenant, next_keep_alive(stored, now=world.now()))
    checked = _check(stored, pair, world)
    world.markers.drain_now(state.tenant, now=world.now())
    return checked


def disconnect(
    tenant: str, *, connections: Connections, cipher: Cipher, tokens: TokenEndpoint
) -> bool:
    """Revoke and delete the tenant's tokens; settings stay, activities wait (CX-61).

    Doing it twice is harmless. False means that Salesforce did not confirm the revocation: the tokens
    are deleted here, and an admin can end the grant in Salesforce's list of connected apps.

    Raises:
        Conflict: the connection kept changing meanwhile.
        Retryable: a store cannot be reached; nothing is deleted yet.
    """
    for _ in range(STORE_TRIES):
        seen = connections.read(tenant)
        if seen is None or seen.status is ConnectionStatus.NOT_CONNECTED:
            return True
        is_revoked = _revoke_stored(seen, cipher, tokens)
        gone = Connection(
            tenant=tenant,
            status=ConnectionStatus.NOT_CONNECTED,
            generation=seen.generation + 1,
            org_id=seen.org_id,  # so that connecting to another org is still noticed
        )
        if connections.replace(seen, gone):
            return is_revoked
    raise Conflict(f"the connection of tenant {tenant} keeps changing; disconnect it again")


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
            state.login_url, code=code, verifier=verifier, redirect_uri=state.redirect_uri
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


def _seen(tenant: str, world: Connecting) -> Connection:
    return world.connections.read(tenant) or Connection(
        tenant=tenant, status=ConnectionStatus.NOT_CONNECTED
    )


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


def _store(
    seen: Connection,
    state: ConnectState,
    pair: TokenPair,
    identity: Identity,
    world: Connecting,
) -> Connection:
    now = world.now()
    access, refresh = _sealed(state.tenant, pair, world.cipher)
    for _ in range(STORE_TRIES):
        new = Connection(
            tenant=state.tenant,
            status=ConnectionStatus.CONNECTED,
            generation=seen.generation + 1,
            org_id=identity.org_id,
            instance_url=pair.instance_url,
            login_url=state.login_url,
            user=OrgUser(id=identity.user_id, name=identity.name, email=identity.email),
            access_ciphertext=access,
            refresh_ciphertext=refresh,
            connected_at=now,
            refreshed_at=now,
        )
        if world.connections.replace(seen, new):
            return new
        # A refresh of the old grant came between; the admin's new one wins.
        seen = _seen(state.tenant, world)
        _refuse_other_org(seen, identity, state)
    raise Conflict("the connection keeps changing; start again")


def _sealed(tenant: str, pair: TokenPair, cipher: Cipher) -> tuple[bytes, bytes]:
    access = cipher.encrypt(pair.access_token, tenant=tenant, purpose=ACCESS_TOKEN)
    refresh = cipher.encrypt(pair.refresh_token or "", tenant=tenant, purpose=REFRESH_TOKEN)
    return access, refresh


def _check(stored: Connection, pair: TokenPair, world: Connecting) -> Connection:
    grant = Grant(
        tenant=stored.tenant,
        generation=stored.generation,
        access_token=pair.access_token,
        instance_url=stored.instance_url,
        org_id=stored.org_id,
        user_id=stored.user.id if stored.user else "",
    )
    try:
        survey = survey_org(grant, world.org)
    except Permanent as error:
        checks = no_api_access(error.message)
    except Retryable:
        return stored
    else:
        checks = checks_of(survey)
        _remember(stored, survey, world)
    checked = replace(stored, checks=checks)
    world.connections.replace(stored, checked)
    return checked


def _remember(stored: Connection, survey: OrgSurvey, world: Connecting) -> None:
    facts = StoredFacts(facts=survey.facts, fetched_at=world.now(), org_id=stored.org_id)
    try:
        world.memory.remember(stored.tenant, facts)
    except (Retryable, Permanent):
        # The first call fetches them again.
        return


def _revoke_stored(seen: Connection, cipher: Cipher, tokens: TokenEndpoint) -> bool:
    if not seen.refresh_ciphertext:
        return True
    token = cipher.decrypt(seen.refresh_ciphertext, tenant=seen.tenant, purpose=REFRESH_TOKEN)
    try:
        tokens.revoke(seen.login_url, token=token)
    except (Retryable, Permanent):
        # An org that is down or gone must not keep its admin from disconnecting.
        return False
    return True


def _revoke(world: Connecting, login_url: str, token: str) -> None:
    try:
        world.tokens.revoke(login_url, token=token)
    except (Retryable, Permanent):
        return


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
