"""The query, queryAll and search resources, with the paging of long results."""

import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.api.parameterized_search import parameterized_search
from orgsim.errors import ApiError, method_not_allowed, not_supported
from orgsim.ids import to_id18
from orgsim.query.columns import describe_columns
from orgsim.query.soql import run_soql
from orgsim.query.sosl import run_sosl
from orgsim.store import Store

__all__ = ["QueryResources"]

_PAGE: Final = 2000
# Salesforce chooses smaller pages when a query selects long text.
_LONG_TEXT_PAGE: Final = 1000
_SMALLEST_PAGE: Final = 200
_MOST_CURSORS: Final = 64
_CURSOR_LIFE: Final = timedelta(days=2)
_BATCH_SIZE = re.compile(r"batchSize\s*=\s*([0-9]{1,9})", re.IGNORECASE)
_LOCATOR = re.compile(r"([0-9A-Za-z]+)-([0-9]{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cursor:
    """A result that is read page by page."""

    user_id: str
    ends_at: datetime
    resource: str
    page: int
    total_size: int
    records: list[dict[str, object]]


class QueryResources:
    """`/query`, `/queryAll` and `/search`."""

    def __init__(self, store: Store) -> None:
        """Query one store; cursors live in memory, the oldest make room for new ones."""
        self._store = store
        self._cursors: OrderedDict[str, _Cursor] = OrderedDict()

    def query(self, call: ApiCall) -> ApiAnswer:
        """Answer a query or the next page of one; raises ApiError for what cannot be read."""
        if call.method not in {"GET", "HEAD"}:
            raise method_not_allowed(call.method, "GET,HEAD")
        if len(call.segments) > 1:
            return self._next_page(call, call.segments[1])
        if "explain" in call.params:
            raise not_supported("The query parameter explain")
        text = call.params.get("q", "")
        if not text.strip():
            raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
        if call.params.get("columns", "").lower() == "true":
            return ApiAnswer(body=self._columns(call, text))
        resource = call.segments[0]
        result = run_soql(
            self._store,
            text,
            call.user_id,
            all_rows=resource == "queryAll",
            now=self._store.now(),
            api_version=call.version,
        )
        cursor = _Cursor(
            user_id=call.user_id,
            ends_at=self._store.now() + _CURSOR_LIFE,
            resource=resource,
            page=_page_size(call, long_text=result.long_text),
            total_size=result.total_size,
            records=result.records,
        )
        return self._page(call, cursor, None, 0)

    def search(self, call: ApiCall) -> ApiAnswer:
        """Answer a SOSL search."""
        text = call.params.get("q", "")
        if not text.strip():
            raise ApiError(400, "MALFORMED_SEARCH", "A search string has to be specified")
        if call.method not in {"GET", "HEAD"}:
            raise method_not_allowed(call.method, "GET,HEAD")
        found = run_sosl(
            self._store, text, call.user_id, now=self._store.now(), api_version=call.version
        )
        return _numbered(ApiAnswer(body={"searchRecords": found}))

    def parameterized_search(self, call: ApiCall) -> ApiAnswer:
        """Answer a search that is given as parameters."""
        return _numbered(parameterized_search(self._store, call))

    def forget(self) -> None:
        """Drop all cursors."""
        self._cursors.clear()

    def _columns(self, call: ApiCall, text: str) -> dict[str, object]:
        return describe_columns(
            self._store, text, call.user_id, now=self._store.now(), api_version=call.version
        )

    def _next_page(self, call: ApiCall, locator: str) -> ApiAnswer:
        """Answer from a remembered result; whatever query the address repeats is not looked at."""
        match = _LOCATOR.fullmatch(locator)
        key, offset = (match.group(1), int(match.group(2))) if match else ("", 0)
        cursor = self._cursors.get(key)
        if (
            cursor is None
            or cursor.user_id != call.user_id
            or cursor.ends_at <= self._store.now()
            or offset >= len(cursor.records)
        ):
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        self._cursors.move_to_end(key)
        return self._page(call, cursor, key, offset)

    def _page(self, call: ApiCall, cursor: _Cursor, key: str | None, offset: int) -> ApiAnswer:
        end = offset + cursor.page
        done = end >= len(cursor.records)
        body: dict[str, object] = {"totalSize": cursor.total_size, "done": done}
        if not done:
            key = key or self._remember(cursor)
            body["nextRecordsUrl"] = f"{call.base}/{cursor.resource}/{key}-{end}"
        body["records"] = cursor.records[offset:end]
        return ApiAnswer(body=body)

    def _remember(self, cursor: _Cursor) -> str:
        key = to_id18(f"0r8{secrets.token_hex(6)}")
        assert key is not None, "it has the length of a short id"
        self._cursors[key] = cursor
        while len(self._cursors) > _MOST_CURSORS:
            self._cursors.popitem(last=False)
        return key


def _numbered(found: ApiAnswer) -> ApiAnswer:
    """Return the answer of a search with the header that tells one search from another."""
    return replace(found, headers={**found.headers, "queryid": secrets.token_hex(8)})


def _page_size(call: ApiCall, *, long_text: bool) -> int:
    wanted = _BATCH_SIZE.search(call.headers.get("sforce-query-options", ""))
    most = _LONG_TEXT_PAGE if long_text else _PAGE
    return most if wanted is None else min(max(int(wanted.group(1)), _SMALLEST_PAGE), most)
