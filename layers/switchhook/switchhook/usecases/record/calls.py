"""What is done with a call alone: it is opened, decided, and brought up to date with what came late (SH-5).

A party is pinned, cached a moment ago, made by ourselves, or searched for. Of matched contacts it is read too
what a call can also be logged on: open Cases or Opportunities (AC-11).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from switchhook.domain.activity import FINAL, Activity, Entry, RecordRef
from switchhook.domain.calls.decide import decide
from switchhook.domain.calls.merging import merge_events
from switchhook.domain.calls.places import contacts_to_ask
from switchhook.domain.calls.screening import acting_agent, call_type, external_ends, screen
from switchhook.domain.connection import Connection
from switchhook.domain.decision import (
    Candidate,
    CandidateSource,
    DecisionInput,
    OrgFacts,
    PartyCandidates,
    Screened,
    Skip,
)
from switchhook.domain.errors import Permanent, SwitchhookError
from switchhook.domain.facts.event import CallFacts, Participant
from switchhook.domain.facts.people import Agent, Party, People
from switchhook.domain.matching.choosing import as_account
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import AttachTo, LateFacts, MatchType, Settings, makes_cases
from switchhook.domain.timing import EDIT_SETTLES_IN
from switchhook.domain.writing.claims import Claim, Known
from switchhook.domain.writing.late_facts import Revision, revise
from switchhook.ports.ledger import Directory, Entries, NumberPlan
from switchhook.usecases.record import claims
from switchhook.usecases.record.gather import Access, Looked, living, note_usage
from switchhook.usecases.record.late_tasks import (
    is_unsettled,
    read_tasks,
    update_tasks,
)
from switchhook.usecases.record.org import know_org
from switchhook.usecases.record.setbacks import LATE_FACTS, set_back
from switchhook.usecases.record.waiting import (
    look_again,
    place_in_flight,
    rest,
    until_usable,
    usable,
)
from switchhook.usecases.record.world import (
    Attempt,
    Deciding,
    Opening,
    Progress,
    Run,
    World,
    Writing,
    settings_of,
)

_OBJECTS = {
    MatchType.CONTACT: "Contact",
    MatchType.LEAD: "Lead",
    MatchType.ACCOUNT: "Account",
    MatchType.PERSON_ACCOUNT: "Account",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCall:
    """A call with what its tenant has set."""

    head: Activity
    call: CallFacts
    settings: Settings
    people: People
    screened: Screened | Skip
    first_party: Party | None
    first_raw: str | None

    @property
    def keys(self) -> tuple[str, ...]:
        """Each party's number."""
        return () if isinstance(self.screened, Skip) else _keys(self.screened)

    @property
    def gist(self) -> object:
        """The rule that skips the call; else its parties, for nobody else is to be looked for."""
        return self.screened.rule if isinstance(self.screened, Skip) else _keys(self.screened)

    @property
    def first_email(self) -> str | None:
        """The address that the provider tells of the other side."""
        return self.call.external_email

    @property
    def agent(self) -> Agent | None:
        """Whose call it was."""
        return acting_agent(self.call, self.people)

    @property
    def began_at(self) -> datetime:
        """When it was first told of: nothing is written before."""
        return self.head.received_at

    @property
    def ended_at(self) -> datetime | None:
        """When the call ended, as far as that was told."""
        return self.call.ended_at

    @property
    def call_type(self) -> str | None:
        """The type that decides whether and how the call is logged (AC-3)."""
        return call_type(self.call).value

    @property
    def takes_late_facts(self) -> bool:
        """As the tenant wants it (SH-5)."""
        return self.settings.late_facts is not LateFacts.IGNORE

    @property
    def writes_mapped_fields(self) -> bool:
        """A call's fields are fixed."""
        return False

    @property
    def object_types(self) -> tuple[str, ...]:
        """Those that the tenant logs calls on, in the order of its priority (AC-16)."""
        return tuple(dict.fromkeys(_OBJECTS[kind] for kind in self.settings.matching.priority))

    def at(self, head: Activity) -> "OpenedCall":
        """The same call, its head moved on."""
        return replace(self, head=head)

    def makes_case(self, facts: OrgFacts) -> bool:
        """Where the settings say so; the Case bears a key only where Tasks do (SH-7)."""
        return facts.task_key and makes_cases(self.settings)

    def may_be_remembered(self, party: str, record: RecordRef) -> bool:  # noqa: ARG002
        """Any match of a number may be."""
        return True

    def look(
        self, access: Access, known: Mapping[str, Known], attempt: Attempt, deciding: Deciding
    ) -> Looked | tuple[Claim, ...]:
        """Find each party, and what else the call can hang on; then decide."""
        assert isinstance(self.screened, Screened), "only what passed the screen is looked at"
        parties = find_candidates(self, self.screened, access, known, attempt, deciding)
        asked = decision_input(self, self.screened, access.facts, parties, attempt)
        inputs = relate(asked, self.head, access, attempt, deciding)
        if not isinstance(inputs, DecisionInput):
            return inputs
        return Looked(parties=inputs.parties, decision=decide(inputs))


