"""Reads SOQL and SOSL texts and words what is wrong with them as Salesforce does.

A complaint begins with a newline, shows the line, a caret under the place, `ERROR at Row:r:Column:c`
and then the sentence.
"""

import functools
import re

from lark import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from orgsim.errors import ApiError, not_supported
from orgsim.query.grammar import parser
from orgsim.query.syntax import Condition, Query, Search, depth_of

__all__ = [
    "MALFORMED_QUERY",
    "MALFORMED_SEARCH",
    "complaint",
    "read_query",
    "read_search",
    "stopped_at",
    "too_complicated",
]

MALFORMED_QUERY = "MALFORMED_QUERY"
MALFORMED_SEARCH = "MALFORMED_SEARCH"

_LONGEST_TEXT = 100_000
_DEEPEST_CONDITION = 50
_SHOWN_EACH_SIDE = 80
_KEPT_STATEMENTS = 512

# What Salesforce understands and this org does not, by the word at which reading stops.
_UNSUPPORTED_WORDS = {
    "USING": "USING",
    "WITH": "WITH",
    "INCLUDES": "INCLUDES",
    "EXCLUDES": "EXCLUDES",
    "UPDATE": "UPDATE TRACKING or VIEWSTAT",
    "TRACKING": "UPDATE TRACKING",
    "VIEWSTAT": "UPDATE VIEWSTAT",
}
_NESTING = frozenset({"CONVERTTIMEZONE", "CONVERTCURRENCY", "MIN", "MAX", "SUM", "AVG", "COUNT"})
_WORD = re.compile(r"\w+")
_NESTED_CALL = re.compile(r"\(\s*(\w+)\s*$")
_UNSUPPORTED_CALL = re.compile(r"\b(ROLLUP|CUBE|DISTANCE|GEOLOCATION)\s*\([^()]*$", re.IGNORECASE)


def complaint(code: str, text: str, offset: int, sentence: str) -> ApiError:
    """Return the error that points at `offset` of a statement.

    The shape is the recorded one: newline, snippet, caret, row and column, sentence.
    """
    line_start = text.rfind("\n", 0, offset) + 1
    line_end = text.find("\n", offset)
    start = max(line_start, offset - _SHOWN_EACH_SIDE)
    end = min(len(text) if line_end < 0 else line_end, offset + _SHOWN_EACH_SIDE)
    row, column = text.count("\n", 0, offset) + 1, offset - line_start + 1
    pointer = " " * (offset - start) + "^"
    message = f"\n{text[start:end]}\n{pointer}\nERROR at Row:{row}:Column:{column}\n{sentence}"
    return ApiError(400, code, message)


def too_complicated() -> ApiError:
    """Return the refusal of a statement that would cost too much to answer."""
    return ApiError(
        400,
        "QUERY_TOO_COMPLICATED",
        "Query is either selecting too many fields or the filter conditions are too complicated.",
    )


@functools.lru_cache(maxsize=_KEPT_STATEMENTS)
def read_query(text: str) -> Query:
    """Read a SOQL statement; raises ApiError MALFORMED_QUERY, or 501 for what is left out."""
    query = _read(text, "query", MALFORMED_QUERY, "SOQL")
    assert isinstance(query, Query)
    _check_depth(query.where)
    for column in query.columns:
        if isinstance(column, Query):
            _check_depth(column.where)
    return query


@functools.lru_cache(maxsize=_KEPT_STATEMENTS)
def read_search(text: str) -> Search:
    """Read a SOSL statement; raises ApiError MALFORMED_SEARCH, or 501 for what is left out."""
    if not re.match(r"\s*find\s*\{", text, re.IGNORECASE):
        raise ApiError(
            400,
            MALFORMED_SEARCH,
            "No search term found. The search term must be enclosed in braces.",
        )
    search = _read(text, "search", MALFORMED_SEARCH, "SOSL")
    assert isinstance(search, Search)
    for scope in search.returning:
        _check_depth(scope.where)
    return search


def _read(text: str, start: str, code: str, language: str) -> object:
    """Parse, and turn the parser's exceptions into Salesforce's words."""
    if len(text) > _LONGEST_TEXT:
        raise ApiError(
            400, code, f"{language} statements cannot be longer than {_LONGEST_TEXT} characters."
        )
    try:
        return parser().parse(text, start=start)
    except UnexpectedToken as error:
        at_end = error.token.type == "$END"
        offset = len(text) if at_end else error.token.start_pos or 0
        raise _unexpected_token(text, offset, code, language) from None
    except UnexpectedCharacters as error:
        raise _unexpected_character(text, error.pos_in_stream or 0, code) from None
    except UnexpectedInput as error:
        raise ApiError(400, code, f"unreadable statement near {error.pos_in_stream}") from None


def _unexpected_token(text: str, offset: int, code: str, language: str) -> ApiError:
    """Return the complaint about a token, or 501 where Salesforce would have understood it."""
    word = _WORD.match(text, offset)
    piece = word.group() if word else text[offset : offset + 1]
    # At the beginning of a statement none of these words would be understood.
    feature = _UNSUPPORTED_WORDS.get(piece.upper()) if text[:offset].strip() else None
    call = _UNSUPPORTED_CALL.search(text, max(0, offset - 200), offset)
    if call is not None:
        feature = call.group(1).upper()
    nested = _NESTED_CALL.search(text, max(0, offset - 200), offset) if piece == "(" else None
    if nested is not None and nested.group(1).upper() in _NESTING:
        feature = f"{nested.group(1)}() inside a function"
    if feature is not None:
        return not_supported(f"{feature} in {language}")
    return complaint(code, text, offset, f"unexpected token: '{piece or '<EOF>'}'")


def _unexpected_character(text: str, offset: int, code: str) -> ApiError:
    """Return the complaint about a character that begins nothing, or about a text without end."""
    row = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1)
    if text[offset] == "'":
        sentence = f"line {row}:{column} mismatched character '<EOF>' expecting '''"
        return ApiError(400, code, sentence)
    return stopped_at(code, text, offset, "no viable alternative at")


def stopped_at(code: str, text: str, offset: int, problem: str, wanted: str = "") -> ApiError:
    """Return the complaint about a character; its columns count from 0, as was observed."""
    line_start = text.rfind("\n", 0, offset) + 1
    row, column = text.count("\n", 0, offset) + 1, offset - line_start
    sentence = f"line {row}:{column} {problem} character '{text[offset]}' {wanted}".rstrip()
    return complaint(code, text, max(line_start, offset - 1), sentence)


def _check_depth(condition: Condition | None) -> None:
    """Refuse a condition too deep to walk."""
    if depth_of(condition) > _DEEPEST_CONDITION:
        raise too_complicated()
