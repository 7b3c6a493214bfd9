"""Blanks a credential that travels in a webhook's body before anything is stored; standard library only."""

import json
import re
from collections.abc import Iterator

REDACTED = b'"redacted"'

_LEXEMES = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]', re.DOTALL)


def blank_top_level(raw: bytes, key: str) -> bytes:
    """The body with every top-level string named `key` blanked; all other bytes stay as they were."""
    kept = bytearray()
    end = 0
    for start, stop in _values(raw, key):
        kept += raw[end:start] + REDACTED
        end = stop
    return bytes(kept + raw[end:])


def _values(raw: bytes, key: str) -> Iterator[tuple[int, int]]:
    """Where the string values of a top-level key begin and end."""
    depth = 0
    text = b""
    name = b""
    for found in _LEXEMES.finditer(raw):
        lexeme = found.group()
        if lexeme in (b"{", b"["):
            depth += 1
        elif lexeme in (b"}", b"]"):
            depth -= 1
        elif lexeme == b":":
            name = text if depth == 1 else b""
            continue
        elif lexeme != b",":
            text = lexeme
            if name and _says(name, key):
                yield found.span()
        name = b""


def _says(quoted: bytes, key: str) -> bool:
    """Whether a JSON string says `key`, also when it is written with escapes."""
    try:
        return bool(json.loads(quoted) == key)
    except ValueError:
        return False
