"""Reads what a decision is made from: the facts, settings, people, what is known of the parties."""

from dataclasses import dataclass
from datetime import datetime

from switchhook.domain.activity import Activity, Entry
from switchhook.domain.calls.merging import merge_events
from switchhook.domain.calls.screening import acting_agent, external_ends, screen
from switchhook.domain.chats.merging import merge_chat
from switchhook.domain.chats.screening import AwaitTrigger, ChatScreened, party_of, with_chooser
from switchhook.domain.chats.screening import screen as screen_chat
from switchhook.domain.connection import ApiUsage, Connection, Grant
from switchhook.domain.decision import (
    DecisionInput,
    OrgFacts,
    PartyCandidates,
    Screened,
    Skip,
)
from switchhook.domain.errors import Permanent
from switchhook.domain.facts.chat import ChatFacts
from switchhook.domain.facts.event import CallFacts, Kind, Participant
from switchhook.domain.facts.people import Agent, Party, People
from switchhook.domain.settings.schema import Settings
from switchhook.domain.writing.claims import Known
from switchhook.usecases.record.world import Attempt, World

_USAGE_STEP = 0.01

type Screening = Screened | ChatScreened | AwaitTrigger | Skip
"""What can be said of an activity without a look into Salesforce; AwaitTrigger: a chat is not due yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An activity with what its tenant has set: all that is needed to screen it.

    Of a chat `chat` holds the facts and `call` is empty; `screened` may say that it is not due yet.
    """

    head: Activity
    call: CallFacts
    settings: Settings
    people: People
    screened: Screening
    first_party: Party | None
    first_raw: str | None
    chat: ChatFacts | None = None

    @property
    def agent(self) -> Agent | None:
        """Whose call it was, or the last of a chat's agents."""
        if self.chat is None:
            return acting_agent(self.call, self.people)
        return self.chat.agents[-1] if self.chat.agents else None

    @property
    def ended_at(self) -> datetime | None:
        """When the call or the chat ended, as far as that was told."""
        return self.call.ended_at if self.chat is None else self.chat.ended_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The way into the tenant's org."""

    connection: Connection
    grant: Grant
    facts: OrgFacts


def open_case(entry: Entry, world: World) -> Case:
    """Everything about a call or chat that needs no look into Salesforce.

    Raises:
        Permanent: the tenant is gone.
    """
    if entry.head.kind is Kind.CHAT:
        return _open_chat(entry, merge_chat(entry.events), world)
    head, call = entry.head, merge_events(entry.events)
    settings = _settings(head, call.ended_at, world)
    people = world.tenants.people(head.tenant)
    ends = external_ends(call)
    parties = readable_parties(call, settings, world)
    return Case(
        head=head,
        call=call,
        settings=settings,
        people=people,
        screened=screen(call, parties=parties, settings=settings, people=people),
        first_party=parties[0] if parties else None,
        first_raw=ends[0].number if ends else call.external_number,
    )


def _settings(head: Activity, ended_at: datetime | None, world: World) -> Settings:
    settings = world.tenants.settings_at(
        head.tenant, head.settings_at or ended_at or head.received_at
    )
    if settings is None:
        raise Permanent(
            f"Tenant {head.tenant} does not exist any more; its calls are not logged.",
            code="tenant_deleted",
        )
    return settings


def _open_chat(entry: Entry, told: ChatFacts, world: World) -> Case:
    head, chat = entry.head, with_chooser(told, entry.head)
    settings = _settings(head, chat.ended_at, world)
    people = world.tenants.people(head.tenant)
    number = world.numbers.parse(chat.visitor.phone, regions=(settings.default_region,))
    visitor = party_of(chat, source=head.source, external_id=head.external_id, number=number)
    return Case(
        head=head,
        call=CallFacts(),
        settings=settings,
        people=people,
        screened=screen_chat(head, entry.events, chat, visitor, settings=settings, people=people),
        first_party=visitor.party,
        first_raw=visitor.party.raw or None,
        chat=chat,
    )


def readable_parties(call: CallFacts, settings: Settings, world: World) -> tuple[Party, ...]:
    """The external ends of a call whose numbers can be read."""
    found = (_party(end, settings, world) for end in external_ends(call))
    return tuple(party for party in found if party is not None)


def _party(end: Participant, settings: Settings, world: World) -> Party | None:
    number = world.numbers.parse(end.number, regions=(settings.default_region,))
    if number is None:
        return None
    return Party(
        key=number.e164, number=number, raw=end.number or "", name=end.name, email=end.email
    )


def know_parties(case: Case, screened: Screened | ChatScreened, world: World) -> dict[str, Known]:
    """What the directory knows of each party, of a chat's by each of its identifiers; one read each."""
    if isinstance(screened, ChatScreened):
        keys = screened.visitor.identifiers
    else:
        keys = tuple(party.key for party in screened.parties)
    return {key: world.directory.known(case.head.tenant, key) for key in keys}


def note_usage(connection: Connection, usage: ApiUsage | None, world: World) -> None:
    """Keep the tenant's API gauge; written only when it moved by a hundredth of the allowance."""
    if usage is None:
        return
    before = connection.usage
    moved = before is None or abs(usage.used - before.used) >= usage.limit * _USAGE_STEP
    if moved or (before is not None and before.limit != usage.limit):
        world.connections.note_usage(connection.tenant, usage, parked=connection.parked)


def decision_input(
    case: Case,
    screened: Screened,
    access: Access,
    parties: tuple[PartyCandidates, ...],
    attempt: Attempt,
) -> DecisionInput:
    """The values of one decision."""
    return DecisionInput(
        tenant=case.head.tenant,
        call=case.call,
        external_id=case.head.external_id,
        screened=screened,
        parties=parties,
        settings=case.settings,
        people=case.people,
        org=access.facts,
        may_make_case=not attempt.without_case,
        avoid_records=frozenset(attempt.avoid_records),
        avoid_users=frozenset(attempt.avoid_users),
    )
