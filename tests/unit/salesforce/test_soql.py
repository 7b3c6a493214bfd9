from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.salesforce.soql import in_list, literal, moment, phrase, read_moment

RESERVED = "?&|!{}[]()^~*:\\\"'+-"


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
