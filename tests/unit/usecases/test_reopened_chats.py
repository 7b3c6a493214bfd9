"""A conversation that is opened again is brought up to date, or recorded anew, as the settings say."""

from datetime import timedelta
from itertools import permutations

import pytest

from builders.told_chats import ENDED, a_chat, chat_head, line, office_that, tell_chat
from fakes.office import START, TENANT
from switchhook.domain.activity import State, activity_id
from switchhook.domain.facts.chat import ChatTrigger, WrapUp

pytestmark = pytest.mark.rule("CX-24", "CX-27")

END = ChatTrigger.CONVERSATION_ENDED
AGAIN = ENDED + timedelta(minutes=10)
CLOSED_AGAIN = ENDED + timedelta(minutes=20)


def first_end(office):
    return tell_chat(office, a_chat(), END, event_id="e-1")


def says_more(office):
    told = a_chat(transcript=(line("One more thing", AGAIN),), ended_at=None)
    return tell_chat(office, told, None, event_id="e-2", at=AGAIN)


def second_end(office):
    told = a_chat(transcript=(), ended_at=CLOSED_AGAIN)
    return tell_chat(office, told, END, event_id="e-3", at=CLOSED_AGAIN)


def wrap_up(office, at=ENDED + timedelta(minutes=1), event_id="e-w"):
    told = a_chat(transcript=(), wrap_up=WrapUp(category="Sales", comment="hot"), ended_at=None)
    return tell_chat(office, told, None, event_id=event_id, at=at)


def occurrences(office) -> list[int]:
    return sorted(head.occurrence for head in office.ledger.heads.values())


def descriptions(office) -> list[str]:
    return [str(task.fields["Description"]) for task in office.org.of_type("Task")]


def test_with_update_a_reopened_conversation_stays_one_task():
    office = office_that("lead_task", chats={"reopen": "update"})

    for step in (first_end, says_more, second_end):
        step(office)
        office.pass_time(60)

    assert occurrences(office) == [1]
    (text,) = descriptions(office)
    assert "Hello" in text
    assert "One more thing" in text


@pytest.mark.parametrize(
    "order",
    [
        order
        for order in permutations((first_end, says_more, second_end))
        if order.index(first_end) < order.index(says_more)
    ],
    ids=lambda order: "_then_".join(step.__name__ for step in order),
)
def test_with_new_it_becomes_a_task_of_its_own_once_its_first_end_is_known(order):
    office = office_that("lead_task", chats={"reopen": "new"})

    for step in order:
        step(office)
        office.pass_time(60)

    assert occurrences(office) == [1, 2]
    assert len(office.org.of_type("Lead")) == 1
    first, second = sorted(descriptions(office), key=lambda text: "One more thing" in text)
    assert "One more thing" not in first
    assert "Hello" in first
    assert "One more thing" in second
    assert chat_head(office, occurrence=2).state is State.LOGGED


def test_a_wrap_up_stays_with_the_conversation_it_follows():
    office = office_that("lead_task", chats={"reopen": "new"})
    first_end(office)
    says_more(office)
    second_end(office)

    wrap_up(office)
    wrap_up(office, at=CLOSED_AGAIN + timedelta(minutes=1), event_id="e-w2")
    office.pass_time(60)

    assert occurrences(office) == [1, 2]
    assert ["Wrap-up: Sales; hot" in text for text in descriptions(office)] == [True, True]


def test_a_repeated_end_is_no_reopening():
    office = office_that("lead_task", chats={"reopen": "new"})
    first_end(office)

    second_end(office)
    office.pass_time(60)

    assert occurrences(office) == [1]
    assert len(office.org.of_type("Task")) == 1


def test_an_event_that_is_told_twice_stays_where_it_was():
    office = office_that("lead_task", chats={"reopen": "new"})
    for step in (first_end, says_more, second_end, says_more, first_end, second_end):
        step(office)
    office.pass_time(60)

    assert occurrences(office) == [1, 2]
    assert len(office.org.of_type("Task")) == 2


def test_a_third_opening_is_a_third_task():
    office = office_that("lead_task", chats={"reopen": "new"})
    for step in (first_end, says_more, second_end):
        step(office)
    later = CLOSED_AGAIN + timedelta(hours=1)
    told = a_chat(transcript=(line("Me again", later),), ended_at=later)
    tell_chat(office, told, END, event_id="e-4", at=later)

    assert occurrences(office) == [1, 2, 3]
    assert len(office.org.of_type("Task")) == 3


def test_the_providers_own_count_of_openings_holds():
    office = office_that("lead_task", chats={"reopen": "update"})
    first_end(office)

    head = tell_chat(office, a_chat(), END, event_id="e-9", occurrence=2)

    assert head.occurrence == 2
    assert head.id == activity_id(tenant=TENANT, source="h1", external_id="9f2", occurrence=2)
    assert len(office.org.of_type("Task")) == 2


def test_a_conversation_that_began_before_its_end_is_told_is_one():
    office = office_that("lead_task", chats={"reopen": "new"})
    begun = a_chat(ended_at=None)
    tell_chat(office, begun, ChatTrigger.CONVERSATION_STARTED, event_id="e-0", at=START)

    first_end(office)

    assert occurrences(office) == [1]