def _keys(screened: Screened) -> tuple[str, ...]:
    return tuple(party.key for party in screened.parties)


def open_call(entry: Entry, opening: Opening) -> OpenedCall:
    """Everything about a call that needs no look into Salesforce.

    Raises:
        Permanent: the tenant is gone.
    """
    head, call = entry.head, merge_events(entry.events)
    settings = settings_of(head, call.ended_at, opening.tenants)
    people = opening.tenants.people(head.tenant)
    ends = external_ends(call)
    parties = readable_parties(call, settings, opening.numbers)
    return OpenedCall(
        head=head,
        call=call,
        settings=settings,
        people=people,
        screened=screen(call, parties=parties, settings=settings, people=people),
        first_party=parties[0] if parties else None,
        first_raw=ends[0].number if ends else call.external_number,
    )


def readable_parties(call: CallFacts, settings: Settings, numbers: NumberPlan) -> tuple[Party, ...]:
    """The external ends of a call whose numbers can be read."""
    found = (_party(end, settings, numbers) for end in external_ends(call))
    return tuple(party for party in found if party is not None)


def _party(end: Participant, settings: Settings, numbers: NumberPlan) -> Party | None:
    number = numbers.parse(end.number, regions=(settings.default_region,))
    if number is None:
        return None
    return Party(
        key=number.e164, number=number, raw=end.number or "", name=end.name, email=end.email
    )


def decision_input(
    opened: OpenedCall,
    screened: Screened,
    facts: OrgFacts,
    parties: tuple[PartyCandidates, ...],
    attempt: Attempt,
) -> DecisionInput:
    """The values of one decision."""
    return DecisionInput(
        tenant=opened.head.tenant,
        call=opened.call,
        external_id=opened.head.external_id,
        screened=screened,
        parties=parties,
        settings=opened.settings,
        people=opened.people,
        org=facts,
        may_make_case=not attempt.without_case,
        seated=frozenset(party for slot in opened.head.slots for party in slot.parties),
        avoid_records=frozenset(attempt.avoid_records),
        avoid_users=frozenset(attempt.avoid_users),
    )


def find_candidates(
    opened: OpenedCall,
    screened: Screened,
    access: Access,
    known: Mapping[str, Known],
    attempt: Attempt,
    deciding: Deciding,
) -> tuple[PartyCandidates, ...]:
    """Every record that may be one of the parties; at most one Salesforce search for all of them.

    A party whose match a person chose, or that was cached a moment ago, needs no search. What we created
    ourselves is known from the directory, however far Salesforce's search index lags (SH-1).
    """
    if not screened.parties:
        return ()  # A call between agents, which is on no record.
    now = deciding.run.now()
    settled = {
        key: match
        for key, about in known.items()
        if (match := _settled(about, opened, screened, now)) is not None
    }
    if not attempt.search_afresh and len(settled) == len(screened.parties):
        return tuple(
            PartyCandidates(party=party, candidates=(settled[party.key],))
            for party in screened.parties
        )
    answer = deciding.org.search.search(
        access.grant, access.facts, screened.parties, opened.settings.matching
    )
    attempt.note("search for the number", "ok")
    note_usage(access.connection, answer.usage, deciding.sessions.connections)
    found = {key: _with_known(answer.candidates, about) for key, about in known.items()}
    return tuple(
        PartyCandidates(
            party=party,
            candidates=tuple(living(candidate, attempt) for candidate in found[party.key]),
        )
        for party in screened.parties
    )


