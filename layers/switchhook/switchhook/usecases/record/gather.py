"""Opens an activity: its facts, settings and people, and what is known of its parties.

What differs from kind to kind is behind `Opened`; `kinds.STEPS` names who opens which kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from switchhook.domain.activity import Activity, RecordRef
from switchhook.domain.chats.screening import AwaitTrigger
from switchhook.domain.connection import ApiUsage, Connection, Grant
from switchhook.domain.decision import (
    Candidate,
    Decision,
    OrgFacts,
    PartyCandidates,
    Passed,
    Skip,
)
from switchhook.domain.facts.event import Event
from switchhook.domain.facts.people import Agent, Party, People
from switchhook.domain.queue_messages import EventMessage
from switchhook.domain.settings.schema import Settings
from switchhook.domain.writing.claims import Claim, Known
from switchhook.ports.ledger import Connections, Directory
from switchhook.usecases.record.world import Attempt, Deciding

_USAGE_STEP = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The way into the tenant's org."""

    connection: Connection
    grant: Grant
    facts: OrgFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A decision with the parties it was made for, and every record that each of them may be."""

    parties: tuple[PartyCandidates, ...]
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """The message as one of the next occurrence, with the ends that had overtaken its beginning."""

    message: EventMessage
    overtaken: tuple[Event, ...]


class Opened(Protocol):
    """An activity of any kind with what its tenant has set: all that is needed to screen it."""

    @property
    def head(self) -> Activity:
        """The activity as the ledger holds it."""

    @property
    def settings(self) -> Settings:
        """The settings in force when it ended (AC-2)."""

    @property
    def people(self) -> People:
        """The tenant's own people."""

    @property
    def screened(self) -> Passed | AwaitTrigger | Skip:
        """What can be said of it without a look into Salesforce; AwaitTrigger: it is not due yet."""

    @property
    def keys(self) -> tuple[str, ...]:
        """All that identifies the parties of what passed the screen."""

    @property
    def gist(self) -> object:
        """What has to be another for a skipped one to be decided again."""

    @property
    def first_party(self) -> Party | None:
        """Whom the activity is listed under."""

    @property
    def first_raw(self) -> str | None:
        """Who that is in the provider's words."""

    @property
    def first_email(self) -> str | None:
        """An e-mail address that was told where nobody is a party."""

    @property
    def agent(self) -> Agent | None:
        """Whose activity it is."""

    @property
    def began_at(self) -> datetime:
        """From when on something of it can be in the org."""

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, as far as that was told."""

    @property
    def call_type(self) -> str | None:
        """The type of a call, by all that is known of it."""

    @property
    def takes_late_facts(self) -> bool:
        """Tells whether what comes after it was logged is looked at."""

    @property
    def writes_mapped_fields(self) -> bool:
        """Tells whether it writes fields by the tenant's mapping, which the org must have told of."""

    @property
    def object_types(self) -> tuple[str, ...]:
        """The kinds of record that it can hang on where a duplicate rule names one, best first."""

    def at(self, head: Activity) -> "Opened":
        """The same, its head moved on."""

    def makes_case(self, facts: OrgFacts) -> bool:
        """Tells whether it may make a Case, so that the org has to tell of Cases."""

    def may_be_remembered(self, party: str, record: RecordRef) -> bool:
        """Tells whether the next activity of a party may take the match over without a search."""

    def look(
        self, access: Access, known: Mapping[str, Known], attempt: Attempt, deciding: Deciding
    ) -> Looked | tuple[Claim, ...]:
        """Read what is missing of the org, and decide; only what passed the screen is looked at.

        Gives the claims instead while another activity is just making a Case for one of the contacts.
        """


def know_parties(opened: Opened, directory: Directory) -> dict[str, Known]:
    """What the directory knows of each party, by everything that identifies one; one read each."""
    return {key: directory.known(opened.head.tenant, key) for key in opened.keys}


def living(candidate: Candidate, attempt: Attempt) -> Candidate:
    """The candidate, or what it became: the record it was merged into, a lead's contact (XB-20)."""
    successor = attempt.successors.get(candidate.record.id)
    if successor is None:
        return candidate
    return replace(candidate, record=successor, is_converted=False, converted_contact_id=None)


def note_usage(connection: Connection, usage: ApiUsage | None, connections: Connections) -> None:
    """Keep the tenant's API gauge; written only when it moved by a hundredth of the allowance."""
    if usage is None:
        return
    before = connection.usage
    moved = before is None or abs(usage.used - before.used) >= usage.limit * _USAGE_STEP
    if moved or (before is not None and before.limit != usage.limit):
        connections.note_usage(connection.tenant, usage, parked=connection.parked)
