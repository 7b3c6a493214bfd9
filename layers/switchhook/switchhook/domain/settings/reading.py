"""Reads, completes and shows a tenant's settings; a tenant stores only what differs from its preset."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from switchhook.domain.errors import Rejected
from switchhook.domain.local_time import BusinessHours, Span
from switchhook.domain.settings.presets import PRESETS, STANDARD
from switchhook.domain.settings.schema import Settings
from switchhook.domain.settings.values import Identification, Problem, Read, flag, one_of


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One setting that two versions have different values of, as the API shows them."""

    name: str
    before: object
    after: object


def differences(before: Settings, after: Settings) -> tuple[Difference, ...]:
    """Names every setting whose value in force differs, by dotted name."""
    old, new = shown_leaves(before), shown_leaves(after)
    return tuple(
        Difference(name=name, before=old.get(name), after=new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    )


def shown_leaves(settings: Settings) -> dict[str, object]:
    """Gives every setting's value in force by dotted name, as the API shows it."""
    return _leaves(to_json(settings), "")


def _leaves(value: Mapping[str, object], path: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, below in value.items():
        name = path + key
        if name in _groups() and isinstance(below, Mapping):
            found.update(_leaves(below, f"{name}."))
        else:
            found[name] = below
    return found


def _complete(patch: Mapping[str, object]) -> dict[str, object]:
    named = patch.get("preset")
    changes = PRESETS.get(named, {}) if isinstance(named, str) else {}
    own = merge_patch({}, patch)
    return merge_patch(merge_patch(STANDARD, changes), own)


@cache
def _readers() -> Mapping[str, Read]:
    return dict(_readers_of(Settings, ""))


@cache
def _groups() -> frozenset[str]:
    """Every prefix of a setting's dotted name."""
    parts = (name.split(".")[:-1] for name in _readers())
    return frozenset(".".join(path[: n + 1]) for path in parts for n in range(len(path)))


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
    groups = _groups()
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
    if isinstance(value, Identification):
        return {spec.name: _by(getattr(value, spec.name)) for spec in fields(value)}
    if isinstance(value, BusinessHours):
        general = {} if value.general is None else _to_json(value.general)
        return {"only_open": value.only_open, **general, "numbers": _to_json(value.numbers)}
    if isinstance(value, Span):
        return [_clock(value.opens), _clock(value.closes)]
    if is_dataclass(value):
        return {spec.name: _to_json(getattr(value, spec.name)) for spec in fields(value)}
    return _plain(value)


def _plain(value: Any) -> Any:  # noqa: ANN401
    match value:
        case Mapping():
            return {str(key): _to_json(inner) for key, inner in value.items()}
        case tuple():
            return [_to_json(inner) for inner in value]
        case frozenset():
            return sorted(_to_json(inner) for inner in value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value


def _by(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"by": name} for name in names]


def _clock(at: time | None) -> str:
    return "24:00" if at is None else at.isoformat(timespec="minutes")
