"""How the objects of an org become SQLite tables."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from orgsim.schema import Field, SObject

__all__ = [
    "add_missing",
    "create_object_tables",
    "drop_tables",
    "insert_statement",
    "open_database",
    "read_meta",
    "write_meta",
]

_SQL_TYPES = {"boolean": "INTEGER", "int": "INTEGER", "double": "REAL", "currency": "REAL"} | {
    "percent": "REAL"
}
# Fields that are looked up by equality or read in order often enough to need an index.
_INDEXED = frozenset({"CallObject", "SystemModstamp", "CreatedDate", "Email", "IsActive"})


def open_database(path: Path | None) -> sqlite3.Connection:
    """Return a connection that threads may share under the store's lock; None means in memory.

    Durability is given up for speed: a simulated org may lose its last moments in a power cut.
    """
    conn = sqlite3.connect(
        ":memory:" if path is None else path, check_same_thread=False, isolation_level=None
    )
    conn.row_factory = sqlite3.Row
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = OFF")
    return conn


def create_object_tables(conn: sqlite3.Connection, objects: tuple[SObject, ...]) -> None:
    """Create a table per object with a column per field, indexes and unique constraints."""
    for sobject in objects:
        if sobject.view is not None:
            conn.execute(f"CREATE VIEW {sobject.table} AS {sobject.view}")
            continue
        columns = ", ".join(_column(f) for f in sobject.columns.values())
        conn.execute(f"CREATE TABLE {sobject.table} ({columns}) WITHOUT ROWID")
        for field in sobject.columns.values():
            _create_index(conn, sobject, field)


def _create_index(conn: sqlite3.Connection, sobject: SObject, field: Field) -> None:
    """Create the index that a field needs, if it needs one."""
    if field.unique:
        # A record in the recycle bin does not stand in the way of a new one.
        living = " WHERE IsDeleted = 0" if "IsDeleted" in sobject.fields else ""
        conn.execute(
            f"CREATE UNIQUE INDEX u_{sobject.name}_{field.name}"
            f" ON {sobject.table} ({field.name}){living}"
        )
    elif field.type in {"reference", "phone"} or field.external_id or field.name in _INDEXED:
        # Most records leave most of these fields empty; nothing is looked up by emptiness.
        filled = f" WHERE {field.name} IS NOT NULL" if field.nillable else ""
        conn.execute(
            f"CREATE INDEX i_{sobject.name}_{field.name} ON {sobject.table} ({field.name}){filled}"
        )


def add_missing(conn: sqlite3.Connection, objects: tuple[SObject, ...]) -> None:
    """Create the tables and columns of these objects that the database does not have yet."""
    for sobject in objects:
        if sobject.view is not None:
            conn.execute(f"DROP VIEW IF EXISTS {sobject.table}")
            create_object_tables(conn, (sobject,))
            continue
        known = {row[1] for row in conn.execute(f"PRAGMA table_info({sobject.table})")}
        if not known:
            create_object_tables(conn, (sobject,))
            continue
        for field in sobject.columns.values():
            if field.name not in known:
                conn.execute(f"ALTER TABLE {sobject.table} ADD COLUMN {_column(field)}")
                _create_index(conn, sobject, field)


def drop_tables(conn: sqlite3.Connection) -> None:
    """Remove every table with what it holds."""
    names = conn.execute(
        "SELECT type, name FROM sqlite_master"
        " WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    for kind, name in names:
        conn.execute(f'DROP {kind} "{name}"')


def insert_statement(sobject: SObject) -> str:
    """Return the statement that stores a whole row of an object, values in field order."""
    columns = ", ".join(sobject.columns)
    marks = ", ".join("?" * len(sobject.columns))
    return f"INSERT INTO {sobject.table} ({columns}) VALUES ({marks})"  # noqa: S608 # schema names


def read_meta(conn: sqlite3.Connection) -> dict[str, str]:
    """Return what an org remembers about itself; nothing for a new database."""
    try:
        return dict(conn.execute("SELECT name, value FROM x_meta").fetchall())
    except sqlite3.OperationalError:
        return {}  # there are no tables yet


def write_meta(conn: sqlite3.Connection, values: Mapping[str, str]) -> None:
    """Store what an org remembers about itself."""
    conn.execute("CREATE TABLE IF NOT EXISTS x_meta (name TEXT PRIMARY KEY, value TEXT)")
    conn.executemany("INSERT OR REPLACE INTO x_meta VALUES (?, ?)", values.items())


def _column(field: Field) -> str:
    if field.name == "Id":
        return "Id TEXT PRIMARY KEY"
    # Text compares without regard to case, as in Salesforce, unless the field says otherwise.
    collation = " COLLATE NOCASE" if field.is_text and not field.case_sensitive else ""
    return f"{field.name} {_SQL_TYPES.get(field.type, 'TEXT')}{collation}"
