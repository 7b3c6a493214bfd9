"""Answers about activities: what became of them, what would, and how many there were."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from switchhook.domain import activity, decision
from switchhook.domain.activity import FileState, SlotKind, SlotState, State
from switchhook.domain.facts import event
from switchhook.domain.facts.event import CallType, Kind
from switchhook.ports import admin
from switchhook.runtime.api.answers.base import SOMETIMES, Answer, AnyObject, Count, Page, Time
from switchhook.usecases.ask import explain


class Party(Answer):
    """The other side of a call or chat."""

    raw: str | None
    e164: str | None
    email: str | None


class Record(Answer):
    """A record and where Salesforce opens it; null where that is not known."""

    type: str
    id: str
    url: str | None

    @classmethod
    def of(cls, record: activity.RecordRef | None, instance_url: str) -> Self | None:
        """The record, if there is one."""
        if record is None:
            return None
        return cls(type=record.type, id=record.id, url=url_of(record, instance_url))


def url_of(record: activity.RecordRef, instance_url: str) -> str | None:
    """Where Salesforce opens the record: any is at /<id>, in Classic and in Lightning."""
    return f"{instance_url}/{record.id}" if instance_url else None


class CreatedPerson(Answer):
    """A person that was made for an activity."""

    type: str
    id: str


class Owner(Answer):
    """Who owns what is written, and the rule that chose so."""

    id: str
    rule: str

    @classmethod
    def of(cls, owner: activity.OwnerChoice) -> Self:
        """The owner that was chosen."""
        return cls(id=owner.user_id, rule=owner.rule)


class SlotFile(Answer):
    """A file as it stands; the transcript that is made here has no address."""

    number: Count
    name: str
    state: FileState
    reason: str | None
    url: Annotated[str | None, SOMETIMES] = None

    @classmethod
    def of(cls, file: activity.SlotFile) -> Self:
        """The file without what only its upload needs."""
        return cls(
            number=file.number,
            name=file.name,
            state=file.state,
            reason=file.reason,
            url=file.url,
        )


class Slot(Answer):
    """One Task or Case that an activity writes."""

    slot: Count
    kind: SlotKind
    state: SlotState
    key: str
    record: Record | None
    attached: Record | None
    owner: Owner | None
    created_person: CreatedPerson | None
    salesforce_id: str | None
    rules: tuple[str, ...]
    error: str | None
    files: tuple[SlotFile, ...]

    @classmethod
    def of(cls, slot: activity.Slot, instance_url: str) -> Self:
        """The slot as it stands."""
        made = slot.created
        return cls(
            slot=slot.number,
            kind=slot.kind,
            state=slot.state,
            key=slot.key,
            record=Record.of(slot.record or made, instance_url),
            attached=Record.of(slot.attached, instance_url),
            owner=None if slot.owner is None else Owner.of(slot.owner),
            created_person=None if made is None else CreatedPerson(type=made.type, id=made.id),
            salesforce_id=slot.salesforce_id,
            rules=slot.rules,
            error=slot.error,
            files=tuple(SlotFile.of(file) for file in slot.files),
        )


class Activity(Answer):
    """A call or chat, and what became of it."""

    id: str
    kind: Kind
    provider: str
    source: str
    external_id: str
    occurrence: Count
    state: State
    rule: str | None
    reason: str | None
    text: str
    party: Party
    settings_version: int | None
    call_type: CallType | None
    received_at: Time
    ended_at: Time | None
    due_at: Time | None
    backfilled: bool
    replays: Count
    slots: tuple[Slot, ...]

    @classmethod
    def of(cls, head: activity.Activity, instance_url: str) -> Self:
        """The activity as a list shows it; `instance_url` is where its records can be opened."""
        return cls(
            id=head.id,
            kind=head.kind,
            provider=head.provider,
            source=head.source,
            external_id=head.external_id,
            occurrence=head.occurrence,
            state=head.state,
            rule=head.rule,
            reason=head.reason,
            text=_text(head),
            party=Party(raw=head.party_raw, e164=head.party_e164, email=head.party_email),
            settings_version=head.settings_version,
            call_type=CallType(head.call_type) if head.call_type else None,
            received_at=head.received_at,
            ended_at=head.ended_at,
            due_at=head.due_at,
            backfilled=head.backfilled,
            replays=head.replays,
            slots=tuple(Slot.of(slot, instance_url) for slot in head.slots),
        )


def _text(head: activity.Activity) -> str:
    """The state in words; a replay says whose settings decided (AC-2)."""
    if head.settings_at is None or head.settings_version is None:
        return head.in_words
    return f"{head.in_words} Replayed under settings version {head.settings_version}."


class ActivityPage(Page[Activity]):
    """Activities, newest first."""


class Step(Answer):
    """One sentence of an explanation and the rule behind it."""

    rule: str
    text: str


class SalesforceCall(Answer):
    """One request to Salesforce and what came of it."""

    at: Time
    what: str
    status: str

    @classmethod
    def of(cls, call: activity.SalesforceCall) -> Self:
        """The request as it was noted."""
        return cls(at=call.at, what=call.what, status=call.status)


class Event(Answer):
    """One event of an activity, without what it says of people."""

    event_id: str
    type: str
    ended: bool
    occurred_at: Time
    received_at: Time

    @classmethod
    def of(cls, told: event.Event) -> Self:
        """The event as it was taken in."""
        return cls(
            event_id=told.event_id,
            type=told.type,
            ended=told.ended,
            occurred_at=told.occurred_at,
            received_at=told.received_at,
        )


class ActivityStory(Activity):
    """An activity with everything that led to it.

    Candidates and explanation are the last decision's, followed by what late facts changed since.
    """

    candidates: tuple[AnyObject, ...]
    explanation: tuple[Step, ...]
    salesforce_calls: tuple[SalesforceCall, ...]
    events: tuple[Event, ...]

    @classmethod
    def of_story(cls, story: admin.Story, instance_url: str) -> Self:
        """The story; `instance_url` is where the activity's records can be opened."""
        decided = sorted(story.decisions, key=lambda one: one.number)
        last = next((one for one in reversed(decided) if not one.amends), None)
        amending = [one for one in decided if one.amends and (not last or one.number > last.number)]
        told = sorted(story.entry.events, key=lambda one: (one.received_at, one.event_id))
        return cls(
            **dict(Activity.of(story.entry.head, instance_url)),
            candidates=_objects(last.candidates if last else ()),
            explanation=tuple(
                Step.model_validate(step)
                for one in (*([last] if last else []), *amending)
                for step in one.explanation
            ),
            salesforce_calls=tuple(
                SalesforceCall.of(call) for one in decided for call in one.salesforce_calls
            ),
            events=tuple(Event.of(one) for one in told),
        )


