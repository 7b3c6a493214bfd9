"""Says what late facts change of a logged Task, and what of it a person has made their own (SH-5).

Nothing of a Task is kept to compare with but hashes: of what we last wrote, and of what a write that was
not answered may have written. A field is ours while it holds one of the two.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from switchhook.domain.activity import LATE_FACTS, Activity, OwnerChoice, Slot, SlotKind, SlotState
from switchhook.domain.calls.decide import rewritten
from switchhook.domain.calls.screening import acting_agent
from switchhook.domain.decision import DecisionInput, Reason
from switchhook.domain.facts.people import Agent
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import LogAs

RULE = Rule.SH_5
OWNER, STATUS = "OwnerId", "Status"

_HASH_CHARS = 16

type Value = str | float | bool | None

_ZULU = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.0+)?(?:\+0000|\+00:00|Z)")


def fingerprint(value: Value) -> str:
    """Hashes a field's value as Salesforce keeps it: trimmed, with plain line ends, empty as null."""
    text = _ZULU.sub(r"\1Z", _as_text(value))
    kept = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return hashlib.sha256(kept.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_CHARS]


def _as_text(value: Value) -> str:
    """A value as we write it: a query answers with true and 12.0 where "true" and "12" were sent."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


def fingerprints(fields: Mapping[str, Value]) -> dict[str, str]:
    """Hashes each field's value."""
    return {name: fingerprint(value) for name, value in fields.items()}


def agent_mark(agent: Agent | None) -> str:
    """Hashes who an owner is chosen for, so that another agent is noticed, but not a fuller name."""
    named = (agent.email, agent.id, agent.extension, agent.name) if agent else ()
    return fingerprint(next((name.casefold() for name in named if name), None))


