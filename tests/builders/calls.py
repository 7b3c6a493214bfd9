"""Builds the values that the rules are tested with; every field has a plain default."""

from datetime import UTC, datetime, timedelta

from switchhook.adapters.phone import NumberPlan
from switchhook.domain.activity import RecordRef
from switchhook.domain.calls.screening import external_ends, screen
from switchhook.domain.decision import (
    Candidate,
    CandidateSource,
    DecisionInput,
    OpenRelated,
    OrgFacts,
    PartyCandidates,
    Screened,
    Skip,
    TaskStatus,
)
from switchhook.domain.facts.event import CallFacts, Direction, Outcome, Participant, Role
from switchhook.domain.facts.people import Agent, OrgUser, Party, People
from switchhook.domain.settings.reading import merge_patch, resolve
from switchhook.domain.settings.schema import Settings

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ADA = "+14155550100"
BEN = "+14155550101"
CEM = "+14155550102"

NOBODY = People()
ADMIN = OrgUser(id="005000000000001AAA", name="Admin One", email="admin@example.com")
ANN = OrgUser(id="005000000000002AAA", name="Ann Agent", email="ann@example.com")

STATUSES = (
    TaskStatus(api_name="Not Started", is_closed=False, is_default=True),
    TaskStatus(api_name="In Progress", is_closed=False),
    TaskStatus(api_name="Completed", is_closed=True),
)


def a_call(**facts):
    """An answered call of 200 s from outside to Ann, unless said otherwise."""
    usual = {
        "direction": Direction.INBOUND,
        "outcome": Outcome.ANSWERED,
        "external_number": ADA,
        "external_name": "Ada Byron",
        "internal_number": "+14155550199",
        "agent": Agent(id="17", email="ann@example.com", name="Ann Agent", extension="201"),
        "started_at": START,
        "answered_at": START + timedelta(seconds=9),
        "ended_at": START + timedelta(seconds=209),
        "wait_s": 9.0,
        "talk_s": 200.0,
    }
    return CallFacts(**{**usual, **facts})


def a_canceled_call(*, after_s, direction=Direction.OUTBOUND):
    """A call that its caller gave up after so many seconds."""
    return a_call(
        direction=direction,
        outcome=Outcome.CANCELED,
        answered_at=None,
        talk_s=0.0,
        ended_at=START + timedelta(seconds=after_s),
    )


def external(number, **about):
    """One external end of a conference."""
    return Participant(role=Role.EXTERNAL, number=number, **about)


def internal(**about):
    """One agent's end of a conference."""
    return Participant(role=Role.AGENT, **about)


def a_number(raw, region="US"):
    """A number as the numbering plan reads it."""
    number = NumberPlan().parse(raw, regions=(region,))
    assert number is not None
    return number


def a_party(raw=ADA, *, region="US", **about):
    """The external person behind a number."""
    number = a_number(raw, region)
    return Party(key=number.e164, number=number, raw=raw, **about)


def parties_of(call, *, region="US"):
    """What the use case makes of a call's external ends: those whose number can be read."""
    plan = NumberPlan()
    return tuple(
        Party(key=number.e164, number=number, raw=end.number, name=end.name, email=end.email)
        for end in external_ends(call)
        if (number := plan.parse(end.number, regions=(region,))) is not None
    )


def the_settings(**patch) -> Settings:
    """The standard preset of a tenant in California, with changes."""
    own = {"preset": "standard", "default_region": "US", "time_zone": "America/Los_Angeles"}
    return resolve(merge_patch(own, patch), version=1)


def an_org(**facts):
    """An org with Salesforce's usual statuses, an admin who connected it, and Ann."""
    usual = {
        "task_statuses": STATUSES,
        "users_by_email": {ADMIN.email: (ADMIN,), ANN.email: (ANN,)},
        "user_ids": frozenset({ADMIN.id, ANN.id}),
        "connecting_user": ADMIN,
    }
    return OrgFacts(**{**usual, **facts})


def a_record(object_type, record_id, **about):
    """A record that has Ada's number, found by a search."""
    usual = {"numbers": (ADA,), "source": CandidateSource.SEARCH}
    return Candidate(record=RecordRef(type=object_type, id=record_id), **{**usual, **about})


def a_contact(record_id="003000000000001AAA", **about):
    """A contact that has Ada's number."""
    return a_record("Contact", record_id, **about)


def a_lead(record_id="00Q000000000001AAA", **about):
    """A lead that has Ada's number."""
    return a_record("Lead", record_id, **about)


def an_account(record_id="001000000000001AAA", **about):
    """A business account that has Ada's number."""
    return a_record("Account", record_id, **about)


def a_person_account(record_id="001000000000009AAA", twin="003000000000009AAA", **about):
    """A person account that has Ada's number, named by its Account."""
    return a_record("Account", record_id, is_person_account=True, person_contact_id=twin, **about)


def an_open(object_type="Case", record_id="500000000000001AAA", **about):
    """An open Case, or Opportunity, of the contact with Ada's number."""
    usual = {"contact_id": "003000000000001AAA", "modified_at": START}
    return OpenRelated(record=RecordRef(type=object_type, id=record_id), **{**usual, **about})


def a_conference(*numbers, inside=(ANN.email,), **facts):
    """A call of Ann's with several people outside, and agents inside by their e-mails."""
    ends = (*(internal(email=email) for email in inside), *map(external, numbers))
    return a_call(participants=ends, **facts)


def screened(call, *, settings=None, people=NOBODY, region="US") -> Skip | Screened:
    """The call after the rules that need no look into Salesforce."""
    return screen(
        call,
        parties=parties_of(call, region=region),
        settings=settings or the_settings(),
        people=people,
    )


def a_decision_input(*candidates, call=None, settings=None, people=NOBODY, org=None, **more):
    """Everything one decision depends on; each candidate is offered to every party."""
    call = call or a_call()
    settings = settings or the_settings()
    passed = screened(call, settings=settings, people=people)
    assert isinstance(passed, Screened)
    return DecisionInput(
        tenant="t-1",
        call=call,
        external_id="c-1",
        screened=passed,
        parties=tuple(
            PartyCandidates(party=party, candidates=candidates) for party in passed.parties
        ),
        settings=settings,
        people=people,
        org=org or an_org(),
        **more,
    )
