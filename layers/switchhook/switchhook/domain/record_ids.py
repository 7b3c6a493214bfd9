"""Reads the ids of Salesforce records as people copy them: 15 characters, or 18 with a check.

The first three characters say what kind of record it is. The last three of 18 tell which of the others
are capital letters, so that an id survives a tool that does not tell capitals from small letters.
"""

import re

from switchhook.domain.activity import RecordRef

MATCHABLE = {"001": "Account", "003": "Contact", "00Q": "Lead"}
"""What a call can be logged on, by the first three characters of its id."""

_SHORT, _PART = 15, 5
_ID = re.compile(r"[A-Za-z0-9]{15}([A-Z0-5]{3})?", re.ASCII)
_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def read_record(text: str) -> RecordRef | None:
    """Gives the Contact, Lead or Account that an id names, with 18 characters; None for any other text.

    Whether there is such a record, the org says.
    """
    object_type = MATCHABLE.get(text[:3])
    if object_type is None or not _ID.fullmatch(text):
        return None
    return RecordRef(type=object_type, id=text if len(text) > _SHORT else text + _check(text))


def _check(short: str) -> str:
    parts = (short[start : start + _PART] for start in range(0, _SHORT, _PART))
    return "".join(
        _CHECKS[sum(1 << place for place, char in enumerate(part) if char.isupper())]
        for part in parts
    )
