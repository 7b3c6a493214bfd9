"""Says what more of a chat changes of its Task or Case, and of the person's record (CX-19, CX-27, SH-5).

Says what a chat may change of a person that the org holds already (CX-19, CX-33).
"""

import json
from collections.abc import Mapping, Sequence

from switchhook.domain.activity import RecordRef, Slot, SlotState
from switchhook.domain.chats.decide import ChatInput, kind_of, texts_of
from switchhook.domain.chats.screening import OVER
from switchhook.domain.decision import Reason
from switchhook.domain.facts.chat import ChatAction
from switchhook.domain.facts.event import Event
from switchhook.domain.fields.mapping import applicable, mapped, person_account_field
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import UpdateExisting
from switchhook.domain.writing.late_facts import Revision, fingerprint, may_differ
from switchhook.domain.writing.slots import marked_fields

RULE = Rule.CX_19


def until_end(events: Sequence[Event]) -> tuple[Event, ...]:
    """The events of a chat up to its first end; all of them while it has none."""
    ends = [event.occurred_at for event in events if event.trigger in OVER]
    if not ends:
        return tuple(events)
    return tuple(event for event in events if event.occurred_at <= min(ends))


def revise_chat(inputs: ChatInput, slot: Slot) -> Revision | None:
    """What all facts together would have written otherwise; None when the Task or Case says all.

    The owner is set when it is created and never changed (CX-59).
    """
    is_there = slot.state is SlotState.APPLIED and slot.owner is not None
    if not is_there or kind_of(inputs.chosen.action) is not slot.kind:
        return None
    wanted = marked_fields(slot, texts_of(inputs).fields, inputs.org)
    described = inputs.fields.get(slot.kind.value.title(), {})
    fields = {
        name: value
        for name, value in wanted.items()
        if may_differ(slot, name, value) and (name not in described or described[name].updateable)
    }
    if not fields or slot.owner is None:
        return None
    return Revision(slot=slot, fields=fields, owner=slot.owner, agent=slot.agent or "")


def person_of(slot: Slot) -> RecordRef | None:
    """The record of the person whose chat it is."""
    return slot.created or slot.record


def person_values(inputs: ChatInput, slot: Slot) -> tuple[RecordRef, Mapping[str, str]] | None:
    """The person's record with what the chat says of them by its fields; None: nothing may be changed.

    A Case alone changes no contact (CX-18). A person account is changed by its Account.
    """
    record, policy = person_of(slot), inputs.settings.chats.update_existing
    is_never = policy is UpdateExisting.NEVER or inputs.chosen.action is ChatAction.CASE
    if record is None or is_never or slot.state is not SlotState.APPLIED:
        return None
    if record.type not in ("Lead", "Contact", "Account"):
        return None
    if record.type == "Account" and not inputs.org.person_accounts:
        return None
    return record, values_for(inputs, record.type)


def values_for(inputs: ChatInput, object_type: str) -> Mapping[str, str]:
    """What the chat says of a person, by the fields of a record of this type that may be changed."""
    mapping, values = inputs.settings.chats.mapping, texts_of(inputs).values
    if object_type == "Account":
        stated = tuple(
            (person_account_field(name), text) for name, text in mapped("Contact", mapping, values)
        )
    else:
        stated = mapped(object_type, mapping, values)
    return applicable(object_type, stated, inputs.fields.get(object_type), is_new=False).fields


def told_mark(values: Mapping[str, str]) -> str:
    """Hashes what a chat says of a person, so that nothing is asked where it says nothing new."""
    return fingerprint(json.dumps(sorted(values.items())))


def brought(record: RecordRef, changed: Mapping[str, str], left: Sequence[str]) -> Reason:
    """Says what of a person's record was changed, and what was left alone; names, never values."""
    where = f"{record.type} {record.id}"
    said = f"{', '.join(sorted(changed))} of {where} changed." if changed else ""
    if left:
        said += f" {', '.join(sorted(left))} of {where} left alone."
    return Reason(rule=RULE, text=said.strip() or f"Nothing of {where} was to be changed.")


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
