"""What a tenant can set, what each setting means and what it may be.

The dataclasses are the list of settings: a field's path is its dotted name, its type says which
values are allowed, and its default stands in `presets`. Adding a setting is one field and one
default.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from switchhook.domain.errors import Rejected
from switchhook.domain.events import CallType
from switchhook.domain.presets import PRESETS, STANDARD
from switchhook.domain.setting_values import (
    Problem,
    Read,
    flag,
    one_of,
    origins,
    preset,
    ranking,
    region,
    time_zone,
    user_id,
    whole,
)


class Language(StrEnum):
    """The language of subjects."""

    EN = "en"
    DE = "de"


class LogAs(StrEnum):
    """How calls of one type are logged (AC-3): closed Task, open Task, or not at all."""

    COMPLETED = "completed"
    IN_PROGRESS = "in_progress"
    NONE = "none"


class ShortCallRule(StrEnum):
    """Which product's reading of a short call applies (X-1): none, XB-16 or PC-5."""

    NONE = "none"
    XBEES = "xbees"
    PARTNER = "partner"


class UnknownNumber(StrEnum):
    """What is made of a number that the org does not hold (AC-9)."""

    NONE = "none"
    LEAD = "lead"


class MatchType(StrEnum):
    """The kinds of record a call can be logged on (AC-16)."""

    CONTACT = "contact"
    LEAD = "lead"
    ACCOUNT = "account"
    PERSON_ACCOUNT = "person_account"


