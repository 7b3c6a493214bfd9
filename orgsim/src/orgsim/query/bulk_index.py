"""Indexes many new records at once, which is faster than one after the other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from orgsim.query.index import WORD_INDEX, Indexed, postings, searched_fields
from orgsim.schema import SObject

__all__ = ["bulk_index"]

type Rows = Sequence[Mapping[str, object]]

# From so many new records on, if they are more than the known ones, sorting all words once beats
# finding each one its place.
_MANY = 20_000
_NEW_VERSION = "INSERT INTO q_version (number, record_id, visible_at) VALUES (?, ?, ?)"
_NEW_POSTING = (
    "INSERT INTO q_posting (version, field, field_group, word, position) VALUES (?, ?, ?, ?, ?)"
)


@contextmanager
def bulk_index(store: Indexed, kind: SObject) -> Iterator[Callable[[Rows], None]]:
    """Yield what indexes rows that were just stored for the first time; they are found afterwards.

    Call it inside the transaction that stores the rows; the index is whole when the block ends.
    """
    shown = store.schema.sobject(kind.name)
    if shown is None or not kind.searchable:
        yield lambda _rows: None
        return
    conn, searched = store.conn, searched_fields(shown)
    visible_at = store.now().timestamp() + store.settings.search_lag_s
    known: int = conn.execute("SELECT coalesce(max(number), 0) FROM q_version").fetchone()[0]
    last, dropped = known, False

    def index(rows: Rows) -> None:
        nonlocal last, dropped
        numbered = list(enumerate(rows, start=last + 1))
        last += len(numbered)
        if not dropped and last - known >= max(known, _MANY):
            conn.execute("DROP INDEX q_posting_word")
            dropped = True
        conn.executemany(
            _NEW_VERSION, [(number, row["Id"], visible_at) for number, row in numbered]
        )
        conn.executemany(
            _NEW_POSTING,
            [(number, *found) for number, row in numbered for found in postings(searched, row)],
        )

    yield index
    if dropped:
        conn.execute(WORD_INDEX)
