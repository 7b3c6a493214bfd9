"""Plain text: clean, within its field, and visibly cut."""

import pytest

from switchhook.domain.text import MARK, clean, cut, joined, labelled, one_line, width


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        pytest.param("a\tb\nc", "a\tb\nc", id="tab and newline stay"),
        pytest.param("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne", id="every line end becomes one"),
        pytest.param("a\x00b\x1bc\x7fd\x9fe", "abcde", id="control characters go"),
        pytest.param("\u202eevil\u202c\u2066x\u2069\u200f", "evilx", id="bidirectional marks go"),
        pytest.param("a\ud800b", "a\ufffdb", id="a lone surrogate is replaced"),
        pytest.param("Zoë 😀", "Zoë 😀", id="letters and emoji stay"),
    ],
)
def test_text_is_cleaned(raw, cleaned):
    assert clean(raw, limit=100) == cleaned


def test_text_that_was_not_read_to_its_end_is_marked():
    assert clean("\x00" * 400 + "a", limit=100) == MARK
    assert len(clean("a" * 1000, limit=100)) == 400


def test_one_line_is_one_line():
    assert one_line(" Ada\n\tByron  ", limit=80) == "Ada Byron"
    assert one_line(None, limit=80) == ""


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        pytest.param("abc", 3, "abc", id="what fits stays"),
        pytest.param("a" * 20, 10, "aaa" + MARK, id="the mark counts"),
        pytest.param("ab " * 9, 10, "ab" + MARK, id="no space before the mark"),
        pytest.param("😀" * 10, 11, "😀😀" + MARK, id="an emoji counts twice"),
        pytest.param("😀" * 10, 10, "😀" + MARK, id="and is never halved"),
        pytest.param("abcdefgh", 5, "abcde", id="no room for the mark"),
        pytest.param("😀😀😀😀", 5, "", id="no room at all"),
    ],
)
def test_text_is_cut_to_its_field(text, limit, expected):
    assert cut(text, limit) == expected
    assert width(cut(text, limit)) <= limit


def test_parts_are_joined_until_nothing_more_can_fit():
    def parts():
        yield from ("a", "", "b")
        yield "c" * 10
        raise AssertionError

    assert joined(parts(), ", ", limit=10) == "a, b, " + "c" * 10


def test_labelled_lines_without_a_value_are_left_out():
    assert labelled([("A", "1"), ("B", ""), ("C", "3")], limit=100) == "A: 1\nC: 3"
    assert labelled([("A", "")], limit=100) == ""


def test_when_lines_are_too_long_only_the_longest_are_cut():
    text = labelled([("A", "a" * 500), ("B", "b" * 20), ("C", "c" * 300)], limit=200)
    a_line, b_line, c_line = text.split("\n")

    assert width(text) <= 200
    assert b_line == "B: " + "b" * 20
    assert a_line.endswith(MARK)
    assert c_line.endswith(MARK)
    assert len(a_line) == len(c_line)


def test_labels_alone_may_fill_the_field():
    assert labelled([("A", "a" * 50), ("B", "b" * 50)], limit=6) == "A: \nB: "
