"""Pins and moved Tasks, in memory."""

from fakes.directory import FakeDirectory
from switchhook.domain.errors import Conflict
from switchhook.domain.matching.pins import Pin
from switchhook.domain.tenants import Page
from switchhook.domain.writing.repoint import Repoint


class FakePins:
    """The port Pins over a FakeDirectory, which shows them to whoever asks what is known of a party."""

    def __init__(self, directory: FakeDirectory) -> None:
        self._directory = directory

    def read(self, tenant: str, party: str) -> Pin | None:
        return self._directory.pins.get((tenant, party))

    def page(self, tenant: str, *, limit: int, cursor: str | None) -> Page[Pin]:
        keys = sorted(party for owner, party in self._directory.pins if owner == tenant)
        left = [party for party in keys if cursor is None or party > cursor]
        return Page(
            items=tuple(self._directory.pins[tenant, party] for party in left[:limit]),
            next_cursor=left[limit - 1] if len(left) > limit else None,
        )

    def put(self, tenant: str, pin: Pin) -> None:
        with self._directory.lock:
            self._directory.pins[tenant, pin.party] = pin
            self._directory.forget_match(tenant, pin.party)

    def change(self, tenant: str, seen: Pin, new: Pin | None) -> bool:
        with self._directory.lock:
            stored = self.read(tenant, seen.party)
            if stored is None or (stored.record, stored.pinned_at) != (seen.record, seen.pinned_at):
                return False
            if new is None:
                del self._directory.pins[tenant, seen.party]
            else:
                self._directory.pins[tenant, seen.party] = new
            self._directory.forget_match(tenant, seen.party)
            return True

    def forget_match(self, tenant: str, party_key: str) -> None:
        self._directory.forget_match(tenant, party_key)


class FakeRepoints:
    """The port Repoints; `before_commit` runs once before the next one, so that a test can come between."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], Repoint] = {}
        self.commits: list[Repoint] = []
        self.before_commit = lambda: None

    def read(self, tenant: str, undo_id: str) -> Repoint | None:
        return self.stored.get((tenant, undo_id))

    def commit(self, repoint: Repoint) -> None:
        come, self.before_commit = self.before_commit, lambda: None
        come()
        stored = self.read(repoint.tenant, repoint.id)
        if stored is not None and repoint.version == 1 and not stored.is_kept(repoint.made_at):
            stored = None
        if (stored.version if stored else 0) != repoint.version - 1:
            raise Conflict("somebody else has changed it")
        self.stored[repoint.tenant, repoint.id] = repoint
        self.commits.append(repoint)
