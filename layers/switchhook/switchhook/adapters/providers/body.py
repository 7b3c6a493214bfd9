"""Reads a webhook's JSON without judging it; total over any bytes, the standard library only."""

import json

MAX_ID_CHARS = 256
"""Longer or unprintable ids are none: they could not be shown, logged or stored as a key."""


def read_object(raw: bytes) -> dict[str, object] | None:
    """The JSON object in a body, or None when the bytes are anything else.

    UTF-8 only, as RFC 8259 asks of a body between systems; of a repeated key the last value stands.
    """
    try:
        value = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def usable_id(value: object) -> str | None:
    """A string or whole number as an id of at most 256 printable characters, or None."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    return text if 0 < len(text) <= MAX_ID_CHARS and text.isprintable() else None
