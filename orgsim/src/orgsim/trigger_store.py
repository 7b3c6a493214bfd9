"""What the org's own derivations need of the store."""

import sqlite3
from typing import Protocol

from orgsim.schema import Schema
from orgsim.settings import Settings

__all__ = ["Row", "SqlValue", "TriggerStore"]

type SqlValue = str | int | float | None
type Row = dict[str, SqlValue]


class TriggerStore(Protocol):
    """The part of the store that derived fields need."""

    @property
    def conn(self) -> sqlite3.Connection:
        """Return the connection, for what no other method does."""

    @property
    def settings(self) -> Settings:
        """Return the org's settings."""

    @property
    def schema(self) -> Schema:
        """Return the objects and fields that the org shows."""

    def now_stamp(self) -> str:
        """Return the present as stored text."""

    def next_case_number(self) -> str:
        """Return the next number of the org's cases."""

    def get(self, sobject: str, record_id: str) -> Row | None:
        """Return a row, deleted ones included."""

    def insert(self, sobject: str, values: Row, *, user_id: str) -> str:
        """Store a new row and return its id."""

    def write_quietly(self, sobject: str, record_id: str, values: Row) -> None:
        """Change columns without a new stamp."""

    def ids_where(self, sobject: str, field: str, value: str) -> list[str]:
        """Return the ids of living rows whose field has that value."""
