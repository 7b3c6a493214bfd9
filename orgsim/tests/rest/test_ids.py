"""Record ids: two lengths, one meaning, and the order of creation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgsim.ids import make_id, number_of, to_id18

numbers = st.integers(min_value=0, max_value=62**10 - 1)


@given(numbers)
def test_an_id_survives_shortening_and_losing_its_case(number):
    """The checksum of three characters brings the case back."""
    long_id = make_id("003", "Zq", number)

    assert to_id18(long_id) == long_id
    assert to_id18(long_id[:15]) == long_id
    assert to_id18(long_id.lower()) == long_id
    assert number_of(long_id, 5) == number


@given(numbers, numbers)
def test_ids_sort_by_their_numbers(one, other):
    """So the highest id is the newest record."""
    assert (make_id("003", "Zq", one) < make_id("003", "Zq", other)) == (one < other)


@pytest.mark.parametrize(
    "text",
    ["", "003", "003Zq0000000001A", "003Zq00000000-1", "003Zq0000000001999", "ö" * 15],
    ids=["empty", "short", "sixteen", "punctuation", "wrong_checksum", "not_ascii"],
)
def test_what_is_no_id_is_none(text):
    """Neither 15 nor 18 good characters."""
    assert to_id18(text) is None
