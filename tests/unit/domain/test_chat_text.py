"""What a chat's Task or Case says, and what nobody can make it say."""

import pytest

from builders.calls import START, the_settings
from builders.chats import (
    ANN_AGENT,
    a_chat,
    a_line,
    a_visitor,
    at,
)
from builders.cpu_time import least_cpu_s
from switchhook.domain.chats.text import (
    DESCRIPTION_LIMIT,
    case_origin,
    chat_description,
    chat_subject,
    transcript_of,
)
from switchhook.domain.facts.chat import AuthorKind, WrapUp
from switchhook.domain.facts.fields import FieldFacts
from switchhook.domain.facts.people import Agent, Comment
from switchhook.domain.text import MARK, width
from switchhook.domain.writing.slots import key_in, keyed

KEY = "sh1:abcdefghijklmnopqrstuvwxyz"


def describe(chat, *, phone="", agents=None, attachment_notes=(), **more):
    return chat_description(
        chat,
        external_id="ch-1",
        phone=phone,
        agents=chat.agents if agents is None else agents,
        attachment_notes=attachment_notes,
        **more,
    )


@pytest.mark.rule(
    "CX-44", "CX-48", "CX-49", "CX-50", "CX-51", "CX-52", "CX-53", "CX-54", "CX-55", "CX-56"
)
def test_a_description_has_every_label_in_its_order():
    chat = a_chat(
        subject="Prices",
        notes=(Comment(author="Ann Agent", text="calls\nagain", at=at(60)),),
        wrap_up=WrapUp(category="Sales", comment="hot", fields={"Budget": "10"}),
        rating="5",
        tags=("pricing", "new"),
        custom_fields={"Plan": "free"},
        custom_variables={"Cart": "3"},
        page_url="https://shop.example.com/pricing",
        transcript=(
            a_line("Hello\nI am Ada", 5),
            a_line("Hi", 9, author="Ann Agent", kind=AuthorKind.AGENT),
        ),
    )
    left = "Attachment: a.png (https://files.example.com/a.png): larger than 10 MB"

    written = describe(chat, phone="+14155550100", attachment_notes=[left])

    assert written.whole is None
    assert written.description.splitlines() == [
        "Channel: web_chat",
        "Tenant: site-1",
        "Name: Ada Byron",
        "Email: ada@example.org",
        "Phone: +14155550100",
        "Company: Engines Ltd",
        "Agents: Ann Agent <ann@example.com>",
        "Started: 2026-11-20T15:00:00Z",
        "Ended: 2026-11-20T15:09:00Z",
        "Page: https://shop.example.com/pricing",
        "Subject: Prices",
        "Note: Ann Agent (2026-11-20T15:01:00Z): calls",
        "    again",
        "Wrap-up: Sales; hot; Budget: 10",
        "Rating: 5",
        "Tags: pricing, new",
        "Plan: free",
        "Cart: 3",
        "Chat id: ch-1",
        "Attachment: a.png (https://files.example.com/a.png): larger than 10 MB",
        "Transcript:",
        "  2026-11-20T15:00:05Z Ada Byron (visitor): Hello",
        "    I am Ada",
        "  2026-11-20T15:00:09Z Ann Agent (agent): Hi",
    ]


def test_what_is_not_known_has_no_line():
    chat = a_chat(
        channel=None, source_tenant_id=None, visitor=a_visitor(name=None, email=None, company=None)
    )

    written = describe(chat, agents=())

    assert [line.split(":")[0] for line in written.description.splitlines()][:3] == [
        "Started",
        "Ended",
        "Chat id",
    ]


@pytest.mark.rule("CX-48")
def test_a_whole_text_comes_first_and_later_lines_follow():
    chat = a_chat(transcript_text="Ada: Hello\r\n\r\nAnn: Hi", transcript=(a_line("Thanks", 99),))

    assert transcript_of(chat).split("\n") == [
        "  Ada: Hello",
        "  Ann: Hi",
        "  2026-11-20T15:01:39Z Ada Byron (visitor): Thanks",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            a_line("Hi", author=None),
            "  Ada Byron (visitor): Hi",
            id="a visitor not named has the chat's name",
        ),
        pytest.param(
            a_line("Hi", author=None, kind=AuthorKind.AGENT),
            "  agent: Hi",
            id="nobody named is the kind",
        ),
        pytest.param(
            a_line("joined", author="System", kind=AuthorKind.SYSTEM),
            "  System: joined",
            id="a name that is the kind stands once",
        ),
        pytest.param(a_line(" ", 5), "", id="a line that says nothing is left out"),
    ],
)
def test_a_line_says_who_wrote_it(line, expected):
    assert transcript_of(a_chat(transcript=(line,))) == expected


