"""The queries of Bulk API 1.0; their JSON has times in milliseconds since the epoch."""

import json
from collections.abc import MutableMapping
from dataclasses import replace

from orgsim.bulk.dialect import write
from orgsim.bulk.jobs import Job, State
from orgsim.bulk.selecting import BulkQuery, check_query, select
from orgsim.errors import ApiError
from orgsim.store import Store
from orgsim.times import parse_moment

__all__ = ["query_content", "query_result"]

_NOT_IMPLEMENTED = 501


def query_content(store: Store, batch: Job, content: bytes) -> tuple[Job, bytes]:
    """Return a query batch with its answer, which is taken at once, as the content to keep.

    A statement that is refused makes a failed batch, as in Salesforce; what this org does not
    understand raises ApiError 501.
    """
    text = content.decode(errors="replace").strip()
    try:
        query = check_query(store, text, batch.content_type)
        selected = select(
            store,
            query,
            batch.user_id,
            all_rows=batch.operation == "queryAll",
            version=batch.version,
        )
    except ApiError as error:
        if error.status == _NOT_IMPLEMENTED:
            raise
        message = f"InvalidBatch : Failed to process query: {error.code}: {error.message}"
        failed = replace(batch, state=State.FAILED, error=message)
        return failed, json.dumps({"text": text, "result": ""}).encode()
    if batch.content_type == "JSON":
        result = json.dumps([_in_milliseconds(record, query) for record in selected.records])
    else:
        result = write([selected.header, *selected.rows]).decode()
    done = replace(batch, processed=len(selected.rows))
    return done, json.dumps({"text": text, "result": result}).encode()


def query_result(content: bytes) -> bytes:
    """Return the answer of a query batch from the content that was kept."""
    return str(json.loads(content)["result"]).encode()


def _in_milliseconds(record: dict[str, object], query: BulkQuery) -> dict[str, object]:
    for _, parts, field in query.columns:
        if field is None or field.type != "datetime":
            continue
        holder: object = record
        for part in parts[:-1]:
            holder = holder.get(_key(holder, part)) if isinstance(holder, MutableMapping) else None
        if isinstance(holder, MutableMapping):
            name = _key(holder, parts[-1])
            value = holder.get(name)
            if isinstance(value, str):
                holder[name] = round(parse_moment(value).timestamp() * 1000)
    return record


def _key(holder: MutableMapping[str, object], name: str) -> str:
    """Return a name in the spelling that a record has it in."""
    folded = name.lower()
    return next((key for key in holder if key.lower() == folded), name)
