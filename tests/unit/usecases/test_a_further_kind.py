"""A kind that shared code never heard of goes the whole way: its class and a line of the table are enough."""

from dataclasses import dataclass, replace

import pytest

from fakes.office import Office, answered_call
from fakes.salesforce import ADMIN
from switchhook.domain.activity import Activity, OwnerChoice, OwnerKind, SlotKind, State
from switchhook.domain.decision import Log, PlannedSlot, Reason, Skip
from switchhook.domain.facts.event import Kind
from switchhook.domain.facts.people import People
from switchhook.domain.settings.schema import Settings
from switchhook.usecases.record.gather import Looked
from switchhook.usecases.record.kinds import STEPS, Steps
from switchhook.usecases.record.waiting import rest
from switchhook.usecases.record.world import settings_of

WHY = Reason(rule="XB-2", text="Somebody ran an errand.")
NO_ERRAND = Skip(rule="XB-2", reason="no_errand", text="Nobody ran an errand.")


@dataclass(frozen=True, kw_only=True)
class RunErrand:
    """An errand that passes: it is logged."""

    explanation: tuple[Reason, ...] = (WHY,)


@dataclass(frozen=True, kw_only=True)
class OpenedErrand:
    """An errand of nobody's, on no record: all that shared code asks of a kind, at its plainest."""

    head: Activity
    settings: Settings
    people: People
    screened: RunErrand | Skip
    first_party: None = None
    first_raw: str = "the errand"
    first_email: None = None
    agent: None = None
    ended_at: None = None
    call_type: None = None
    keys: tuple[str, ...] = ()
    gist: str = "errand"
    takes_late_facts: bool = True
    writes_mapped_fields: bool = False
    object_types: tuple[str, ...] = ("Contact",)

    @property
    def began_at(self):
        return self.head.received_at

    def at(self, head):
        return replace(self, head=head)

    def makes_case(self, _facts):
        return False

    def may_be_remembered(self, _party, _record):
        return False

    def look(self, *_):
        owner = OwnerChoice(
            user_id=ADMIN.id, rule="AC-28", text="The errand is hers.", kind=OwnerKind.AGENT
        )
        slot = PlannedSlot(
            kind=SlotKind.TASK,
            parties=("errand",),
            owner=owner,
            fields={"Subject": "An errand", "Status": "Completed"},
        )
        return Looked(parties=(), decision=Log(slots=(slot,), explanation=(WHY,)))


def opens(screened):
    """Opens each activity as an errand of which this is said."""

    def opened(entry, opening):
        return OpenedErrand(
            head=entry.head,
            settings=settings_of(entry.head, None, opening.tenants),
            people=opening.tenants.people(entry.head.tenant),
            screened=screened,
        )

    return opened


@pytest.fixture
def office_of_errands(monkeypatch):
    def office(screened):
        errands = Steps(
            open=opens(screened),
            update=lambda entry, _attempt, world: rest(
                entry.head, world.books, note="an errand more."
            ),
            ended_at=lambda _: None,
            awaits_end=lambda _: False,
            held_until=None,
            next_occurrence=None,
            carries=None,
            gains_parties=False,
            is_chosen_by_hand=False,
        )
        monkeypatch.setitem(STEPS, Kind.CALL, errands)
        return Office()

    return office


@pytest.mark.rule("SH-1", "SH-2")
def test_it_is_logged_as_its_class_decides(office_of_errands):
    office = office_of_errands(RunErrand())

    head = office.deliver(answered_call())

    (task,) = office.tasks
    assert (head.state, head.call_type, head.party_raw) == (State.LOGGED, None, "the errand")
    assert (task["Subject"], task["OwnerId"]) == ("An errand", ADMIN.id)


@pytest.mark.rule("SH-5")
def test_what_comes_later_is_brought_in_by_its_own_step(office_of_errands):
    office = office_of_errands(RunErrand())
    office.deliver(answered_call())

    office.deliver(answered_call(), event_id="later")
    office.pass_time(120)

    assert office.head().late_note == "an errand more."
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-3")
def test_it_is_skipped_for_its_own_reason(office_of_errands):
    office = office_of_errands(NO_ERRAND)

    head = office.deliver(answered_call())

    assert (head.state, head.reason, office.tasks) == (State.SKIPPED, "no_errand", [])
