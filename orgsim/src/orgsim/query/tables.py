"""The tables of one SELECT: the object asked for and the parents that its paths walk to."""

from dataclasses import dataclass

from orgsim.errors import ApiError, not_supported
from orgsim.query.context import Asking
from orgsim.query.syntax import Call, Path
from orgsim.schema import Field, SObject

__all__ = ["SEE_DESCRIBE", "Place", "Spot", "Tables", "type_error"]

_MOST_STEPS = 5
_MOST_JOINS = 55
SEE_DESCRIBE = "Please reference your WSDL or the describe call for the appropriate names."

# What a relation to several objects shows of each (Salesforce's own `Name` object); the object's
# name field stands for Name.
_NAME_FIELDS = ("FirstName", "LastName", "Alias", "Email", "Phone", "Title", "Username", "IsActive")

# Salesforce offers these in queries; here they would need more than a column.
_UNSUPPORTED_CALLS = frozenset(
    {"TOLABEL", "FORMAT", "CONVERTCURRENCY", "CONVERTTIMEZONE", "GROUPING", "FIELDS", "DAY_ONLY"}
    | {"DISTANCE", "GEOLOCATION", "HOUR_IN_DAY", "ROLLUP", "CUBE"}
    | {f"CALENDAR_{period}" for period in ("MONTH", "QUARTER", "YEAR")}
    | {f"FISCAL_{period}" for period in ("MONTH", "QUARTER", "YEAR")}
    | {f"DAY_IN_{period}" for period in ("WEEK", "MONTH", "YEAR")}
    | {f"WEEK_IN_{period}" for period in ("MONTH", "YEAR")}
)
# Functions that Salesforce takes inside of others, such as `FORMAT(MIN(Amount))`.
_NESTING = frozenset({"MIN", "MAX", "SUM", "AVG", "COUNT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a path has led: the objects a row may be of, each with its table in the SELECT."""

    candidates: tuple[tuple[SObject, str], ...]
    steps: int
    polymorphic: bool

    @property
    def entity(self) -> str:
        """The name that Salesforce gives the object in answers and messages."""
        return "Name" if self.polymorphic else self.candidates[0][0].name

    def id_sql(self) -> str:
        """Return the expression of the row's id."""
        return _first([f"{table}.Id" for _, table in self.candidates])

    def type_sql(self) -> str:
        """Return the expression of the row's object name."""
        whens = " ".join(
            f"WHEN {table}.Id IS NOT NULL THEN '{o.name}'" for o, table in self.candidates
        )
        return f"CASE {whens} END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A field that a path leads to, as an SQL expression."""

    sql: str
    field: Field
    spot: Spot
    relations: tuple[str, ...]
    offset: int


class Tables:
    """Collects the joins that the paths of one SELECT need; `t0` is the object asked for."""

    def __init__(self, asking: Asking, sobject: SObject, names: tuple[str | None, ...]) -> None:
        """Start at `sobject`, which paths may also begin with under one of `names`."""
        self._asking = asking
        self._names = {name.lower() for name in (*names, sobject.name) if name}
        self.root = Spot(candidates=((sobject, "t0"),), steps=0, polymorphic=False)
        self._spots: dict[tuple[str, ...], Spot] = {(): self.root}
        self._joins = [f"{sobject.table} AS t0"]

    @property
    def sobject(self) -> SObject:
        """The object asked for."""
        return self.root.candidates[0][0]

    def from_sql(self) -> str:
        """Return the FROM clause for everything resolved so far."""
        return " ".join(self._joins)

    def spot(self, relations: tuple[str, ...]) -> Spot:
        """Return the parent that resolved paths have reached through `relations`."""
        return self._spots[relations]

    def place(self, what: Path | Call) -> Place:
        """Return the field that a path names; raises the complaint Salesforce would."""
        if isinstance(what, Call):
            raise self.call_error(what)
        parts = what.parts
        if len(parts) > 1 and parts[0].lower() in self._names:
            parts = parts[1:]
        return self.place_from((), parts, what)

    def place_from(self, relations: tuple[str, ...], parts: tuple[str, ...], path: Path) -> Place:
        """Return the field that `parts` name, seen from a parent that was reached before."""
        spot = self._spots[relations]
        if len(parts) > 1:
            spot, relations = self._walk(relations, parts[:-1], path)
        return self._field(spot, relations, parts[-1], path)

    def parent(self, path: Path) -> tuple[str, ...]:
        """Return the way to the parent that a path of relations only names."""
        parts = path.parts
        if len(parts) > 1 and parts[0].lower() in self._names:
            parts = parts[1:]
        return self._walk((), parts, path)[1]

    def narrowed(self, relations: tuple[str, ...], source: Path) -> tuple[str, ...] | None:
        """Return the way to a parent as if it could only be of one object; None if it never is."""
        spot = self._spots[relations]
        wanted = source.text.lower()
        found = next((c for c in spot.candidates if c[0].name.lower() == wanted), None)
        if found is None:
            return None
        way = (*relations, f":{found[0].name}")
        self._spots[way] = Spot(candidates=(found,), steps=spot.steps, polymorphic=False)
        return way

    def call_error(self, call: Call) -> ApiError:
        """Return the answer to a function where none is understood."""
        names = call.name.removesuffix(")").split("(")
        if not _UNSUPPORTED_CALLS.isdisjoint(names) or not _NESTING.isdisjoint(names[1:]):
            return not_supported(f"{call.name}() at this place of a query")
        return self._asking.complaint(
            "MALFORMED_QUERY", call.offset, f"unexpected token: '{names[0]}'"
        )

    def _walk(
        self, relations: tuple[str, ...], steps: tuple[str, ...], path: Path
    ) -> tuple[Spot, tuple[str, ...]]:
        """Return where some steps lead, and the whole way there."""
        spot = self._spots[relations]
        for step in steps:
            relation = self._relation(spot, step, path)
            relations = (*relations, relation.relationship_name or step)
            spot = self._step(spot, relation, relations, path)
        return spot, relations

    def _relation(self, spot: Spot, step: str, path: Path) -> Field:
        """Return the reference field that one step of a path walks through."""
        relation = None if spot.polymorphic else spot.candidates[0][0].relationship(step)
        if relation is None or not relation.reference_to:
            raise self._asking.complaint(
                "INVALID_FIELD",
                path.offset,
                f"Didn't understand relationship '{step}' in field path. If you are attempting to "
                "use a custom relationship, be sure to append the '__r' after the custom "
                f"relationship name. {SEE_DESCRIBE}",
            )
        return relation

    def _step(self, spot: Spot, relation: Field, relations: tuple[str, ...], path: Path) -> Spot:
        """Return the parent at the other end of a relation, joining its tables once."""
        known = self._spots.get(relations)
        if known is not None:
            return known
        schema = self._asking.schema
        parents = [found for name in relation.reference_to if (found := schema.sobject(name))]
        if spot.steps == _MOST_STEPS or len(self._joins) + len(parents) > _MOST_JOINS:
            raise self._asking.complaint(
                "MALFORMED_QUERY", path.offset, f"too many parent relationships: {path.text}"
            )
        if not parents:
            raise not_supported(f"the object behind {path.text}")
        child_table = spot.candidates[0][1]
        candidates: list[tuple[SObject, str]] = []
        for parent in parents:
            table = f"t{len(self._joins)}"
            self._joins.append(
                f"LEFT JOIN {parent.table} AS {table} ON {table}.Id = {child_table}.{relation.name}"
            )
            candidates.append((parent, table))
        reached = Spot(
            candidates=tuple(candidates), steps=spot.steps + 1, polymorphic=relation.polymorphic
        )
        self._spots[relations] = reached
        return reached

    def _field(self, spot: Spot, relations: tuple[str, ...], name: str, path: Path) -> Place:
        """Return the last step of a path."""
        if spot.polymorphic:
            found = _polymorphic_field(spot, name)
        else:
            sobject, table = spot.candidates[0]
            field = sobject.field(name)
            found = None if field is None else (f"{table}.{field.name}", field)
        if found is None:
            raise self._asking.complaint(
                "INVALID_FIELD",
                path.offset,
                f"No such column '{name}' on entity '{spot.entity}'. If you are attempting to use "
                "a custom field, be sure to append the '__c' after the custom field name. "
                f"{SEE_DESCRIBE}",
            )
        sql, field = found
        return Place(sql=sql, field=field, spot=spot, relations=relations, offset=path.offset)


def type_error(asking: Asking, source: Path) -> ApiError:
    """Return the complaint about an object that the org does not have (the recorded wording)."""
    return asking.complaint(
        "INVALID_TYPE",
        source.offset,
        f"sObject type '{source.text}' is not supported. If you are attempting to use a custom "
        f"object, be sure to append the '__c' after the entity name. {SEE_DESCRIBE}",
    )


def _polymorphic_field(spot: Spot, name: str) -> tuple[str, Field] | None:
    """Return a field of Salesforce's `Name` object, which several objects share."""
    folded = name.lower()
    if folded == "type":
        return spot.type_sql(), Field(name="Type", label="Type", type="string")
    if folded == "id":
        return spot.id_sql(), Field(name="Id", label="Id", type="id")
    if folded == "name":
        columns = [
            f"{table}.{field.name}" for o, table in spot.candidates if (field := o.name_field)
        ]
        return _first(columns), Field(name="Name", label="Name", type="string")
    if folded not in {known.lower() for known in _NAME_FIELDS}:
        return None
    shared = [(field, table) for o, table in spot.candidates if (field := o.field(name))]
    if not shared:
        return None
    return _first([f"{table}.{field.name}" for field, table in shared]), shared[0][0]


def _first(expressions: list[str]) -> str:
    """Return the expression of the first that is not null."""
    return expressions[0] if len(expressions) == 1 else f"coalesce({', '.join(expressions)})"
