"""Transactions that nest, behind the one lock of an org."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Transactions", "Undo"]


class Undo:
    """Lets the body of a transaction decide that nothing of it shall stay."""

    __slots__ = ("wanted",)

    def __init__(self) -> None:
        """Begin with the intention to commit."""
        self.wanted = False

    def undo(self) -> None:
        """Undo everything when the transaction ends."""
        self.wanted = True


class Transactions:
    """One connection shared by threads: whoever is in a transaction has it to itself."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        """Guard a connection that is in autocommit mode."""
        self.lock = threading.RLock()
        self._conn = conn
        self._depth = 0

    @contextmanager
    def begin(self) -> Iterator[Undo]:
        """Hold the lock and commit at the end; any exception undoes what was written inside.

        Transactions nest: an inner one that fails undoes only its own part. What is yielded undoes
        without an exception.
        """
        with self.lock:
            outermost, point = self._depth == 0, f"s{self._depth}"
            self._conn.execute("BEGIN IMMEDIATE" if outermost else f"SAVEPOINT {point}")
            self._depth += 1
            undo = Undo()
            try:
                yield undo
            except BaseException:
                undo.wanted = True
                raise
            finally:
                self._depth -= 1
                for statement in _endings(point, outermost=outermost, undo=undo.wanted):
                    self._conn.execute(statement)


def _endings(point: str, *, outermost: bool, undo: bool) -> tuple[str, ...]:
    """Return the statements that end a transaction or a savepoint inside one."""
    if outermost:
        return ("ROLLBACK",) if undo else ("COMMIT",)
    return (f"ROLLBACK TO {point}", f"RELEASE {point}") if undo else (f"RELEASE {point}",)
