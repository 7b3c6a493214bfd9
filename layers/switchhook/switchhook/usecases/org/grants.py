"""Gives every use case a good access token, and refreshes it at one place only (SH-8).

A refresh token that Salesforce rotates is spent the moment it is sent: sending it twice revokes the
whole grant. So one refresher at a time holds a lease, the sending is noted before it happens, the new
pair is stored before it is used, and everybody else reads the store again.
"""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from switchhook.domain.connection import Connection, ConnectionStatus, Grant, TokenPair
from switchhook.domain.errors import (
    NeedsReconnect,
    NotDelivered,
    OutcomeUnknown,
    Retryable,
    SessionExpired,
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """The grants of all tenants, as one process holds them.

    `holder` names the process as the holder of a lease. `memory` has the grant that was last opened of each
    tenant; it spares decrypting a generation already known, and tells which one an ended session was of.
    """

    connections: Connections
    cipher: Cipher
    tokens: TokenEndpoint
    clock: Clock
    timing: Timing
    holder: str
    memory: MutableMapping[str, Grant] = field(default_factory=dict)

    def ask[T](self, tenant: str, question: Callable[[Grant], T]) -> T:
        """The answer of the tenant's org, for somebody who waits for it.

        Raises:
            NeedsReconnect: the tenant is not connected, or its grant is gone.
            SessionExpired: the renewed session was refused too.
            SwitchhookError: whatever the question raises.
        """
        return self.renew_once(tenant, lambda: question(self.current(tenant)))

    def renew_once[T](self, tenant: str, step: Callable[[], T]) -> T:
        """What the step gives; where it finds the session ended, that is renewed and the step taken once more.

        Raises:
            NeedsReconnect, Retryable: as `renew`.
            SessionExpired: the renewed session was refused too.
            SwitchhookError: whatever the step raises.
        """
        try:
            return step()
        except SessionExpired:
            self.renew(tenant)
        try:
            return step()
        except SessionExpired as error:
            raise SessionExpired(
                "Salesforce keeps refusing a session that was just renewed; ask again later."
            ) from error

    def current(self, tenant: str) -> Grant:
        """The tenant's grant as stored now.

        Raises:
            NeedsReconnect: code `not_connected` or `broken`.
        """
        return self.opened(_usable(tenant, self.connections.read(tenant)))

    def opened(self, connection: Connection) -> Grant:
        """The grant of a connection just read; decrypted only when its generation is new here."""
        known = self.memory.get(connection.tenant)
        if known is not None and known.generation == connection.generation:
            return known
        grant = Grant(
            tenant=connection.tenant,
            generation=connection.generation,
            access_token=self.cipher.decrypt(
                connection.access_ciphertext, tenant=connection.tenant, purpose=ACCESS_TOKEN
            ),
            instance_url=connection.instance_url,
            org_id=connection.org_id,
            user_id=connection.user.id if connection.user else "",
        )
        self.memory[connection.tenant] = grant
        return grant

    def renew(self, tenant: str) -> Grant:
        """A grant newer than the one last opened: somebody else's if there is one, else by one refresh.

        Sends at most one refresh request, and none while another may be under way. Of a tenant whose grant
        was never opened here nothing is known to be spent: what is stored will do.

        Raises:
            NeedsReconnect: the grant is gone; the connection is marked broken.
            Retryable: somebody else refreshes, or Salesforce gave no clean answer.
        """
        seen = _usable(tenant, self.connections.read(tenant))
        spent = self.memory.get(tenant)
        if spent is not None and spent.generation == seen.generation:
            seen = self._refresh(seen)
        return self.opened(seen)

    def keep_alive(self, tenant: str) -> datetime | None:
        """Refresh a grant that has rested for 25 days; tells when to look again, None for never.

        Raises:
            NeedsReconnect: the grant is gone; a new connection brings its own date.
            Retryable: look again after `after_s`.
        """
        seen = self.connections.read(tenant)
        if seen is None or seen.status is not ConnectionStatus.CONNECTED:
            return None
        now = self.clock.now()
        due_at = next_keep_alive(seen, now=now)
        if due_at > now:
            return due_at
        return next_keep_alive(self._refresh(seen), now=now)

    def _refresh(self, seen: Connection) -> Connection:
        now = self.clock.now()
        self._refuse_to_send(seen, now=now)
        # Decrypted before the lease: what fails here must not look like a refresh that was sent.
        refresh_token = self.cipher.decrypt(
            seen.refresh_ciphertext, tenant=seen.tenant, purpose=REFRESH_TOKEN
        )
        leased = self._lease(seen, now=now)
        try:
            pair = self.tokens.refresh(
                leased.login_url, app=leased.app, refresh_token=refresh_token
            )
        except NeedsReconnect:
            return self._break(leased)
        except OutcomeUnknown:
            # `refresh_sent_at` stays: until the request can no longer land, nobody sends again.
            raise _in_progress(seen.tenant, after_s=LONGEST_WAIT_S) from None
        except Retryable as error:
            self.connections.replace(leased, _at_rest(leased))
            raise _not_refreshed(seen.tenant, error) from None
        return self._keep(leased, pair, now=now)

    def _refuse_to_send(self, seen: Connection, *, now: datetime) -> None:
        if seen.refresh_sent_at is not None:
            horizon = timedelta(seconds=self.timing.write_horizon_s + self.timing.fence_slack_s)
            is_leased = seen.lease_until is not None and seen.lease_until > now
            left_s = (seen.refresh_sent_at + horizon - now).total_seconds()
            if is_leased:
                raise _in_progress(seen.tenant, after_s=LOST_LEASE_AFTER_S)
            if left_s > 0:
                raise _in_progress(seen.tenant, after_s=min(left_s, LONGEST_WAIT_S))
        if self.clock.remaining_s() < self.timing.send_needs_s:
            raise Retryable(
                f"too little time is left to refresh the grant of tenant {seen.tenant}",
                code="refresh_postponed",
                after_s=LOST_LEASE_AFTER_S,
            )

    def _lease(self, seen: Connection, *, now: datetime) -> Connection:
        """The right to refresh; also if we had it before, and only the answer that gave it was lost."""
        until = now + timedelta(seconds=self.timing.send_needs_s)
        leased = self.connections.lease(seen, holder=self.holder, now=now, until=until)
        if leased is not None:
            return leased
        stored = self.connections.read(seen.tenant)
        if stored is None or (stored.lease_holder, stored.refresh_sent_at) != (self.holder, now):
            raise _in_progress(seen.tenant, after_s=LOST_LEASE_AFTER_S)
        return stored

    def _break(self, leased: Connection) -> Connection:
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
        if not self.connections.replace(leased, broken):
            latest = _usable(leased.tenant, self.connections.read(leased.tenant))
            if latest.generation != leased.generation:
                return latest
        raise _broken(leased.tenant)

    def _keep(self, leased: Connection, pair: TokenPair, *, now: datetime) -> Connection:
        """Store the new pair before anybody uses it; the old refresh token is spent."""
        refreshed = replace(
            _at_rest(leased),
            generation=leased.generation + 1,
            instance_url=pair.instance_url,
            access_ciphertext=self._sealed(leased, pair.access_token, ACCESS_TOKEN),
            refresh_ciphertext=(
                leased.refresh_ciphertext
                if pair.refresh_token is None
                else self._sealed(leased, pair.refresh_token, REFRESH_TOKEN)
            ),
            refreshed_at=now,
        )
        if _insist(lambda: self.connections.replace(leased, refreshed)):
            return refreshed
        stored = self.connections.read(leased.tenant)
        if stored is not None and stored.status is ConnectionStatus.NOT_CONNECTED:
            # The admin disconnected while the refresh was under way: this pair must not outlive that.
            self.tokens.revoke(leased.login_url, token=pair.refresh_token or pair.access_token)
        return _usable(leased.tenant, stored)

    def _sealed(self, leased: Connection, token: str, purpose: str) -> bytes:
        return _insist(lambda: self.cipher.encrypt(token, tenant=leased.tenant, purpose=purpose))


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


def _insist[Result](effect: Callable[[], Result]) -> Result:
    """Do what must not be lost again at once: a pair that is not stored ends the tenant's grant."""
    for _ in range(STORE_TRIES - 1):
        try:
            return effect()
        except Retryable:
            continue
    return effect()
