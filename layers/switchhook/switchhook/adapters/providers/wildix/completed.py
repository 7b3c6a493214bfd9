"""Wildix's `call:completed`, the record of a call with all its flows, into facts.

Times and durations are milliseconds: in the vendor's own example the parts of a call add up to its
duration only so. A flow is what one agent had of the call; a transfer opens the next.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from switchhook.adapters.providers.body import usable_id
from switchhook.adapters.providers.shapes import EpochMs, Name, SecondsOfMs, Several, Url
from switchhook.adapters.providers.wildix.sides import (
    Sides,
    Wire,
    has_flag,
    not_answered,
    side_facts,
    way,
)
from switchhook.domain.calls.merging import combine
from switchhook.domain.facts.event import CallFacts, Direction, Outcome, Transfer

_SHARED = (
    "direction",
    "remote_phone",
    "caller",
    "callee",
    "destination",
    "service",
    "service_number",
    "queue_name",
    "call_status",
    "end_by",
    "end_cause",
    "end_cause_str",
    "tags",
)
"""What a flow may leave to the record around it."""


class Media(Wire):
    """A recording or a voicemail; its link asks for a token of the phone system."""

    url: Url = None


class Attachment(Wire):
    """One thing that belongs to a flow."""

    recording: Media | None = None
    voicemail: Media | None = None


class Flow(Sides):
    """One leg of a call."""

    flow_index: Name = None
    call_status: Name = None
    start_time: EpochMs = None
    end_time: EpochMs = None
    duration: SecondsOfMs = None
    connect_time: SecondsOfMs = None
    wait_time: SecondsOfMs = None
    queue_time: SecondsOfMs = None
    talk_time: SecondsOfMs = None
    split_reason: Name = None
    split_transfer_type: Name = None
    merge_with: object = None
    attachments: Several[Attachment] = None
    recordings_data: Several[Media] = None


class Record(Flow):
    """A whole call; one that has no list of flows is its only flow."""

    flows: Several[Flow] = None


def leg_of(record: Record) -> str | None:
    """The flow that an event speaks of alone, as `flow-<n>`; None when it tells of several."""
    told = record.flows or [record]
    index = told[0].flow_index
    return f"flow-{index}" if len(told) == 1 and usable_id(index) else None


def goes_on(record: Record) -> bool:
    """Whether a single flow was split off or joined to another, which is then told of too."""
    (flow,) = record.flows or [record]
    return any((flow.split_reason, flow.split_transfer_type, flow.merge_with))


def is_empty(record: Record) -> bool:
    """Whether nobody is told of, so that there is no call to speak of."""
    told = record.flows or [record]
    return not any(flow.caller or flow.callee or flow.remote_phone for flow in (*told, record))


def completed_facts(record: Record) -> CallFacts:
    """The whole call's facts, put together from its flows."""
    flows = [_completed(flow, record) for flow in record.flows or ()] or [record]
    facts = combine([_flow_facts(flow) for flow in flows])
    is_voicemail = has_flag(record, "voicemail") and facts.outcome is not Outcome.ANSWERED
    return replace(
        facts,
        outcome=Outcome.VOICEMAIL
        if is_voicemail and facts.direction is Direction.INBOUND
        else facts.outcome,
        recording_url=facts.recording_url or _recording_url(record),
        voicemail_url=facts.voicemail_url or _voicemail_url(record),
    )


def single_flow_facts(record: Record) -> CallFacts:
    """The facts of an event that tells one flow; the others come in events of their own."""
    (flow,) = record.flows or [record]
    return _flow_facts(_completed(flow, record))


def _completed(flow: Flow, record: Record) -> Flow:
    missing = [name for name in _SHARED if getattr(flow, name) is None]
    return flow.model_copy(update={name: getattr(record, name) for name in missing})


def _flow_facts(flow: Flow) -> CallFacts:
    direction = way(flow)
    outcome = _outcome(flow, direction)
    is_answered = outcome is Outcome.ANSWERED
    about = side_facts(flow, direction, is_answered=is_answered)
    wait_s = _wait_s(flow)
    return CallFacts(
        direction=direction,
        outcome=outcome,
        external_number=about.external_number,
        external_name=about.external_name,
        external_email=about.external_email,
        internal_number=about.internal_number,
        agent=about.agent,
        participants=about.participants,
        started_at=flow.start_time,
        answered_at=_later(flow.start_time, wait_s) if is_answered else None,
        ended_at=flow.end_time or _later(flow.start_time, flow.duration),
        wait_s=wait_s,
        talk_s=flow.talk_time if is_answered else 0.0,
        queue=about.queue,
        recording_url=_recording_url(flow),
        voicemail_url=_voicemail_url(flow),
        transfers=_change(flow),
        tags=about.tags,
    )


def _outcome(flow: Flow, direction: Direction | None) -> Outcome | None:
    """Voicemail before answered, for a mailbox talks too; the talk time before the status."""
    status = (flow.call_status or "").upper()
    if direction is not Direction.OUTBOUND and (
        _voicemail_url(flow) is not None or has_flag(flow, "voicemail")
    ):
        return Outcome.VOICEMAIL
    has_talked = bool(flow.talk_time) if flow.talk_time is not None else status == "COMPLETED"
    if has_talked and status != "MISSED":
        return Outcome.ANSWERED
    if "CANCEL" in status:
        return Outcome.CANCELED
    return not_answered(flow, direction)


def _wait_s(flow: Flow) -> float | None:
    parts = (flow.connect_time, flow.wait_time, flow.queue_time)
    stated = [part for part in parts if part is not None]
    return sum(stated) if stated else None


def _later(start: datetime | None, seconds: float | None) -> datetime | None:
    return None if start is None or seconds is None else start + timedelta(seconds=seconds)


def _recording_url(flow: Flow) -> str | None:
    attached = (one.recording for one in flow.attachments or () if one.recording is not None)
    urls = (media.url for media in (*attached, *(flow.recordings_data or ())))
    return next((url for url in urls if url), None)


def _voicemail_url(flow: Flow) -> str | None:
    attached = (one.voicemail for one in flow.attachments or () if one.voicemail is not None)
    return next((media.url for media in attached if media.url), None)


def _change(flow: Flow) -> tuple[Transfer, ...]:
    """The kind of the change of agents at this flow; who they were is told by the flows themselves."""
    if flow.split_transfer_type is None:
        return ()
    return (Transfer(kind=flow.split_transfer_type.lower().replace("_", " ")),)
