"""What a person made of a logged call's Task is left alone (SH-5)."""

import pytest

from builders.late_calls import CALL_BACK, WINDOW_S, edit, explained, logged_office, tell
from fakes.office import Office
from switchhook.domain.facts.event import CallFacts

pytestmark = pytest.mark.rule("SH-5")


@pytest.fixture
def office() -> Office:
    """A tenant whose call was just logged."""
    return logged_office()


def test_a_persons_edit_is_left_alone_and_named(office: Office):
    edit(office, Description="My own notes", Subject="Ada, about the offer")

    tell(office, CallFacts(tags=("pricing",)))
    office.pass_time(2 * WINDOW_S)

    assert office.tasks[0]["Description"] == "My own notes"
    assert office.tasks[0]["Subject"] == "Ada, about the offer"
    assert office.tasks[0]["CallDisposition"] == "answered; pricing"
    assert any("Description of Task" in text and "left alone" in text for text in explained(office))
    assert "left alone" in office.head().in_words


@pytest.mark.parametrize(
    "kept_as",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="with_other_line_ends"),
        pytest.param(lambda text: f"{text}\n", id="with_a_last_line_end"),
        pytest.param(lambda text: f"{text}  ", id="with_trailing_space"),
    ],
)
def test_how_salesforce_keeps_a_text_is_no_edit(office: Office, kept_as):
    task = office.org.of_type("Task")[0]
    task.fields["Description"] = kept_as(task.fields["Description"])

    tell(office, CALL_BACK)
    office.pass_time(2 * WINDOW_S)

    assert "call back" in str(office.tasks[0]["Description"])


def test_an_edit_between_reading_and_writing_is_left_alone(office: Office):
    office.org.next_updates = [lambda _org: edit(office, Description="My own notes")]

    tell(office, CallFacts(tags=("pricing",)))
    office.pass_time(3 * WINDOW_S)

    assert office.tasks[0]["Description"] == "My own notes"
    assert office.tasks[0]["CallDisposition"] == "answered; pricing"
    assert office.head().due_at is None


def test_a_task_that_was_edited_just_now_is_updated_once_that_has_settled(office: Office):
    tell(office, CALL_BACK)
    office.clock.forward(WINDOW_S)
    edit(office, Subject="Ada, about the offer")
    office.caretake()
    at_once = len(office.org.changes)
    office.pass_time(WINDOW_S)

    assert (at_once, len(office.org.changes)) == (0, 1)
    assert office.tasks[0]["Subject"] == "Ada, about the offer"


def test_somebody_who_never_stops_editing_is_not_raced(office: Office):
    surprises = [lambda _org, n=number: edit(office, Subject=f"version {n}") for number in range(3)]
    office.org.next_updates = list(surprises)

    tell(office, CALL_BACK)
    office.pass_time(300)

    assert office.tasks[0]["Subject"] == "version 2"
    assert "call back" in str(office.tasks[0]["Description"])
