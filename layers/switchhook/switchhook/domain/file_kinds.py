"""Which kinds of file are copied from a chat into an org: what people send each other, never what runs.

A file is judged by its name, by the type that its sender or server states, and by its first bytes; one
sign of a program is enough to refuse it, and one sign of a harmless kind is needed to take it.
"""

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
