"""Tenants' grants in memory, every change conditional."""

from dataclasses import replace
from datetime import datetime
from threading import Lock

from switchhook.domain.connection import ApiUsage, Connection, ConnectionStatus


class FakeConnections:
    """The ports Connections and SharedOrgs; `read` may serve a FakeLedger as `connection_of`."""

    def __init__(self, *connections: Connection) -> None:
        self.stored: dict[str, Connection] = {each.tenant: each for each in connections}
        self._lock = Lock()

    def read(self, tenant: str) -> Connection | None:
        return self.stored.get(tenant)

    def lease(
        self, seen: Connection, *, holder: str, now: datetime, until: datetime
    ) -> Connection | None:
        with self._lock:
            stored = self.stored.get(seen.tenant)
            if stored is None or stored.status is not ConnectionStatus.CONNECTED:
                return None
            if (stored.generation, stored.refresh_sent_at) != (
                seen.generation,
                seen.refresh_sent_at,
            ):
                return None
            if stored.lease_until and stored.lease_until > now:
                return None
            leased = replace(stored, lease_holder=holder, lease_until=until, refresh_sent_at=now)
            self.stored[seen.tenant] = leased
            return leased

    def replace(self, seen: Connection, new: Connection) -> bool:
        with self._lock:
            stored = self.stored.get(seen.tenant)
            if stored is None:
                if seen.generation == 0:
                    self.stored[new.tenant] = new
                return seen.generation == 0
            if (stored.generation, stored.lease_holder) != (seen.generation, seen.lease_holder):
                return False
            self.stored[new.tenant] = new
            return True

    def connect(self, seen: Connection, new: Connection, *, alone: bool) -> bool:
        known = self.tenants_of(new.org_id)
        if alone and known and new.tenant not in known:
            return False
        return self.replace(seen, new)

    def tenants_of(self, org_id: str) -> frozenset[str]:
        return frozenset(
            tenant
            for tenant, stored in self.stored.items()
            if stored.org_id == org_id and stored.status is not ConnectionStatus.NOT_CONNECTED
        )

    def note_usage(self, tenant: str, usage: ApiUsage | None, *, parked: str | None) -> None:
        with self._lock:
            if stored := self.stored.get(tenant):
                self.stored[tenant] = replace(stored, usage=usage or stored.usage, parked=parked)
