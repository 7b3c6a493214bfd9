"""Who the visitor of a chat is, and who is none."""

import pytest

from builders.calls import ADA, NOBODY, a_number
from builders.chats import ADAS_EMAIL, ANN_AGENT, a_chat, a_visitor
from switchhook.domain.chats.screening import address, party_of, screen_chat
from switchhook.domain.facts.people import ListedAgent, People


def visitor_of(*, phone=None, **about):
    chat = a_chat(visitor=a_visitor(phone=phone, **about))
    number = a_number(phone) if phone else None
    return party_of(chat, source="site", external_id="ch-1", number=number)


@pytest.mark.rule("CX-22", "SH-1")
@pytest.mark.parametrize(
    ("about", "identifiers"),
    [
        pytest.param(
            {"email": "Ada@Example.ORG ", "phone": ADA},
            (ADAS_EMAIL, ADA, "visitor:site:v-1"),
            id="a visitor is known by the e-mail in small letters",
        ),
        pytest.param(
            {"email": None, "phone": "(415) 555-0100"},
            (ADA, "visitor:site:v-1"),
            id="without an e-mail by the phone",
        ),
        pytest.param({"email": "n/a"}, ("visitor:site:v-1",), id="what is no address is no e-mail"),
        pytest.param(
            {"email": "", "id": " "},
            ("chat:site:ch-1",),
            id="a visitor of whom nothing is said is the one of this chat",
        ),
    ],
)
def test_a_visitor_has_one_key_and_every_identifier_is_claimed(about, identifiers):
    visitor = visitor_of(**about)

    assert visitor.party.key == identifiers[0]
    assert visitor.identifiers == identifiers


def test_a_visitor_id_means_nothing_outside_its_source():
    chat = a_chat(visitor=a_visitor(email=None))
    keys = {
        party_of(chat, source=source, external_id="ch-1", number=None).party.key
        for source in ("site", "shop")
    }

    assert len(keys) == 2


def test_forty_chats_of_one_visitor_claim_the_same():
    claimed = {
        party_of(a_chat(), source="site", external_id=f"ch-{number}", number=None).identifiers
        for number in range(40)
    }

    assert len(claimed) == 1


@pytest.mark.rule("XB-17", "PC-16")
@pytest.mark.parametrize(
    ("about", "people"),
    [
        pytest.param(
            {"email": "Bob@example.com"},
            People(agents=(ListedAgent(email="bob@EXAMPLE.com"),)),
            id="a listed agent is internal",
        ),
        pytest.param(
            {"email": ANN_AGENT.email}, NOBODY, id="who is an agent of the chat itself is internal"
        ),
        pytest.param(
            {"email": "eve@corp.example"},
            People(internal_domains=frozenset({"corp.example"})),
            id="everybody of an internal domain is internal",
        ),
        pytest.param(
            {"email": None, "phone": ADA},
            People(own_numbers=frozenset({ADA})),
            id="who writes from one of the tenant's own numbers is internal",
        ),
    ],
)
def test_a_chat_between_own_people_is_skipped(about, people):
    visitor = visitor_of(**about)

    skip = screen_chat(a_chat(), visitor, people)

    assert skip is not None
    assert (skip.rule, skip.reason) == ("XB-17", "internal")


@pytest.mark.parametrize(
    "about",
    [
        pytest.param({}, id="a visitor outside"),
        pytest.param({"email": "eve@corp.example.net"}, id="a domain that only begins alike"),
        pytest.param({"email": None, "id": None}, id="a visitor of whom nothing is known"),
    ],
)
def test_a_chat_with_somebody_outside_passes(about):
    people = People(
        agents=(ListedAgent(name="Ada Byron"),), internal_domains=frozenset({"corp.example"})
    )

    assert screen_chat(a_chat(), visitor_of(**about), people) is None


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("Ada@Example.org", "ada@example.org"),
        (" ada@example.org\n", "ada@example.org"),
        ("ada@example", None),
        ("Ada <ada@example.org>", None),
        ("a@b@example.org", None),
        (None, None),
    ],
)
def test_only_what_is_an_address_is_one(stated, expected):
    assert address(stated) == expected
