"""Answers SOQL queries: one SQL statement per level, every value bound."""

from datetime import datetime
from typing import TYPE_CHECKING

from orgsim.query.answers import answer
from orgsim.query.context import Asking
from orgsim.query.own_days import OwnDays
from orgsim.query.reading import read_query
from orgsim.query.shape import SoqlResult
from orgsim.query.statement import Statement
from orgsim.sharing import sees_everything

if TYPE_CHECKING:
    from orgsim.store import Store

__all__ = ["SoqlResult", "asking_for", "run_soql"]


def run_soql(
    store: "Store",
    text: str,
    viewer_id: str,
    *,
    all_rows: bool,
    now: datetime,
    api_version: str = "62.0",
) -> SoqlResult:
    """Answer a query as `viewer_id`; `all_rows` also finds deleted records (queryAll).

    The org's lock is held meanwhile, so that the answer sees whole transactions only, and its own.
    `now` is what date words are counted from. Raises ApiError: MALFORMED_QUERY, INVALID_TYPE,
    INVALID_FIELD, INVALID_QUERY_FILTER_OPERATOR, NUMBER_OUTSIDE_VALID_RANGE, QUERY_TOO_COMPLICATED,
    or 501 for what this org does not understand.
    """
    query = read_query(text)
    with store.transaction():
        asking = asking_for(store, text, viewer_id, now=now, api_version=api_version)
        statement = Statement(asking, store.conn, all_rows=all_rows or query.all_rows)
        return answer(statement, query)


def asking_for(
    store: "Store", text: str, viewer_id: str, *, now: datetime, api_version: str
) -> Asking:
    """Return what a statement's meaning depends on beside its text."""
    return Asking(
        text=text,
        schema=store.schema,
        days=OwnDays(store, viewer_id, now),
        owner_only=None if sees_everything(store, viewer_id) else viewer_id,
        viewer_id=viewer_id,
        api_version=api_version,
    )
