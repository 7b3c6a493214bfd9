"""Turns what the parser recognises of SOSL, and of parts written alone, into values of `syntax`."""

from lark import Token

from orgsim.query.builder import Operand, Orderings, SyntaxBuilder, offset_of
from orgsim.query.syntax import Column, Condition, Path, Returning, Search

__all__ = ["StatementBuilder"]


class StatementBuilder(SyntaxBuilder):
    """One method per grammar rule beside those of SOQL."""

    def filter(self, parts: list[Condition]) -> Condition:
        """Build a condition that is written alone."""
        return parts[0]

    def sorting(self, parts: Orderings) -> Orderings:
        """Build an order that is written alone."""
        return tuple(parts)

    def field(self, parts: list[Operand]) -> Operand:
        """Build a field that is written alone."""
        return parts[0]

    def search_group(self, parts: list[Token]) -> str:
        """Build the field group of a search, ALL unless named."""
        return parts[0].value.upper() if parts else "ALL"

    def scope_columns(self, parts: list[Operand]) -> tuple[Column, ...]:
        """Build the fields that a search returns."""
        return tuple(Column(what=what, alias=None) for what in parts)

    def scope(
        self,
        parts: tuple[
            Path,
            tuple[Column, ...] | None,
            Condition | None,
            Orderings | None,
            int | None,
            int | None,
        ],
    ) -> Returning:
        """Build one object of RETURNING; without fields it returns ids."""
        source, columns, where, order_by, limit, offset = parts
        id_only = Column(what=Path(parts=("Id",), offset=source.offset), alias=None)
        return Returning(
            source=source,
            columns=columns or (id_only,),
            where=where,
            order_by=order_by or (),
            limit=limit,
            offset=offset,
        )

    def returning(self, parts: list[Returning]) -> tuple[Returning, ...]:
        """Build the RETURNING clause, empty when there is none."""
        return tuple(parts)

    def search(self, parts: tuple[Token, str, tuple[Returning, ...], int | None]) -> Search:
        """Build a whole FIND."""
        text, group, returning, limit = parts
        return Search(
            text=text.value[1:-1],
            text_offset=offset_of(text) + 1,
            group=group,
            returning=returning,
            limit=limit,
        )
