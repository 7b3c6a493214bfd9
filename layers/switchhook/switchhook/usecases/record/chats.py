"""Opens a chat, finds who its visitor is, and decides it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from switchhook.domain.activity import Activity, Entry, RecordRef, SlotKind, Told, activity_id
from switchhook.domain.chats.decide import ChatInput, decide_chat, kind_of
from switchhook.domain.chats.files import note_lines
from switchhook.domain.chats.matching import Visit, match_visitor, searched_object
from switchhook.domain.chats.merging import merge_chat
from switchhook.domain.chats.revisions import told_mark, values_for
from switchhook.domain.chats.screening import (
    OVER,
    AwaitTrigger,
    ChatParty,
    ChatScreened,
    party_of,
    screen,
    with_chooser,
)
from switchhook.domain.decision import (
    Candidate,
    CandidateSource,
    Decision,
    OrgFacts,
    PartyCandidates,
    PlannedSlot,
    Skip,
)
from switchhook.domain.facts.chat import AuthorKind, ChatAction, ChatFacts
from switchhook.domain.facts.event import Event
from switchhook.domain.facts.people import Agent, Party, People
from switchhook.domain.matching.choosing import Matched
from switchhook.domain.queue_messages import EventMessage
from switchhook.domain.settings.schema import Reopen, Settings
from switchhook.domain.settings.values import PHONE
from switchhook.domain.writing.claims import Claim, Known
from switchhook.ports.ledger import Entries, TenantReader
from switchhook.ports.org import OrgRecords
from switchhook.usecases.record.gather import Access, Looked, Reopened, living, note_usage
from switchhook.usecases.record.world import Attempt, Deciding, Opening, Run, settings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedChat:
    """A chat with what its tenant has set."""

    head: Activity
    chat: ChatFacts
    settings: Settings
    people: People
    screened: ChatScreened | AwaitTrigger | Skip
    first_party: Party
    first_raw: str | None

    @property
    def keys(self) -> tuple[str, ...]:
        """All that identifies the visitor."""
        screened = self.screened
        return screened.visitor.identifiers if isinstance(screened, ChatScreened) else ()

    @property
    def gist(self) -> object:
        """What the chat becomes, what it waits for, or the rule that skips it."""
        match self.screened:
            case ChatScreened():
                return self.screened.chosen.action
            case AwaitTrigger():
                return self.screened.waits_for
            case Skip():
                return self.screened.rule

    @property
    def first_email(self) -> str | None:
        """None: a chat always has its visitor as party."""
        return None

    @property
    def agent(self) -> Agent | None:
        """The last of the chat's agents."""
        return self.chat.agents[-1] if self.chat.agents else None

    @property
    def began_at(self) -> datetime:
        """When the chat began by what was told: its start may have been recorded long before its end."""
        told = (self.chat.started_at, self.chat.ended_at, self.head.received_at)
        return min(at for at in told if at)

    @property
    def ended_at(self) -> datetime | None:
        """When the chat ended, as far as that was told."""
        return self.chat.ended_at

    @property
    def call_type(self) -> str | None:
        """None: a chat is no call."""
        return None

    @property
    def takes_late_facts(self) -> bool:
        """Always: a chat's end is no late fact of its start (CX-27)."""
        return True

    @property
    def writes_mapped_fields(self) -> bool:
        """Which field takes what can be configured (CX-20)."""
        return True

    @property
    def object_types(self) -> tuple[str, ...]:
        """Those that the action can hang on."""
        is_leads = self._passed.chosen.action is ChatAction.LEAD_TASK
        return ("Lead", "Contact") if is_leads else ("Contact",)

    def at(self, head: Activity) -> "OpenedChat":
        """The same chat, its head moved on."""
        return replace(self, head=head)

    def makes_case(self, facts: OrgFacts) -> bool:  # noqa: ARG002
        """Where its action writes one."""
        screened = self.screened
        return isinstance(screened, ChatScreened) and (
            kind_of(screened.chosen.action) is SlotKind.CASE
        )

    def may_be_remembered(self, party: str, record: RecordRef) -> bool:
        """Under the visitor's own key, unless that is a number.

        Calls look parties up by their numbers and match them otherwise, so those are not remembered.
        """
        visitor = self._passed.visitor.party
        by_number = visitor.number is not None and visitor.number.e164 == visitor.key
        is_own = party == visitor.key and not by_number
        return is_own and record.type == searched_object(self._passed.chosen.action)

    def look(
        self, access: Access, known: Mapping[str, Known], attempt: Attempt, deciding: Deciding
    ) -> Looked | tuple[Claim, ...]:
        """Find the visitor, then decide."""
        found = find_visitor(self, self._passed, access, known, attempt, deciding)
        decision = decide_visit(self, self._passed, access, found, known, attempt)
        return Looked(parties=(found,), decision=decision)

    @property
    def _passed(self) -> ChatScreened:
        assert isinstance(self.screened, ChatScreened), "only what passed the screen is looked at"
        return self.screened


