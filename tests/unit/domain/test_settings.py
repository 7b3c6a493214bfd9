"""Settings: presets, merge patches, and a sentence for everything that cannot be taken."""

import phonenumbers
import pytest

from switchhook.domain.errors import Rejected
from switchhook.domain.events import CallType
from switchhook.domain.presets import PRESETS
from switchhook.domain.regions import REGIONS
from switchhook.domain.settings import (
    LogAs,
    MatchType,
    ShortCallRule,
    Tiebreak,
    UnknownNumber,
    merge_patch,
    resolve,
    to_json,
    unknown_names,
    validate,
)

OWN = {"preset": "standard", "default_region": "US", "time_zone": "America/Los_Angeles"}


@pytest.mark.rule("AC-1", "X-1", "X-2", "X-3", "X-5")
def test_the_standard_preset_gives_every_setting_its_value():
    settings = resolve(OWN, version=7)

    assert settings.version == 7
    assert settings.calls.short_call_rule is ShortCallRule.XBEES
    assert settings.calls.short_call_threshold_s == 5
    assert settings.calls.unknown_number is UnknownNumber.NONE
    assert settings.calls.person_account_who is True
    assert settings.matching.tiebreak is Tiebreak.LAST_MODIFIED
    assert settings.matching.priority == tuple(MatchType)
    assert settings.matching.match_cache_minutes == 5
    assert settings.ownership.fallback_user_id is None
    assert settings.max_in_flight == 5
    assert settings.cors_origins == ()


@pytest.mark.rule("AC-3", "AC-5", "XB-13", "X-8")
def test_every_call_type_is_logged_as_completed_by_default():
    assert resolve(OWN, version=1).calls.workflow == dict.fromkeys(CallType, LogAs.COMPLETED)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_valid_by_itself(preset):
    assert validate({**OWN, "preset": preset}) == {}


@pytest.mark.rule("AC-2")
def test_a_tenants_own_values_lie_over_the_presets():
    settings = resolve({**OWN, "calls": {"workflow": {"missed": "none"}}}, version=1)

    assert settings.calls.workflow[CallType.MISSED] is LogAs.NONE
    assert settings.calls.workflow[CallType.VOICEMAIL] is LogAs.COMPLETED


def test_null_gives_back_the_presets_value():
    own = {**OWN, "calls": {"short_call_rule": None, "workflow": None}, "matching": None}

    assert resolve(own, version=1) == resolve(OWN, version=1)


def test_the_shown_settings_can_be_sent_back_unchanged():
    settings = resolve({**OWN, "ownership": {"fallback_user_id": "005000000000001"}}, version=1)

    assert resolve(to_json(settings), version=1) == settings


def test_the_settings_are_shown_nested_and_in_json_values():
    shown = to_json(resolve(OWN, version=1))

    assert "version" not in shown
    assert shown["default_region"] == "US"
    assert shown["calls"]["workflow"]["missed"] == "completed"
    assert shown["matching"]["priority"] == ["contact", "lead", "account", "person_account"]
    assert shown["ownership"] == {"fallback_user_id": None}


def test_kinds_left_out_of_the_priority_follow_in_the_standard_order():
    settings = resolve({**OWN, "matching": {"priority": ["account", "lead"]}}, version=1)

    assert settings.matching.priority == (
        MatchType.ACCOUNT,
        MatchType.LEAD,
        MatchType.CONTACT,
        MatchType.PERSON_ACCOUNT,
    )


