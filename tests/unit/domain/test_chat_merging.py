"""One set of facts of everything that was told of a chat."""

import pytest

from builders.chats import ANN_AGENT, a_chat, a_line, a_visitor, an_event, at
from builders.cpu_time import least_cpu_s
from switchhook.domain.chats.merging import gathered_lines, merge_chat
from switchhook.domain.facts.chat import AuthorKind, ChatFacts, ChatFile, ChatTrigger, WrapUp
from switchhook.domain.facts.people import Agent, Comment

BOB = Agent(id="18", email="bob@example.com", name="Bob Agent")
BOT = Agent(id="b1", name="Helper Bot")


def told(*facts, **more):
    """Events that came one second after the other."""
    return [
        an_event(f"e-{number}", seconds=number, chat=chat, **more)
        for number, chat in enumerate(facts)
    ]


def with_lines(*lines):
    return ChatFacts(transcript=lines)


def texts(chat):
    return [line.text for line in chat.transcript]


@pytest.mark.rule("CX-48", "SH-5")
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(
            [with_lines(a_line("b", 20)), with_lines(a_line("a", 10))],
            ["a", "b"],
            id="lines stand in the order of their times",
        ),
        pytest.param(
            [with_lines(a_line("a", 5)), with_lines(a_line("b", 5))],
            ["a", "b"],
            id="of one time in the order of their arrival",
        ),
        pytest.param(
            [with_lines(a_line("a", 5, line_id="1")), with_lines(a_line("a!", 5, line_id="1"))],
            ["a!"],
            id="a provider's id tells a line again and its newest text holds",
        ),
        pytest.param(
            [with_lines(a_line("a", 5, line_id="1")), with_lines(a_line("b"), a_line("a", 5))],
            ["b", "a"],
            id="a line without its id is the one with the same time, author and text",
        ),
        pytest.param(
            [with_lines(a_line("a", 5)), with_lines(a_line("a", 5))],
            ["a"],
            id="without an id the time, author and text tell a line again",
        ),
        pytest.param(
            [with_lines(a_line("ok", 5), a_line("ok", 5, author="Ann"))],
            ["ok", "ok"],
            id="two people may say the same",
        ),
        pytest.param(
            [with_lines(a_line("ok"), a_line("ok")), with_lines(a_line("ok"), a_line("ok"))],
            ["ok", "ok"],
            id="an event's own repetitions are kept, another event's are doubles",
        ),
        pytest.param(
            [with_lines(a_line("a", 10), a_line("then"), a_line("b", 30))],
            ["a", "then", "b"],
            id="a line without a time stands behind the one before it",
        ),
        pytest.param(
            [with_lines(a_line("a", 1, line_id="1")), with_lines(a_line("a", line_id="1"))],
            ["a"],
            id="a line told again without its time keeps it",
        ),
    ],
)
def test_lines_are_gathered_once_and_in_order(facts, expected):
    assert texts(merge_chat(told(*facts))) == expected


def test_a_line_told_again_without_its_time_keeps_it():
    events = told(with_lines(a_line("a", 1, line_id="1")), with_lines(a_line("a", line_id="1")))

    assert [line.at for line in gathered_lines(events)] == [at(1)]


@pytest.mark.rule("CX-48")
def test_a_whole_text_stands_for_all_lines_up_to_its_time():
    before = an_event("e-1", seconds=1, chat=with_lines(a_line("Hello", 1)))
    end = an_event("e-2", seconds=60, chat=ChatFacts(transcript_text="Ada: Hello\nAnn: Hi"))
    late = an_event("e-3", seconds=90, chat=with_lines(a_line("Thanks", 80)))

    merged = merge_chat([before, end, late])

    assert merged.transcript_text == "Ada: Hello\nAnn: Hi"
    assert texts(merged) == ["Thanks"]


