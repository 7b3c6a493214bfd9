"""Text as no person writes it, in a webhook's body as large as a body may be."""

import json
import random
import re
from typing import Any

LARGE = 1_000_000

QUOTES = "\"quoted\" \\back\\slash\\ 'single' </script> {{x}} ${x} @{task1.id} %s \x00\x01\x07\x1b[31m\x7f"
MARKS = (
    "\u202e\u2066RTL\u2069\u200f\u061c \u2028\u2029 \ufeff\ufffe \ud83d half \udca9 half 😀👩‍👩‍👧"
)


def _noise(length: int) -> str:
    """Chinese characters at random, which nothing can compress much."""
    chance = random.Random(7)  # noqa: S311 - the same noise every time
    return "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(length))


WORST = {
    "quotes": (QUOTES + " ") * 40_000,
    "marks": (MARKS + " ") * 40_000,
    "emoji": "😀" * 300_000,
    "controls": "\x00\x1f" * 300_000,
    "noise": _noise(400_000),
}


def large_call(call: dict[str, Any], text: str) -> bytes:
    """A call's body with 1,000,000 bytes of the text, in every place where text may stand."""
    body = call | {
        "external": call["external"] | {"name": text[:3_000]},
        "agent": {"email": "nobody@example.com", "name": text[:3_000]},
        "queue": text[:3_000],
        "tags": [text[:400]] * 20,
        "disposition": text[:3_000],
        "comments": [],
    }
    room = LARGE - len(_raw(body))
    at = 0
    while room > 0 and at < len(text):
        part = text[at : at + 20_000]
        size = len(_raw({"author": "A", "text": part})) + 2
        if size > room:
            part = part[: len(part) * (room - 60) // size]
            size = room
        body["comments"].append({"author": "A", "text": part})
        room, at = room - size, at + 20_000
    return _raw(body)


def _raw(value: object) -> bytes:
    """JSON in UTF-8, where only half an emoji has to be escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text).encode()
