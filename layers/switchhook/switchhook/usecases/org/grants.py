"""Gives every use case a good access token, and refreshes it at one place only (SH-8).

A refresh token that Salesforce rotates is spent the moment it is sent: sending it twice revokes the
whole grant. So one refresher at a time holds a lease, the sending is noted before it happens, the new
pair is stored before it is used, and everybody else reads the store again.
"""

from collections.abc import Callable, MutableMapping
from dataclasses import replace
from datetime import datetime, timedelta

from switchhook.domain.connection import Connection, ConnectionStatus, Grant, TokenPair
from switchhook.domain.errors import NeedsReconnect, NotDelivered, OutcomeUnknown, Retryable
from switchhook.domain.timing import Timing
from switchhook.ports.cipher import Cipher
from switchhook.ports.connect import TokenEndpoint
from switchhook.ports.ledger import Clock, Connections

ACCESS_TOKEN = "access_token"  # noqa: S105 - an encryption purpose, not a secret
REFRESH_TOKEN = "refresh_token"  # noqa: S105

REFRESH_IDLE_AFTER = timedelta(days=25)
"""Salesforce kills a refresh token of a partner app that rests for 30 days; five days are slack."""

LOST_LEASE_AFTER_S = 1.0
LONGEST_WAIT_S = 60.0
STORE_TRIES = 3


def current_grant(
    tenant: str,
    *,
    connections: Connections,
    cipher: Cipher,
    memory: MutableMapping[str, Grant],
) -> Grant:
    """The tenant's grant as stored now; `memory` spares decrypting a generation already known.

    Raises:
        NeedsReconnect: code `not_connected` or `broken`.
    """
    return open_grant(_usable(tenant, connections.read(tenant)), cipher=cipher, memory=memory)


def open_grant(
    connection: Connection, *, cipher: Cipher, memory: MutableMapping[str, Grant]
) -> Grant:
    """The grant of a connection just read; decrypted only when its generation is new to `memory`."""
    known = memory.get(connection.tenant)
    if known is not None and known.generation == connection.generation:
        return known
    grant = _open(connection, cipher)
    memory[connection.tenant] = grant
    return grant


def renew_grant(
    spent: Grant,
    *,
    connections: Connections,
    cipher: Cipher,
    tokens: TokenEndpoint,
    holder: str,
    clock: Clock,
    timing: Timing,
) -> Grant:
    """A grant newer than `spent`: somebody else's if there is one, else by one refresh.

    `holder` names this invocation. Sends at most one refresh request, and none while another may be
    under way.

    Raises:
        NeedsReconnect: the grant is gone; the connection is marked broken.
        Retryable: somebody else refreshes, or Salesforce gave no clean answer.
    """
    seen = _usable(spent.tenant, connections.read(spent.tenant))
    if seen.generation != spent.generation:
        return _open(seen, cipher)
    refreshed = _refresh(
        seen,
        connections=connections,
        cipher=cipher,
        tokens=tokens,
        holder=holder,
        clock=clock,
        timing=timing,
    )
    return _open(refreshed, cipher)


def keep_alive(
    tenant: str,
    *,
    connections: Connections,
    cipher: Cipher,
    tokens: TokenEndpoint,
    holder: str,
    clock: Clock,
    timing: Timing,
) -> datetime | None:
    """Refresh a grant that has rested for 25 days; tells when to look again, None for never.

    Raises:
        NeedsReconnect: the grant is gone; a new connection brings its own date.
        Retryable: look again after `after_s`.
    """
    seen = connections.read(tenant)
    if seen is None or seen.status is not ConnectionStatus.CONNECTED:
        return None
    now = clock.now()
    due_at = next_keep_alive(seen, now=now)
    if due_at > now:
        return due_at
    refreshed = _refresh(
        seen,
        connections=connections,
        cipher=cipher,
        tokens=tokens,
        holder=holder,
        clock=clock,
        timing=timing,
    )
    return next_keep_alive(refreshed, now=now)


def next_keep_alive(connection: Connection, *, now: datetime) -> datetime:
    """When a grant's refresh token has rested long enough to be used again."""
    return (connection.refreshed_at or connection.connected_at or now) + REFRESH_IDLE_AFTER


def _usable(tenant: str, connection: Connection | None) -> Connection:
    if connection is None or connection.status is ConnectionStatus.NOT_CONNECTED:
        raise NeedsReconnect(
            f"tenant {tenant} is not connected to Salesforce; connect it", code="not_connected"
        )
    if connection.status is ConnectionStatus.BROKEN:
        raise _broken(tenant)
    return connection


def _broken(tenant: str) -> NeedsReconnect:
    return NeedsReconnect(
        f"Salesforce no longer accepts the grant of tenant {tenant}; connect it again",
        code="broken",
    )


def _open(connection: Connection, cipher: Cipher) -> Grant:
    return Grant(
        tenant=connection.tenant,
        generation=connection.generation,
        access_token=cipher.decrypt(
            connection.access_ciphertext, tenant=connection.tenant, purpose=ACCESS_TOKEN
        ),
        instance_url=connection.instance_url,
        org_id=connection.org_id,
        user_id=connection.user.id if connection.user else "",
    )


