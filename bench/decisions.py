"""Measures the rules alone: an answered call of a number that four records have."""

import time
from datetime import UTC, datetime, timedelta

from bench.figures import Figure, median
from switchhook.adapters.phone import NumberPlan
from switchhook.domain.activity import RecordRef
from switchhook.domain.calls.decide import decide
from switchhook.domain.calls.screening import screen
from switchhook.domain.decision import (
    Candidate,
    CandidateSource,
    DecisionInput,
    OrgFacts,
    PartyCandidates,
    Screened,
    Skip,
    TaskStatus,
)
from switchhook.domain.facts.event import CallFacts, Direction, Outcome
from switchhook.domain.facts.people import Agent, OrgUser, Party, People
from switchhook.domain.settings.reading import resolve
from switchhook.domain.settings.schema import Settings

NUMBER = "+14155550100"
ENDED_AT = datetime(2026, 11, 20, 15, 3, 29, tzinfo=UTC)
ANN = OrgUser(id="005000000000002AAA", name="Ann Agent", email="ann@example.com")
ROUNDS, PER_ROUND = 7, 2_000
RECORDS = ("003000000000001AAA", "003000000000002AAA", "00Q000000000001AAA", "001000000000001AAA")
TYPES = {"003": "Contact", "00Q": "Lead", "001": "Account"}


def figures() -> list[Figure]:
    """How many decisions one core makes in a second."""
    call, party, settings, org = _call(), _party(), _settings(), _org()
    _decide(call, party, settings, org)  # once unmeasured, so that nothing is done the first time
    rates = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(PER_ROUND):
            _decide(call, party, settings, org)
        rates.append(PER_ROUND / (time.process_time() - began))
    return [
        Figure(
            what="decisions",
            value=f"{median(rates):,.0f} / s",
            how=f"one core, screen and decide with {len(RECORDS)} candidates, "
            f"median of {ROUNDS} rounds of {PER_ROUND:,}",
        )
    ]


def _decide(call: CallFacts, party: Party, settings: Settings, org: OrgFacts) -> None:
    people = People()
    screened = screen(call, parties=(party,), settings=settings, people=people)
    assert isinstance(screened, Screened)
    decision = decide(
        DecisionInput(
            tenant="t-1",
            call=call,
            external_id="c-1",
            screened=screened,
            parties=(PartyCandidates(party=party, candidates=_candidates()),),
            settings=settings,
            people=people,
            org=org,
        )
    )
    assert not isinstance(decision, Skip)


def _call() -> CallFacts:
    return CallFacts(
        direction=Direction.INBOUND,
        outcome=Outcome.ANSWERED,
        external_number=NUMBER,
        external_name="Ada Byron",
        agent=Agent(email=ANN.email, name=ANN.name),
        started_at=ENDED_AT - timedelta(seconds=209),
        answered_at=ENDED_AT - timedelta(seconds=200),
        ended_at=ENDED_AT,
        talk_s=200.0,
    )


def _party() -> Party:
    number = NumberPlan().parse(NUMBER, regions=("US",))
    assert number is not None
    return Party(key=number.e164, number=number, raw=NUMBER, name="Ada Byron")


def _settings() -> Settings:
    own = {"preset": "standard", "default_region": "US", "time_zone": "America/Los_Angeles"}
    return resolve(own, version=1)


def _org() -> OrgFacts:
    return OrgFacts(
        task_statuses=(TaskStatus(api_name="Completed", is_closed=True),),
        users_by_email={ANN.email: (ANN,)},
        user_ids=frozenset({ANN.id}),
        connecting_user=ANN,
    )


def _candidates() -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            record=RecordRef(type=TYPES[record_id[:3]], id=record_id),
            source=CandidateSource.SEARCH,
            numbers=(NUMBER,),
            created_at=ENDED_AT,
            modified_at=ENDED_AT,
        )
        for record_id in RECORDS
    )