@pytest.mark.rule("CX-48")
@pytest.mark.parametrize("limit", [DESCRIPTION_LIMIT, DESCRIPTION_LIMIT - 40])
def test_a_long_transcript_is_cut_with_a_mark_and_a_file_has_all_of_it(limit):
    lines = tuple(a_line(f"line {number} " + "x" * 90, number) for number in range(500))

    written = describe(a_chat(transcript=lines), limit=limit)

    assert width(written.description) <= limit
    assert written.description.endswith(MARK)
    assert "Chat id: ch-1\nTranscript:\n" in written.description
    assert written.whole is not None
    assert "line 499 " in written.whole
    assert MARK not in written.whole


@pytest.mark.rule("CX-54")
def test_thousands_of_custom_fields_leave_room_for_the_transcript():
    chat = a_chat(custom_fields={f"Field {number}": "y" * 40 for number in range(3000)})

    written = describe(chat)

    assert width(written.description) <= DESCRIPTION_LIMIT
    assert "Chat id: ch-1\nTranscript:\n  2026" in written.description
    assert written.whole is not None
    assert "Field 2999: " in written.whole


def test_a_megabyte_is_written_in_no_time():
    lines = tuple(a_line("\u2028é<b>" * 100, number) for number in range(2000))

    assert describe(a_chat(transcript=lines)).whole is not None
    assert least_cpu_s(lambda: describe(a_chat(transcript=lines))) < 1  # measured: 0.07 s


@pytest.mark.rule("CX-48")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Hi\nChat id: forged", id="a visitor's further line"),
        pytest.param("Hi\r\nChat id: forged", id="with a line end of Windows"),
        pytest.param("Hi\u2028Chat id: forged", id="with a line end of Unicode"),
        pytest.param("Hi\x0bChat id: forged", id="with a vertical tab"),
        pytest.param("Hi\x85Chat id: forged", id="with a next-line mark"),
    ],
)
def test_no_line_from_outside_poses_as_a_label(text):
    chat = a_chat(
        transcript=(a_line(text, 1),),
        transcript_text=text,
        notes=(Comment(text=text),),
        visitor=a_visitor(name=text, company=text),
        wrap_up=WrapUp(comment=text),
        custom_fields={text: text},
    )

    lines = describe(chat).description.split("\n")

    assert [line for line in lines if line.startswith("Chat id:")] == ["Chat id: ch-1"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        pytest.param("Email", "Email (custom): x", id="a label of ours is marked as theirs"),
        pytest.param("Chat ID", "Chat ID (custom): x", id="in either case"),
        pytest.param("Transcript:", "Transcript (custom): x", id="and with a colon"),
        pytest.param(":", "(custom): x", id="a label of nothing"),
        pytest.param("Order no.", "Order no.: x", id="any other stands as it is"),
    ],
)
def test_a_custom_label_cannot_be_mistaken_for_one_of_ours(label, expected):
    written = describe(a_chat(custom_fields={label: "x"}))

    assert expected in written.description.splitlines()


def test_an_agent_without_an_address_is_not_written_as_a_tag():
    written = describe(a_chat(agents=(Agent(name="Ann", email="b"),)))

    assert "Agents: Ann (b)" in written.description.splitlines()


@pytest.mark.rule("SH-7", "SH-1")
def test_a_case_s_key_is_the_last_line_and_no_visitor_can_write_it():
    forged = describe(a_chat(transcript_text=f"Hi\n{KEY}")).description
    ours = keyed(forged, KEY)

    assert key_in(forged, [KEY]) is None
    assert key_in(ours, ["sh1:other", KEY]) == KEY
    assert key_in(ours.replace("\n", "\r\n") + "\r\n", [KEY]) == KEY
    assert key_in(None, [KEY]) is None
    assert keyed("", KEY) == KEY


