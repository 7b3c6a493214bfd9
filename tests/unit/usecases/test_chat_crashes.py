"""A process that dies at any point of recording a chat leaves exactly one Task or Case (SH-1, SH-7)."""

from datetime import timedelta

import pytest

from builders.mortal import Countdown, DiedError, mortal
from builders.told_chats import (
    EMAIL,
    ENDED,
    a_chat,
    chat_head,
    chat_message,
    line,
    office_that,
    tell_chat,
)
from fakes.office import TENANT
from switchhook.domain.activity import State
from switchhook.domain.facts.chat import ChatFile, ChatTrigger
from switchhook.usecases.record.advance import advance, record_event

pytestmark = pytest.mark.rule("SH-1", "SH-7", "CX-29")

LONGEST = 80
EFFECTS = 46
PICTURE = ChatFile(url="https://files.example.com/a.png", name="a.png")


def office_of(action: str, *, case_key: bool):
    office = office_that(action, matching={"match_cache_minutes": 0})
    office.org.case_key = office.org.task_key = case_key
    office.files.served[PICTURE.url] = b"\x89PNG"
    return office


def live_until_death(office, countdown: Countdown) -> None:
    message = chat_message(office, a_chat(files=(PICTURE,)))
    try:
        record_event(message, mortal(office.new_world("worker-mortal"), countdown))
    except DiedError:
        # The queue brings an event again that was not acknowledged.
        record_event(message, office.world)


def left_behind(office) -> dict[str, int]:
    kinds = ("Contact", "Case", "Lead", "Task")
    counts = {kind: len(office.org.of_type(kind)) for kind in kinds}
    return {kind: count for kind, count in counts.items() if count}


@pytest.mark.parametrize("case_key", [True, False], ids=["with_the_field", "package_free"])
@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("contact_case", {"Contact": 1, "Case": 1}),
        ("case", {"Case": 1}),
        ("lead_task", {"Lead": 1, "Task": 1}),
    ],
)
@pytest.mark.parametrize("after", [False, True], ids=["before_the_effect", "after_the_effect"])
@pytest.mark.parametrize("effect", range(1, EFFECTS + 1))
def test_a_death_at_any_effect_leaves_one_record_with_its_file(
    effect: int, after: bool, action: str, expected, case_key: bool
):
    office = office_of(action, case_key=case_key)

    live_until_death(office, Countdown(effect, after=after))
    office.pass_time(1600, step_s=40)

    assert left_behind(office) == expected
    head = chat_head(office)
    assert (head.state, head.due_at) == (State.LOGGED, None), head.text
    assert office.files.names_on(head.slots[0].salesforce_id) == ["a.png"]


def test_the_deaths_above_reach_the_last_effect():
    office, countdown = office_of("contact_case", case_key=False), Countdown(LONGEST, after=True)

    live_until_death(office, countdown)

    assert not countdown.has_died
    assert LONGEST - countdown.left <= EFFECTS


@pytest.mark.rule("CX-19")
@pytest.mark.parametrize("after", [False, True], ids=["before_the_effect", "after_the_effect"])
@pytest.mark.parametrize("effect", range(8, EFFECTS + 1))
def test_a_death_while_the_person_is_changed_loses_nothing(effect: int, after: bool):
    office = office_of("contact_case", case_key=False)
    office.org.load("Contact", LastName="", Email=EMAIL)

    live_until_death(office, Countdown(effect, after=after))
    office.pass_time(1600, step_s=40)

    (contact,) = office.org.of_type("Contact")
    assert contact.fields["LastName"] == "Ada Byron"
    assert left_behind(office) == {"Contact": 1, "Case": 1}


LATE_EFFECTS = 28


def late_until_death(office, countdown: Countdown) -> None:
    told = a_chat(transcript=(), ended_at=None, rating="5", files=(PICTURE,))
    message = chat_message(office, told, None, event_id="e-late", at=ENDED + timedelta(minutes=1))
    world = mortal(office.new_world("worker-mortal"), countdown)
    try:
        record_event(message, world)
        office.clock.forward(31)
        advance(TENANT, message.activity_id, world)
    except DiedError:
        record_event(message, office.world)


@pytest.mark.rule("SH-5", "CX-56")
@pytest.mark.parametrize("after", [False, True], ids=["before_the_effect", "after_the_effect"])
@pytest.mark.parametrize("effect", range(1, LATE_EFFECTS + 1))
def test_a_death_while_a_late_fact_comes_in_leaves_it_in_the_case_once(effect: int, after: bool):
    office = office_of("contact_case", case_key=False)
    tell_chat(office)
    office.clock.forward(60)

    late_until_death(office, Countdown(effect, after=after))
    office.pass_time(1600, step_s=40)

    (case,) = office.org.of_type("Case")
    assert str(case.fields["Description"]).count("Rating: 5") == 1
    assert str(case.fields["Description"]).splitlines()[-1] == chat_head(office).slots[0].key
    assert office.files.names_on(case.id) == ["a.png"]
    assert (chat_head(office).state, chat_head(office).due_at) == (State.LOGGED, None)


def test_the_late_deaths_reach_the_last_effect():
    office, countdown = office_of("contact_case", case_key=False), Countdown(LONGEST, after=True)
    tell_chat(office)
    office.clock.forward(60)

    late_until_death(office, countdown)

    assert not countdown.has_died
    assert LONGEST - countdown.left <= LATE_EFFECTS


@pytest.mark.parametrize("after", [False, True], ids=["before_the_effect", "after_the_effect"])
@pytest.mark.parametrize("effect", range(1, 17))
def test_a_death_while_a_conversation_is_opened_again_leaves_two_tasks(effect: int, after: bool):
    office = office_that("lead_task", chats={"reopen": "new"})
    end = ChatTrigger.CONVERSATION_ENDED
    tell_chat(office, a_chat(), end, event_id="e-1")
    closed = ENDED + timedelta(minutes=20)
    tell_chat(office, a_chat(transcript=(), ended_at=closed), end, event_id="e-3", at=closed)
    at = ENDED + timedelta(minutes=10)
    told = a_chat(transcript=(line("One more thing", at),), ended_at=None)
    message = chat_message(office, told, None, event_id="e-2", at=at)

    try:
        record_event(message, mortal(office.new_world("w"), Countdown(effect, after=after)))
    except DiedError:
        record_event(message, office.world)
    office.pass_time(1600, step_s=40)

    texts = [str(task.fields["Description"]) for task in office.org.of_type("Task")]
    assert sorted("One more thing" in text for text in texts) == [False, True]
    assert chat_head(office, occurrence=2).state is State.LOGGED
