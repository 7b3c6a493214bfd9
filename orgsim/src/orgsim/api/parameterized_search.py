"""The parameterizedSearch resource: a search given as parameters or as JSON instead of SOSL."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from orgsim.api.calls import ApiAnswer, ApiCall, Params
from orgsim.errors import ApiError, method_not_allowed, not_found, not_supported
from orgsim.query.fragments import is_field, is_filter, is_name, is_search_text, is_sorting
from orgsim.query.sosl import run_sosl
from orgsim.store import Store

__all__ = ["parameterized_search"]

_OLDEST_VERSION: Final = 36
_MOST_ROWS: Final = 2000
_GROUPS: Final = frozenset({"ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR"})
# What Salesforce knows and this org does not; whatever neither knows is passed over.
_ELSEWHERE: Final = frozenset(
    {"dataCategories", "dataCategory", "division", "filter", "metadata", "netWorkIds"}
    | {"networkIds", "pricebookId", "snippet", "withData"}
)
_COUNT: Final = re.compile(r"[0-9]{1,9}")
_OF_LISTS: Final = frozenset({"fields", "sobjects"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """What is asked of one object; `limit` and `offset` are written as SOSL or empty."""

    name: str
    fields: tuple[str, ...]
    where: str
    order_by: str
    limit: int | None
    offset: int | None

    def sosl(self) -> str:
        """Return the object's part of RETURNING."""
        clauses = (
            ", ".join(self.fields),
            f"WHERE {self.where}" if self.where else "",
            f"ORDER BY {self.order_by}" if self.order_by else "",
            "" if self.limit is None else f"LIMIT {self.limit}",
            f"OFFSET {self.offset}" if self.offset else "",
        )
        return f"{self.name}({' '.join(clause for clause in clauses if clause)})"


def parameterized_search(store: Store, call: ApiCall) -> ApiAnswer:
    """Answer GET with parameters or POST with a JSON body; v36.0 and later.

    The statement made of the parts is what messages about unknown fields point into. Raises
    ApiError: 405, JSON_PARSER_ERROR, MALFORMED_SEARCH and whatever a search is refused with, 501
    for parameters whose meaning is Salesforce's alone. Parameters that mean nothing are passed over.
    """
    if int(call.version.partition(".")[0]) < _OLDEST_VERSION or len(call.segments) > 1:
        raise not_found()
    match call.method:
        case "GET" | "HEAD":
            wanted = _from_address(call.params)
        case "POST":
            if not isinstance(call.body, dict):
                raise _unreadable("the body has to be a JSON object")
            wanted = call.body
        case _:
            raise method_not_allowed(call.method, "GET,HEAD,POST")
    text = _statement(wanted)
    found = run_sosl(store, text, call.user_id, now=store.now(), api_version=call.version)
    return ApiAnswer(body={"searchRecords": found})


def _from_address(params: Mapping[str, str]) -> dict[str, object]:
    """Return what the parameters of GET would be as the body of POST."""
    wanted: dict[str, object] = {
        name: text for name, text in params.items() if name not in _OF_LISTS
    }
    if "fields" in params:
        wanted["fields"] = params["fields"].split(",")
    named = params.every("sobject") if isinstance(params, Params) else [params.get("sobject", "")]
    names = [name for text in named for name in text.split(",") if name]
    sobjects: dict[str, dict[str, object]] = {name.lower(): {"name": name} for name in names}
    for parameter, text in params.items():
        name, _, key = parameter.partition(".")
        if key and name.lower() in sobjects:
            sobjects[name.lower()][key] = text.split(",") if key == "fields" else text
    if sobjects:
        wanted["sobjects"] = list(sobjects.values())
    return wanted


