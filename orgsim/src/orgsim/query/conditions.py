"""WHERE as SQL with bound values.

Salesforce's conditions are two-valued: a comparison with a null field is false, NOT of it true, and
`!=` and NOT IN find null fields. SQL knows a third value, so each negation treats it as false.
"""

from collections.abc import Callable

from orgsim.errors import not_supported
from orgsim.query.context import Asking, Bound, Sql
from orgsim.query.functions import gives_day, is_date_function
from orgsim.query.reading import too_complicated
from orgsim.query.syntax import (
    Call,
    Comparison,
    Condition,
    Junction,
    Literal,
    LiteralKind,
    Membership,
    Negation,
    Path,
    Query,
)
from orgsim.query.tables import Place
from orgsim.query.values import Period, Value, like_pattern, meaning

__all__ = ["FOLD", "Conditions", "SemiJoin"]

# Name of the SQL function that lower-cases beyond ASCII, where NOCASE does not reach.
FOLD = "org_fold"

_MOST_ALTERNATIVES = 500
_NULL_TESTS = {"=": "IS NULL", "!=": "IS NOT NULL"}

_NESTED_SEMI_JOIN = (
    "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested "
    "WHERE expressions."
)
_SEMI_JOIN_BESIDE_OR = "Semi join sub-selects are not allowed with the 'OR' operator"
_MOST_SEMI_JOINS = 2

type SemiJoin = Callable[[Query], Sql]
type Resolve = Callable[[Path | Call], Place]


class Conditions:
    """Compiles the conditions of one SELECT."""

    def __init__(self, asking: Asking, resolve: Resolve, semi_join: SemiJoin) -> None:
        """`resolve` finds what a condition is about, `semi_join` compiles a query inside IN."""
        self._asking = asking
        self._resolve = resolve
        self._semi_join = semi_join
        self._semi_joins = 0

    def compile(self, condition: Condition) -> Sql:
        """Return the condition as SQL and the values bound in it, in order."""
        if not isinstance(condition, Junction):
            return self._compile(condition, None)
        refusal = None if condition.word == "AND" else _SEMI_JOIN_BESIDE_OR
        return _joined(condition.word, [self._compile(term, refusal) for term in condition.terms])

    def _compile(self, condition: Condition, refusal: str | None) -> Sql:
        """Compile a condition where semi joins are refused with a sentence, if there is one."""
        match condition:
            case Comparison():
                return self._comparison(condition)
            case Membership():
                return self._membership(condition, refusal)
            case Negation(term=term):
                sql, bound = self._compile(term, _NESTED_SEMI_JOIN)
                return f"NOT coalesce({sql}, 0)", bound
            case Junction(word=word, terms=terms):
                return _joined(word, [self._compile(term, _NESTED_SEMI_JOIN) for term in terms])

    def _place(self, condition: Comparison | Membership, operator: str) -> Place:
        """Return the field of a condition after checking that it can be filtered that way."""
        place = self._resolve(condition.left)
        if not place.field.filterable:
            raise self._asking.complaint(
                "INVALID_FIELD",
                place.offset,
                f"field '{place.field.name}' can not be filtered in a query call",
            )
        if place.field.components:
            raise self._asking.complaint(
                "INVALID_FIELD",
                place.offset,
                "Address fields can only be filtered using Distance expressions",
            )
        kind = place.field.type
        if (operator == "LIKE" and not place.field.is_text) or (
            kind == "boolean" and operator not in {"=", "!=", "IN"}
        ):
            word = "id" if kind in {"id", "reference"} else kind
            raise self._asking.complaint(
                "INVALID_QUERY_FILTER_OPERATOR", place.offset, f"invalid operator on {word} field"
            )
        return place

    def _comparison(self, condition: Comparison) -> Sql:
        place = self._place(condition, condition.operator)
        self._check_words(condition.left, (condition.right,))
        if condition.operator == "LIKE":
            return self._like(place, condition.right)
        value = meaning(self._asking, place, condition.right)
        return _compared(place, condition.operator, value)

    def _like(self, place: Place, literal: Literal) -> Sql:
        meaning(self._asking, place, literal)  # refuses what is not a string
        if literal.kind is LiteralKind.NULL:
            return f"{place.sql} IS NULL", []
        if place.field.case_sensitive:
            return f"{place.sql} GLOB ?", [like_pattern(self._asking, literal, glob=True)]
        pattern = like_pattern(self._asking, literal, glob=False)
        if pattern.isascii():
            return f"{place.sql} LIKE ? ESCAPE '\\'", [pattern]
        return f"{FOLD}({place.sql}) LIKE ? ESCAPE '\\'", [pattern.lower()]

    def _check_words(self, left: Path | Call, literals: tuple[Literal, ...]) -> None:
        """Refuse a date word beside a number that a date function gives."""
        if isinstance(left, Call) and is_date_function(left) and not gives_day(left):
            for literal in literals:
                if literal.kind is LiteralKind.DATE_WORD:
                    raise not_supported(f"{literal.text} beside {left.name}()")

    def _membership(self, condition: Membership, refusal: str | None) -> Sql:
        place = self._place(condition, "IN")
        if isinstance(condition.members, Query):
            sql, bound = self._semi_joined(place, condition.members, refusal)
        else:
            self._check_words(condition.left, condition.members)
            values = [meaning(self._asking, place, member) for member in condition.members]
            sql, bound = self._any_of(place, values)
        return (f"NOT coalesce({sql}, 0)" if condition.negated else sql), bound

    def _semi_joined(self, place: Place, query: Query, refusal: str | None) -> Sql:
        self._semi_joins += 1
        if refusal is None and self._semi_joins > _MOST_SEMI_JOINS:
            refusal = f"Maximum {_MOST_SEMI_JOINS} semi join sub-selects are allowed"
        if refusal is not None:
            raise self._asking.complaint("MALFORMED_QUERY", place.offset, refusal)
        if place.field.type not in {"id", "reference"}:
            raise self._asking.complaint(
                "MALFORMED_QUERY",
                place.offset,
                "The left operand of a semi join must be an ID or a reference field, not "
                f"'{place.field.name}'",
            )
        sql, bound = self._semi_join(query)
        return f"{place.sql} IN ({sql})", bound

    def _any_of(self, place: Place, values: list[Value]) -> Sql:
        """Return IN over a list, one SQL list for all values that compare alike."""
        alike: dict[str, list[Bound]] = {}
        alternatives: list[Sql] = []
        for value in values:
            if value is None or isinstance(value, Period):
                alternatives.append(_compared(place, "=", value))
            else:
                expression, operand = _comparable(place, value)
                alike.setdefault(expression, []).append(operand)
        if len(alternatives) > _MOST_ALTERNATIVES:
            raise too_complicated()
        for expression, operands in alike.items():
            marks = ", ".join("?" * len(operands))
            alternatives.append((f"{expression} IN ({marks})", operands))
        return _joined("OR", alternatives)