@pytest.mark.rule("CX-50")
def test_private_notes_are_gathered_apart_from_the_transcript():
    note = Comment(author="Ann", text="calls from a train", at=at(3))
    first = Comment(author="Ann", text="new", at=at(2))
    events = told(ChatFacts(notes=(note,)), ChatFacts(notes=(first, note)))

    merged = merge_chat(events)

    assert merged.notes == (first, note)
    assert merged.transcript == ()


@pytest.mark.rule("CX-59")
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(
            [ChatFacts(agents=(ANN_AGENT,)), ChatFacts(agents=(ANN_AGENT, BOB))],
            [ANN_AGENT, BOB],
            id="agents stand in the order in which they appear",
        ),
        pytest.param(
            [ChatFacts(agents=(ANN_AGENT, BOB)), ChatFacts(agents=(ANN_AGENT,))],
            [BOB, ANN_AGENT],
            id="whom the latest event names last stands last",
        ),
        pytest.param(
            [
                ChatFacts(agents=(Agent(email="ANN@example.com"),)),
                ChatFacts(agents=(ANN_AGENT,)),
            ],
            [ANN_AGENT],
            id="an agent told twice is one and the fuller name holds",
        ),
        pytest.param(
            [
                ChatFacts(
                    agents=(BOT, ANN_AGENT),
                    transcript=(a_line("Hi!", 1, author="Helper Bot", kind=AuthorKind.BOT),),
                )
            ],
            [ANN_AGENT],
            id="who wrote as a bot is no agent",
        ),
        pytest.param([ChatFacts(agents=(Agent(),))], [], id="nobody is no agent"),
    ],
)
def test_agents_are_people_in_the_order_in_which_they_joined(facts, expected):
    assert list(merge_chat(told(*facts)).agents) == expected


@pytest.mark.rule("CX-51", "CX-54", "SH-5")
def test_of_each_single_fact_the_latest_statement_holds():
    wrap_up = WrapUp(category="Sales", fields={"Budget": "10"})
    file = ChatFile(url="https://files.example.com/a.png")
    first = a_chat(
        wrap_up=wrap_up, custom_fields={"Plan": "free", "Seats": "3"}, tags=("a",), files=(file,)
    )
    late = ChatFacts(
        visitor=a_visitor(id=None, name=" ", email=None, phone="+1 415 555 0100", company=None),
        wrap_up=WrapUp(comment="hot", fields={"Size": "L"}),
        custom_fields={"Plan": "paid", "Seats": ""},
        tags=("b",),
        rating="5",
        files=(ChatFile(url=file.url, name="a.png"),),
    )

    merged = merge_chat(told(first, late))

    assert merged.visitor == a_visitor(phone="+1 415 555 0100")
    assert merged.wrap_up == WrapUp(
        category="Sales", comment="hot", fields={"Budget": "10", "Size": "L"}
    )
    assert merged.custom_fields == {"Plan": "paid", "Seats": "3"}
    assert merged.tags == ("a", "b")
    assert merged.rating == "5"
    assert merged.files == (ChatFile(url=file.url, name="a.png"),)


def test_a_whole_list_of_tags_takes_the_others_away():
    events = [
        an_event("e-1", seconds=1, chat=ChatFacts(tags=("a", "b"))),
        an_event("e-2", seconds=2, chat=ChatFacts(tags=("b",)), whole_tags=True),
    ]

    assert merge_chat(events).tags == ("b",)


def test_nothing_told_is_nothing_known():
    assert merge_chat([]) == ChatFacts()


def test_a_long_conversation_is_merged_in_no_time():
    events = [
        an_event(f"e-{number}", seconds=number, chat=with_lines(a_line("x" * 500, number)))
        for number in range(2000)
    ]
    events.append(
        an_event(
            "end",
            seconds=3000,
            trigger=ChatTrigger.CHAT_ENDED,
            chat=with_lines(*(a_line("x" * 500, number) for number in range(2000))),
        )
    )

    assert len(merge_chat(events).transcript) == 2000
    assert least_cpu_s(lambda: merge_chat(events)) < 0.5  # measured: 0.01 s
