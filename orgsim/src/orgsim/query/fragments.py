"""Checks the parts of a statement that a caller hands over one by one.

Each part has to be whole in itself, so that the statement made of them says no more than they do.
"""

import functools
import re

from lark import UnexpectedInput

from orgsim.query.grammar import parser

__all__ = ["is_field", "is_filter", "is_name", "is_search_text", "is_sorting"]

_LONGEST = 20_000
_KEPT = 512
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_SEARCH_TEXT = re.compile(r"(\\.|[^}\\])*", re.DOTALL)


def is_name(text: str) -> bool:
    """Tell whether a text can be the name of an object."""
    return _NAME.fullmatch(text) is not None


def is_search_text(text: str) -> bool:
    """Tell whether a text can stand between the braces of FIND."""
    return _SEARCH_TEXT.fullmatch(text) is not None


def is_field(text: str) -> bool:
    """Tell whether a text is one field of a SELECT list."""
    return _parsed(text, "field") is not None


def is_sorting(text: str) -> bool:
    """Tell whether a text can follow ORDER BY."""
    return _parsed(text, "sorting") is not None


def is_filter(text: str) -> bool:
    """Tell whether a text can follow WHERE."""
    return _parsed(text, "filter") is not None


@functools.lru_cache(maxsize=_KEPT)
def _parsed(text: str, start: str) -> object:
    """Return what a part says, or None where it says nothing whole."""
    if len(text) > _LONGEST:
        return None
    try:
        return parser().parse(text, start=start)
    except UnexpectedInput:
        return None
