r"""Reads the search text between the braces of FIND.

Words stand for themselves, quotes make a phrase, AND, OR and AND NOT combine, words side by side
must all be found. `*` and `?` are wildcards except at the begin of a word. Every other reserved
character (`& | ! { } [ ] ^ ~ : + - '`) needs a backslash before it, inside quotes as well.
"""

import functools
import re
from dataclasses import dataclass

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedToken

from orgsim.errors import ApiError
from orgsim.query.reading import MALFORMED_SEARCH, complaint, stopped_at
from orgsim.query.syntax import Search

__all__ = ["AllOf", "AnyOf", "Expression", "Phrase", "Term", "read_terms"]

_LONGEST_TEXT = 10_000
_LONGEST_WITH_OPERATORS = 4_000
_SHORTEST_TEXT = 2
_PIECE = re.compile(r"\\(.)|(.)", re.DOTALL)
_OPERATORS = re.compile(r"(?<!\\)[()\"]|\b(?:and\s+not|and|or)\b", re.IGNORECASE)

_GRAMMAR = r"""
any_of: all_of (_OR all_of)*
all_of: atom (included | excluded)*
included: _AND? atom
excluded: _AND_NOT atom
?atom: term | "(" any_of ")"
term: WORD | PHRASE

_AND_NOT.4: /and\s+not\b/i
_AND.3: /and\b/i
_OR.3: /or\b/i
WORD: /(\\.|[^\s"\\(){}\[\]&|!^~:+'-])+/s
PHRASE: /"(\\.|[^"\\(){}\[\]&|!^~:+'-])*"/s

%ignore /\s+/
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word to be found; with `wild` its text is a pattern of `*` and `?`."""

    text: str
    wild: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words to be found side by side in one field; a single word is a phrase of one."""

    terms: tuple[Term, ...]

    @property
    def digits(self) -> str | None:
        """All digits of a phrase that has nothing else, such as a phone number."""
        digits = "".join(term.text for term in self.terms)
        return digits if digits.isascii() and digits.isdigit() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Expressions that must all be found in a record, and others that must not."""

    included: "tuple[Expression, ...]"
    excluded: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """Expressions of which one must be found in a record."""

    choices: "tuple[Expression, ...]"


type Expression = Phrase | AllOf | AnyOf


def read_terms(text: str, search: Search) -> Expression | None:
    """Return what a statement searches for; None where Salesforce finds nothing by definition.

    Raises ApiError MALFORMED_SEARCH.
    """
    if len(search.text) > _LONGEST_TEXT:
        return None
    searched = search.text
    if len(searched) > _LONGEST_WITH_OPERATORS:
        # Salesforce ignores the operators of very long texts; spaces keep every offset as it was.
        searched = _OPERATORS.sub(lambda match: " " * len(match.group()), searched)
    if sum(char.isalnum() for char in searched) < _SHORTEST_TEXT:
        raise ApiError(
            400,
            MALFORMED_SEARCH,
            f"search term must be longer than one character: FIND {{{search.text}}}",
        )
    try:
        expression: object = _parser().parse(searched)
    except UnexpectedCharacters as error:
        at = search.text_offset + (error.pos_in_stream or 0)
        raise stopped_at(MALFORMED_SEARCH, text, at, "mismatched", "expecting '}'") from None
    except UnexpectedToken as error:
        at_end = error.token.type == "$END"
        offset = len(searched) if at_end else error.token.start_pos or 0
        found = "}" if at_end else error.token.value
    except _LeadingWildcardError as error:
        offset, found = error.args
    else:
        assert isinstance(expression, Phrase | AllOf | AnyOf)
        return expression
    raise complaint(
        MALFORMED_SEARCH, text, search.text_offset + offset, f"unexpected token: '{found}'"
    )


class _LeadingWildcardError(Exception):
    """A word begins with a wildcard: offset in the search text, and the character."""


class _ExpressionBuilder(Transformer[Token, Expression]):
    """One method per grammar rule; the parser calls it while it reads."""

    def term(self, parts: list[Token]) -> Phrase:
        """Split a word or phrase as records are split; an e-mail address becomes a phrase."""
        token = parts[0]
        terms: list[Term] = []
        letters, wild = "", False
        for match in _PIECE.finditer(token.value + " "):
            escaped, plain = match.groups()
            char = escaped or plain
            if plain in {"*", "?"}:
                if not letters:
                    raise _LeadingWildcardError((token.start_pos or 0) + match.start(), plain)
                letters, wild = letters + plain, True
            elif char.isalnum():
                letters += char
            elif letters:
                terms.append(Term(text=letters.lower(), wild=wild))
                letters, wild = "", False
        return Phrase(terms=tuple(terms))

    def included(self, parts: list[Expression]) -> tuple[bool, Expression]:
        """Build a further expression that must be found."""
        return True, parts[0]

    def excluded(self, parts: list[Expression]) -> tuple[bool, Expression]:
        """Build an expression that must not be found."""
        return False, parts[0]

    def all_of(self, parts: list[Expression | tuple[bool, Expression]]) -> Expression:
        """Build a conjunction; one expression alone stays itself."""
        marked = [part if isinstance(part, tuple) else (True, part) for part in parts]
        if len(marked) == 1:
            return marked[0][1]
        return AllOf(
            included=tuple(term for wanted, term in marked if wanted),
            excluded=tuple(term for wanted, term in marked if not wanted),
        )

    def any_of(self, parts: list[Expression]) -> Expression:
        """Build a choice; one expression alone stays itself."""
        return parts[0] if len(parts) == 1 else AnyOf(choices=tuple(parts))


@functools.cache
def _parser() -> Lark:
    return Lark(
        _GRAMMAR,
        parser="lalr",
        lexer="contextual",
        start="any_of",
        transformer=_ExpressionBuilder(),
    )
