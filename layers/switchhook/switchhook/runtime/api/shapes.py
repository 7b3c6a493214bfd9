"""The domain's values as the contract shows them."""

from datetime import UTC, datetime

from switchhook.domain.activity import Activity, RecordRef, Slot, SlotFile
from switchhook.domain.facts.event import Event
from switchhook.ports.admin import Story
from switchhook.runtime.api.route import Json


def instant(at: datetime) -> str:
    """A time as the contract has it: RFC 3339 in UTC with Z, milliseconds only where there are any."""
    shown = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return shown.replace("+00:00", "").removesuffix(".000") + "Z"


def instant_or_null(at: datetime | None) -> str | None:
    """The same for a time that may not be known."""
    return None if at is None else instant(at)


def activity_json(activity: Activity, *, instance_url: str) -> Json:
    """An activity as a list shows it; `instance_url` is where its records can be opened."""
    return {
        "id": activity.id,
        "kind": activity.kind.value,
        "provider": activity.provider,
        "source": activity.source,
        "external_id": activity.external_id,
        "occurrence": activity.occurrence,
        "state": activity.state.value,
        "rule": activity.rule,
        "reason": activity.reason,
        "text": _text(activity),
        "party": {
            "raw": activity.party_raw,
            "e164": activity.party_e164,
            "email": activity.party_email,
        },
        "settings_version": activity.settings_version,
        "call_type": activity.call_type,
        "received_at": instant(activity.received_at),
        "ended_at": instant_or_null(activity.ended_at),
        "due_at": instant_or_null(activity.due_at),
        "backfilled": activity.backfilled,
        "replays": activity.replays,
        "slots": [_slot(slot, instance_url) for slot in activity.slots],
    }


def _text(activity: Activity) -> str:
    """The state in words; a replay says whose settings decided (AC-2)."""
    if activity.settings_at is None or activity.settings_version is None:
        return activity.in_words
    return f"{activity.in_words} Replayed under settings version {activity.settings_version}."


def story_json(story: Story, *, instance_url: str) -> Json:
    """An activity with everything that led to it.

    Candidates and explanation are the last decision's, followed by what late facts changed since.
    """
    decided = sorted(story.decisions, key=lambda decision: decision.number)
    last = next((one for one in reversed(decided) if not one.amends), None)
    amending = [one for one in decided if one.amends and (not last or one.number > last.number)]
    steps = [step for one in (*([last] if last else []), *amending) for step in one.explanation]
    return {
        **activity_json(story.entry.head, instance_url=instance_url),
        "candidates": [dict(found) for found in last.candidates] if last else [],
        "explanation": [dict(step) for step in steps],
        "salesforce_calls": [
            {"at": instant(call.at), "what": call.what, "status": call.status}
            for decision in decided
            for call in decision.salesforce_calls
        ],
        "events": [
            _event(event)
            for event in sorted(story.entry.events, key=lambda e: (e.received_at, e.event_id))
        ],
    }


def _slot(slot: Slot, instance_url: str) -> Json:
    created, owner = slot.created, slot.owner
    return {
        "slot": slot.number,
        "kind": slot.kind.value,
        "state": slot.state.value,
        "key": slot.key,
        "record": record_json(slot.record or created, instance_url),
        "attached": record_json(slot.attached, instance_url),
        "owner": None if owner is None else {"id": owner.user_id, "rule": owner.rule},
        "created_person": None if created is None else {"type": created.type, "id": created.id},
        "salesforce_id": slot.salesforce_id,
        "rules": list(slot.rules),
        "error": slot.error,
        "files": [_file(file) for file in slot.files],
    }


def _file(file: SlotFile) -> Json:
    """A file as it stands; the transcript that is made here has no address."""
    shown = {
        "number": file.number,
        "name": file.name,
        "state": file.state.value,
        "reason": file.reason,
    }
    return shown if file.url is None else {**shown, "url": file.url}


def record_json(record: RecordRef | None, instance_url: str) -> Json | None:
    """A record with the address where Salesforce opens it."""
    if record is None:
        return None
    # Salesforce opens any record at /<id>, in Classic and in Lightning.
    url = f"{instance_url}/{record.id}" if instance_url else None
    return {"type": record.type, "id": record.id, "url": url}


def _event(event: Event) -> Json:
    return {
        "event_id": event.event_id,
        "type": event.type,
        "ended": event.ended,
        "occurred_at": instant(event.occurred_at),
        "received_at": instant(event.received_at),
    }
