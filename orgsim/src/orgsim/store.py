"""The records of one simulated org, in SQLite.

A table per object, `o_<Object>`, has a column per field: booleans are 0 or 1, numbers INTEGER or
REAL, everything else TEXT. Times are `YYYY-MM-DDTHH:MM:SS.000+0000` in UTC, so that text order is
time order; days are `YYYY-MM-DD`; an empty text is NULL. Text columns collate NOCASE unless their
field is case sensitive. Objects without a field IsDeleted have no recycle bin.

The tables hold every optional field; `schema` tells which of them the org shows at present.
"""

import itertools
import json
import secrets
import sqlite3
import string
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from orgsim.bootstrap import REWRITTEN, first_rows
from orgsim.database import (
    add_missing,
    create_object_tables,
    drop_tables,
    insert_statement,
    open_database,
    read_meta,
    write_meta,
)
from orgsim.errors import ApiError
from orgsim.ids import id15, make_id, to_id18
from orgsim.new_rows import NewRows
from orgsim.numbering import Numbers
from orgsim.objects.catalogue import build_schema, widest_schema
from orgsim.query.bulk_index import bulk_index
from orgsim.query.index import create_tables, drop_record, index_record
from orgsim.schema import Schema, SObject
from orgsim.settings import Settings
from orgsim.settings_check import unknown_names
from orgsim.settings_reading import SettingsError, merge_settings, settings_as_json
from orgsim.times import stamp
from orgsim.transactions import Transactions, Undo
from orgsim.triggers import Row, SqlValue, after_write, before_write, settle_all

__all__ = ["Row", "SqlValue", "Store"]

_INSTANCE_LENGTH = 2
# How many rows of a bulk load are made at a time: enough to be fast, few enough to need no memory.
_BATCH = 2_000


