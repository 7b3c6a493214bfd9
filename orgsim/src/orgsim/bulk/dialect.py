"""The CSV that bulk jobs read and write, in the delimiters and line endings they may choose."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

__all__ = [
    "DELIMITERS",
    "LINE_ENDINGS",
    "Table",
    "TableError",
    "read_header",
    "read_table",
    "write",
]

DELIMITERS = MappingProxyType(
    {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
)
LINE_ENDINGS = MappingProxyType({"LF": "\n", "CRLF": "\r\n"})

csv.field_size_limit(200_000)


class TableError(Exception):
    """An upload that cannot be read as a table; the message is what the failed job says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An uploaded table: each row has as many cells as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_header(content: bytes, delimiter: str) -> tuple[str, ...]:
    """Return the column names of an upload, nothing for an empty one; raises TableError."""
    reader = csv.reader(io.StringIO(_text(content), newline=""), delimiter=DELIMITERS[delimiter])
    try:
        return tuple(name.strip() for name in next(reader, ()))
    except csv.Error as error:
        raise TableError(f"InvalidBatch : Failed to parse CSV header: {error}") from error


def read_table(content: bytes, delimiter: str, line_ending: str) -> Table:
    """Return an upload as a table; blank lines are passed over.

    Raises TableError for what is not UTF-8 text, for the other line ending and for a row with more
    or fewer cells than the header.
    """
    text = _text(content)
    header = read_header(content, delimiter)
    if _ends_otherwise(text, line_ending):
        raise TableError(
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is"
            f" {line_ending}"
        )
    return Table(header=header, rows=_rows(text, delimiter, len(header)))


def write(
    rows: Iterable[Sequence[str]], delimiter: str = "COMMA", line_ending: str = "LF"
) -> bytes:
    """Return rows as CSV with every cell in quotes."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(
        buffer,
        delimiter=DELIMITERS[delimiter],
        lineterminator=LINE_ENDINGS[line_ending],
        quoting=csv.QUOTE_ALL,
    )
    writer.writerows(rows)
    return buffer.getvalue().encode()


def _rows(text: str, delimiter: str, width: int) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[delimiter], strict=True)
    try:
        next(reader, None)
        for cells in reader:
            if cells and len(cells) != width:
                raise TableError(
                    f"InvalidBatch : Row {len(rows) + 1} has {len(cells)} cells, but the header"
                    f" has {width}"
                )
            if cells:
                rows.append(tuple(cells))
    except csv.Error as error:
        raise TableError(
            f"InvalidBatch : Failed to parse CSV in row {len(rows) + 1}: {error}"
        ) from error
    return tuple(rows)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableError("ClientInputError : The data is not UTF-8 text") from None


def _ends_otherwise(text: str, line_ending: str) -> bool:
    """Return whether the header line ends in the other way; cells may hold any line ending."""
    quoted = False
    for position, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif char == "\n" and not quoted:
            return text[:position].endswith("\r") is not (line_ending == "CRLF")
    return False
