"""The ledger's view of an activity: its identity, its slots, its states, and the keys of its writes."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from switchhook.domain.events import Event, Kind


class State(StrEnum):
    """Where an activity stands; the last three are final."""

    PENDING = "pending"
    WAITING = "waiting"
    SENDING = "sending"
    UNKNOWN = "unknown"
    PARKED = "parked"
    LOGGED = "logged"
    SKIPPED = "skipped"
    FAILED = "failed"


FINAL = frozenset({State.LOGGED, State.SKIPPED, State.FAILED})


class SlotKind(StrEnum):
    """What a slot writes."""

    TASK = "task"
    CASE = "case"


class Mode(StrEnum):
    """How the org can recognise our key: a unique field of its own, or a standard field (SH-7)."""

    EXTERNAL_ID = "external_id"
    PACKAGE_FREE = "package_free"


class SlotState(StrEnum):
    """OPEN: nothing of it can be in the org. SENT: it may be. APPLIED: it is. REFUSED: it never will."""

    OPEN = "open"
    SENT = "sent"
    APPLIED = "applied"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class RecordRef:
    """A record in the tenant's org; `type` is the object's API name, `id` has 18 characters."""

    type: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChoice:
    """Who will own a Task or Case and which rule chose so."""

    user_id: str
    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One Task or Case that an activity writes.

    Number, key, kind, parties and mode are frozen with the first intent. `record` is what it hangs
    on, or None while the person is still to be made (`creates` then names the object type).
    """

    number: int
    key: str
    kind: SlotKind
    mode: Mode
    parties: tuple[str, ...]
    state: SlotState = SlotState.OPEN
    record: RecordRef | None = None
    creates: str | None = None
    created: RecordRef | None = None
    owner: OwnerChoice | None = None
    salesforce_id: str | None = None
    rules: tuple[str, ...] = ()
    refusals: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceCall:
    """One request made to the tenant's org while deciding or writing."""

    at: datetime
    what: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """The ledger's head item of one activity.

    `version` grows by one with every write and guards it. `due_at` is when the caretaker looks at it
    again. `sent_at` and `fence_until` belong to the newest intent; `lookups` counts the look-ups
    since. `text` says the state in words an admin can read.
    """

    tenant: str
    id: str
    kind: Kind
    provider: str
    source: str
    external_id: str
    occurrence: int
    received_at: datetime
    state: State = State.PENDING
    reason: str | None = None
    rule: str | None = None
    text: str = ""
    version: int = 0
    decisions: int = 0
    tries: int = 0
    due_at: datetime | None = None
    sent_at: datetime | None = None
    fence_until: datetime | None = None
    lookups: int = 0
    ended_at: datetime | None = None
    settings_version: int | None = None
    call_type: str | None = None
    party_raw: str | None = None
    party_e164: str | None = None
    party_email: str | None = None
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An activity as the ledger holds it: the head and every normalised event taken in."""

    head: Activity
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """What was decided the n-th time, with what it was decided from; JSON-ready values."""

    number: int
    at: datetime
    settings_version: int
    candidates: tuple[Mapping[str, object], ...]
    explanation: tuple[Mapping[str, str], ...]
    salesforce_calls: tuple[SalesforceCall, ...]


def activity_id(*, tenant: str, source: str, external_id: str, occurrence: int = 1) -> str:
    """The identity of an activity: the same call or chat has the same id however often it is told."""
    named = json.dumps([tenant, source, external_id, occurrence], ensure_ascii=False)
    return _base32(named)[:26]


def slot_key(*, activity: str, kind: SlotKind, number: int) -> str:
    """The mark a slot leaves in the org, so that doing it twice can be seen (SH-1)."""
    named = json.dumps([activity, kind.value, number])
    return "sh1:" + _base32(named)[:26]


def _base32(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return base64.b32encode(digest).decode("ascii").lower()
