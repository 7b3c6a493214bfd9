"""Checks the identifiers of SQS messages as AWS does; the emulator takes any text."""

import re
from typing import Any

type Json = dict[str, Any]

IDENTIFIERS = ("MessageGroupId", "MessageDeduplicationId")
# SQS API reference, SendMessage: up to 128 letters, digits and ASCII punctuation.
ALLOWED = re.compile(r"""[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}""")


def identifier_problem(message: Json) -> str | None:
    """Returns AWS's words for the first identifier outside the allowed characters, or None."""
    for name in IDENTIFIERS:
        value = message.get(name)
        if value is not None and not ALLOWED.fullmatch(str(value)):
            return (
                f"Value {value} for parameter {name} is invalid. Reason: {name} can only include "
                "alphanumeric and punctuation characters. 1 to 128 in length."
            )
    return None
