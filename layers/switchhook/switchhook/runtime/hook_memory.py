"""Hooks of the last minute, kept in one execution environment."""

from collections import OrderedDict
from datetime import datetime, timedelta

from switchhook.ports.ingress import OpenedHook

FRESH_FOR = timedelta(seconds=60)
READ_AGAIN_AFTER = timedelta(seconds=1)
MOST_HOOKS = 1_000


class RecentHooks:
    """Remembers up to 1,000 hooks for 60 s each, and allows one early re-read a second per hook.

    The early re-read follows a failed signature (the secret may just have been rotated); without a
    limit, forged requests would turn into reads one to one. A clock that steps back forgets.
    """

    def __init__(self) -> None:
        self._opened: OrderedDict[str, OpenedHook] = OrderedDict()
        self._read_again: OrderedDict[str, datetime] = OrderedDict()

    def recall(self, hook_id: str, *, now: datetime) -> OpenedHook | None:
        """The hook while it is younger than 60 s."""
        opened = self._opened.get(hook_id)
        if opened is None or not timedelta(0) <= now - opened.read_at < FRESH_FOR:
            return None
        return opened

    def keep(self, opened: OpenedHook) -> None:
        """Remember the hook, forgetting the one kept longest when there are too many."""
        self._opened[opened.hook.id] = opened
        self._opened.move_to_end(opened.hook.id)
        if len(self._opened) > MOST_HOOKS:
            self._opened.popitem(last=False)

    def may_read_again(self, hook_id: str, *, now: datetime) -> bool:
        """True at most once a second for each hook."""
        last = self._read_again.get(hook_id)
        if last is not None and timedelta(0) <= now - last < READ_AGAIN_AFTER:
            return False
        self._read_again[hook_id] = now
        self._read_again.move_to_end(hook_id)
        if len(self._read_again) > MOST_HOOKS:
            self._read_again.popitem(last=False)
        return True
