"""Answers SOSL searches from the search index."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orgsim.query.answers import matching_records
from orgsim.query.reading import read_search, too_complicated
from orgsim.query.shape import Record
from orgsim.query.soql import asking_for
from orgsim.query.statement import Statement, among
from orgsim.query.syntax import Column, Path, Query, Returning, Search
from orgsim.query.terms import AllOf, AnyOf, Expression, Phrase, Term, read_terms
from orgsim.schema import SObject

if TYPE_CHECKING:
    from orgsim.query.context import Bound
    from orgsim.store import Store

__all__ = ["run_sosl"]

_MOST_ROWS = 2000
_MOST_ROWS_OF_ONE_OBJECT = 250
_DEEPEST_EXPRESSION = 100

_SEARCHED_GROUPS = {
    "NAME": ("NAME",),
    "EMAIL": ("EMAIL",),
    "PHONE": ("PHONE",),
    "SIDEBAR": ("NAME", "EMAIL", "PHONE"),
    "ALL": ("NAME", "EMAIL", "PHONE", "OTHER"),
}


def run_sosl(
    store: "Store", text: str, viewer_id: str, *, now: datetime, api_version: str = "62.0"
) -> list[Record]:
    """Answer a search as `viewer_id` from what the index shows at `now`, in RETURNING order.

    At most 2,000 rows, 250 when one object is asked for without WHERE, ORDER BY and LIMIT. Records
    that sharing hides are taken away after that, so that fewer may remain than exist. Raises
    ApiError: MALFORMED_SEARCH, INVALID_TYPE, INVALID_FIELD, or 501 for what is left out.
    """
    search = read_search(text)
    expression = read_terms(text, search)
    if expression is None:
        return []
    with store.transaction():
        asking = asking_for(store, text, viewer_id, now=now, api_version=api_version)
        statement = Statement(asking, store.conn, all_rows=False)
        index = _Index(
            statement,
            groups=_SEARCHED_GROUPS[search.group],
            at=now.astimezone(UTC).timestamp(),
            phone_digits=store.settings.phone_tokens == "digits",
        )
        found = index.find(expression, 0)
        return _returned(statement, search, found)


def _returned(statement: Statement, search: Search, found: set[str]) -> list[Record]:
    """Return the found records of each object asked for, or the ids of every searchable one."""
    scopes = search.returning or tuple(
        _ids_of(sobject)
        for sobject in statement.asking.schema.objects.values()
        if sobject.searchable
    )
    families = [_family(statement, scope, found, alone=len(scopes) == 1) for scope in scopes]
    most = _MOST_ROWS if search.limit is None else min(search.limit, _MOST_ROWS)
    shares = _shares([len(family) for family in families], most)
    return [
        record for family, share in zip(families, shares, strict=True) for record in family[:share]
    ]


def _ids_of(sobject: SObject) -> Returning:
    """Return what RETURNING would say for an object's ids."""
    path = Path(parts=(sobject.name,), offset=0)
    id_column = Column(what=Path(parts=("Id",), offset=0), alias=None)
    return Returning(
        source=path, columns=(id_column,), where=None, order_by=(), limit=None, offset=None
    )


def _family(
    statement: Statement, scope: Returning, found: set[str], *, alone: bool
) -> list[Record]:
    """Return the found records of one object as its part of RETURNING asks for them."""
    sobject = statement.sobject(scope.source)
    if not sobject.searchable:
        raise statement.asking.complaint(
            "INVALID_TYPE",
            scope.source.offset,
            f"sObject type '{sobject.name}' can not be searched",
        )
    bare = alone and scope.where is None and not scope.order_by and scope.limit is None
    newest_first = sorted(
        (record_id for record_id in found if record_id.startswith(sobject.key_prefix)),
        reverse=True,
    )
    candidates = newest_first[: _MOST_ROWS_OF_ONE_OBJECT if bare else _MOST_ROWS]
    query = Query(
        columns=scope.columns,
        source=scope.source,
        alias=None,
        where=scope.where,
        group_by=(),
        order_by=scope.order_by,
        limit=scope.limit,
        offset=scope.offset,
        all_rows=False,
    )
    return matching_records(statement, query, sobject, among("t0.Id", candidates)).records


def _shares(wanted: list[int], most: int) -> list[int]:
    """Divide `most` rows evenly; what one object does not need goes to the others."""
    shares = [0] * len(wanted)
    left = most
    for rank, index in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        shares[index] = min(wanted[index], left // (len(wanted) - rank))
        left -= shares[index]
    return shares


class _Index:
    """Looks up expressions in the search index as it shows at one moment."""

    def __init__(
        self, statement: Statement, *, groups: tuple[str, ...], at: float, phone_digits: bool
    ) -> None:
        self._statement = statement
        self._groups = groups
        self._at = at
        self._phone_digits = phone_digits

    def find(self, expression: Expression, depth: int) -> set[str]:
        """Return the ids of the records in which an expression is found."""
        if depth > _DEEPEST_EXPRESSION:
            raise too_complicated()
        match expression:
            case Phrase():
                return self._find_phrase(expression)
            case AnyOf(choices=choices):
                return set().union(*(self.find(choice, depth + 1) for choice in choices))
            case AllOf(included=included, excluded=excluded):
                wanted = [term for term in included if term != Phrase(terms=())]
                if not wanted:
                    return set()
                found = set.intersection(*(self.find(term, depth + 1) for term in wanted))
                return found.difference(*(self.find(term, depth + 1) for term in excluded))

    def _find_phrase(self, phrase: Phrase) -> set[str]:
        if not phrase.terms:
            return set()
        found = self._look_up(phrase.terms, "p.position >= 0")
        if self._phone_digits and phrase.digits is not None:
            number = Term(text=phrase.digits, wild=False)
            found |= self._look_up((number,), "p.position < 0")
        return found

    def _look_up(self, terms: tuple[Term, ...], position: str) -> set[str]:
        """Return the records with the words side by side, beginning from the longest word."""
        anchor = max(range(len(terms)), key=lambda i: (not terms[i].wild, len(terms[i].text)))
        marks = ", ".join("?" * len(self._groups))
        conditions = [_is_word("p", terms[anchor]), position, f"p.field_group IN ({marks})"]
        bound: list[Bound] = [self._at, self._at, terms[anchor].text, *self._groups]
        for number, term in enumerate(terms):
            if number != anchor:
                conditions.append(_neighbour(term))
                bound += [number - anchor, term.text]
        return {
            str(row[0])
            for row in self._statement.run(f"{_LOOK_UP} {' AND '.join(conditions)}", bound)
        }


_LOOK_UP = (
    "SELECT DISTINCT v.record_id FROM q_posting AS p JOIN q_version AS v ON v.number = p.version"
    " WHERE v.visible_at <= ? AND (v.hidden_at IS NULL OR v.hidden_at > ?) AND"
)
_NEIGHBOUR = (
    "EXISTS (SELECT 1 FROM q_posting AS n WHERE n.version = p.version AND n.field = p.field"
    " AND n.position = p.position + ? AND n.position >= 0 AND {})"
)


def _is_word(table: str, term: Term) -> str:
    return f"{table}.word {'GLOB' if term.wild else '='} ?"


def _neighbour(term: Term) -> str:
    """Return the condition that a word stands at a distance from the one looked up first."""
    return _NEIGHBOUR.format(_is_word("n", term))
