"""Says what a chat may change of a person that the org holds already (CX-19, CX-33)."""

from collections.abc import Mapping

from switchhook.domain.settings import UpdateExisting

_OWNER = "OwnerId"
_FIRST_NAME, _LAST_NAME = "FirstName", "LastName"

type Value = str | float | bool | None


def changes(
    current: Mapping[str, Value], incoming: Mapping[str, str], policy: UpdateExisting
) -> dict[str, str]:
    """Gives the fields to change, empty for none.

    `current` has the record's values as they are, FirstName among them. Never: nothing. Overwrite: what
    differs, though a blank incoming value erases nothing. Fill blanks: only what is empty now. The
    owner is set when a record is created and never changed (CX-59).
    """
    if policy is UpdateExisting.NEVER:
        return {}
    told = {name: text.strip() for name, text in incoming.items() if name != _OWNER}
    if _LAST_NAME in told:
        told[_LAST_NAME] = _last_name(told[_LAST_NAME], current)
    return {
        name: text
        for name, text in told.items()
        if text and _may_change(_text(current.get(name)), text, policy)
    }


def fields_to_read(incoming: Mapping[str, str]) -> tuple[str, ...]:
    """Names the fields whose current values `changes` needs, in a fixed order."""
    first = {_FIRST_NAME} if _LAST_NAME in incoming else set()
    return tuple(sorted({*incoming, *first} - {_OWNER}))


def _may_change(current: str, incoming: str, policy: UpdateExisting) -> bool:
    if policy is UpdateExisting.FILL_BLANKS:
        return not current
    return current != incoming


def _last_name(whole: str, current: Mapping[str, Value]) -> str:
    """Takes the record's own first name off the whole name, so that it does not stand there twice."""
    first = _text(current.get(_FIRST_NAME))
    if first and whole.casefold().startswith(f"{first.casefold()} "):
        return whole[len(first) + 1 :].strip()
    return whole


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return "" if value is None else str(value).strip()