def _refresh(
    seen: Connection,
    *,
    connections: Connections,
    cipher: Cipher,
    tokens: TokenEndpoint,
    holder: str,
    clock: Clock,
    timing: Timing,
) -> Connection:
    now = clock.now()
    _refuse_second_send(seen, now=now, timing=timing)
    if clock.remaining_s() < timing.send_needs_s:
        raise Retryable(
            f"too little time is left to refresh the grant of tenant {seen.tenant}",
            code="refresh_postponed",
            after_s=LOST_LEASE_AFTER_S,
        )
    # Decrypted before the lease: what fails here must not look like a refresh that was sent.
    refresh_token = cipher.decrypt(
        seen.refresh_ciphertext, tenant=seen.tenant, purpose=REFRESH_TOKEN
    )
    leased = connections.lease(
        seen, holder=holder, now=now, until=now + timedelta(seconds=timing.send_needs_s)
    )
    if leased is None:
        leased = _ours_after_all(connections.read(seen.tenant), holder=holder, now=now)
    try:
        pair = tokens.refresh(leased.login_url, app=leased.app, refresh_token=refresh_token)
    except NeedsReconnect:
        return _break(leased, connections)
    except OutcomeUnknown:
        # `refresh_sent_at` stays: until the request can no longer land, nobody sends again.
        raise _in_progress(seen.tenant, after_s=LONGEST_WAIT_S) from None
    except Retryable as error:
        connections.replace(leased, _at_rest(leased))
        raise _not_refreshed(seen.tenant, error) from None
    return _keep(leased, pair, now=now, connections=connections, cipher=cipher, tokens=tokens)


def _ours_after_all(stored: Connection | None, *, holder: str, now: datetime) -> Connection:
    """The lease we asked for, if only its answer was lost and its repetition was refused."""
    if stored is None or (stored.lease_holder, stored.refresh_sent_at) != (holder, now):
        raise _in_progress(stored.tenant if stored else "", after_s=LOST_LEASE_AFTER_S)
    return stored


def _refuse_second_send(seen: Connection, *, now: datetime, timing: Timing) -> None:
    if seen.refresh_sent_at is None:
        return
    horizon = timedelta(seconds=timing.write_horizon_s + timing.fence_slack_s)
    is_leased = seen.lease_until is not None and seen.lease_until > now
    left_s = (seen.refresh_sent_at + horizon - now).total_seconds()
    if is_leased:
        raise _in_progress(seen.tenant, after_s=LOST_LEASE_AFTER_S)
    if left_s > 0:
        raise _in_progress(seen.tenant, after_s=min(left_s, LONGEST_WAIT_S))


def _in_progress(tenant: str, *, after_s: float) -> Retryable:
    return Retryable(
        f"the grant of tenant {tenant} is being refreshed; wait for it",
        code="refresh_in_progress",
        after_s=after_s,
    )


def _not_refreshed(tenant: str, error: Retryable) -> Retryable:
    code = "salesforce_unreachable" if isinstance(error, NotDelivered) else error.code
    return Retryable(
        f"the grant of tenant {tenant} could not be refreshed: {error.message}",
        code=code,
        after_s=error.after_s,
    )


def _at_rest(connection: Connection) -> Connection:
    return replace(connection, lease_until=None, lease_holder=None, refresh_sent_at=None)


def _break(leased: Connection, connections: Connections) -> Connection:
    """Believe that the grant is gone only if nobody has stored a newer one meanwhile.

    The condition of the write is what decides, so no reading can be overtaken.
    """
    # The dead tokens go: what is not stored cannot be sent again.
    broken = replace(
        _at_rest(leased),
        status=ConnectionStatus.BROKEN,
        access_ciphertext=b"",
        refresh_ciphertext=b"",
    )
    if not connections.replace(leased, broken):
        latest = _usable(leased.tenant, connections.read(leased.tenant))
        if latest.generation != leased.generation:
            return latest
    raise _broken(leased.tenant)


def _keep(
    leased: Connection,
    pair: TokenPair,
    *,
    now: datetime,
    connections: Connections,
    cipher: Cipher,
    tokens: TokenEndpoint,
) -> Connection:
    """Store the new pair before anybody uses it; the old refresh token is spent."""
    refreshed = replace(
        _at_rest(leased),
        generation=leased.generation + 1,
        instance_url=pair.instance_url,
        access_ciphertext=_insist(
            lambda: cipher.encrypt(pair.access_token, tenant=leased.tenant, purpose=ACCESS_TOKEN)
        ),
        refresh_ciphertext=_sealed_refresh(leased, pair, cipher),
        refreshed_at=now,
    )
    if _insist(lambda: connections.replace(leased, refreshed)):
        return refreshed
    stored = connections.read(leased.tenant)
    if stored is not None and stored.status is ConnectionStatus.NOT_CONNECTED:
        # The admin disconnected while the refresh was under way: this pair must not outlive that.
        tokens.revoke(leased.login_url, token=pair.refresh_token or pair.access_token)
    return _usable(leased.tenant, stored)


def _sealed_refresh(leased: Connection, pair: TokenPair, cipher: Cipher) -> bytes:
    rotated = pair.refresh_token
    if rotated is None:
        return leased.refresh_ciphertext
    return _insist(lambda: cipher.encrypt(rotated, tenant=leased.tenant, purpose=REFRESH_TOKEN))


def _insist[Result](effect: Callable[[], Result]) -> Result:
    """Do what must not be lost again at once: a pair that is not stored ends the tenant's grant."""
    for _ in range(STORE_TRIES - 1):
        try:
            return effect()
        except Retryable:
            continue
    return effect()
