"""What the org makes of a file: its document, its facts, its links."""

import base64
import hashlib
from pathlib import PurePosixPath
from types import MappingProxyType

from orgsim.trigger_store import Row, TriggerStore

__all__ = ["after_version", "before_version", "retitle_version"]

_FILE_TYPES = MappingProxyType(
    {"txt": "TEXT", "docx": "WORD_X", "xlsx": "EXCEL_X", "pptx": "POWER_POINT_X", "jpeg": "JPG"}
)
_REPEATED = ("Title", "Description", "FileType", "FileExtension", "ContentSize")


def before_version(store: TriggerStore, row: Row, before: Row | None) -> None:
    """Complete a version that is about to be stored; a first one gets its document."""
    if before is not None:
        return
    content = base64.b64decode(str(row["VersionData"] or ""))
    path = PurePosixPath(str(row["PathOnClient"] or "").replace("\\", "/"))
    extension = path.suffix.removeprefix(".") or None
    folded = (extension or "unknown").lower()
    row |= {
        "Title": row["Title"] or path.stem or None,
        "FileExtension": extension,
        "FileType": _FILE_TYPES.get(folded, folded.upper()),
        "ContentSize": len(content),
        "Checksum": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "IsLatest": 1,
    }
    document_id = row["ContentDocumentId"]
    if document_id is None:
        row["VersionNumber"] = "1"
        row["ContentDocumentId"] = store.insert(
            "ContentDocument",
            {"Title": row["Title"], "OwnerId": row["OwnerId"]},
            user_id=str(row["CreatedById"]),
        )
        return
    earlier = store.ids_where("ContentVersion", "ContentDocumentId", str(document_id))
    row["VersionNumber"] = str(len(earlier) + 1)
    for version_id in earlier:
        store.write_quietly("ContentVersion", version_id, {"IsLatest": 0})


def after_version(store: TriggerStore, row: Row, user_id: str) -> None:
    """Show the newest version's facts on its document, and link a new document."""
    document_id = str(row["ContentDocumentId"])
    document = store.get("ContentDocument", document_id)
    if document is None or not row["IsLatest"] or row["IsDeleted"]:
        return
    is_new = document["LatestPublishedVersionId"] is None
    facts: Row = {name: row[name] for name in _REPEATED}
    store.write_quietly(
        "ContentDocument", document_id, {**facts, "LatestPublishedVersionId": row["Id"]}
    )
    if not is_new:
        return
    ends = {row["OwnerId"]: "I"}
    if row["FirstPublishLocationId"] is not None:
        ends.setdefault(row["FirstPublishLocationId"], "V")
    for entity_id, share in ends.items():
        link: Row = {
            "ContentDocumentId": document_id,
            "LinkedEntityId": entity_id,
            "ShareType": share,
        }
        store.insert("ContentDocumentLink", link, user_id=user_id)


def retitle_version(store: TriggerStore, document: Row) -> None:
    """Carry a document's changed title over to its newest version."""
    version_id = document["LatestPublishedVersionId"]
    if isinstance(version_id, str) and not document["IsDeleted"]:
        changes: Row = {"Title": document["Title"], "Description": document["Description"]}
        store.write_quietly("ContentVersion", version_id, changes)
