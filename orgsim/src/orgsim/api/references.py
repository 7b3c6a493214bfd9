"""References such as `@{newAccount.id}` from one subrequest of a composite to another's result."""

import re
from collections.abc import Mapping

from orgsim.errors import ApiError

__all__ = ["REFERENCE_ID", "resolve", "resolve_text"]

REFERENCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
_REFERENCE = re.compile(r"@\{([^}]*)\}")
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]")


def resolve(value: object, results: Mapping[str, object]) -> object:
    """Return `value` with every reference in its texts replaced by what it refers to.

    `results` holds the bodies of the subrequests that succeeded, by reference id. A text that is
    nothing but a reference takes the value's own type; a null may be referred to. Raises ApiError
    PROCESSING_HALTED when there is no such value.
    """
    if isinstance(value, dict):
        return {key: resolve(entry, results) for key, entry in value.items()}
    if isinstance(value, list):
        return [resolve(entry, results) for entry in value]
    if not isinstance(value, str) or "@{" not in value:
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole is not None:
        return _look_up(whole.group(1), results)

    def text_of(found: re.Match[str]) -> str:
        result = _look_up(found.group(1), results)
        return "" if result is None else str(result)

    return _REFERENCE.sub(text_of, value)


def resolve_text(text: str, results: Mapping[str, object]) -> str:
    """Return a text, part of an address, with its references filled in; null becomes empty."""
    value = resolve(text, results)
    return "" if value is None else str(value)


def _look_up(path: str, results: Mapping[str, object]) -> object:
    name = REFERENCE_ID.match(path)
    if name is None or name.group() not in results:
        raise _halted(path, name.group() if name else path, "")
    current, position = results[name.group()], name.end()
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise _no_value(path, name.group())
        key, index = step.group(1), step.group(2)
        if key is not None and isinstance(current, dict) and key in current:
            current = current[key]
        elif index is not None and isinstance(current, list) and int(index) < len(current):
            current = current[int(index)]
        else:
            raise _no_value(path, name.group())
        position = step.end()
    return current


def _no_value(path: str, name: str) -> ApiError:
    hint = (
        f". Provided referenceId ('{path}') must start with a letter or a number, and it can"
        " contain only letters, numbers and underscores ('_')."
    )
    return _halted(path, name, hint)


def _halted(path: str, name: str, hint: str) -> ApiError:
    return ApiError(
        400,
        "PROCESSING_HALTED",
        f"Invalid reference specified. No value for {path} found in {name}{hint}",
    )
