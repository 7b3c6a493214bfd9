"""The recycle bin: what was deleted together comes back together."""

from orgsim.errors import ApiError
from orgsim.store import Store

__all__ = ["BinError", "note_deleted", "undelete"]

_TABLE = (
    "CREATE TABLE IF NOT EXISTS x_bin (record_id TEXT PRIMARY KEY, root_id TEXT NOT NULL)"
    " WITHOUT ROWID"
)


class BinError(Exception):
    """A record that cannot be brought back; the message says why."""


def note_deleted(store: Store, record_id: str, root_id: str) -> None:
    """Remember that a record went to the bin because `root_id` was deleted."""
    store.conn.execute(_TABLE)
    store.conn.execute("INSERT OR REPLACE INTO x_bin VALUES (?, ?)", (record_id, root_id))


def undelete(store: Store, record_id: object) -> list[str]:
    """Bring a deleted record back with everything that was deleted along with it.

    Returns the ids. Raises BinError; nothing has changed then.
    """
    found = store.resolve(record_id) if isinstance(record_id, str) else None
    row = None if found is None else store.get(found[0].name, found[1])
    if found is None or row is None:
        raise BinError(f"there is no record {record_id}")
    if not row.get("IsDeleted"):
        raise BinError(f"{record_id} is not deleted")
    if row.get("MasterRecordId") is not None:
        raise BinError(f"{record_id} was merged into {row['MasterRecordId']} and stays deleted")
    try:
        with store.transaction():
            members = _members(store, found[1])
            for member in members:
                kind = store.schema.by_prefix(member)
                assert kind is not None, f"{member} was a record once"
                store.update(kind.name, member, {"IsDeleted": 0}, user_id=store.admin_id)
                store.conn.execute("DELETE FROM x_bin WHERE record_id = ?", (member,))
    except ApiError as error:
        raise BinError(f"{record_id} cannot come back: {error.message}") from error
    return members


def _members(store: Store, record_id: str) -> list[str]:
    """Return the record and what was deleted with it, parents first."""
    store.conn.execute(_TABLE)
    sql = "SELECT root_id FROM x_bin WHERE record_id = ?"
    known = store.conn.execute(sql, (record_id,)).fetchone()
    if known is None:
        return [record_id]
    if known[0] != record_id:
        raise BinError(f"{record_id} was deleted along with {known[0]}; undelete that")
    sql = "SELECT record_id FROM x_bin WHERE root_id = ? ORDER BY record_id = root_id DESC"
    return [row[0] for row in store.conn.execute(sql, (record_id,)).fetchall()]