def _objects(found: Iterable[Mapping[str, object]]) -> tuple[AnyObject, ...]:
    return tuple(dict(one) for one in found)


class PlannedSlot(Answer):
    """One Task or Case that would be written; `creates` names the object of a person to make."""

    kind: SlotKind
    record: Record | None
    creates: str | None
    attached: Record | None
    creates_case: bool
    owner: Owner
    fields: AnyObject
    rules: tuple[str, ...]

    @classmethod
    def of(cls, slot: decision.PlannedSlot, instance_url: str) -> Self:
        """The slot as it is planned."""
        return cls(
            kind=slot.kind,
            record=Record.of(slot.record, instance_url),
            creates=slot.person.object_type if slot.person else None,
            attached=Record.of(slot.attached, instance_url),
            creates_case=slot.case is not None,
            owner=Owner.of(slot.owner),
            fields={**slot.fields, "OwnerId": slot.owner.user_id},
            rules=slot.rules,
        )


class Explained(Answer):
    """What an event would become now, and why."""

    decision: Literal["log", "skip", "wait"]
    rule: str | None
    reason: str | None
    text: str
    call_type: CallType | None
    slots: tuple[PlannedSlot, ...]
    candidates: tuple[AnyObject, ...]
    explanation: tuple[Step, ...]
    salesforce_calls: tuple[SalesforceCall, ...]
    settings_version: int | Literal["changed"]

    @classmethod
    def of(cls, explained: explain.Explained, instance_url: str) -> Self:
        """The explanation; `instance_url` is where its records can be opened."""
        version = explained.settings_version
        return cls.model_validate(
            {
                "decision": explained.decision,
                "rule": explained.rule,
                "reason": explained.reason,
                "text": explained.text,
                "call_type": explained.call_type,
                "slots": tuple(PlannedSlot.of(slot, instance_url) for slot in explained.slots),
                "candidates": _objects(explained.candidates),
                "explanation": tuple(
                    Step(rule=one.rule, text=one.text) for one in explained.reasons
                ),
                "salesforce_calls": tuple(SalesforceCall.of(call) for call in explained.calls),
                "settings_version": "changed" if version is None else version,
            }
        )


class Replayed(Answer):
    """An activity that is decided anew."""

    activity_id: str
    state: State


class Statement(Answer):
    """What became of the activities received on one day; `skipped` counts by rule."""

    received: Count
    logged: Count
    skipped: dict[str, Count]
    failed: Count
    open: Count

    @classmethod
    def of(cls, counted: admin.Statement) -> Self:
        """The day as it was counted."""
        return cls(
            received=counted.received,
            logged=counted.logged,
            skipped=dict(counted.skipped),
            failed=counted.failed,
            open=counted.open,
        )
