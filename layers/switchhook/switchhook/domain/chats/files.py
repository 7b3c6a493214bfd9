"""Which files of a chat are attached to its Task or Case, under which names, and what is said of the rest.

A file that is too large, of a kind that is not copied, or that cannot be had stays where it is: the
Description then names it with its address and the reason (CX-56).

Which kinds of file are copied from a chat into an org: what people send each other, never what runs.

A file is judged by its name, by the type that its sender or server states, and by its first bytes; one
sign of a program is enough to refuse it, and one sign of a harmless kind is needed to take it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from switchhook.domain.activity import FileState, Slot, SlotFile, SlotState
from switchhook.domain.facts.chat import ChatFile
from switchhook.domain.text import cut, safe_line, width

NOT_COPIED = "files of this kind are not copied"
PROGRAM = "programs and pages with scripts are not copied"

_OPEN_KINDS = ("audio/", "image/", "text/", "video/")
_HARMLESS_TYPES = frozenset(
    {
        "application/csv",
        "application/json",
        "application/msword",
        "application/ogg",
        "application/pdf",
        "application/rtf",
        "application/vnd.ms-excel",
        "application/vnd.ms-outlook",
        "application/vnd.ms-powerpoint",
        "application/x-7z-compressed",
        "application/x-pdf",
        "application/x-zip-compressed",
        "application/zip",
        "message/rfc822",
    }
)
_HARMLESS_FAMILIES = (
    "application/vnd.oasis.opendocument.",
    "application/vnd.openxmlformats-officedocument.",
)
_RUNNING_TYPES = frozenset(
    {
        "application/ecmascript",
        "application/hta",
        "application/java-archive",
        "application/javascript",
        "application/vnd.android.package-archive",
        "application/vnd.microsoft.portable-executable",
        "application/x-bat",
        "application/x-dosexec",
        "application/x-elf",
        "application/x-executable",
        "application/x-javascript",
        "application/x-mach-binary",
        "application/x-msdos-program",
        "application/x-msdownload",
        "application/x-msi",
        "application/x-sh",
        "application/x-sharedlib",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/ecmascript",
        "text/html",
        "text/javascript",
        "text/x-python",
        "text/x-shellscript",
        "text/xml",
    }
)
_UNSAID_TYPES = frozenset(
    {"", "application/octet-stream", "application/x-download", "binary/octet-stream"}
)
_TYPES_BY_EXTENSION = {
    "7z": "application/x-7z-compressed",
    "aac": "audio/aac",
    "avi": "video/x-msvideo",
    "bmp": "image/bmp",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "eml": "message/rfc822",
    "gif": "image/gif",
    "heic": "image/heic",
    "ics": "text/calendar",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "log": "text/plain",
    "m4a": "audio/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "msg": "application/vnd.ms-outlook",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ogg": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "rtf": "application/rtf",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "txt": "text/plain",
    "vcf": "text/vcard",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
# fmt: off
_RUNNING_EXTENSIONS = frozenset((
    "ade", "adp", "apk", "app", "appx", "bat", "chm", "cmd", "com", "cpl", "deb", "dll", "dmg",
    "docm", "dotm", "exe", "gadget", "hta", "htm", "html", "img", "inf", "ins", "iso", "isp",
    "jar", "js", "jse", "lib", "lnk", "mde", "mht", "mhtml", "msc", "msi", "msix", "msp", "mst",
    "nsh", "pif", "pkg", "ppam", "pptm", "ps1", "ps1xml", "ps2", "psc1", "psm1", "py", "reg",
    "rpm", "scf", "scr", "sct", "sh", "shb", "shtml", "svg", "svgz", "swf", "sys", "url", "vb",
    "vbe", "vbs", "vbscript", "vhd", "vhdx", "vxd", "wsc", "wsf", "wsh", "xap", "xht", "xhtml",
    "xlam", "xll", "xlsm", "xml", "xsl",
))
# fmt: on
_PROGRAM_BEGINS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
)
_PAGE_BEGINS = (b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml")


def why_not(name: str, content_type: str | None) -> str | None:
    """Says why a file of this name and type is not copied; None when it may be.

    A type that says nothing leaves the name to say it; nothing at all says too little.
    """
    stated = bare_type(content_type)
    extension = extension_of(name)
    if stated in _RUNNING_TYPES or extension in _RUNNING_EXTENSIONS:
        return PROGRAM
    by_name = _TYPES_BY_EXTENSION.get(extension, "")
    return None if _is_harmless(by_name if stated in _UNSAID_TYPES else stated) else NOT_COPIED


def why_not_inside(content: bytes) -> str | None:
    """Says why bytes are not copied, whatever their name and type promise; None when they may be."""
    if content.startswith(_PROGRAM_BEGINS):
        return PROGRAM
    begin = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return PROGRAM if begin.startswith(_PAGE_BEGINS) else None


def bare_type(content_type: str | None) -> str:
    """The type without its parameters, in lower case; empty when none is stated."""
    return (content_type or "").split(";", 1)[0].strip().lower()


def extension_of(name: str) -> str:
    """What stands behind the last dot, as a computer that opens the file would read it."""
    _, dot, extension = name.rstrip(". \t").rpartition(".")
    return extension.strip().lower() if dot else ""


def extension_for(content_type: str | None) -> str:
    """The usual extension of a type, empty where there is none."""
    stated = bare_type(content_type)
    known = (extension for extension, kind in _TYPES_BY_EXTENSION.items() if kind == stated)
    return next(known, "")


def _is_harmless(content_type: str) -> bool:
    return (
        content_type in _HARMLESS_TYPES
        or content_type.startswith(_OPEN_KINDS)
        or content_type.startswith(_HARMLESS_FAMILIES)
    )


TRANSCRIPT = "transcript.txt"
"""The name of the file that holds the whole transcript where a Description has no room for it (CX-54)."""

_LONGEST_NAME = 200
_LONGEST_SAFE_NAME = 80
_LONGEST_EXTENSION = 10
_LONGEST_URL = 1_000
_LONGEST_REASON = 300
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_PATH = re.compile(r"[A-Za-z]+://[^/?#]*/([^?#]*)")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_DOTS = re.compile(r"\.{2,}")
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """How many files of one chat are attached to one record, and how large they may be, in bytes."""

    count: int = 20
    each_bytes: int = 10 * _MEGABYTE
    total_bytes: int = 50 * _MEGABYTE


def planned(
    slot: Slot, files: Sequence[ChatFile], *, has_transcript: bool, limits: FileLimits
) -> tuple[SlotFile, ...]:
    """Lists the slot's files: known ones as they are, further ones behind them, each address once.

    A file that is refused by what is said of it is listed as refused at once. Planning again changes
    nothing, so a file keeps its number and its path; only a transcript that is whole in the Description
    by now, and of which nothing can be in the org, is no longer listed.
    """
    listed = [file for file in slot.files if has_transcript or not _is_needless(file)]
    known = {file.url for file in listed}
    if has_transcript and None not in known:
        listed.append(_transcript(slot, _next_number(listed)))
        known.add(None)
    for file in files:
        if file.url not in known:
            listed.append(_planned(slot, file, listed, limits))
            known.add(file.url)
    return tuple(listed)


def _is_needless(file: SlotFile) -> bool:
    return file.url is None and file.state is FileState.PENDING


def _next_number(listed: Sequence[SlotFile]) -> int:
    return 1 + max((file.number for file in listed), default=0)


def _transcript(slot: Slot, number: int) -> SlotFile:
    return SlotFile(number=number, name=TRANSCRIPT, path=path_of(slot.key, number, TRANSCRIPT))


def _planned(
    slot: Slot, file: ChatFile, listed: Sequence[SlotFile], limits: FileLimits
) -> SlotFile:
    number = _next_number(listed)
    name = _name_of(file)
    taken = sum(1 for one in listed if one.url and one.state is not FileState.REFUSED)
    reason = why_not(name, file.content_type)
    if reason is None and (file.size_bytes or 0) > limits.each_bytes:
        reason = too_large(limits.each_bytes)
    if reason is None and taken >= limits.count:
        reason = f"only the first {limits.count} files of a chat are copied"
    return SlotFile(
        number=number,
        name=name,
        path=path_of(slot.key, number, name),
        url=file.url,
        state=FileState.PENDING if reason is None else FileState.REFUSED,
        reason=reason,
    )


def _name_of(file: ChatFile) -> str:
    """The file's name, else the last part of its address, with an extension where the type has one."""
    name = safe_line(file.name, limit=_LONGEST_NAME)
    if not name:
        name = safe_line(_last_part(file.url), limit=_LONGEST_NAME) or "file"
    extension = extension_for(file.content_type)
    if not extension_of(name) and extension:
        name = f"{name.rstrip('. ')}.{extension}"
    if width(name) <= _LONGEST_NAME:
        return name
    # The extension stays, for it says what opens the file.
    ending = f".{extension_of(name)}" if len(extension_of(name)) <= _LONGEST_EXTENSION else ""
    return cut(name, _LONGEST_NAME - len(ending)) + ending


