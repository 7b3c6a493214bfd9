"""Conditional requests: what has changed since a client last looked."""

import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.errors import ApiError
from orgsim.store import Row, Store

if TYPE_CHECKING:
    from orgsim.schema import Schema

__all__ = [
    "SchemaWatch",
    "answer_if_changed",
    "http_date",
    "is_known",
    "last_modified",
    "refuse_if_changed",
    "refuse_unless_matched",
    "row_tag",
]

# The only object whose rows have tags.
_TAGGED = "Account"
# What a real org's tags end with where the answer was zipped.
_ZIPPED = '-gzip"'
_READS = frozenset({"GET", "HEAD"})


class SchemaWatch:
    """Knows when the org's objects and fields last became different, to the second."""

    def __init__(self, store: Store) -> None:
        """Take the schema as new when it is first asked about."""
        self._store = store
        self._seen: Schema | None = None
        self._changed = datetime.min.replace(tzinfo=UTC)

    def changed(self) -> datetime:
        """Return a time that is later than all before it whenever the schema is another."""
        schema = self._store.schema
        if schema is not self._seen:
            if self._seen is None or schema.objects != self._seen.objects:
                present = self._store.now().replace(microsecond=0)
                self._changed = max(present, self._changed + timedelta(seconds=1))
            self._seen = schema
        return self._changed


def answer_if_changed(
    call: ApiCall, changed: datetime, make_body: Callable[[], object]
) -> ApiAnswer:
    """Answer a describe with its ETag and date, or 304 if the client has it already."""
    address = f"{call.base}/{'/'.join(call.segments)} {changed.isoformat()}"
    etag = f'"{zlib.crc32(address.encode()):08x}"'
    headers = {"ETag": etag, "Last-Modified": last_modified(changed)}
    if is_known(call, etag, changed):
        return ApiAnswer(status=304, headers=headers)
    return ApiAnswer(body=make_body(), headers=headers)


def refuse_if_changed(call: ApiCall, record_id: str, changed: datetime) -> None:
    """Raise ApiError 412 for a record that changed after `If-Unmodified-Since`."""
    since = http_date(call.headers, "if-unmodified-since")
    if since is not None and changed > since:
        raise ApiError(
            412,
            "PRECONDITION_FAILED",
            f"{record_id} was modified after the given time; nothing was done",
        )


def row_tag(sobject: str, row: Row) -> str | None:
    """Return the ETag of a row as it is stored; None for objects whose rows have none."""
    if sobject != _TAGGED:
        return None
    return f'"{zlib.crc32(repr(sorted(row.items())).encode()):08x}"'


def is_known(call: ApiCall, tag: str | None, changed: datetime) -> bool:
    """Return whether a client has what it asks for: by a tag, or by a date if it names no tag."""
    if tag is not None and "if-none-match" in call.headers:
        return _names(call.headers["if-none-match"], tag)
    since = http_date(call.headers, "if-modified-since")
    return since is not None and changed <= since


def refuse_unless_matched(call: ApiCall, record_id: str, tag: str | None) -> None:
    """Raise ApiError 412 for a row whose tag is none of those in `If-Match`.

    A change is refused as well if its tag is one of those in `If-None-Match`; who reads has it.
    """
    if tag is None:
        return
    wanted = call.headers.get("if-match")
    if wanted is not None and not _names(wanted, tag):
        raise ApiError(
            412, "PRECONDITION_FAILED", f"{record_id} has another ETag now; nothing was done"
        )
    known = "" if call.method in _READS else call.headers.get("if-none-match", "")
    if _names(known, tag):
        raise ApiError(412, "PRECONDITION_FAILED", f"{record_id} has this ETag; nothing was done")


def _names(header: str, tag: str) -> bool:
    """Return whether a list has the tag, or that of the same answer zipped."""
    listed = {one.strip().removeprefix("W/") for one in header.split(",")}
    return not listed.isdisjoint({"*", tag, tag.removesuffix('"') + _ZIPPED})


def last_modified(moment: datetime) -> str:
    """Return a time in the form of HTTP headers."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def http_date(headers: Mapping[str, str], name: str) -> datetime | None:
    """Return the time in a header, None without one; raises ApiError for another form."""
    text = headers.get(name)
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        raise ApiError(
            400, "INVALID_DATE_FORMAT", f"The header {name} is not an HTTP date: {text}"
        ) from None
