"""Files over REST: multipart uploads and the bytes of a version."""

import base64
import json
import re
from typing import Final

from orgsim.api.calls import ApiAnswer, ApiCall, RawBody
from orgsim.errors import ApiError, not_found, not_supported
from orgsim.records import Records
from orgsim.schema import Field, SObject
from orgsim.store import Store

__all__ = ["blob_field", "json_only", "read_blob", "read_multipart"]

_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
_PART_NAME: Final = re.compile(rb'(?:^|[\s;])name="?([^";\r\n]+)"?', re.IGNORECASE)
_JSON_PART: Final = "entity_content"


def blob_field(sobject: SObject, name: str) -> Field | None:
    """Return the field of that name if it holds the content of a file, else None."""
    field = sobject.field(name)
    return field if field is not None and field.type == "base64" else None


def read_blob(
    call: ApiCall, store: Store, records: Records, sobject: SObject, place: tuple[str, Field]
) -> ApiAnswer:
    """Answer with the bytes that the field of a record holds; `place` is the id and the field.

    Raises ApiError 404 for a record that is gone or hidden.
    """
    record_id, field = place
    records.read(sobject, record_id, (), call.options)
    row = store.get(sobject.name, record_id)
    content = None if row is None else row[field.name]
    if not isinstance(content, str):
        raise not_found()
    raw = RawBody(content=base64.b64decode(content), content_type="application/octet-stream")
    return ApiAnswer(body=raw)


def json_only(answer: ApiAnswer) -> ApiAnswer:
    """Return the answer to a part of a larger call; raises ApiError 501 for a file's bytes."""
    if isinstance(answer.body, RawBody):
        raise not_supported("Reading the content of a file inside another call")
    return answer


def read_multipart(content_type: str, content: bytes) -> dict[str, object]:
    """Return the body that a multipart upload stands for, its file as base64 text.

    The part `entity_content` is JSON, every other part is the field it is named after; they may
    come in any order. Raises ApiError JSON_PARSER_ERROR for anything else.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise _unreadable("the Content-Type names no boundary")
    mark = b"--" + (found.group(1) or found.group(2)).encode("latin-1", "replace")
    pieces = (b"\r\n" + content).split(b"\r\n" + mark)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 # before, a part, after
        raise _unreadable("the parts do not begin and end with the boundary")
    entity: dict[str, object] = {}
    files: dict[str, object] = {}
    for piece in pieces[1:-1]:
        name, data = _part(piece)
        if name == _JSON_PART:
            entity = _entity(data)
        else:
            files[name] = base64.b64encode(data).decode()
    return entity | files


def _part(piece: bytes) -> tuple[str, bytes]:
    """Return the name and the content of one part."""
    head, gap, data = piece.partition(b"\r\n\r\n")
    name = next(
        (
            found.group(1)
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-disposition:")
            and (found := _PART_NAME.search(line)) is not None
        ),
        None,
    )
    if not gap or name is None:
        raise _unreadable("a part has no name in its Content-Disposition")
    return name.decode("latin-1"), data


def _entity(data: bytes) -> dict[str, object]:
    try:
        entity = json.loads(data)
    except ValueError as error:
        raise _unreadable(f"the part {_JSON_PART} is not JSON") from error
    if not isinstance(entity, dict):
        raise _unreadable(f"the part {_JSON_PART} is not a JSON object")
    return entity


def _unreadable(why: str) -> ApiError:
    return ApiError(400, "JSON_PARSER_ERROR", f"Unreadable multipart body: {why}")