def _last_part(url: str) -> str:
    """What a link's path ends with, its percent signs decoded."""
    path = _PATH.match(url)
    part = path[1].rstrip("/").rpartition("/")[2] if path else ""
    octets = _PERCENT.sub(
        lambda found: bytes.fromhex(found[1].decode("ascii")), part.encode("utf-8", "replace")
    )
    return octets.decode("utf-8", "replace")


def path_of(key: str, number: int, name: str) -> str:
    """The `PathOnClient` of a slot's file: its key in the org, of letters, digits, dots, - and _ only."""
    return f"{key.replace(':', '-')}-{number:02}-{safe_name(name)}"


def safe_name(name: str) -> str:
    """Writes a name in characters that no file system and no URL reads as anything but a name."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    plain = _DOTS.sub(".", _UNSAFE.sub("_", folded)).strip("._-")
    stem, dot, extension = plain.rpartition(".")
    if not dot or len(extension) > _LONGEST_EXTENSION:
        return plain[:_LONGEST_SAFE_NAME].rstrip("._-") or "file"
    kept = stem[: _LONGEST_SAFE_NAME - len(extension) - 1].rstrip("._-")
    return f"{kept or 'file'}.{extension}"


def too_large(most_bytes: int) -> str:
    """Says that a file has more bytes than are copied."""
    return f"larger than {most_bytes / _MEGABYTE:g} MB"


def room_for(slot: Slot, limits: FileLimits) -> int:
    """Counts the bytes that the next file of a slot may have."""
    stored = sum(
        file.size_bytes or 0 for file in slot.files if file.url and file.state is FileState.STORED
    )
    return max(0, min(limits.each_bytes, limits.total_bytes - stored))


def note_lines(files: Iterable[SlotFile]) -> tuple[str, ...]:
    """Writes the Description's lines on the files that were refused, in their order."""
    return tuple(
        f"Attachment: {_noted(file)}: {cut(safe_line(file.reason, limit=_LONGEST_REASON), _LONGEST_REASON)}"
        for file in files
        if file.state is FileState.REFUSED
    )


def _noted(file: SlotFile) -> str:
    if file.url is None:
        return file.name
    return f"{file.name} ({cut(safe_line(file.url, limit=_LONGEST_URL), _LONGEST_URL)})"


def open_files(slots: Iterable[Slot]) -> Iterator[tuple[Slot, SlotFile]]:
    """Every file for which something is still to be done, with the slot whose record is there for it."""
    there = (slot for slot in slots if slot.state is SlotState.APPLIED and slot.salesforce_id)
    return ((slot, file) for slot in there for file in slot.files if file.is_open)


def files_due_at(slots: Iterable[Slot], *, now: datetime) -> datetime | None:
    """When the next file is to be worked on; None when nothing is left to do for any."""
    return min((file.due_at or now for _, file in open_files(slots)), default=None)


def with_file(slot: Slot, file: SlotFile) -> Slot:
    """The slot with one of its files as it now stands."""
    files = tuple(file if one.number == file.number else one for one in slot.files)
    return replace(slot, files=files)