def open_chat(entry: Entry, opening: Opening) -> OpenedChat:
    """Everything about a chat that needs no look into Salesforce.

    Raises:
        Permanent: the tenant is gone.
    """
    head, chat = entry.head, with_chooser(merge_chat(entry.events), entry.head)
    settings = settings_of(head, chat.ended_at, opening.tenants)
    people = opening.tenants.people(head.tenant)
    number = opening.numbers.parse(chat.visitor.phone, regions=(settings.default_region,))
    visitor = party_of(chat, source=head.source, external_id=head.external_id, number=number)
    return OpenedChat(
        head=head,
        chat=chat,
        settings=settings,
        people=people,
        screened=screen(head, entry.events, chat, visitor, settings=settings, people=people),
        first_party=visitor.party,
        first_raw=visitor.party.raw or None,
    )


_PEOPLE = (AuthorKind.VISITOR, AuthorKind.AGENT)


def next_chat(
    told: Told, event: Event, message: EventMessage, entries: Entries, tenants: TenantReader
) -> Reopened | None:
    """Move an event on to the next opening of its conversation, where each is recorded anew.

    An event that is later than the end it knows of, and says that somebody writes again, belongs there.
    Wrap-ups, notes and ratings stay with the opening they follow. Where an event comes before the end
    that parts it from an earlier one, it stays there: nothing that is taken in moves.
    """
    ended_at = told.over_at
    if ended_at is None or event.occurred_at <= ended_at:
        return None
    settings = tenants.settings_at(message.tenant, event.occurred_at)
    if settings is None or settings.chats.reopen is not Reopen.NEW:
        return None
    following = _following(message)
    if not _writes_again(event, ended_at) and not _has_begun(following, event, entries):
        return None
    if entries.holds(message.tenant, message.activity_id, event.event_id):
        return None
    return Reopened(message=following, overtaken=_overtaken(told, event, message, entries))


def _overtaken(
    told: Told, event: Event, message: EventMessage, entries: Entries
) -> tuple[Event, ...]:
    """The ends that are later than the event, although they were told of before it."""
    if told.last_over_at is None or told.last_over_at <= event.occurred_at:
        return ()
    entry = entries.read(message.tenant, message.activity_id)
    return tuple(
        known
        for known in (entry.events if entry else ())
        if known.trigger in OVER and known.occurred_at > event.occurred_at
    )


def _following(message: EventMessage) -> EventMessage:
    number = message.occurrence + 1
    named = activity_id(
        tenant=message.tenant,
        source=message.source,
        external_id=message.external_id,
        occurrence=number,
    )
    return replace(message, activity_id=named, occurrence=number)


def _writes_again(event: Event, ended_at: datetime) -> bool:
    """Tells whether the chat was begun again: by its start, or by somebody's words after the end."""
    if event.trigger is not None and event.trigger not in OVER:
        return True
    return any(
        (line.at or event.occurred_at) > ended_at
        for line in event.chat.transcript
        if line.author_kind in _PEOPLE
    )


def _has_begun(following: EventMessage, event: Event, entries: Entries) -> bool:
    head = entries.head(following.tenant, following.activity_id)
    if head is not None and head.told is not None:
        return head.told.first_at <= event.occurred_at
    entry = entries.read(following.tenant, following.activity_id) if head else None
    return entry is not None and any(
        known.occurred_at <= event.occurred_at for known in entry.events
    )


_EMAIL = "Email"


def find_visitor(
    opened: OpenedChat,
    screened: ChatScreened,
    access: Access,
    known: Mapping[str, Known],
    attempt: Attempt,
    deciding: Deciding,
) -> PartyCandidates:
    """Every record that may be the visitor; at most one Salesforce search.

    A pin, or the match of a moment ago, needs none. Whom we made for one of the visitor's identifiers
    is known from the directory (SH-1); by a weaker identifier than the visitor's own e-mail only where
    the record's e-mail does not say otherwise, which takes one more request.
    """
    party, visit = screened.visitor.party, _visit(opened, screened, attempt)
    settled = tuple(_settled_parties(screened, known, opened, deciding.run))
    if settled and not attempt.search_afresh and isinstance(match_visitor(visit, settled), Matched):
        return PartyCandidates(party=party, candidates=settled)
    answer = deciding.org.search.search(
        access.grant, access.facts, (party,), opened.settings.matching
    )
    attempt.note("search for the visitor", "ok")
    note_usage(access.connection, answer.usage, deciding.sessions.connections)
    sure, unsure = _made(opened, screened, known)
    candidates = [living(one, attempt) for one in (*answer.candidates, *sure)]
    candidates += [pin for about in known.values() if (pin := _pin(about)) is not None]
    if unsure and not isinstance(match_visitor(visit, candidates), Matched):
        candidates += _not_another(unsure, party.email, access, attempt, deciding.org.records)
    return PartyCandidates(party=party, candidates=tuple(candidates))


