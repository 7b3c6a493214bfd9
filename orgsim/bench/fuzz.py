"""Asks a simulated org 100,000 made-up queries and searches and counts what it says.

    python bench/fuzz.py [--inputs 100000] [--seed 20260513]

Half of the inputs are SOQL, half SOSL: statements put together from the grammar and the org's own
objects, mostly sensible, the same with pieces exchanged, dropped or repeated, and noise. The org
has to answer or to refuse each with an ApiError; anything else is printed and makes the exit status
1. The seed alone decides the inputs.
"""

import argparse
import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

# A script's own folder is all that Python looks into.
sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "src")]

from orgsim.errors import ApiError  # noqa: E402
from orgsim.query.columns import describe_columns  # noqa: E402
from orgsim.query.soql import run_soql  # noqa: E402
from orgsim.query.sosl import run_sosl  # noqa: E402
from orgsim.schema import SObject  # noqa: E402
from orgsim.store import Store  # noqa: E402

NOW = datetime(2026, 5, 13, 10, 30, tzinfo=UTC)
PARTS_OF_DAYS = ("CALENDAR_YEAR", "CALENDAR_MONTH", "DAY_IN_WEEK", "WEEK_IN_YEAR", "DAY_ONLY")
AGGREGATES = ("COUNT", "MIN", "MAX", "SUM", "AVG", "COUNT_DISTINCT")
ODD_OPERANDS = (
    *("Shoe", "Account.Name", "Who.Type", "a.Id", "Contact.Id", "COUNT()", "FORMAT(Id)", "x.y.z"),
    *(
        "FIELDS(ALL)",
        "toLabel(Status)",
        "FISCAL_YEAR(CreatedDate)",
        "ROLLUP(Id, Name)",
        "shout(Id)",
    ),
    *("DAY_ONLY(convertTimezone(CreatedDate))", "Owner.Profile.Name", "Account.Owner.Manager.Id"),
)
VALUES_OF = {
    "boolean": ("true", "FALSE"),
    "int": ("0", "-1.5e3", "1e999", "99999999999999999999"),
    "date": ("2026-05-13", "2026-02-30", "TODAY", "LAST_N_DAYS:5", "LAST_N_YEARS:999999"),
    "datetime": (
        *("2026-05-13T10:00:00Z", "2026-05-13T10:00:00.5+02:00", "0001-01-01T00:00:00+14:00"),
        *("THIS_MONTH", "NEXT_N_MONTHS:0", "THIS_FISCAL_YEAR", "N_DAYS_AGO:3"),
    ),
    "id": ("'001000000000001'", "'003t800000000G9AAI'", "'short'"),
}
TEXTS = ("'a'", "''", "'O\\'Lone'", "'%a_\\%'", "'\\u00e9'", "'\\q'", "'É%'", "'Ash Bakery'")
OPERATORS = ("=", "=", "!=", "<>", "<", "<=", ">", ">=", "LIKE", "like", "INCLUDES")
TERMS = (
    *("ash", "mona", "415", "5551212", '"ash bakery"', "a*", "mo?a", "\\+44", "\\(415\\)", "é"),
    *("AND", "OR", "NOT", "AND NOT", "(ash OR mona)", "-", "&", "[", '"', "?b", "\\", "1", "\\}"),
)
NOISE = "'\"(){}[],.:;=<>!*%_\\- \n\taZ09éß💥\u0000\u2028"
SHOWN = 20


