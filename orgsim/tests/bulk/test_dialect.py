"""What is written in a dialect is read back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgsim.bulk.dialect import DELIMITERS, LINE_ENDINGS, TableError, read_table, write

CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)
TABLE = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=5)
)


@given(
    rows=TABLE,
    delimiter=st.sampled_from(sorted(DELIMITERS)),
    ending=st.sampled_from(["LF", "CRLF"]),
)
def test_every_table_survives_writing_and_reading(rows, delimiter, ending):
    """Whatever stands in its cells."""
    header = [f"c{n}" for n in range(len(rows[0]) if rows else 1)]

    table = read_table(write([header, *rows], delimiter, ending), delimiter, ending)

    assert list(table.header) == header
    assert [list(row) for row in table.rows] == rows


@pytest.mark.parametrize("ending", sorted(LINE_ENDINGS))
def test_blank_lines_and_a_byte_order_mark_are_passed_over(ending):
    """As spreadsheets leave them."""
    end = LINE_ENDINGS[ending]

    table = read_table(f"\ufeffId,Name{end}1,a{end}{end}2,b".encode(), "COMMA", ending)

    assert (table.header, table.rows) == (("Id", "Name"), (("1", "a"), ("2", "b")))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Id,Name\n1\n", "Row 1 has 1 cells, but the header has 2"),
        ("Id,Name\n1,2\n1,2,3\n", "Row 2 has 3 cells"),
        ('Id,Name\n1,"open\n', "Failed to parse CSV in row 1"),
    ],
)
def test_a_crooked_table_is_refused(text, part):
    """With the row's number."""
    with pytest.raises(TableError, match=part):
        read_table(text.encode(), "COMMA", "LF")
