"""Turns the domain's values into stored JSON and back, driven by their type hints.

A field that has its default is left out, and an unknown one is passed over: a value written by one
release can be read by the next and by the one before. A value is never changed by the way there and
back; what has no JSON form (an aware time, an enum, a set) is written as text or as a sorted list.
"""

import base64
import json
import types
import zlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

type Read = Callable[[Any], Any]

_ZLIB_LEVEL = 6


def pack(value: object) -> bytes:
    """The value as compressed JSON; text may hold anything that a Python string may."""
    return zlib.compress(dumps(value).encode("ascii"), _ZLIB_LEVEL)


def unpack[T](shape: type[T], packed: bytes) -> T:
    """The value that `pack` was given."""
    return loads(shape, zlib.decompress(packed))


def dumps(value: object) -> str:
    """The value as compact JSON in ASCII."""
    return json.dumps(to_json(value), separators=(",", ":"))


def loads[T](shape: type[T], text: str | bytes) -> T:
    """The value that `dumps` was given."""
    return from_json(shape, json.loads(text))


def to_json(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """The value as JSON-ready objects, lists and primitives.

    Raises ValueError for a time without its zone and TypeError for what cannot be stored.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes() | datetime():
            return _text(value)
        case tuple() | list():
            return [to_json(each) for each in value]
        case frozenset() | set():
            return sorted((to_json(each) for each in value), key=json.dumps)
        case Mapping():
            return {str(key): to_json(each) for key, each in value.items()}
        case _ if is_dataclass(value):
            return {
                spec.name: to_json(each)
                for spec in fields(value)
                if not _is_default(spec, each := getattr(value, spec.name))
            }
    raise TypeError(f"{type(value).__name__} has no stored form")


def from_json[T](shape: type[T], data: object) -> T:
    """The value of the given type that `to_json` was given."""
    return cast("T", _reader(cast("Any", shape))(data))


def _text(value: bytes | datetime) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if value.tzinfo is None:
        raise ValueError("a stored time needs its zone")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _is_default(spec: Field[Any], value: object) -> bool:
    """Whether reading fills the field again; 0, 0.0 and False are equal but not the same."""
    if spec.default is not MISSING:
        return type(value) is type(spec.default) and value == spec.default
    if spec.default_factory is not MISSING:
        return bool(value == spec.default_factory())
    return False


@cache
def _reader(hint: Any) -> Read:  # noqa: ANN401 - hints are classes, unions and generic aliases
    origin = get_origin(hint)
    if origin in (types.UnionType, Union):
        return _optional(hint)
    if origin in (tuple, frozenset):
        return _collection(origin, hint)
    if origin is Mapping:
        return _mapping(hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    if is_dataclass(hint):
        return _dataclass(cast("type[object]", hint))
    return _PLAIN.get(hint, _as_is)


def _as_is(data: object) -> object:
    return data


_PLAIN: Mapping[object, Read] = {datetime: datetime.fromisoformat, bytes: base64.b64decode}


def _optional(hint: Any) -> Read:  # noqa: ANN401
    readers = {_reader(arm) for arm in get_args(hint) if arm is not types.NoneType}
    if len(readers) != 1:
        raise TypeError(f"{hint} cannot be told apart in JSON")
    (read,) = readers
    return lambda data: None if data is None else read(data)


def _collection(build: Callable[[Any], object], hint: Any) -> Read:  # noqa: ANN401
    read = _reader(get_args(hint)[0])
    return lambda data: build(read(each) for each in data)


def _mapping(hint: Any) -> Read:  # noqa: ANN401
    read_key, read = (_reader(arm) for arm in get_args(hint))
    return lambda data: {read_key(key): read(each) for key, each in data.items()}


def _dataclass(shape: type[object]) -> Read:
    hints = get_type_hints(shape)
    readers = {spec.name: _reader(hints[spec.name]) for spec in fields(cast("Any", shape))}

    def read(data: Mapping[str, object]) -> object:
        known = {name: data[name] for name in readers if name in data}
        return shape(**{name: readers[name](each) for name, each in known.items()})

    return read