class Maker:
    """Makes statements about one org from one source of chance."""

    def __init__(self, seed: int, store: Store) -> None:
        self._chance = random.Random(seed)  # noqa: S311 reproducible, not secret
        self._objects = tuple(store.schema.objects.values())

    def statement(self, *, soql: bool) -> str:
        """One input: whole, damaged or noise."""
        whole = self._query(self._any_object()) if soql else self._search()
        if self._often(0.75):
            return whole
        return self._damaged(whole) if self._often(0.9) else self._noise(60)

    def _often(self, share: float) -> bool:
        return self._chance.random() < share

    def _any_object(self) -> SObject:
        return self._chance.choice(self._objects)

    def _field(self, sobject: SObject) -> str:
        if self._often(0.04):
            return self._chance.choice(ODD_OPERANDS)
        field = self._chance.choice(tuple(sobject.fields.values()))
        if field.relationship_name is not None and self._often(0.3):
            return f"{field.relationship_name}.{self._chance.choice(('Name', 'Id', 'Type'))}"
        return field.name

    def _call(self, sobject: SObject) -> str:
        name = self._chance.choice((*PARTS_OF_DAYS, *AGGREGATES))
        day = name in PARTS_OF_DAYS and self._often(0.9)
        return f"{name}({'CreatedDate' if day else self._field(sobject)})"

    def _value(self, sobject: SObject, operand: str) -> str:
        field = sobject.field(operand)
        kind = "int" if "(" in operand else field.type if field is not None else "string"
        kind = {"reference": "id", "double": "int", "currency": "int"}.get(kind, kind)
        return self._chance.choice(
            ("null", *VALUES_OF.get(kind, TEXTS), *VALUES_OF.get(kind, TEXTS))
        )

    def _condition(self, sobject: SObject, depth: int = 0, share_of_calls: float = 0.1) -> str:
        if depth < len(AGGREGATES) and self._often(0.25):
            word = self._chance.choice((" AND ", " OR "))
            terms = [self._condition(sobject, depth + 1, share_of_calls) for _ in "ab"]
            return f"({word.join(terms)})"
        if self._often(0.1):
            return f"(NOT {self._condition(sobject, depth + 1, share_of_calls)})"
        operand = self._call(sobject) if self._often(share_of_calls) else self._field(sobject)
        if self._often(0.15):
            inner = self._value(sobject, operand)
            if self._often(0.4):
                other = self._any_object()
                operand, inner = "Id", self._semi_join(other)
            return f"{operand} {self._chance.choice(('IN', 'NOT IN'))} ({inner})"
        return f"{operand} {self._chance.choice(OPERATORS)} {self._value(sobject, operand)}"

    def _semi_join(self, sobject: SObject) -> str:
        ids = [f.name for f in sobject.fields.values() if f.type in {"id", "reference"}]
        return " ".join(
            ("SELECT", self._chance.choice(ids), "FROM", sobject.name, *self._where(sobject))
        )

    def _where(self, sobject: SObject) -> list[str]:
        return [f"WHERE {self._condition(sobject)}"] if self._often(0.5) else []

    def _column(self, sobject: SObject, depth: int) -> str:
        names = [r for r in sobject.child_relationships if r.name is not None]
        if names and self._often(0.08):
            relation = self._chance.choice(names)
            child = next((o for o in self._objects if o.name == relation.child), sobject)
            return f"({self._query(child, depth + 1, relation.name)})" if depth == 0 else "Id"
        several = [f for f in sobject.fields.values() if f.polymorphic]
        if several and self._often(0.1):
            field = self._chance.choice(several)
            kind = self._chance.choice(field.reference_to)
            end = self._chance.choice(("END", "ELSE Name END"))
            return f"TYPEOF {field.relationship_name} WHEN {kind} THEN Name, Id {end}"
        return self._field(sobject) + (" x" if self._often(0.02) else "")

    def _tail(self, sobject: SObject) -> str:
        order = f"ORDER BY {self._field(sobject)} {self._chance.choice(('', 'DESC NULLS LAST'))}"
        parts = (
            (0.15, order),
            (0.2, f"LIMIT {self._chance.choice((0, 1, 200, 99999999999))}"),
            (0.05, f"OFFSET {self._chance.choice((0, 5, 2001))}"),
        )
        return " ".join(part for share, part in parts if self._often(share))

    def _query(self, sobject: SObject, depth: int = 0, source: str | None = None) -> str:
        if depth == 0 and self._often(0.25):
            return self._grouped(sobject)
        columns = dict.fromkeys(
            self._column(sobject, depth) for _ in range(self._chance.randint(1, 4))
        )
        parts = (
            *("SELECT", ", ".join(columns), "FROM", source or sobject.name),
            f"USING SCOPE {self._chance.choice(('mine', 'all'))}" if self._often(0.03) else "",
            *self._where(sobject),
            self._tail(sobject),
            self._chance.choice(("FOR VIEW", "ALL ROWS", "WITH X")) if self._often(0.05) else "",
        )
        return " ".join(part for part in parts if part)

    def _grouped(self, sobject: SObject) -> str:
        group = self._call(sobject) if self._often(0.3) else self._field(sobject)
        value = f"HAVING {self._condition(sobject, 9, 0.9)}" if self._often(0.4) else ""
        parts = (
            *("SELECT", f"{group} g, COUNT(Id), {self._call(sobject)}", "FROM", sobject.name),
            *self._where(sobject),
            *("GROUP BY", group, value, self._tail(sobject)),
        )
        return " ".join(part for part in parts if part)

    def _search(self) -> str:
        terms = " ".join(self._chance.choice(TERMS) for _ in range(self._chance.randint(1, 3)))
        group = self._chance.choice(("", "IN PHONE FIELDS", "IN ALL FIELDS", "IN NAME FIELDS"))
        scopes = [
            f"{o.name}({self._field(o)} {' '.join(self._where(o))} {self._tail(o)})"
            for o in (self._any_object() for _ in range(self._chance.randint(1, 2)))
        ]
        limit = " LIMIT 5" if self._often(0.2) else ""
        return f"FIND {{{terms}}} {group} RETURNING {', '.join(scopes)}{limit}"

    def _damaged(self, text: str) -> str:
        pieces = text.split(" ")
        for _ in range(self._chance.randint(1, 3)):
            index = self._chance.randrange(len(pieces))
            other = self._chance.choice(pieces)
            pieces[index] = self._chance.choice(("", pieces[index] * 2, other, self._noise(4)))
        return " ".join(pieces)

    def _noise(self, length: int) -> str:
        return "".join(self._chance.choices(NOISE, k=self._chance.randint(0, length)))


