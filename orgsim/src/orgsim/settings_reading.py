"""Reads settings from JSON, naming whatever does not fit, and writes them back."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from types import MappingProxyType
from typing import cast

from orgsim.custom_schema import CustomSchema, read_custom_name, read_custom_schema
from orgsim.oauth.reading import certificate, networks, site_path
from orgsim.settings import (
    CLI_APP,
    AssignmentRule,
    Community,
    ConnectedApp,
    DuplicateRule,
    RequiredField,
    Settings,
    TaskStatus,
    ValidationRule,
)

__all__ = ["SettingsError", "merge_settings", "settings_as_json"]


class SettingsError(Exception):
    """Settings that cannot be taken over; `problems` maps each key to what is wrong with it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Keep the problems by key, so that an answer can name each."""
        super().__init__("; ".join(f"{key}: {text}" for key, text in problems.items()))
        self.problems = dict(problems)


type Reader = Callable[[object], object]


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise TypeError("must be a number of seconds, 0 or more")
    return float(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError("must be a whole number, 0 or more")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _optional_boolean(value: object) -> bool | None:
    return None if value is None else _boolean(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("must be a list of texts")
    return tuple(_text(entry) for entry in value)


def _optional_texts(value: object) -> tuple[str, ...] | None:
    return None if value is None else _texts(value)


def _one_of(*words: str) -> Reader:
    def read(value: object) -> object:
        if value not in words:
            raise TypeError(f"must be one of {', '.join(words)}")
        return value

    return read


def _list_of[T](kind: type[T], readers: Mapping[str, Reader], required: frozenset[str]) -> Reader:
    def read_one(index: int, entry: object) -> T:
        if not isinstance(entry, dict):
            raise TypeError(f"entry {index} must be an object")
        if unknown := sorted(set(entry) - set(readers)):
            raise TypeError(f"entry {index} has unknown keys: {', '.join(unknown)}")
        if missing := sorted(required - set(entry)):
            raise TypeError(f"entry {index} lacks: {', '.join(missing)}")
        values = {key: readers[key](value) for key, value in entry.items()}
        return cast("Callable[..., T]", kind)(**values)

    def read(value: object) -> object:
        if not isinstance(value, list):
            raise TypeError("must be a list")
        return tuple(read_one(index, entry) for index, entry in enumerate(value))

    return read


_READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "search_lag_s": _seconds,
        "phone_tokens": _one_of("punctuation", "digits"),
        "session_timeout_s": _seconds,
        "rotation": _boolean,
        "api_limit": _count,
        "request_limit_s": _seconds,
        "lock_wait_s": _seconds,
        "bulk_delay_s": _seconds,
        "long_requests_allowed": _count,
        "long_request_s": _seconds,
        "person_accounts": _boolean,
        "shared_activities": _boolean,
        "external_id_field": _boolean,
        "external_id_name": read_custom_name,
        "audit_fields": _boolean,
        "custom_schema": read_custom_schema,
        "sharing": _one_of("public", "private"),
        "language": _one_of("en", "de"),
        "required_fields": _list_of(
            RequiredField, {"object": _text, "name": _text}, frozenset({"object", "name"})
        ),
        "task_statuses": _list_of(
            TaskStatus,
            {"api_name": _text, "label": _text, "is_closed": _boolean, "is_default": _boolean},
            frozenset({"api_name", "label"}),
        ),
        "assignment_rules": _list_of(
            AssignmentRule, {"object": _text, "owner_id": _text}, frozenset({"object", "owner_id"})
        ),
        "duplicate_rules": _list_of(
            DuplicateRule,
            {"object": _text, "fields": _texts, "action": _one_of("block", "alert")},
            frozenset({"object", "fields"}),
        ),
        "validation_rules": _list_of(
            ValidationRule,
            {
                "object": _text,
                "field": _text,
                "op": _one_of("contains", "equals", "blank"),
                "value": _text,
                "message": _text,
            },
            frozenset({"object", "field", "op", "message"}),
        ),
        "connected_apps": _list_of(
            ConnectedApp,
            {
                "client_id": _text,
                "client_secret": _optional_text,
                "redirect_uris": _texts,
                "rotation": _optional_boolean,
                "scopes": _optional_texts,
                "certificate": certificate,
                "preauthorized": _boolean,
                "run_as": _optional_text,
                "installed": _boolean,
                "refresh_ip_allow_list": networks,
            },
            frozenset({"client_id", "redirect_uris"}),
        ),
        "communities": _list_of(
            Community, {"path": site_path, "name": _text}, frozenset({"path", "name"})
        ),
        "org_locked": _boolean,
        "username_password_flow": _boolean,
        "instance_host": _one_of("localhost", "127.0.0.1"),
    }
)


def merge_settings(current: Settings, changes: Mapping[str, object]) -> Settings:
    """Return the settings with the changes.

    Apps merge by client id, a custom schema is added to the one there is, other lists are replaced.
    Raises SettingsError naming every unknown key and every value that does not fit.
    """
    values: dict[str, object] = {}
    problems: dict[str, str] = {}
    for key, value in changes.items():
        reader = _READERS.get(key)
        if reader is None:
            problems[key] = f"unknown setting; known are {', '.join(sorted(_READERS))}, api_used"
            continue
        try:
            values[key] = reader(value)
        except TypeError as error:
            problems[key] = str(error)
    if "custom_schema" in values:
        added_schema = cast("CustomSchema", values["custom_schema"])
        try:
            values["custom_schema"] = current.custom_schema.merged(added_schema)
        except TypeError as error:
            problems["custom_schema"] = str(error)
    if problems:
        raise SettingsError(problems)
    if "connected_apps" in values:
        added = cast("tuple[ConnectedApp, ...]", values["connected_apps"])
        apps = {app.client_id: app for app in (*current.connected_apps, *added)}
        apps[CLI_APP.client_id] = CLI_APP
        values["connected_apps"] = tuple(apps.values())
    return replace(current, **values)  # type: ignore[arg-type] # each value came from its reader


def settings_as_json(settings: Settings, *, with_secrets: bool = False) -> dict[str, object]:
    """Return the settings as the control plane shows them; client secrets stay out unless asked."""
    hidden = frozenset[str]() if with_secrets else frozenset({"client_secret"})
    return {f.name: _as_json(getattr(settings, f.name), hidden) for f in fields(settings)}


def _as_json(value: object, hidden: frozenset[str]) -> object:
    if isinstance(value, CustomSchema):
        return value.as_json()
    if isinstance(value, tuple):
        return [_as_json(entry, hidden) for entry in value]
    if isinstance(
        value,
        TaskStatus
        | RequiredField
        | AssignmentRule
        | DuplicateRule
        | ValidationRule
        | ConnectedApp
        | Community,
    ):
        return {
            f.name: _as_json(getattr(value, f.name), hidden)
            for f in fields(value)
            if f.name not in hidden
        }
    return value
