"""Logged calls that are told more of, and people who work on their Tasks meanwhile."""

from fakes.office import NUMBER, Office, answered_call
from fakes.salesforce import ADMIN, AGENT
from switchhook.domain.activity import State
from switchhook.domain.errors import (
    OutcomeUnknown,
)
from switchhook.domain.facts.event import CallFacts, Outcome
from switchhook.domain.facts.people import Comment, OrgUser

WINDOW_S = 30
NO_ANSWER = OutcomeUnknown("Salesforce did not answer.")
BOB = OrgUser(id="005000000000003AAA", name="Bob Agent", email="bob@example.com")
CALL_BACK = CallFacts(comments=(Comment(author="Ann Agent", text="call back"),))


def office_with_contact(**preset: object) -> Office:
    office = Office(preset=preset)
    office.org.users = (ADMIN, AGENT, BOB)
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    return office


def tell(office: Office, facts: CallFacts, event_id: str = "e-late", call_id: str = "c-1"):
    return office.deliver(facts, event_id=event_id, ended=False, call_id=call_id)


def edit(office: Office, number: int = 0, **fields: str) -> None:
    """A person changes a Task in Salesforce."""
    assert office.org.change(office.org.of_type("Task")[number].id, fields)


def explained(office: Office) -> list[str]:
    head = office.head()
    record = office.ledger.decisions[(head.tenant, head.id)][head.decisions]
    return [step["text"] for step in record.explanation]


def missed_call(**changes: object) -> CallFacts:
    return answered_call(outcome=Outcome.MISSED, answered_at=None, talk_s=0.0, **changes)


def logged_office() -> Office:
    """A tenant whose call was just logged."""
    office = office_with_contact()
    assert office.deliver().state is State.LOGGED
    office.org.calls.clear()
    return office