def _statement(wanted: Mapping[str, object]) -> str:
    """Return the SOSL statement that a body asks for."""
    _refuse_what_is_left_out(wanted)
    q = wanted.get("q")
    if not isinstance(q, str) or not q.strip():
        raise ApiError(400, "MALFORMED_SEARCH", "A search string has to be specified")
    if not is_search_text(q):
        raise ApiError(400, "MALFORMED_SEARCH", f"unexpected token: '}}' in the search string {q}")
    group = _text(wanted, "in").upper() or "ALL"
    if group not in _GROUPS:
        raise _unreadable(f"in has to be one of {', '.join(sorted(_GROUPS))}, not {group}")
    scopes = _scopes(wanted)
    overall = _number(wanted, "overallLimit")
    return " ".join(
        (
            f"FIND {{{q}}} IN {group} FIELDS",
            *([f"RETURNING {', '.join(scope.sosl() for scope in scopes)}"] if scopes else []),
            *([] if overall is None else [f"LIMIT {overall}"]),
        )
    )


def _scopes(wanted: Mapping[str, object]) -> list[_Scope]:
    """Return what is asked of each object; an empty list searches every object."""
    sobjects = wanted.get("sobjects") or []
    if not isinstance(sobjects, list) or not all(isinstance(one, dict) for one in sobjects):
        raise _unreadable("sobjects has to be a list of JSON objects")
    offset = _number(wanted, "offset")
    if offset and len(sobjects) != 1:
        raise _unreadable("offset needs exactly one sobject")
    for name in ("fields", "defaultLimit"):
        if wanted.get(name) and not sobjects:
            raise _unreadable(f"{name} needs at least one sobject")
    fields, limit = _fields(wanted), _number(wanted, "defaultLimit")
    return [_scope(one, fields, limit, offset) for one in sobjects]


def _scope(
    one: Mapping[str, object], fields: tuple[str, ...], limit: int | None, offset: int | None
) -> _Scope:
    _refuse_what_is_left_out(one)
    name = _text(one, "name").strip()
    if not is_name(name):
        raise _unreadable("each of sobjects needs the name of an object")
    own = _number(one, "limit")
    return _Scope(
        name=name,
        fields=_fields(one) or fields or ("Id",),
        where=_part(one, "where", is_filter),
        order_by=_part(one, "orderBy", is_sorting),
        limit=limit if own is None else own,
        offset=offset,
    )


def _fields(source: Mapping[str, object]) -> tuple[str, ...]:
    """Return the fields asked for, each of which has to be one field."""
    fields = source.get("fields") or []
    if not isinstance(fields, list) or not all(isinstance(field, str) for field in fields):
        raise _unreadable("fields has to be a list of texts")
    for field in fields:
        if not is_field(field):
            raise ApiError(400, "MALFORMED_SEARCH", f"unexpected token: '{field}' in fields")
    return tuple(field.strip() for field in fields)


def _part(source: Mapping[str, object], name: str, fits: Callable[[str], bool]) -> str:
    """Return a clause that has to be whole in itself, or nothing."""
    text = _text(source, name).strip()
    if text and not fits(text):
        raise ApiError(400, "MALFORMED_SEARCH", f"unreadable {name}: {text}")
    return text


def _text(source: Mapping[str, object], name: str) -> str:
    value = source.get(name)
    if value is not None and not isinstance(value, str):
        raise _unreadable(f"{name} has to be a text")
    return value or ""


def _number(source: Mapping[str, object], name: str) -> int | None:
    """Return a count of rows, given as a number or as digits; at most 2,000."""
    value = source.get(name)
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not _COUNT.fullmatch(text):
        raise _unreadable(f"{name} has to be a whole number")
    if int(text) > _MOST_ROWS:
        raise ApiError(
            400, "NUMBER_OUTSIDE_VALID_RANGE", f"{name} can be at most {_MOST_ROWS}, not {text}"
        )
    return int(text)


def _refuse_what_is_left_out(source: Mapping[str, object]) -> None:
    for name in source:
        if name in _ELSEWHERE:
            raise not_supported(f"{name} of parameterizedSearch")


def _unreadable(sentence: str) -> ApiError:
    return ApiError(400, "JSON_PARSER_ERROR", sentence)