def small_org() -> Store:
    """An org with a few records to find."""
    store = Store(clock=lambda: NOW)
    ash = store.insert("Account", {"Name": "Ash Bakery"}, user_id=store.admin_id)
    for values in (
        {"LastName": "mona", "AccountId": ash, "Phone": "(415) 555-1212"},
        {"LastName": "É", "Phone": "+44 20 7946 0011"},
    ):
        contact = store.insert("Contact", values, user_id=store.admin_id)
        store.insert("Task", {"Subject": "Call", "WhoId": contact}, user_id=store.admin_id)
    return store


def ask(store: Store, text: str, number: int) -> str:
    """What the org says: `answered`, or an error code."""
    try:
        if number % 2:
            run_sosl(store, text, store.admin_id, now=NOW)
        elif number % 10:
            run_soql(store, text, store.admin_id, all_rows=False, now=NOW)
        else:
            describe_columns(store, text, store.admin_id, now=NOW, api_version="62.0")
    except ApiError as error:
        return error.code
    return "answered"


def main() -> int:
    """Ask, count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20260513)
    options = parser.parse_args()
    store = small_org()
    maker = Maker(options.seed, store)
    said: Counter[str] = Counter()
    broken = 0
    began = time.process_time()
    for number in range(options.inputs):
        text = maker.statement(soql=number % 2 == 0)
        try:
            said[ask(store, text, number)] += 1
        except Exception as error:  # noqa: BLE001 whatever it is, it is what this looks for
            broken += 1
            if broken <= SHOWN:
                print(f"{type(error).__name__}: {error}\n  {text!r}")
    spent_s = time.process_time() - began
    print(f"{options.inputs} inputs, {broken} broke the org, {spent_s:.0f} s of CPU")
    for code, count in said.most_common():
        print(f"  {code}: {count}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
