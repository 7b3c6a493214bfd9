"""Stores files on Tasks and Cases: a ContentVersion makes the file and its link in one transaction."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from switchhook.adapters.salesforce.errors import unreadable
from switchhook.adapters.salesforce.session import Answer, RestApi
from switchhook.adapters.salesforce.soql import literal
from switchhook.domain.connection import Grant
from switchhook.domain.errors import Permanent
from switchhook.ports.org import NewFile

LARGEST_JSON_BYTES = 1_000_000
"""Content above this goes as a part of its own: as base64 text in JSON it would take a third more, and
beyond 37.5 MB Salesforce refuses it."""

_OBJECT = "sobjects/ContentVersion"


class RecordFiles:
    """Uploads in one request and finds with one query; implements `FileStore`.

    A file's key is its `PathOnClient`, which names slot and number; a person who uploads a new version
    of it changes that, so keys are looked for only while an upload may still be under way.
    """

    def __init__(self, rest: RestApi, *, largest_json_bytes: int = LARGEST_JSON_BYTES) -> None:
        self._rest = rest
        self._largest_json_bytes = largest_json_bytes

    def find(self, grant: Grant, record_id: str, paths: Sequence[str]) -> Mapping[str, str]:
        """The newest version's id of each of these files that is linked to the record, by path.

        Raises:
            Permanent: code `TOO_MANY_FILES` when the record has more files than one page shows.
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        if not paths:
            return {}
        query = (
            "SELECT ContentDocument.LatestPublishedVersionId,"  # noqa: S608 - quoted by soql
            " ContentDocument.LatestPublishedVersion.PathOnClient"
            f" FROM ContentDocumentLink WHERE LinkedEntityId = {literal(record_id)}"
        )
        answer = self._rest.get(grant, "query/", params={"q": query})
        try:
            found = dict(_found(row) for row in answer.body["records"])
            is_whole = answer.body["done"]
        except (KeyError, TypeError):
            raise unreadable(is_write=False) from None
        if not is_whole:
            raise Permanent(
                "the record has more files than one page shows; remove some",
                code="TOO_MANY_FILES",
            )
        return {path: found[path] for path in paths if path in found}

    def upload(self, grant: Grant, record_id: str, file: NewFile) -> str:
        """Store the file on the record and give its version id; doing it twice makes two files.

        Raises:
            OutcomeUnknown: no clean answer; it may have landed.
            NotDelivered: nothing left this side.
            SessionExpired, BudgetSpent, Retryable, Permanent: a clean refusal; nothing happened.
        """
        fields = {
            "Title": file.title,
            "PathOnClient": file.path,
            "FirstPublishLocationId": record_id,
        }
        answer = self._send(grant, fields, file.content)
        try:
            return str(answer.body["id"])
        except (KeyError, TypeError):
            raise unreadable(is_write=True) from None

    def _send(self, grant: Grant, fields: Mapping[str, str], content: bytes) -> Answer:
        if len(content) <= self._largest_json_bytes:
            body = {**fields, "VersionData": base64.b64encode(content).decode("ascii")}
            return self._rest.post(grant, _OBJECT, body, is_write=True)
        # Named by the content, which therefore cannot hold it.
        boundary = hashlib.sha256(content).hexdigest()
        return self._rest.post_bytes(
            grant,
            _OBJECT,
            _parts(boundary, fields, content),
            content_type=f'multipart/form-data; boundary="{boundary}"',
        )


def _found(row: Mapping[str, Any]) -> tuple[str, str]:
    document = row["ContentDocument"]
    return document["LatestPublishedVersion"]["PathOnClient"], document["LatestPublishedVersionId"]


def _parts(boundary: str, fields: Mapping[str, str], content: bytes) -> bytes:
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="entity_content"\r\n'
        "Content-Type: application/json\r\n\r\n"
        f"{json.dumps(fields)}\r\n"
        f"--{boundary}\r\n"
        "Content-Type: application/octet-stream\r\n"
        'Content-Disposition: form-data; name="VersionData"; filename="file"\r\n\r\n'
    )
    return b"".join((head.encode("ascii"), content, f"\r\n--{boundary}--\r\n".encode("ascii")))