class Store:
    """Every record of the org, behind one lock; what is written in a transaction stays together.

    Validation is not done here: callers hand in values that fit, keyed by exact field names.
    """

    def __init__(
        self,
        path: Path | None = None,
        settings: Settings | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Open the org in `path`, or in memory; a new one starts with its admin and profiles."""
        self._clock = clock
        self.conn: sqlite3.Connection = open_database(path)
        self._transactions = Transactions(self.conn)
        known = read_meta(self.conn)
        self.instance: str = known.get("instance") or "".join(
            secrets.choice(string.ascii_letters + string.digits) for _ in range(_INSTANCE_LENGTH)
        )
        self.password: str = known.get("password") or secrets.token_urlsafe(12)
        number = int(known.get("org_number") or secrets.randbelow(62**8))
        self.org_id = make_id("00D", self.instance, number)
        self._org_number = number
        self._numbers = Numbers(self.instance)
        stored = merge_settings(Settings(), json.loads(known.get("settings") or "{}"))
        self._show(settings or stored)
        self.admin_id = make_id("005", self.instance, 1)
        if known:
            add_missing(self.conn, tuple(self._wide.objects.values()))
            self._numbers.continue_after(self.conn, self._wide.objects.values())
            self.configure(self.settings)
        else:
            self._create()

    def now(self) -> datetime:
        """Return the present by the org's clock, aware, UTC."""
        return self._clock()

    def now_stamp(self) -> str:
        """Return the present as stored text."""
        return stamp(self._clock())

    def use_password(self, password: str) -> None:
        """Let every active user log in with that password, and remember it; raises ValueError."""
        if not password:
            raise ValueError("the password must not be empty")
        self.password = password
        with self.transaction():
            self._write_meta()

    def transaction(self) -> AbstractContextManager[Undo]:
        """Hold the org's lock and commit at the end; see `Transactions.begin`."""
        return self._transactions.begin()

    def configure(self, settings: Settings) -> None:
        """Take over new settings: what the schema shows, the status list, the record types.

        Raises SettingsError when they name objects or fields that the org would not have.
        """
        if problems := unknown_names(settings, build_schema(settings)):
            raise SettingsError(problems)
        with self.transaction():
            self._show(settings)
            add_missing(self.conn, tuple(self._wide.objects.values()))
            for sobject in REWRITTEN:
                self.conn.execute(f"DELETE FROM o_{sobject}")  # noqa: S608 # schema names
            for sobject, row in first_rows(self.settings, self.org_id, self.admin_id):
                if sobject in REWRITTEN:
                    self.insert(sobject, row, user_id=self.admin_id)
            settle_all(self)
            self._write_meta()

    def reset(self, settings: Settings) -> None:
        """Forget every record; the org keeps its id and its admin, ids are never used twice."""
        with self.transaction():
            drop_tables(self.conn)
            self._show(settings)
            self._create()

    def get(self, sobject: str, record_id: str) -> Row | None:
        """Return the row of an 18-character id, deleted ones included, or None."""
        with self._transactions.lock:
            found = self.conn.execute(self._selects[sobject], (record_id,)).fetchone()
        return None if found is None else dict(found)

    def find_by(self, sobject: str, field: str, value: SqlValue) -> Row | None:
        """Return the living row whose unique `field` has that value, or None."""
        ids = self.ids_where(sobject, field, value)
        return self.get(sobject, ids[0]) if ids else None

    def ids_where(self, sobject: str, field: str, value: SqlValue) -> list[str]:
        """Return the ids of living rows whose field has that value, oldest id first."""
        living = " AND IsDeleted = 0" if "IsDeleted" in self._wide.objects[sobject].fields else ""
        with self._transactions.lock:
            sql = f"SELECT Id FROM o_{sobject} WHERE {field} = ?{living} ORDER BY Id"  # noqa: S608 # schema names
            rows = self.conn.execute(sql, (value,)).fetchall()
        return [row[0] for row in rows]

    def count(self, sobject: str) -> int:
        """Return how many living records an object has."""
        living = " WHERE IsDeleted = 0" if "IsDeleted" in self._wide.objects[sobject].fields else ""
        with self._transactions.lock:
            found = self.conn.execute(f"SELECT count(*) FROM o_{sobject}{living}").fetchone()  # noqa: S608 # schema names
        return int(found[0])

    def insert(self, sobject: str, values: Mapping[str, SqlValue], *, user_id: str) -> str:
        """Store a new record and return its id; audit fields in `values` win over the present.

        Raises ApiError DUPLICATE_VALUE when a unique field has the value already.
        """
        kind = self._wide.objects[sobject]
        blank = self._new_rows.blank(kind, user_id, self.now_stamp())
        row = self._new_rows.row(kind, blank, values)
        with self.transaction():
            before_write(self, sobject, row, None)
            self._execute(kind, self._inserts[sobject], tuple(row.values()), row)
            after_write(self, sobject, row, None, user_id)
            self._index(kind, row)
        return str(row["Id"])

    def insert_many(self, sobject: str, rows: Iterable[Row], *, user_id: str) -> list[str]:
        """Store new records, as many as there may be, and return their ids.

        For records that no other record repeats values of or refers to yet: what a write carries
        over to others is left out. Raises ApiError as `insert`; nothing is stored then.
        """
        kind = self._wide.objects[sobject]
        blank = self._new_rows.blank(kind, user_id, self.now_stamp())
        ids: list[str] = []
        with self.transaction(), bulk_index(self, kind) as index:
            for batch in itertools.batched(rows, _BATCH):
                made = [self._new_rows.row(kind, blank, values) for values in batch]
                for row in made:
                    before_write(self, sobject, row, None)
                    self._execute(kind, self._inserts[sobject], tuple(row.values()), row)
                index(made)
                ids += [str(row["Id"]) for row in made]
        return ids

    def update(
        self, sobject: str, record_id: str, values: Mapping[str, SqlValue], *, user_id: str
    ) -> None:
        """Change a stored record; audit fields in `values` win over the present."""
        kind = self._wide.objects[sobject]
        with self.transaction():
            before = self.get(sobject, record_id)
            assert before is not None, f"{record_id} is read before it is updated"
            present = self.now_stamp()
            row: Row = {**before, "LastModifiedDate": present, "LastModifiedById": user_id}
            row |= values
            row["SystemModstamp"] = values.get("SystemModstamp") or present
            before_write(self, sobject, row, before)
            self._write(kind, record_id, {k: v for k, v in row.items() if v != before[k]}, row)
            after_write(self, sobject, row, before, user_id)
            self._index(kind, row)

    def write_quietly(self, sobject: str, record_id: str, values: Mapping[str, SqlValue]) -> None:
        """Change columns without a new stamp, as the org does for values it repeats."""
        kind = self._wide.objects[sobject]
        with self.transaction():
            self._write(kind, record_id, values, values)
            row = self.get(sobject, record_id)
            if row is not None:
                self._index(kind, row)

    def delete(self, sobject: str, record_id: str, *, user_id: str) -> None:
        """Move a record to the recycle bin, or remove it where the object has none."""
        kind = self._wide.objects[sobject]
        if "IsDeleted" in kind.fields:
            self.update(sobject, record_id, {"IsDeleted": 1}, user_id=user_id)
            return
        with self.transaction():
            self.conn.execute(f"DELETE FROM o_{sobject} WHERE Id = ?", (record_id,))  # noqa: S608 # schema names
            if kind.searchable:
                drop_record(self, sobject, record_id)

    def next_case_number(self) -> str:
        """Return the next number of the org's cases, eight digits."""
        return self._numbers.next_case_number()

    def resolve(self, record_id: str) -> tuple[SObject, str] | None:
        """Return the shown object and the 18-character form of an id, or None if it is malformed."""
        long_id = to_id18(record_id)
        if long_id is None:
            return None
        kind = self.schema.by_prefix(long_id)
        return None if kind is None else (kind, long_id)

    def close(self) -> None:
        """Close the database; the store cannot be used afterwards."""
        with self._transactions.lock:
            self.conn.close()

    def _show(self, settings: Settings) -> None:
        """Show the fields and defaults that belong to these settings."""
        self.settings: Settings = settings
        self.schema: Schema = build_schema(settings)
        self._wide = widest_schema(settings.custom_schema, settings.external_id_name)
        self._selects = {
            o.name: f"SELECT * FROM {o.table} WHERE Id = ?"  # noqa: S608 # schema names
            for o in self._wide.objects.values()
        }
        self._inserts = {o.name: insert_statement(o) for o in self._wide.objects.values()}
        self._new_rows = NewRows(self._wide, self.schema, self._numbers)

    def _create(self) -> None:
        with self.transaction():
            create_object_tables(self.conn, tuple(self._wide.objects.values()))
            create_tables(self.conn)
            self._write_meta()
            for sobject, row in first_rows(self.settings, self.org_id, self.admin_id):
                self.insert(sobject, row, user_id=self.admin_id)

    def _execute(self, kind: SObject, sql: str, params: tuple[SqlValue, ...], row: Row) -> None:
        try:
            self.conn.execute(sql, params)
        except sqlite3.IntegrityError as error:
            column = str(error).rpartition(".")[2]
            winner = self.ids_where(kind.name, column, row[column])[0]
            raise ApiError(
                400,
                "DUPLICATE_VALUE",
                f"duplicate value found: {column} duplicates value on record with id: {id15(winner)}",
                (),
            ) from error

    def _write(
        self,
        kind: SObject,
        record_id: str,
        changes: Mapping[str, SqlValue],
        row: Mapping[str, SqlValue],
    ) -> None:
        if changes:
            columns = ", ".join(f"{name} = ?" for name in changes)
            sql = f"UPDATE {kind.table} SET {columns} WHERE Id = ?"  # noqa: S608 # schema names
            self._execute(kind, sql, (*changes.values(), record_id), dict(row))

    def _index(self, kind: SObject, row: Row) -> None:
        if not kind.searchable:
            return
        if row.get("IsDeleted"):
            drop_record(self, kind.name, str(row["Id"]))
        else:
            index_record(self, kind.name, row)

    def _write_meta(self) -> None:
        values = {
            "instance": self.instance,
            "password": self.password,
            "org_number": str(self._org_number),
            "settings": json.dumps(settings_as_json(self.settings, with_secrets=True)),
        }
        write_meta(self.conn, values)