def _settled(
    about: Known, opened: OpenedCall, screened: Screened, now: datetime
) -> Candidate | None:
    """The match that is known without a search: a person's choice (XB-20), else the cached one."""
    if about.pin is None:
        return _cached(about, opened.settings, now)
    # Who owns a lead changes in Salesforce, and in a conference that may decide (PC-18).
    by_owner = opened.settings.ownership.conference_lead_owner and len(screened.parties) > 1
    is_lead = about.pin.record.type == "Lead"
    return None if by_owner and is_lead else about.pin.candidate


def _cached(about: Known, settings: Settings, now: datetime) -> Candidate | None:
    match = about.match
    if match is None or match.expires_at <= now or match.settings_version != settings.version:
        return None
    return replace(match.candidate, source=CandidateSource.CACHE)


def _with_known(found: tuple[Candidate, ...], about: Known) -> tuple[Candidate, ...]:
    """What was found, what we created for the party, and its pin; the org's word on the pin is newer."""
    seen = {candidate.record.id for candidate in found}
    created = tuple(
        Candidate(record=claim.record, source=CandidateSource.CREATED)
        for claim in about.claims
        if claim.record is not None and claim.record.id not in seen
    )
    if about.pin is None:
        return (*found, *created)
    newest = {account.record: account for account in map(as_account, found)}
    pin = newest.get(about.pin.record, about.pin.candidate)
    return (*found, *created, replace(pin, source=CandidateSource.PIN))


_NOT_FOR_US = frozenset({"INVALID_TYPE", "INVALID_FIELD", "INSUFFICIENT_ACCESS", "NOT_FOUND"})
"""How Salesforce says that the connected user may not see the object or its link to contacts."""


def relate(
    inputs: DecisionInput, head: Activity, access: Access, attempt: Attempt, deciding: Deciding
) -> DecisionInput | tuple[Claim, ...]:
    """The inputs with every contact's open Cases or Opportunities; at most one Salesforce request.

    Gives the claims instead while another activity is just making a Case for one of the contacts
    (AC-13). Claims are read before the query: a Case whose claim is done but that the query does not
    show is open no more.

    Raises:
        SessionExpired, BudgetSpent, Permanent, Retryable.
    """
    contacts = contacts_to_ask(inputs)
    if not contacts:
        return inputs
    if inputs.may_make_case and makes_cases(inputs.settings):
        held = _held(contacts, head, attempt, deciding.directory)
        if held and not _unverifiable(held, head.tenant, deciding.entries, deciding.run):
            return held
        if held:
            attempt.learn(Rule.AC_13, _might_be_second(held[0].holder))
            inputs = replace(inputs, may_make_case=False)
    attach_to = inputs.settings.calls.attach_to
    try:
        answer = deciding.org.records.open_related(access.grant, attach_to, contacts)
    except Permanent as error:
        if error.code not in _NOT_FOR_US:
            raise
        return _blind(inputs, attach_to, error, attempt)
    attempt.note(f"look for the contact's open {_plural(attach_to)}", "ok")
    note_usage(access.connection, answer.usage, deciding.sessions.connections)
    return replace(inputs, related=answer.related)


def _might_be_second(holder: str) -> str:
    return (
        f"Activity {holder} may have made a Case for this contact, which could not be verified;"
        " another one might be the second, so none is made."
    )


def _held(
    contacts: Iterable[str], head: Activity, attempt: Attempt, directory: Directory
) -> tuple[Claim, ...]:
    known = {contact: directory.known(head.tenant, contact) for contact in contacts}
    for contact, about in known.items():
        for claim in about.claims:
            if claim.record is not None:
                attempt.used_up[contact] = claim.record
    return claims.held_by_others(known.values(), head)


def _unverifiable(held: tuple[Claim, ...], tenant: str, entries: Entries, run: Run) -> bool:
    """True where every holder gave up without knowing what it made: nobody completes its claim."""
    return all(
        claim.fence_until <= run.now() and _has_ended(tenant, claim.holder, entries)
        for claim in held
    )


def _has_ended(tenant: str, activity_id: str, entries: Entries) -> bool:
    entry = entries.read(tenant, activity_id)
    return entry is None or entry.head.state in FINAL