@pytest.mark.parametrize(
    ("patch", "name"),
    [
        pytest.param({"preset": "siebel"}, "preset", id="an unknown preset"),
        pytest.param({"preset": ["standard"]}, "preset", id="a preset that is no word"),
        pytest.param({"preset": None}, "preset", id="no preset"),
        pytest.param({"default_region": "UK"}, "default_region", id="a region that is none"),
        pytest.param({"default_region": 1}, "default_region", id="a region that is a number"),
        pytest.param({"default_region": None}, "default_region", id="no region"),
        pytest.param({"time_zone": "Mars/Base"}, "time_zone", id="a zone that is none"),
        pytest.param({"time_zone": "Europe"}, "time_zone", id="a folder of zones"),
        pytest.param({"time_zone": "../etc/passwd"}, "time_zone", id="a zone outside the database"),
        pytest.param({"time_zone": ""}, "time_zone", id="an empty zone"),
        pytest.param({"time_zone": 3}, "time_zone", id="a zone that is a number"),
        pytest.param({"time_zone": None}, "time_zone", id="no zone"),
        pytest.param({"language": "fr"}, "language", id="a language that is not spoken"),
        pytest.param({"language": 1}, "language", id="a language that is a number"),
        pytest.param({"max_in_flight": 0}, "max_in_flight", id="no write in flight"),
        pytest.param({"max_in_flight": 26}, "max_in_flight", id="more than Salesforce's limit"),
        pytest.param({"max_in_flight": True}, "max_in_flight", id="a boolean for a number"),
        pytest.param({"max_in_flight": 5.0}, "max_in_flight", id="a fraction for a whole number"),
        pytest.param({"cors_origins": "*"}, "cors_origins", id="any origin"),
        pytest.param({"cors_origins": ["https://a.example/x"]}, "cors_origins", id="a path"),
        pytest.param({"cors_origins": [1]}, "cors_origins", id="an origin that is a number"),
        pytest.param(
            {"calls": {"workflow": {"missed": "later"}}},
            "calls.workflow.missed",
            id="a treatment that is none",
        ),
        pytest.param(
            {"calls": {"workflow": {"lunch": "none"}}},
            "calls.workflow.lunch",
            id="a sixth call type",
        ),
        pytest.param({"calls": 5}, "calls", id="a group that is a number"),
        pytest.param({"calls": {"workflow": []}}, "calls.workflow", id="a group that is a list"),
        pytest.param(
            {"calls": {"short_call_rule": "strict"}}, "calls.short_call_rule", id="a third reading"
        ),
        pytest.param(
            {"calls": {"short_call_threshold_s": -1}},
            "calls.short_call_threshold_s",
            id="a negative limit",
        ),
        pytest.param(
            {"calls": {"unknown_number": "case"}},
            "calls.unknown_number",
            id="a thing that is not created",
        ),
        pytest.param(
            {"calls": {"person_account_who": "yes"}},
            "calls.person_account_who",
            id="a word for a boolean",
        ),
        pytest.param(
            {"matching": {"priority": ["lead", "lead"]}}, "matching.priority", id="a kind twice"
        ),
        pytest.param(
            {"matching": {"priority": ["case"]}}, "matching.priority", id="a kind that is none"
        ),
        pytest.param(
            {"matching": {"priority": "lead"}}, "matching.priority", id="a word for a list"
        ),
        pytest.param({"matching": {"tiebreak": "random"}}, "matching.tiebreak", id="a coin toss"),
        pytest.param(
            {"ownership": {"fallback_user_id": "00G000000000001AAA"}},
            "ownership.fallback_user_id",
            id="a queue's id",
        ),
        pytest.param({"colour": "red"}, "colour", id="an unknown name"),
        pytest.param({"": {}}, "", id="an empty name"),
        pytest.param({"calls": {"colour": {}}}, "calls.colour", id="an unknown name inside"),
        pytest.param(
            {"calls.short_call_rule": "none"}, "calls.short_call_rule", id="a dotted name as a key"
        ),
    ],
)
def test_what_cannot_be_taken_is_named_with_a_sentence(patch, name):
    problems = validate({**OWN, **patch})

    assert list(problems) == [name]
    assert problems[name].startswith(name)
    assert problems[name].endswith(".")


def test_every_problem_is_named_at_once():
    problems = validate({"colour": 1, "calls": {"short_call_rule": "x", "size": 2}})

    assert set(problems) == {
        "preset",
        "default_region",
        "time_zone",
        "colour",
        "calls.short_call_rule",
        "calls.size",
    }


def test_settings_that_cannot_be_taken_are_rejected_as_unprocessable():
    with pytest.raises(Rejected) as refused:
        resolve({**OWN, "language": "fr"}, version=1)

    assert refused.value.status == 422
    assert refused.value.code == "invalid_settings"
    assert list(refused.value.fields) == ["language"]


def test_an_unknown_name_is_seen_even_where_it_is_set_to_null():
    change = {"colour": None, "calls": {"size": None}, "language": None}

    assert set(unknown_names(change)) == {"colour", "calls.size"}


def test_a_region_may_be_written_small():
    assert resolve({**OWN, "default_region": "at"}, version=1).default_region == "AT"


def test_an_origin_given_twice_counts_once():
    origins = ["https://a.example", "http://localhost:3000", "https://a.example"]

    assert resolve({**OWN, "cors_origins": origins}, version=1).cors_origins == (
        "https://a.example",
        "http://localhost:3000",
    )


def test_the_regions_are_those_of_the_numbering_plans():
    assert set(phonenumbers.SUPPORTED_REGIONS) == set(REGIONS)


@pytest.mark.parametrize(
    ("current", "change", "merged"),
    [
        pytest.param({"a": "b"}, {"a": "c"}, {"a": "c"}, id="a value replaces"),
        pytest.param({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}, id="a new name is added"),
        pytest.param({"a": "b"}, {"a": None}, {}, id="null removes"),
        pytest.param({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}, id="the rest stays"),
        pytest.param({"a": ["b"]}, {"a": "c"}, {"a": "c"}, id="a list is replaced"),
        pytest.param({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}, id="by a list too"),
        pytest.param(
            {"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}, id="objects merge"
        ),
        pytest.param({"a": "b"}, {"a": {"c": 1}}, {"a": {"c": 1}}, id="an object replaces a value"),
        pytest.param(
            {}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}, id="null inside a new object"
        ),
    ],
)
def test_a_change_is_a_json_merge_patch(current, change, merged):
    assert merge_patch(current, change) == merged
