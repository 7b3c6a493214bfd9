"""Ids of records as people copy them."""

import pytest

from switchhook.domain.activity import RecordRef
from switchhook.domain.crm import read_record


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0035e00000AbCdE", ("Contact", "0035e00000AbCdEAAV"), id="short_contact"),
        pytest.param("00Q000000000001", ("Lead", "00Q000000000001EAA"), id="short_lead"),
        pytest.param("001000000000001AAA", ("Account", "001000000000001AAA"), id="long_account"),
    ],
)
def test_an_id_names_its_record_with_18_characters(text, expected):
    assert read_record(text) == RecordRef(type=expected[0], id=expected[1])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("00300000000001", id="too_short"),
        pytest.param("0030000000000011", id="between_short_and_long"),
        pytest.param("003000000000001AAAA", id="too_long"),
        pytest.param("003000000000001aaa", id="no_check"),
        pytest.param("00300000000000'", id="no_character_of_an_id"),
        pytest.param("00300000000000\u0661", id="no_ascii_digit"),
        pytest.param("500000000000001AAA", id="a_case"),
        pytest.param("003000000000001AAA\n", id="a_line_end"),
    ],
)
def test_anything_else_names_none(text):
    assert read_record(text) is None
