"""The search index: which words each version of a record has, and from when until when.

A write becomes searchable `search_lag_s` after it; until then the words of the version before it
still find the record. A deleted record's words are gone at once.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from orgsim.query.words import group_of, split_digits, split_words
from orgsim.schema import Schema, SObject
from orgsim.settings import Settings

__all__ = [
    "WORD_INDEX",
    "Indexed",
    "SearchedFields",
    "create_tables",
    "drop_record",
    "index_record",
    "postings",
    "searched_fields",
]

type Posting = tuple[str, str, str, int]
type SearchedFields = list[tuple[str, str, bool]]

WORD_INDEX = "CREATE INDEX IF NOT EXISTS q_posting_word ON q_posting (word, field_group, position)"
_TABLES = (
    """CREATE TABLE IF NOT EXISTS q_version (
        number INTEGER PRIMARY KEY,
        record_id TEXT NOT NULL,
        visible_at REAL NOT NULL,
        hidden_at REAL
    )""",
    "CREATE INDEX IF NOT EXISTS q_version_record ON q_version (record_id)",
    """CREATE TABLE IF NOT EXISTS q_posting (
        version INTEGER NOT NULL,
        field TEXT NOT NULL,
        position INTEGER NOT NULL,
        word TEXT NOT NULL,
        field_group TEXT NOT NULL,
        PRIMARY KEY (version, field, position)
    ) WITHOUT ROWID""",
    WORD_INDEX,
)
_OF_RECORD = "SELECT number FROM q_version WHERE record_id = ?"


class Indexed(Protocol):
    """What the index has to know of the store that keeps it."""

    conn: sqlite3.Connection
    schema: Schema
    settings: Settings

    def now(self) -> datetime:
        """Return the present by the org's clock."""
        ...


def create_tables(conn: sqlite3.Connection) -> None:
    """Create the index's tables where they are missing."""
    for statement in _TABLES:
        conn.execute(statement)


def index_record(store: Indexed, sobject: str, row: Mapping[str, object]) -> None:
    """Index a record as just written; call it inside the transaction that writes the record.

    `row` is the whole row by exact field names. Indexing the same row twice changes nothing but the
    moment from which it is found.
    """
    kind = store.schema.sobject(sobject)
    if kind is None:
        return
    record_id = str(row["Id"])
    present = store.now().timestamp()
    visible_at = present + store.settings.search_lag_s
    _forget(store.conn, f"{_OF_RECORD} AND hidden_at <= ?", (record_id, present))
    store.conn.execute(
        "UPDATE q_version SET hidden_at = ? WHERE record_id = ? AND hidden_at IS NULL",
        (visible_at, record_id),
    )
    version = store.conn.execute(
        "INSERT INTO q_version (record_id, visible_at) VALUES (?, ?)", (record_id, visible_at)
    ).lastrowid
    store.conn.executemany(
        "INSERT INTO q_posting (version, field, field_group, word, position)"
        " VALUES (?, ?, ?, ?, ?)",
        ((version, *posting) for posting in postings(searched_fields(kind), row)),
    )


def drop_record(store: Indexed, sobject: str, record_id: str) -> None:  # noqa: ARG001 ids are unique across objects, so the object's name is not needed
    """Forget every word of a record; call it inside the transaction that deletes the record."""
    _forget(store.conn, _OF_RECORD, (record_id,))


def searched_fields(kind: SObject) -> SearchedFields:
    """Return name, group and whether it is a phone number for each field that is searched.

    They come in the order of the table's key, in which rows are quickest to insert.
    """
    grouped = ((field, group_of(field)) for field in kind.fields.values())
    return sorted((f.name, group, f.type == "phone") for f, group in grouped if group is not None)


def postings(searched: SearchedFields, row: Mapping[str, object]) -> Iterator[Posting]:
    """Yield field, group, word and position for everything by which a row can be found.

    Positions count from 0; the extra words of a phone number have negative ones and stand beside no
    other word.
    """
    for name, group, is_phone in searched:
        text = row.get(name)
        if not isinstance(text, str):
            continue
        for position, word in enumerate(split_words(text)):
            yield name, group, word, position
        if is_phone:
            # Always indexed, read only under `phone_tokens: digits`: the setting may change.
            for number, word in enumerate(split_digits(text), start=1):
                yield name, group, word, -number


def _forget(conn: sqlite3.Connection, versions: str, bound: tuple[str | float, ...]) -> None:
    """Delete the versions that a SELECT finds."""
    numbers = conn.execute(versions, bound).fetchall()
    conn.executemany("DELETE FROM q_posting WHERE version = ?", numbers)
    conn.executemany("DELETE FROM q_version WHERE number = ?", numbers)