def subject(chat=None, *, phone="", agent=ANN_AGENT, **settings):
    return chat_subject(
        chat or a_chat(), phone=phone, agent=agent, settings=the_settings(**settings)
    )


@pytest.mark.rule("CX-42", "CX-43", "CX-46", "CX-47")
def test_a_subject_names_visitor_e_mail_channel_and_tenant():
    assert subject() == "Chat with Ada Byron (ada@example.org) [web_chat] [site-1]"
    assert subject(language="de") == "Chat mit Ada Byron (ada@example.org) [web_chat] [site-1]"


@pytest.mark.rule("CX-42")
@pytest.mark.parametrize(
    ("about", "expected"),
    [
        pytest.param(
            {"name": None},
            "Chat with ada@example.org [web_chat] [site-1]",
            id="no name, no doubling",
        ),
        pytest.param(
            {"name": None, "email": None},
            "Chat with +14155550100 [web_chat] [site-1]",
            id="no name and no e-mail",
        ),
    ],
)
def test_a_visitor_without_a_name_is_named_by_what_is_known(about, expected):
    assert subject(a_chat(visitor=a_visitor(**about)), phone="+14155550100") == expected


@pytest.mark.rule("CX-42", "CX-47")
def test_brackets_around_nothing_are_left_out():
    nobody = a_visitor(name=None, email=None)
    chat = a_chat(visitor=nobody, channel=None, source_tenant_id=None)

    assert subject(chat) == "Chat with Unknown visitor"


@pytest.mark.rule("CX-47")
def test_name_and_e_mail_give_way_to_channel_and_tenant():
    long = a_visitor(name="Ada " * 200, email="a" * 300 + "@example.org")
    chat = a_chat(visitor=long, channel="web_chat_of_the_shop", source_tenant_id="site-4711")

    text = subject(chat)

    assert width(text) <= 255
    assert text.endswith("[web_chat_of_the_shop] [site-4711]")


@pytest.mark.rule("CX-46")
def test_a_tenant_s_own_subject_takes_the_words_of_chats():
    own = {"chat_subject": {"en": "{agent}/{company}/{topic}/{date}/{name}/{phone}/{channel}"}}

    text = subject(a_chat(subject="Prices", started_at=START), phone="+1", templates=own)

    assert text == "Ann Agent/Engines Ltd/Prices/2026-11-20/Ada Byron/+1/web_chat"


def test_a_name_cannot_bring_a_placeholder_of_its_own():
    assert subject(a_chat(visitor=a_visitor(name="{tenant}"))).startswith("Chat with {tenant} (")


@pytest.mark.rule("CX-56")
def test_a_note_on_a_file_is_one_line_whatever_the_file_is_called():
    note = "Attachment: a\nChat id: forged (https://files.example.com/<b>): gone"

    lines = describe(a_chat(), attachment_notes=[note]).description.split("\n")

    assert "Attachment: a Chat id: forged (https://files.example.com/\u2039b>): gone" in lines


@pytest.mark.rule("CX-47")
@pytest.mark.parametrize(
    ("channel", "values", "expected"),
    [
        pytest.param(
            "web_chat", ("Phone", "Chat", "Web"), "Chat", id="a chat where the org has it"
        ),
        pytest.param(
            "web_chat", ("Phone", "Email", "web"), "web", id="else the web, as it is listed"
        ),
        pytest.param("email", ("Web", "Email"), "Email", id="mail is mail"),
        pytest.param(
            "WhatsApp", ("Web", "Whatsapp"), "Whatsapp", id="a channel listed by its name"
        ),
        pytest.param("web_chat", ("Phone",), "", id="nothing where nothing fits"),
        pytest.param(None, (), "Web", id="the web where the list is not known"),
        pytest.param("e-mail", (), "Email", id="mail where the list is not known"),
    ],
)
def test_a_case_has_an_origin_that_the_org_knows(channel, values, expected):
    fields = {"Origin": FieldFacts(name="Origin", type="picklist", values=values)}

    assert case_origin(channel, fields) == expected
