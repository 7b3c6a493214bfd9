"""The sObject Tree resource: records with their children, created together or not at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.api.recent import Recent
from orgsim.api.sobjects import json_object
from orgsim.errors import ApiError, method_not_allowed, not_found
from orgsim.language import translate
from orgsim.records import Records
from orgsim.schema import SObject
from orgsim.store import Store

__all__ = ["TreeResource"]

_MOST_RECORDS = 200
_MOST_LEVELS = 5
_MOST_OBJECTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """One record of a tree: `link` is the field of it that names its parent."""

    reference_id: str
    sobject: SObject
    fields: Mapping[str, object]
    parent: str | None
    link: str | None
    level: int


class TreeResource:
    """`/composite/tree/<object>`; the whole counts as one API call."""

    def __init__(self, store: Store, records: Records, recent: Recent) -> None:
        """Create records in one store."""
        self._store = store
        self._records = records
        self._recent = recent

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer 201 with an id per reference, parents first, or 400 naming what failed."""
        if call.method != "POST":
            raise method_not_allowed(call.method, "POST")
        sobject = self._store.schema.sobject(call.segments[2])
        if sobject is None:
            raise not_found()
        nodes = sorted(self._nodes(json_object(call.body), sobject), key=lambda n: n.level)
        _check_size(nodes)
        with self._store.transaction() as transaction:
            ids, failures = self._create(call, nodes)
            if failures:
                transaction.undo()
                return ApiAnswer(status=400, body={"hasErrors": True, "results": failures})
        for record_id in ids.values():
            self._recent.note(call, record_id)
        results = [{"referenceId": name, "id": record_id} for name, record_id in ids.items()]
        return ApiAnswer(status=201, body={"hasErrors": False, "results": results})

    def _create(
        self, call: ApiCall, nodes: list[_Node]
    ) -> tuple[dict[str, str], list[dict[str, object]]]:
        """Create level by level; children of a record that failed are not tried."""
        ids: dict[str, str] = {}
        failures: list[dict[str, object]] = []
        for node in nodes:
            if node.parent is not None and node.parent not in ids:
                continue
            fields = dict(node.fields)
            if node.parent is not None and node.link is not None:
                fields[node.link] = ids[node.parent]
            try:
                ids[node.reference_id] = self._records.create(node.sobject, fields, call.options)
            except ApiError as error:
                entry = error.collection_entry()
                entry["message"] = translate(error.message, self._store.settings.language)
                failures.append({"referenceId": node.reference_id, "errors": [entry]})
        return ids, failures

    def _nodes(
        self,
        holder: Mapping[str, object],
        sobject: SObject,
        parent: str | None = None,
        link: str | None = None,
        level: int = 1,
    ) -> Iterator[_Node]:
        """Yield the records of `holder` and below; raises ApiError for what is not a tree."""
        records = holder.get("records")
        if not isinstance(records, list) or not records:
            raise _malformed(f"Every list of {sobject.name} needs records")
        for record in records:
            reference_id = _reference_id(record, sobject)
            children = {
                key: value
                for key, value in record.items()
                if isinstance(value, dict) and "records" in value and key != "attributes"
            }
            fields = {k: v for k, v in record.items() if k != "attributes" and k not in children}
            yield _Node(
                reference_id=reference_id,
                sobject=sobject,
                fields=fields,
                parent=parent,
                link=link,
                level=level,
            )
            for key, value in children.items():
                child, field = self._child(sobject, key)
                yield from self._nodes(value, child, reference_id, field, level + 1)

    def _child(self, sobject: SObject, name: str) -> tuple[SObject, str]:
        relation = sobject.children(name)
        child = None if relation is None else self._store.schema.sobject(relation.child)
        if relation is None or child is None:
            raise _malformed(f"{sobject.name} has no child relationship {name}")
        return child, relation.field


def _reference_id(record: object, sobject: SObject) -> str:
    attributes = record.get("attributes") if isinstance(record, dict) else None
    if not isinstance(attributes, dict):
        raise _malformed(f"Every {sobject.name} needs attributes with a type and a referenceId")
    kind, reference_id = attributes.get("type"), attributes.get("referenceId")
    if not isinstance(kind, str) or kind.lower() != sobject.name.lower():
        raise _malformed(f"The type of a record has to be {sobject.name} here, not {kind}")
    if not isinstance(reference_id, str) or not reference_id:
        raise _malformed(f"A {sobject.name} has no referenceId")
    return reference_id


def _check_size(nodes: list[_Node]) -> None:
    if len({n.reference_id for n in nodes}) < len(nodes):
        raise _malformed("Every referenceId has to be different from the others")
    found = (len(nodes), nodes[-1].level, len({n.sobject.name for n in nodes}))
    limits = (_MOST_RECORDS, _MOST_LEVELS, _MOST_OBJECTS)
    words = ("records", "levels", "different objects")
    for size, most, word in zip(found, limits, words, strict=True):
        if size > most:
            raise _malformed(f"Limit exceeded. A tree has at most {most} {word}; this has {size}")


def _malformed(sentence: str) -> ApiError:
    return ApiError(400, "INVALID_INPUT", sentence)