def _visit(opened: OpenedChat, screened: ChatScreened, attempt: Attempt) -> Visit:
    return Visit(
        tenant=opened.head.tenant,
        action=screened.chosen.action,
        party=screened.visitor.party,
        settings=opened.settings.matching,
        avoid_records=frozenset(attempt.avoid_records),
    )


def _settled_parties(
    screened: ChatScreened, known: Mapping[str, Known], opened: OpenedChat, run: Run
) -> Iterator[Candidate]:
    """What is known without a search: a person's choice (XB-20), else the match of a moment ago."""
    pins = [pin for about in known.values() if (pin := _pin(about)) is not None]
    if pins:
        yield from pins
        return
    match = known[screened.visitor.party.key].match
    if match is None or match.expires_at <= run.now():
        return
    if match.settings_version == opened.settings.version:
        yield replace(match.candidate, source=CandidateSource.CACHE)


def _pin(about: Known) -> Candidate | None:
    return about.pin.candidate if about.pin else None


def _made(
    opened: OpenedChat, screened: ChatScreened, known: Mapping[str, Known]
) -> tuple[list[Candidate], list[Candidate]]:
    """Whom we made of the action's kind: for surely this visitor, and for perhaps another."""
    wanted = searched_object(screened.chosen.action)
    sure_keys = set(_sure_keys(screened.visitor, opened, wanted))
    sure: dict[str, Candidate] = {}
    unsure: dict[str, Candidate] = {}
    for key, about in known.items():
        for claim in about.claims:
            if claim.record is not None and claim.object_type == wanted:
                made = Candidate(record=claim.record, source=CandidateSource.CREATED)
                (sure if key in sure_keys else unsure)[claim.record.id] = made
    return list(sure.values()), [one for id_, one in unsure.items() if id_ not in sure]


def _sure_keys(visitor: ChatParty, opened: OpenedChat, object_type: str) -> Iterator[str]:
    """The visitor's key, and the phone where the tenant recognises people by it."""
    yield visitor.party.key
    number = visitor.party.number
    if number is not None and PHONE in opened.settings.matching.identification.of(object_type):
        yield number.e164


def _not_another(
    unsure: Iterable[Candidate],
    email: str | None,
    access: Access,
    attempt: Attempt,
    records: OrgRecords,
) -> list[Candidate]:
    """Those whose own e-mail, if they have one by now, is the visitor's: a browser may be shared."""
    by_id = {one.record.id: one for one in unsure}
    object_type = next(iter(by_id.values())).record.type
    ids = [one.record.id for one in by_id.values() if one.record.type == object_type]
    stored = records.read(access.grant, object_type, ids, [_EMAIL])
    attempt.note("read whom the visitor was before", f"{len(stored)} found")
    allowed = {"", (email or "").casefold()}
    return [
        by_id[one.id]
        for one in stored
        if email is None or str(one.fields.get(_EMAIL) or "").casefold() in allowed
    ]


def decide_visit(
    opened: OpenedChat,
    screened: ChatScreened,
    access: Access,
    found: PartyCandidates,
    known: Mapping[str, Known],
    attempt: Attempt,
) -> Decision:
    """Decide the chat; its slot bears every identifier of the visitor, for the claims (SH-1)."""
    inputs = chat_input(opened, screened, access.facts, attempt)
    decision = decide_chat(replace(inputs, candidates=found.candidates))
    if isinstance(decision, Skip):
        return decision
    slots = (
        replace(
            one,
            parties=_claimed(one, screened, known),
            told=told_mark(values_for(inputs, one.person.object_type)) if one.person else None,
        )
        for one in decision.slots
    )
    return replace(decision, slots=tuple(slots))


def _claimed(
    plan: PlannedSlot, screened: ChatScreened, known: Mapping[str, Known]
) -> tuple[str, ...]:
    """The visitor's identifiers; of a new person only those that no other person was made for."""
    key, identifiers = screened.visitor.party.key, screened.visitor.identifiers
    if plan.person is None:
        return identifiers
    made = plan.person.object_type
    return tuple(one for one in identifiers if one == key or not _is_spent(known[one], made))


def _is_spent(about: Known, object_type: str) -> bool:
    return any(
        claim.record is not None and claim.object_type == object_type for claim in about.claims
    )


def chat_input(
    opened: OpenedChat, screened: ChatScreened, facts: OrgFacts, attempt: Attempt
) -> ChatInput:
    """The values of a decision on a chat, or of writing its Task or Case anew, without candidates."""
    return ChatInput(
        tenant=opened.head.tenant,
        chat=screened.chat,
        external_id=opened.head.external_id,
        chosen=screened.chosen,
        visitor=screened.visitor,
        settings=opened.settings,
        people=opened.people,
        org=facts,
        fields=facts.chat_fields,
        attachment_notes=tuple(
            line for slot in opened.head.slots for line in note_lines(slot.files)
        ),
        avoid_records=frozenset(attempt.avoid_records),
        avoid_users=frozenset(attempt.avoid_users),
    )
