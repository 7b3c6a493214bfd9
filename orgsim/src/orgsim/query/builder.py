"""Turns what the parser recognises into the values of `syntax`."""

import re

from lark import Token, Transformer

from orgsim.query.syntax import (
    FIELD_CALLS,
    Call,
    Column,
    Comparison,
    Condition,
    Junction,
    Literal,
    LiteralKind,
    Membership,
    Negation,
    Ordering,
    Path,
    Query,
    Search,
    TypeOf,
    When,
    depth_of,
)

__all__ = ["Operand", "Orderings", "SyntaxBuilder", "offset_of"]

_SPACES = re.compile(r"\s+")
_KINDS = {
    "STRING": LiteralKind.STRING,
    "NUMBER": LiteralKind.NUMBER,
    "DATE": LiteralKind.DATE,
    "DATETIME": LiteralKind.DATETIME,
}
_WORDS = {
    "TRUE": LiteralKind.BOOLEAN,
    "FALSE": LiteralKind.BOOLEAN,
    "NULL": LiteralKind.NULL,
}

type Members = tuple[Literal, ...] | Query
type Operand = Path | Call
type Grouped = tuple[tuple[Operand, ...], Condition | None]
type Selected = Column | TypeOf | Query
type Orderings = tuple[Ordering, ...]