class Tiebreak(StrEnum):
    """Which of several records of one kind is taken (X-2): AC-17 or XB-18."""

    LAST_MODIFIED = "last_modified"
    NEWEST_CREATED = "newest_created"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    """How calls are treated; `short_call_threshold_s` is the strict limit of the short-call rule.

    `person_account_who` true writes a person account's contact as WhoId, false the account as
    WhatId (AC-10).
    """

    workflow: Mapping[CallType, LogAs]
    short_call_rule: ShortCallRule
    short_call_threshold_s: Annotated[int, whole(0, 60)]
    unknown_number: UnknownNumber
    person_account_who: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingSettings:
    """How one record is chosen among several; `priority` names each kind of record once."""

    priority: Annotated[tuple[MatchType, ...], ranking(MatchType)]
    tiebreak: Tiebreak
    match_cache_minutes: Annotated[int, whole(0, 1440)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnershipSettings:
    """Who owns what no agent can own; None means the connecting user (X-3)."""

    fallback_user_id: Annotated[str | None, user_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One immutable version of a tenant's settings, complete."""

    version: int
    preset: Annotated[str, preset]
    default_region: Annotated[str, region]
    time_zone: Annotated[str, time_zone]
    language: Language
    max_in_flight: Annotated[int, whole(1, 25)]
    cors_origins: Annotated[tuple[str, ...], origins]
    calls: CallSettings
    matching: MatchingSettings
    ownership: OwnershipSettings


def resolve(patch: Mapping[str, object], *, version: int) -> Settings:
    """Completes a tenant's own values with its preset's.

    `patch` is the nested JSON object that is stored: at least `preset`, `default_region` and
    `time_zone`; null, as absence, means the preset's value. Raises `Rejected` (422) with a sentence
    for each name that `validate` refuses.
    """
    if problems := validate(patch):
        names = ", ".join(sorted(problems))
        raise Rejected(
            f"These settings cannot be taken: {names}. See error.fields for what each may be.",
            code="invalid_settings",
            status=422,
            fields=problems,
        )
    values, _ = _flatten(_complete(patch))
    read = {name: reader(values.get(name)) for name, reader in _readers().items()}
    return _build(Settings, "", {"version": version, **read})


def validate(patch: Mapping[str, object]) -> dict[str, str]:
    """Names each setting of a tenant's own values that is unknown or invalid, with a sentence why.

    Empty when `resolve` takes them. Sets of values are judged whole: give the result of
    `merge_patch`, not the change alone.
    """
    _, problems = _flatten(patch)
    values, _ = _flatten(_complete(patch))
    for name, reader in _readers().items():
        read = reader(values.get(name))
        if isinstance(read, Problem) and not any(name.startswith(f"{g}.") for g in problems):
            problems[name] = f"{name} {read.text}"
    return problems


def unknown_names(change: Mapping[str, object]) -> dict[str, str]:
    """Names what a change speaks of that is no setting, also where it only says null."""
    _, problems = _flatten(change)
    return problems


def merge_patch(current: Mapping[str, object], change: Mapping[str, object]) -> dict[str, object]:
    """Applies a JSON merge patch (RFC 7396): null removes, objects merge, everything else replaces."""
    merged = dict(current)
    for name, value in change.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            below = merged.get(name)
            merged[name] = merge_patch(below if isinstance(below, Mapping) else {}, value)
        else:
            merged[name] = value
    return merged


def to_json(settings: Settings) -> dict[str, object]:
    """Gives every setting with its value in force, nested as the API shows it, without the version."""
    shown = {spec.name: _to_json(getattr(settings, spec.name)) for spec in fields(settings)}
    del shown["version"]
    return shown


def _complete(patch: Mapping[str, object]) -> dict[str, object]:
    named = patch.get("preset")
    changes = PRESETS.get(named, {}) if isinstance(named, str) else {}
    own = merge_patch({}, patch)
    return merge_patch(merge_patch(STANDARD, changes), own)


@cache
def _readers() -> Mapping[str, Read]:
    return dict(_readers_of(Settings, ""))


def _readers_of(shape: type, path: str) -> list[tuple[str, Read]]:
    found: list[tuple[str, Read]] = []
    for name, hint in _hints(shape).items():
        if is_dataclass(hint) and isinstance(hint, type):
            found.extend(_readers_of(hint, f"{path}{name}."))
        elif get_origin(hint) is Mapping:
            keys, choice = get_args(hint)
            found.extend((f"{path}{name}.{key}", one_of(choice)) for key in keys)
        elif get_origin(hint) is Annotated:
            found.append((path + name, hint.__metadata__[0]))
        elif hint is bool:
            found.append((path + name, flag))
        else:
            found.append((path + name, one_of(hint)))
    return found


def _hints(shape: type) -> dict[str, Any]:
    hints = get_type_hints(shape, include_extras=True)
    return {spec.name: hints[spec.name] for spec in fields(shape) if spec.name != "version"}


def _flatten(patch: Mapping[str, object]) -> tuple[dict[str, object], dict[str, str]]:
    """Gives the values by dotted name, and a sentence for each name that is no setting."""
    values: dict[str, object] = {}
    problems: dict[str, str] = {}
    groups = {name.rpartition(".")[0] for name in _readers()} - {""}
    pending = [("", key, value) for key, value in patch.items()]
    while pending:
        path, key, value = pending.pop()
        name = path + key
        if "." in key or (name not in _readers() and name not in groups):
            problems[name] = f"{name} is not a setting."
        elif name not in groups:
            values[name] = value
        elif isinstance(value, Mapping):
            pending.extend((f"{name}.", inner, below) for inner, below in value.items())
        elif value is not None:
            problems[name] = f"{name} must be an object."
    return values, problems


def _build[T](shape: Callable[..., T], path: str, values: Mapping[str, object]) -> T:
    built: dict[str, object] = {}
    for name, hint in get_type_hints(shape, include_extras=True).items():
        if is_dataclass(hint) and isinstance(hint, type):
            built[name] = _build(hint, f"{path}{name}.", values)
        elif get_origin(hint) is Mapping:
            keys, _ = get_args(hint)
            built[name] = {key: values[f"{path}{name}.{key}"] for key in keys}
        else:
            built[name] = values[path + name]
    return shape(**built)


def _to_json(value: Any) -> Any:  # noqa: ANN401 - the values are of every type JSON has
    if is_dataclass(value):
        return {spec.name: _to_json(getattr(value, spec.name)) for spec in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _to_json(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_to_json(inner) for inner in value]
    return str(value) if isinstance(value, StrEnum) else value
