"""The numbers that an org gives out: those inside its ids, and those of its cases."""

import sqlite3
import threading
from collections.abc import Iterable

from orgsim.ids import make_id, number_of
from orgsim.schema import SObject

__all__ = ["Numbers"]

_INSTANCE_LENGTH = 2
# Lower numbers belong to the rows an org starts with (its admin, profiles, lists).
_START = 1000
_CASES = "case_number"


class Numbers:
    """Counts upwards for each kind of record; no number is given out twice, not even after a reset."""

    def __init__(self, instance: str) -> None:
        """`instance` is the two characters that stand for the org inside its ids."""
        self._instance = instance
        self._lock = threading.Lock()
        self._last: dict[str, int] = {}

    def next_id(self, prefix: str) -> str:
        """Return the next id, 18 characters, of the objects with that prefix."""
        return make_id(prefix, self._instance, self._next(prefix))

    def next_case_number(self) -> str:
        """Return the next number of the org's cases, eight digits."""
        return f"{self._next(_CASES):08d}"

    def continue_after(self, conn: sqlite3.Connection, kinds: Iterable[SObject]) -> None:
        """Take up the numbering where the records in a file left it."""
        for kind in kinds:
            newest = conn.execute(f"SELECT max(Id) FROM {kind.table}").fetchone()[0]  # noqa: S608 # schema names
            if newest is not None and kind.key_prefix != "00D":
                number = number_of(newest, len(kind.key_prefix) + _INSTANCE_LENGTH)
                self._last[kind.key_prefix] = max(number, _START)
        case = conn.execute("SELECT max(CaseNumber) FROM o_Case").fetchone()[0]
        if case is not None:
            self._last[_CASES] = int(case)

    def _next(self, name: str) -> int:
        with self._lock:
            number = self._last.get(name, _START) + 1
            self._last[name] = number
            return number
