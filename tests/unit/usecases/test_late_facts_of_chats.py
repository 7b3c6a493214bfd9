"""What comes after a chat was logged ends up in its Task or Case; a person's edit stays (SH-5, CX-27)."""

from datetime import timedelta

import pytest

from builders.told_chats import (
    ENDED,
    a_chat,
    chat_head,
    line,
    office_that,
    reasons_of,
    tell_chat,
)
from switchhook.domain.activity import State
from switchhook.domain.errors import OutcomeUnknown, Permanent
from switchhook.domain.facts.chat import ChatFile, ChatTrigger, Visitor, WrapUp
from switchhook.domain.facts.people import Agent, Comment

pytestmark = pytest.mark.rule("SH-5")

LATER = ENDED + timedelta(minutes=2)
ACTIONS = pytest.mark.parametrize("action", ["lead_task", "contact_case"])


def logged(action: str = "contact_case", **more):
    office = office_that(action, **more)
    assert tell_chat(office).state is State.LOGGED
    office.clock.forward(60)
    office.org.calls.clear()
    return office


def told_late(office, event_id: str = "e-late", **facts: object):
    told = a_chat(**{"transcript": (), "ended_at": None, **facts})
    return tell_chat(office, told, None, event_id=event_id, at=LATER)


def written(office):
    (record,) = office.org.of_type(chat_head(office).slots[0].kind.value.title())
    return record


def text_of(office) -> str:
    return str(written(office).fields["Description"])


@ACTIONS
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"wrap_up": WrapUp(category="Sales", comment="hot")}, "Wrap-up: Sales; hot"),
        ({"notes": (Comment(author="Ann", text="call back"),)}, "Note: Ann: call back"),
        ({"rating": "5"}, "Rating: 5"),
        ({"transcript": (line("Bye", LATER),)}, "Bye"),
        ({"custom_fields": {"Plan": "gold"}}, "Plan: gold"),
    ],
    ids=["wrap_up", "note", "rating", "more_messages", "custom_field"],
)
def test_a_late_fact_ends_up_in_the_same_record(action, facts, expected):
    office = logged(action)

    told_late(office, **facts)
    office.pass_time(60)

    assert expected in text_of(office)
    assert len(office.org.of_type("Task")) + len(office.org.of_type("Case")) == 1
    assert (chat_head(office).state, chat_head(office).due_at) == (State.LOGGED, None)


@pytest.mark.rule("SH-7")
def test_the_key_stays_the_last_line_of_a_package_free_case():
    office = logged()

    told_late(office, rating="5")
    office.pass_time(60)

    assert text_of(office).splitlines()[-1] == chat_head(office).slots[0].key


@ACTIONS
def test_what_a_person_wrote_is_left_alone(action):
    office = logged(action)
    assert office.org.change(written(office).id, {"Description": "Ada called, all is settled."})

    told_late(office, rating="5")
    office.pass_time(60)

    assert text_of(office) == "Ada called, all is settled."
    assert any(
        "Description" in text and "left alone" in text
        for _, text in reasons_of(office, chat_head(office))
    )


def test_nothing_is_asked_where_an_event_says_nothing_new():
    office = logged()

    told_late(office)
    office.pass_time(60)

    assert office.org.calls == []
    assert chat_head(office).due_at is None


def test_events_of_one_window_are_one_update():
    office = logged()

    told_late(office, rating="5")
    told_late(office, event_id="e-2", wrap_up=WrapUp(category="Sales"))
    office.pass_time(60)

    assert office.org.calls.count("update the Task") == 1


@pytest.mark.rule("CX-59")
def test_the_owner_stays_whoever_joins_later():
    office = logged()
    owner = written(office).fields["OwnerId"]

    told_late(office, agents=(Agent(email="ida@example.com", name="Ida"),), rating="1")
    office.pass_time(60)

    assert written(office).fields["OwnerId"] == owner


@pytest.mark.rule("CX-27")
def test_with_late_facts_ignored_the_end_still_counts_and_what_follows_does_not():
    office = office_that("lead_task", started="lead_task", late_facts="ignore")
    tell_chat(office, a_chat(ended_at=None, transcript=()), ChatTrigger.CHAT_STARTED)
    office.clock.forward(60)
    tell_chat(office)
    office.pass_time(60)
    assert (written(office).fields["Status"], "Hello" in text_of(office)) == ("Completed", True)

    told_late(office, rating="5")
    office.pass_time(60)

    assert "Rating" not in text_of(office)


def test_the_same_update_twice_is_harmless_where_the_answer_was_lost():
    office = logged()
    office.org.lost_answers = [OutcomeUnknown("no answer")]

    told_late(office, rating="5")
    office.pass_time(300)

    assert text_of(office).count("Rating: 5") == 1
    assert chat_head(office).due_at is None


@pytest.mark.rule("CX-19")
def test_an_e_mail_that_is_given_at_the_end_comes_to_the_lead_that_was_made_at_the_start():
    office = office_that("lead_task", started="lead_task")
    nameless = a_chat(ended_at=None, visitor=Visitor(id="v-1"))
    tell_chat(office, nameless, ChatTrigger.CHAT_STARTED)
    office.clock.forward(60)

    tell_chat(office)
    office.pass_time(60)

    (lead,) = office.org.of_type("Lead")
    assert lead.fields["Email"] == "ada@example.com"
    assert len(office.org.of_type("Task")) == 1


@pytest.mark.rule("CX-56")
def test_files_are_attached_and_refused_ones_are_named():
    office = office_that("contact_case")
    there = ChatFile(url="https://files.example.com/a.png", name="a.png")
    gone = ChatFile(url="https://files.example.com/b.png", name="b.png")
    office.files.served[there.url] = b"\x89PNG"

    tell_chat(office, a_chat(files=(there, gone)))
    office.pass_time(60)

    assert office.files.names_on(written(office).id) == ["a.png"]
    assert "Attachment: b.png (https://files.example.com/b.png):" in text_of(office)
    assert text_of(office).splitlines()[-1] == chat_head(office).slots[0].key
    assert chat_head(office).due_at is None


@pytest.mark.rule("CX-54", "CX-48")
def test_a_transcript_that_does_not_fit_is_a_file_too():
    office = office_that("lead_task")
    lines = tuple(line(f"line {number} " + "x" * 200, ENDED) for number in range(400))

    tell_chat(office, a_chat(transcript=lines))
    office.pass_time(60)

    assert len(text_of(office)) <= 32_000
    assert office.files.names_on(written(office).id) == ["transcript.txt"]
    (file,) = office.files.stored.values()
    assert b"line 399" in file.content


@pytest.mark.rule("CX-19")
@pytest.mark.parametrize(
    "trouble",
    [Permanent("no", code="INSUFFICIENT_ACCESS_OR_READONLY"), OutcomeUnknown("no answer")],
    ids=["refused", "not_answered"],
)
def test_trouble_with_the_person_never_costs_the_log(trouble):
    office = office_that("lead_task")
    office.org.load("Lead", LastName="Byron", Email="ada@example.com")
    office.org.next_updates = [trouble]

    assert tell_chat(office).state is State.LOGGED
    office.pass_time(300)

    assert len(office.org.of_type("Task")) == 1
    assert chat_head(office).due_at is None
    is_told = "refused to change Lead" in str(reasons_of(office, chat_head(office)))
    assert is_told == isinstance(trouble, Permanent)
