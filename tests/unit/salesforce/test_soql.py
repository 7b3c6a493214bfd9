from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.salesforce.search import SEARCH_TEXT_CHARS, search_text
from switchhook.adapters.salesforce.soql import in_list, literal, moment, phrase, read_moment
from switchhook.domain.decision import OrgFacts
from switchhook.domain.party import PhoneNumber
from switchhook.domain.people import OrgUser

RESERVED = "?&|!{}[]()^~*:\\\"'+-"


def facts(*, person_accounts=False, **phone_fields):
    return OrgFacts(
        task_statuses=(),
        users_by_email={},
        user_ids=frozenset(),
        connecting_user=OrgUser(id="005", name="", email=""),
        phone_fields=phone_fields,
        person_accounts=person_accounts,
    )


def number(*written):
    return PhoneNumber(
        e164="+14155550100",
        country_code="1",
        national="",
        international="",
        written=written,
        digit_forms=frozenset(),
    )


def unescaped(text):
    """Read a literal the way the grammar of SOQL and SOSL does."""
    inner, plain, chars = text[1:-1], [], {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
    index = 0
    while index < len(inner):
        if inner[index] == "\\":
            index += 1
            plain.append(chars.get(inner[index], inner[index]))
        else:
            assert inner[index] != text[0], "the literal ends too early"
            plain.append(inner[index])
        index += 1
    return "".join(plain)


@given(st.text())
def test_a_literal_holds_any_text_and_ends_where_it_should(text):
    assert unescaped(literal(text)) == text


@given(st.text())
def test_a_phrase_escapes_every_reserved_character(text):
    inner = phrase(text)[1:-1]

    plain, left = [], iter(inner)
    for char in left:
        escaped = char == "\\"
        plain.append(next(left) if escaped else char)
        assert (plain[-1] in RESERVED) is escaped
    assert "".join(plain) == text


def test_a_list_quotes_each_value():
    assert in_list(["a", "b'c"]) == r"('a', 'b\'c')"


def test_a_moment_is_utc_in_seconds():
    vienna = timezone(timedelta(hours=1))

    assert moment(datetime(2026, 11, 20, 16, 0, 5, 999, tzinfo=vienna)) == "2026-11-20T15:00:05Z"


def test_salesforces_moments_are_read():
    read = read_moment("2026-11-20T15:00:00.000+0000")

    assert read == datetime(2026, 11, 20, 15, tzinfo=UTC)
    assert read_moment(None) is None


def test_one_statement_searches_every_object_by_every_form():
    org = facts(Contact=("Phone", "MobilePhone"), Lead=("Phone",))

    assert search_text(org, [number("14155550100", "415 555 0100")]) == (
        'FIND {"14155550100" OR "415 555 0100"} IN PHONE FIELDS RETURNING '
        "Contact(Id, Name, OwnerId, CreatedDate, LastModifiedDate, Phone, MobilePhone "
        "ORDER BY LastModifiedDate DESC LIMIT 50), "
        "Lead(Id, Name, OwnerId, CreatedDate, LastModifiedDate, IsConverted, ConvertedContactId, "
        "Phone ORDER BY LastModifiedDate DESC LIMIT 50)"
    )


@pytest.mark.parametrize(
    ("person_accounts", "expected"),
    [
        pytest.param(True, True, id="asked_where_the_org_has_them"),
        pytest.param(False, False, id="never_asked_elsewhere"),
    ],
)
def test_person_account_fields(person_accounts, expected):
    text = search_text(facts(person_accounts=person_accounts, Account=("Phone",)), [number("1")])

    assert ("PersonContactId" in text) is expected


def test_a_long_list_of_numbers_keeps_each_numbers_likeliest_form():
    numbers = [number(*(f"{i:03} {form} 5550100" for form in range(10))) for i in range(100)]

    text = search_text(facts(Contact=("Phone",)), numbers)

    found = text[: text.index("}")]
    assert len(found) <= SEARCH_TEXT_CHARS + len("FIND {")
    assert all(f'"{i:03} 0 5550100"' in found for i in range(100))
    assert '"000 9 5550100"' not in found