def _joined(word: str, terms: list[Sql]) -> Sql:
    """Join conditions by AND or OR."""
    sql = f" {word} ".join(term for term, _ in terms)
    return f"({sql})", [value for _, bound in terms for value in bound]


def _comparable(place: Place, value: Bound) -> tuple[str, Bound]:
    """Return the expression and the value in forms that compare as Salesforce compares them.

    Text ignores case unless the field is case sensitive. A boolean of a missing parent is false.
    """
    if place.field.type == "boolean":
        return (f"coalesce({place.sql}, 0)" if place.relations else place.sql), value
    if not place.field.is_text or place.field.case_sensitive or not isinstance(value, str):
        return place.sql, value
    if value.isascii():
        return f"{place.sql} COLLATE NOCASE", value
    return f"{FOLD}({place.sql})", value.lower()


def _compared(place: Place, operator: str, value: Value) -> Sql:
    """Return one comparison; nothing is smaller or greater than null."""
    if value is None:
        test = _NULL_TESTS.get(operator)
        return (f"{place.sql} {test}" if test else "0"), []
    if isinstance(value, Period):
        return _compared_period(place, operator, value)
    expression, operand = _comparable(place, value)
    return f"{expression} {'IS NOT' if operator == '!=' else operator} ?", [operand]


def _compared_period(place: Place, operator: str, period: Period) -> Sql:
    """Return a comparison with a period: before its begin, after its end, or within."""
    begin, end = period.begin, period.end
    match operator:
        case "<":
            return f"{place.sql} < ?", [begin]
        case ">=":
            return f"{place.sql} >= ?", [begin]
        case "<=":
            return f"{place.sql} < ?", [end]
        case ">":
            return f"{place.sql} >= ?", [end]
        case "!=":
            outside = f"{place.sql} IS NULL OR {place.sql} < ? OR {place.sql} >= ?"
            return f"({outside})", [begin, end]
        case _:
            return f"({place.sql} >= ? AND {place.sql} < ?)", [begin, end]