def _blind(
    inputs: DecisionInput, attach_to: AttachTo, error: Permanent, attempt: Attempt
) -> DecisionInput:
    """The call is logged on the contact alone where the connected user may not see the rest."""
    plural = _plural(attach_to)
    attempt.note(f"look for the contact's open {plural}", error.code)
    attempt.learn(
        Rule.AC_11,
        f"The connected user may not see {plural} ({error.code}), so the call is logged on the"
        f" contact alone. Give the user read access to {plural} and their contacts.",
    )
    return replace(inputs, sees_related=False)


def _plural(attach_to: AttachTo) -> str:
    return "Cases" if attach_to is AttachTo.CASE else "Opportunities"


def update_call(entry: Entry, attempt: Attempt, world: World) -> Progress:
    """Write what all facts together would have written otherwise; ask nothing where they would not.

    The settings version, the record and the number of Tasks stay; the owner follows the agent, status
    and subject follow the type of the call. What a person changed is left alone.
    """
    head = entry.head
    try:
        opened = open_call(entry, world.opening)
    except Permanent:
        return rest(head, world.books)
    if opened.settings.late_facts is LateFacts.IGNORE:
        return rest(head, world.books)
    stored = world.deciding.org.memory.recall(head.tenant)
    if stored is not None and not _revisions(opened, stored.facts, attempt, world.opening.numbers):
        return rest(head, world.books)
    connection = world.sessions.connections.read(head.tenant)
    if connection is None or not usable(connection):
        return until_usable(head, connection, world.books)
    with place_in_flight(opened, world.sessions) as has_place:
        if not has_place:
            why = "the tenant already has as many requests in flight as its settings allow."
            return look_again(head, world.books, after_s=2, why=why)
        return _ask_and_update(opened, connection, attempt, world.deciding, world.writing)


def _revisions(
    opened: OpenedCall, facts: OrgFacts, attempt: Attempt, numbers: NumberPlan
) -> tuple[Revision, ...]:
    """What is to change, Task by Task; the org's facts only say whose and of which status they are."""
    inputs = DecisionInput(
        tenant=opened.head.tenant,
        call=opened.call,
        external_id=opened.head.external_id,
        screened=_screened(opened, numbers),
        parties=(),
        settings=opened.settings,
        people=opened.people,
        org=facts,
        avoid_users=frozenset(attempt.avoid_users),
    )
    before = opened.head.call_type
    revised = (revise(inputs, slot, call_type_before=before) for slot in opened.head.slots)
    return tuple(revision for revision in revised if revision is not None)


def _screened(opened: OpenedCall, numbers: NumberPlan) -> Screened:
    """The call as it would have passed; one that would be skipped by now keeps its parties."""
    if isinstance(opened.screened, Screened):
        return opened.screened
    logged = {party for slot in opened.head.slots for party in slot.parties}
    readable = readable_parties(opened.call, opened.settings, numbers)
    parties = {party.key: party for party in readable if party.key in logged}
    return Screened(parties=tuple(parties.values()), call_type=call_type(opened.call))


def _ask_and_update(
    opened: OpenedCall,
    connection: Connection,
    attempt: Attempt,
    deciding: Deciding,
    writing: Writing,
) -> Progress:
    try:
        grant = deciding.sessions.grants.opened(connection)
        facts = know_org(opened, connection, grant, attempt, deciding.org, deciding.run)
        revisions = _revisions(opened, facts, attempt, deciding.opening.numbers)
        standing = read_tasks(revisions, grant, attempt, writing.records)
    except SwitchhookError as error:
        return set_back(opened.head, error, LATE_FACTS, attempt, writing.books, deciding.sessions)
    if any(is_unsettled(task, deciding.run) for task in standing.values()):
        why = "somebody has just changed the Task in Salesforce."
        return look_again(
            opened.head, writing.books, after_s=EDIT_SETTLES_IN.total_seconds(), why=why
        )
    if not deciding.run.has_time_to_send():
        why = "too little of this run is left; the next run goes on."
        return look_again(opened.head, writing.books, after_s=0, why=why)
    return update_tasks(opened, revisions, standing, grant, attempt, writing)
