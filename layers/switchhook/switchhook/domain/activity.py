"""The ledger's view of an activity: identity, slots and their files, states, the keys of its writes."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from switchhook.domain.facts.chat import ChatAction
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.facts.people import Agent

LATE_FACTS = " Late facts: "
"""What stands between an activity's state in words and the note on what came late."""


class FileState(StrEnum):
    """PENDING: nothing of it can be in the org. SENDING: it may be. STORED: it is. REFUSED: it never will."""

    PENDING = "pending"
    SENDING = "sending"
    STORED = "stored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFile:
    """One file of a Task or Case; `path` is its key in the org: it names slot and number.

    Number, path and url are frozen when the file is first planned. `url` None stands for the whole
    transcript, which is made here instead of fetched. `reason` says why a file is refused, or why it
    waits. `tries` counts what failed, `due_at` is when it is tried or looked for again. `sent_at` and
    `fence_until` belong to its newest upload, `lookups` counts the look-ups since. `size_bytes` is
    known from its first upload on.
    """

    number: int
    name: str
    path: str
    url: str | None = None
    state: FileState = FileState.PENDING
    reason: str | None = None
    tries: int = 0
    lookups: int = 0
    due_at: datetime | None = None
    sent_at: datetime | None = None
    fence_until: datetime | None = None
    version_id: str | None = None
    size_bytes: int | None = None

    @property
    def is_open(self) -> bool:
        """True while something is still to be done for this file."""
        return self.state in (FileState.PENDING, FileState.SENDING)


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


class OwnerKind(StrEnum):
    """As what a user owns a Task or Case.

    LEAD_OWNER took part in the conference with their lead; CONFERENCE_ELSE stands for a lead's owner who
    did not.
    """

    AGENT = "agent"
    TENANTS_CHOICE = "tenants_choice"
    CONNECTING_USER = "connecting_user"
    LEAD_OWNER = "lead_owner"
    CONFERENCE_ELSE = "conference_else"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChoice:
    """Who will own a Task or Case, as what, and which rule chose so.

    `kind` is None in what was stored before there was one; `ownership.kind_of_owner` knows it then.
    """

    user_id: str
    rule: str
    text: str
    kind: OwnerKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One Task or Case that an activity writes.

    Number, key, kind, parties and mode are frozen with the first intent. `record` is what it hangs
    on, or None while the person is still to be made (`creates` then names the object type).
    `error` says in words why it cannot be written, `error_code` why in Salesforce's code or ours.
    `attached` is the Case or Opportunity that a Task also hangs on (AC-11); `creates_case` says that
    the Case is made in the same request (AC-13). `written` and `intended` are hashes by field name of
    what we last wrote, and of what else may be there after a write that was not answered (SH-5).
    `who` names the other side in the Task's subject; `agent` is a hash of whom `owner` was chosen for.
    `files` are what the Task or Case gets attached once it is there (CX-56). `told` is a hash of what of
    a chat was brought to the person's record (CX-19). `is_left_open` says whether a call's Task was
    planned to stay open; None for a chat's slot and in what was stored before there was one.
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
    error_code: str | None = None
    attached: RecordRef | None = None
    creates_case: bool = False
    written: Mapping[str, str] = field(default_factory=dict)
    intended: Mapping[str, str] = field(default_factory=dict)
    who: str | None = None
    agent: str | None = None
    files: tuple[SlotFile, ...] = ()
    told: str | None = None
    is_left_open: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualChoice:
    """What an agent chose to record a chat as (CX-34); the agent is its owner."""

    action: ChatAction
    agent: Agent
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceCall:
    """One request made to the tenant's org while deciding or writing."""

    at: datetime
    what: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a head carries of its events, for a further one to be taken in without reading them.

    `first_at` is when the first of them happened, `over_at` and `last_over_at` when the first and the last
    did after which nobody writes any more. `people` are digests of all that they say of who took part;
    None where that is not known.
    """

    first_at: datetime
    over_at: datetime | None = None
    last_over_at: datetime | None = None
    people: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """The ledger's head item of one activity.

    `version` grows by one with every write and guards it. `due_at` is when the caretaker looks at it
    again. `sent_at` and `fence_until` belong to the newest intent; `lookups` counts the look-ups
    since. `text` says the state in words an admin can read. `backfilled` says that it was handed in
    later instead of told by its provider. `settings_at` is set by a replay: the settings in force then
    decide, instead of those of the call's end (AC-2); `replays` counts them.
    `late_at` is when facts that came after the first intent are to be looked at (SH-5); once the
    activity is logged, `due_at` says so. `action` is what a chat is recorded as since something of it may
    be in the org; it stays (CX-27). `chosen` is what an agent chose by hand (CX-34). `late_note` is the
    newest word on late facts (SH-5). `told` is what it carries of its events; None where its kind carries
    nothing, or where it was last written by a release that did not: then they are read.
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
    backfilled: bool = False
    settings_at: datetime | None = None
    replays: int = 0
    late_at: datetime | None = None
    action: ChatAction | None = None
    chosen: ManualChoice | None = None
    late_note: str = ""
    told: Told | None = None

    @property
    def in_words(self) -> str:
        """All that an admin reads of the activity: its state, and what came late."""
        return f"{self.text}{LATE_FACTS}{self.late_note}" if self.late_note else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An activity as the ledger holds it: the head and every normalised event taken in."""

    head: Activity
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """What was decided the n-th time, with what it was decided from; JSON-ready values.

    `amends` says that late facts changed what the decision before it wrote (SH-5); that one still holds.
    """

    number: int
    at: datetime
    settings_version: int
    candidates: tuple[Mapping[str, object], ...]
    explanation: tuple[Mapping[str, str], ...]
    salesforce_calls: tuple[SalesforceCall, ...]
    amends: bool = False


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
