"""The lenient field types of chats: what is odd is unsaid."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from builders.any_json import JSON
from switchhook.adapters.providers.chat_shapes import (
    ByLabel,
    Flag,
    Html,
    Line,
    Link,
    Many,
    Maybe,
    Size,
    Text,
    When,
)
from switchhook.adapters.providers.shapes import Shape

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)


class Part(Shape):
    number: int


class Whole(Shape):
    line: Line = None
    text: Text = None
    link: Link = None
    html: Html = None
    when: When = None
    flag: Flag = None
    size: Size = None
    part: Maybe[Part] = None
    parts: Many[Part] = ()
    fields: ByLabel = Field(default_factory=dict)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        pytest.param(1795186800, AT, id="seconds"),
        pytest.param(1795186800.25, AT.replace(microsecond=250000), id="a_float_of_seconds"),
        pytest.param("1795186800", AT, id="seconds_in_text"),
        pytest.param(1795186800000, AT, id="milliseconds"),
        pytest.param("2026-11-20T15:00:00.000Z", AT, id="rfc_3339"),
        pytest.param("2026-11-20T16:00:00+01:00", AT, id="an_offset"),
        pytest.param("2026-11-20T15:00:00", None, id="no_offset"),
        pytest.param("Fri Nov 20 2026", None, id="words"),
        pytest.param(0, None, id="zero"),
        pytest.param(-1, None, id="before_1970"),
        pytest.param(10**30, None, id="far_away"),
        pytest.param(float("nan"), None, id="no_number"),
        pytest.param(True, None, id="a_boolean"),
        pytest.param({}, None, id="an_object"),
    ],
)
def test_a_time_in_any_of_its_forms(value: object, at: datetime | None):
    assert at == Whole.model_validate({"when": value}).when


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param({"a": "b", "n": 3, "f": 0.5}, {"a": "b", "n": "3", "f": "0.5"}, id="flat"),
        pytest.param({"yes": True}, {"yes": "true"}, id="a_boolean"),
        pytest.param({"l": ["a", 1, {}]}, {"l": "a, 1"}, id="a_list"),
        pytest.param({"o": {"x": 1}, "e": "", "n": None}, {}, id="nested_and_empty"),
        pytest.param([1], {}, id="no_object"),
    ],
)
def test_custom_fields_by_their_labels(value: object, said: Mapping[str, str]):
    assert said == Whole.model_validate({"fields": value}).fields


def test_the_readable_items_of_a_list_are_kept():
    told = {"parts": [{"number": 1}, 7, None, {"number": "x"}, {"number": 2}]}

    assert [part.number for part in Whole.model_validate(told).parts] == [1, 2]


@pytest.mark.parametrize("link", ["javascript:x()", "ftp://x.example", "/a/b", "", 5])
def test_only_links_into_the_web_are_links(link: object):
    assert Whole.model_validate({"link": link}).link is None


@given(st.dictionaries(st.sampled_from(sorted(Whole.model_fields)), JSON))
def test_nothing_is_refused(told: dict[str, object]):
    """Whatever stands in a field, the whole is read."""
    Whole.model_validate(told)