def as_sent(slot: Slot, fields: Mapping[str, Value], agent: Agent | None) -> Slot:
    """The slot once a Task with these values is about to be sent for it.

    What an earlier send wrote, should it land after all, stays recognisable as ours.
    """
    return replace(
        slot,
        state=SlotState.SENT,
        written=fingerprints(fields),
        intended=slot.written,
        agent=agent_mark(agent),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What all facts together would have written otherwise into one Task.

    `fields` are only those that differ from what we wrote, or that may differ from it. `owner` and
    `agent` become the slot's once this is done.
    """

    slot: Slot
    fields: Mapping[str, str | int]
    owner: OwnerChoice
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A revision held against the Task as it stands.

    `to_write` are the fields that are still ours; `kept` names those that somebody changed; `found` are
    the hashes of what is ours now.
    """

    revision: Revision
    to_write: Mapping[str, str | int]
    kept: tuple[str, ...]
    found: Mapping[str, str]


def revise(inputs: DecisionInput, slot: Slot, *, call_type_before: str | None) -> Revision | None:
    """What late facts change of a slot's Task; None when it says all of them already.

    The owner changes only with the agent, and the status only with the type of the call: neither
    follows what changed in Salesforce meanwhile. The status also stays where calls of the new type are
    not logged. Cases are left to those who work on them.
    """
    if slot.kind is not SlotKind.TASK or slot.state is not SlotState.APPLIED:
        return None
    mark = agent_mark(acting_agent(inputs.call, inputs.people))
    is_reassigned = slot.agent is not None and slot.agent != mark
    again = rewritten(slot, inputs, is_reassigned=is_reassigned)
    wanted: dict[str, str | int] = dict(again.fields)
    if is_reassigned or OWNER in slot.intended:
        wanted[OWNER] = again.owner.user_id
    call_type = inputs.screened.call_type
    is_logged = inputs.settings.calls.workflow[call_type] is not LogAs.NONE
    if not is_logged or (call_type == call_type_before and STATUS not in slot.intended):
        wanted.pop(STATUS)
    fields = {name: value for name, value in wanted.items() if may_differ(slot, name, value)}
    if not fields:
        return None
    return Revision(slot=slot, fields=fields, owner=again.owner, agent=mark)


def _ours(slot: Slot, name: str) -> tuple[str, str]:
    """What we wrote into a field, and what else an unanswered write of ours may have written."""
    written = slot.written.get(name, fingerprint(None))
    return written, slot.intended.get(name, written)


def may_differ(slot: Slot, name: str, value: Value) -> bool:
    """Tells whether a field may hold something else than this value by what we wrote last."""
    return any(known != fingerprint(value) for known in _ours(slot, name))


def compare(revision: Revision, current: Mapping[str, Value]) -> Compared:
    """Sorts a revision's fields by whose they are now; `current` has the Task's values, null ones too."""
    to_write: dict[str, str | int] = {}
    found: dict[str, str] = {}
    kept = []
    for name, value in revision.fields.items():
        stands = fingerprint(current.get(name))
        if stands == fingerprint(value):
            found[name] = stands
        elif stands in _ours(revision.slot, name):
            found[name] = stands
            to_write[name] = value
        else:
            kept.append(name)
    return Compared(revision=revision, to_write=to_write, kept=tuple(kept), found=found)


def intending(compared: Compared) -> Slot:
    """The slot while its Task is being changed: both what it says and what it will say are ours."""
    slot = compared.revision.slot
    return replace(
        slot,
        written={**slot.written, **compared.found},
        intended=fingerprints(compared.to_write),
    )


def settled(compared: Compared, *, is_written: bool) -> Slot:
    """The slot once nothing of its Task is in doubt any more.

    `is_written` false says that Salesforce refused the change: then it is as if it were never tried.
    """
    slot, revision = compared.revision.slot, compared.revision
    written = {**slot.written, **compared.found}
    if not is_written:
        return replace(slot, written=written, intended={})
    return replace(
        slot,
        written={**written, **fingerprints(compared.to_write)},
        intended={},
        owner=revision.owner,
        agent=revision.agent,
        rules=_rules(slot, revision.owner),
    )


def _rules(slot: Slot, owner: OwnerChoice) -> tuple[str, ...]:
    """The slot's rules, with the new owner's in the place of the old one's."""
    if slot.owner is None or slot.owner.rule == owner.rule:
        return slot.rules
    replaced = (owner.rule if rule == slot.owner.rule else rule for rule in slot.rules)
    return tuple(dict.fromkeys(replaced))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What there is to tell of a Task: all of it, and the sentences for the activity's own note."""

    reasons: tuple[Reason, ...] = ()
    note: tuple[str, ...] = ()


NOTHING_TOLD = Told()


def telling(*sentences: str) -> Told:
    """What is told in the record and in the note alike."""
    reasons = tuple(Reason(rule=RULE, text=sentence) for sentence in sentences)
    return Told(reasons=reasons, note=sentences)


def told(compared: Compared) -> Told:
    """Says what of a Task was brought up to date, and what was left to whoever changed it.

    Why the owner is another now stands in the record alone.
    """
    slot = compared.revision.slot
    task = f"{slot.kind.value.title()} {slot.salesforce_id}"
    written = kept = NOTHING_TOLD
    reassigned: tuple[Reason, ...] = ()
    if compared.to_write:
        written = telling(f"{_listed(compared.to_write)} of {task} brought up to date.")
    if OWNER in compared.to_write:
        owner = compared.revision.owner
        reassigned = (Reason(rule=owner.rule, text=owner.text),)
    if compared.kept:
        names = _listed(compared.kept)
        kept = telling(f"{names} of {task} left alone, because somebody changed it in Salesforce.")
    return Told(
        reasons=(*written.reasons, *reassigned, *kept.reasons), note=(*written.note, *kept.note)
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def with_note(head: Activity, note: str) -> Activity:
    """The activity with the newest word on its late facts in the place of the last one."""
    return replace(parted(head), late_note=note)


def parted(head: Activity) -> Activity:
    """The activity with its note apart; what was stored before it had a field bears it in its text."""
    if head.late_note:
        return head
    text, _, note = head.text.partition(LATE_FACTS)
    return replace(head, text=text, late_note=note)
