"""Says what more of a chat changes of its Task or Case, and of the person's record (CX-19, CX-27, SH-5)."""

import json
from collections.abc import Mapping, Sequence

from switchhook.domain.activity import RecordRef, Slot, SlotState
from switchhook.domain.chat import ChatAction
from switchhook.domain.chat_actions import OVER
from switchhook.domain.chat_decision import ChatInput
from switchhook.domain.chat_planning import kind_of, texts_of
from switchhook.domain.decision import Reason
from switchhook.domain.events import Event
from switchhook.domain.field_mapping import applicable, mapped, person_account_field
from switchhook.domain.late_facts import Revision, fingerprint, may_differ
from switchhook.domain.settings import UpdateExisting
from switchhook.domain.slots import marked_fields

RULE = "CX-19"


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