class SyntaxBuilder(Transformer[Token, Query | Search]):
    """One method per grammar rule; the parser calls it while it reads."""

    def path(self, parts: list[Token]) -> Path:
        """Build a field path from its one token."""
        return _path(parts[0])

    def call(self, parts: list[Token | Path | None]) -> Call:
        """Build a function; `COUNT()` has no argument, another one may stand inside it."""
        outer, *inner, argument = parts
        assert isinstance(outer, Token)
        assert not isinstance(argument, Token)
        nested = "".join(f"({part.value.upper()})" for part in inner if isinstance(part, Token))
        name = f"{outer.value.upper()}{nested}"
        return Call(name=name, argument=argument, offset=offset_of(outer))

    def alias(self, parts: list[Token]) -> str | None:
        """Build an alias, or None."""
        return parts[0].value if parts else None

    def plain_column(self, parts: list[Operand | str | None]) -> Column:
        """Build a field or function of the SELECT list."""
        what, alias = parts
        assert isinstance(what, Path | Call)
        assert not isinstance(alias, Path | Call)
        return Column(what=what, alias=alias)

    def columns(self, parts: list[Selected]) -> tuple[Selected, ...]:
        """Build the SELECT list."""
        return tuple(parts)

    def fields(self, parts: list[Path]) -> tuple[Path, ...]:
        """Build the fields of one branch of TYPEOF."""
        return tuple(parts)

    def when(self, parts: tuple[Path, tuple[Path, ...]]) -> When:
        """Build a branch of TYPEOF."""
        source, fields = parts
        return When(source=source, fields=fields)

    def otherwise(self, parts: list[tuple[Path, ...] | None]) -> tuple[Path, ...]:
        """Build the last branch of TYPEOF, empty when there is none."""
        return parts[0] or ()

    def type_of(self, parts: list[Path | When | tuple[Path, ...]]) -> TypeOf:
        """Build a TYPEOF of the SELECT list."""
        relation, *whens, otherwise = parts
        assert isinstance(relation, Path)
        assert isinstance(otherwise, tuple)
        branches = tuple(when for when in whens if isinstance(when, When))
        return TypeOf(relation=relation, whens=branches, otherwise=otherwise)

    def literal(self, parts: list[Token]) -> Literal:
        """Build a value; a bare word is a boolean, null or a date word such as `LAST_N_DAYS:7`."""
        token = parts[0]
        text = _SPACES.sub("", token.value) if token.type == "WORD" else token.value
        kind = _KINDS.get(token.type) or _WORDS.get(text.upper(), LiteralKind.DATE_WORD)
        return Literal(
            kind=kind,
            text=text[1:-1] if kind is LiteralKind.STRING else text.upper(),
            offset=offset_of(token),
        )

    def literal_list(self, parts: list[Literal]) -> tuple[Literal, ...]:
        """Build the values between the parentheses of IN."""
        return tuple(parts)

    def comparison(self, parts: list[Operand | Token | Literal]) -> Comparison:
        """Build a field against a value; `<>` is `!=`."""
        left, operator, right = parts
        assert isinstance(left, Path | Call)
        assert isinstance(operator, Token)
        assert isinstance(right, Literal)
        word = operator.value.upper()
        return Comparison(left=left, operator="!=" if word == "<>" else word, right=right)

    def membership(self, parts: list[Operand | Token | Members]) -> Membership:
        """Build IN or NOT IN."""
        left, operator, members = parts
        assert isinstance(left, Path | Call)
        assert isinstance(operator, Token)
        assert isinstance(members, Query | tuple)
        inner = members.where if isinstance(members, Query) else None
        return Membership(
            left=left,
            negated=operator.type == "NOT_IN",
            members=members,
            depth=1 + depth_of(inner),
        )

    def negation(self, parts: list[Condition]) -> Negation:
        """Build NOT."""
        return Negation(term=parts[0], depth=1 + depth_of(parts[0]))

    def and_terms(self, parts: list[Condition]) -> Junction:
        """Build conditions that must all hold."""
        return _junction("AND", parts)

    def or_terms(self, parts: list[Condition]) -> Junction:
        """Build conditions of which one must hold."""
        return _junction("OR", parts)

    def where(self, parts: list[Condition]) -> Condition | None:
        """Build the WHERE clause, or None."""
        return parts[0] if parts else None

    def having(self, parts: list[Condition]) -> Condition | None:
        """Build the HAVING clause, or None."""
        return parts[0] if parts else None

    def scope_of(self, parts: list[Path | None]) -> Path | None:
        """Build what USING SCOPE names, or None."""
        return parts[0]

    def groups(self, parts: list[Operand]) -> tuple[Operand, ...]:
        """Build what a query groups by."""
        return tuple(parts)

    def group_by(self, parts: tuple[tuple[Operand, ...] | None, Condition | None]) -> Grouped:
        """Build GROUP BY with its HAVING, empty when there is none."""
        groups, having = parts
        return groups or (), having

    def direction(self, parts: list[Token]) -> bool:
        """Tell whether the order is descending."""
        return bool(parts) and parts[0].type == "DESC"

    def nulls(self, parts: list[Token]) -> bool:
        """Tell whether nulls come last; by default they come first, also in a descending order."""
        return bool(parts) and parts[0].type == "LAST"

    def ordering(self, parts: list[Operand | bool]) -> Ordering:
        """Build one entry of ORDER BY."""
        what, descending, nulls_last = parts
        assert isinstance(what, Path | Call)
        return Ordering(what=what, descending=descending is True, nulls_last=nulls_last is True)

    def order_by(self, parts: list[Ordering]) -> Orderings:
        """Build the ORDER BY clause, empty when there is none."""
        return tuple(parts)

    def limit(self, parts: list[Token]) -> int | None:
        """Build LIMIT, or None."""
        return _integer(parts)

    def offset(self, parts: list[Token]) -> int | None:
        """Build OFFSET, or None."""
        return _integer(parts)

    def purpose(self, _parts: list[Token]) -> None:
        """Read over FOR VIEW, FOR REFERENCE and FOR UPDATE: they change no answer here."""

    def all_rows(self, parts: list[Token]) -> bool:
        """Tell whether deleted rows are asked for."""
        return bool(parts)

    def query(
        self,
        parts: tuple[
            tuple[Selected, ...],
            Path,
            str | None,
            Path | None,
            Condition | None,
            Grouped,
            Orderings,
            int | None,
            int | None,
            None,
            bool,
        ],
    ) -> Query:
        """Build a whole SELECT."""
        columns, source, alias, scope, where, grouped, order_by, limit, offset, _, all_rows = parts
        return Query(
            calls=_calls(columns),
            columns=columns,
            source=source,
            alias=alias,
            where=where,
            group_by=grouped[0],
            having=grouped[1],
            scope=scope,
            order_by=order_by,
            limit=limit,
            offset=offset,
            all_rows=all_rows,
        )


def _calls(columns: tuple[Selected, ...]) -> tuple[Call, ...]:
    """Return the functions of a SELECT list that make groups of records."""
    found = (column.what for column in columns if isinstance(column, Column))
    return tuple(w for w in found if isinstance(w, Call) and w.name not in FIELD_CALLS)


def offset_of(token: Token) -> int:
    """Return where a token starts; lark knows it for every token that it read from a text."""
    return token.start_pos or 0


def _path(token: Token) -> Path:
    """Build a path from `Account . Owner.Name`."""
    text = token.value
    parts = tuple(part.strip() for part in text.split(".")) if "." in text else (text,)
    return Path(parts=parts, offset=offset_of(token))


def _junction(word: str, parts: list[Condition]) -> Junction:
    """Join conditions by one word."""
    return Junction(word=word, terms=tuple(parts), depth=1 + max(map(depth_of, parts)))


def _integer(parts: list[Token]) -> int | None:
    """Read LIMIT or OFFSET; a number of absurd length is only ever 'very many'."""
    if not parts:
        return None
    text = parts[0].value.lstrip("0") or "0"
    return int(text) if len(text) < len("2147483648") else 2_147_483_647
