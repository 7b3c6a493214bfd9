"""Settings: presets, merge patches, and a sentence for everything that cannot be taken."""

import phonenumbers
import pytest

from switchhook.domain.errors import Rejected
from switchhook.domain.facts.chat import ChatTrigger
from switchhook.domain.facts.event import CallType
from switchhook.domain.facts.people import REGIONS
from switchhook.domain.settings.presets import PRESETS
from switchhook.domain.settings.reading import (
    differences,
    merge_patch,
    resolve,
    to_json,
    unknown_names,
    validate,
)
from switchhook.domain.settings.schema import (
    ConferenceElse,
    LogAs,
    MatchType,
    ShortCallRule,
    Tiebreak,
    UnknownNumber,
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
    assert shown["ownership"] == {
        "fallback_user_id": None,
        "conference_lead_owner": False,
        "conference_lead_owner_else": "installer",
        "run_assignment_rules": False,
    }


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
        *(
            pytest.param({"calls": {"business_hours": hours}}, "calls.business_hours", id=name)
            for name, hours in {
                "hours that are a text": "always",
                "hours of an eighth day": {"week": {"fun": [["09:00", "17:00"]]}},
                "hours that end before they begin": {"week": {"mon": [["17:00", "09:00"]]}},
                "hours without an end": {"week": {"mon": [["09:00"]]}},
                "an hour that no clock shows": {"week": {"mon": [["25:00", "26:00"]]}},
                "hours in an unknown zone": {"week": {}, "time_zone": "Mars/Base"},
                "a holiday that no calendar has": {"week": {}, "holidays": ["2026-02-30"]},
                "a number written as at home": {"numbers": {"0664": {"week": {}}}},
                "a word that hours do not know": {"week": {}, "lunch": True},
                "only_open that is a word": {"only_open": "yes"},
            }.items()
        ),
        *(
            pytest.param({"matching": {"identification": by}}, "matching.identification", id=name)
            for name, by in {
                "identification of a case": {"case": [{"by": "phone"}]},
                "identification by a sentence": {"lead": [{"by": "his phone"}]},
                "identification that is no list": {"lead": {"by": "phone"}},
                "identification by two words": {"lead": [{"by": "phone", "or": "email"}]},
            }.items()
        ),
        pytest.param(
            {"matching": {"installed_at": "2026-01-31T09:00:00"}},
            "matching.installed_at",
            id="a time without a zone",
        ),
        pytest.param(
            {"templates": {"call_subject": {"missed": {"en": " "}}}},
            "templates.call_subject.missed.en",
            id="an empty subject",
        ),
        pytest.param(
            {"templates": {"call_subject": {"missed": {"fr": "Appel"}}}},
            "templates.call_subject.missed.fr",
            id="a subject in a language that is not spoken",
        ),
        pytest.param({"late_facts_window_s": 901}, "late_facts_window_s", id="a late window"),
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


HOURS = {
    "only_open": True,
    "time_zone": "Europe/Vienna",
    "week": {"mon": [["09:00", "12:00"], ["13:00", "24:00"]], "sun": []},
    "holidays": ["2026-12-25", "2027-01-01"],
    "numbers": {
        "+4366412345678": {"time_zone": None, "week": {"sat": [["08:00", "09:30"]]}, "holidays": []}
    },
}


@pytest.mark.rule("AC-7")
def test_opening_hours_are_shown_as_they_were_set():
    settings = resolve({**OWN, "calls": {"business_hours": HOURS}}, version=1)

    assert to_json(settings)["calls"]["business_hours"] == HOURS
    assert resolve(to_json(settings), version=1) == settings


@pytest.mark.rule("CX-21")
def test_identification_is_shown_as_it_was_set_and_the_rest_keeps_its_default():
    own = {**OWN, "matching": {"identification": {"lead": [{"by": "Mobile2__c"}, {"by": "phone"}]}}}

    shown = to_json(resolve(own, version=1))["matching"]["identification"]

    assert shown == {
        "contact": [{"by": "email"}, {"by": "phone"}],
        "lead": [{"by": "Mobile2__c"}, {"by": "phone"}],
        "account": [{"by": "phone"}],
    }


@pytest.mark.rule("XB-16", "PC-5", "XB-18", "AC-17", "PC-18", "PC-19", "AC-9", "CX-19")
@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("standard", ("xbees", "last_modified", "none", False, "lead_task", "fill_blanks")),
        ("xbees", ("xbees", "newest_created", "none", False, "none", "never")),
        (
            "xbees_partner_community",
            ("partner", "newest_created", "none", True, "none", "never"),
        ),
        ("aircall", ("none", "last_modified", "none", False, "none", "never")),
        ("cloudcx", ("xbees", "last_modified", "none", False, "lead_task", "fill_blanks")),
        ("leadx", ("xbees", "last_modified", "lead", False, "none", "fill_blanks")),
    ],
)
def test_each_preset_sets_what_its_product_promises(preset, expected):
    settings = resolve({**OWN, "preset": preset}, version=1)

    actions = settings.chats.actions
    assert (
        settings.calls.short_call_rule,
        settings.matching.tiebreak,
        settings.calls.unknown_number,
        settings.ownership.conference_lead_owner,
        actions[ChatTrigger.CHAT_ENDED],
        settings.chats.update_existing,
    ) == expected
    assert settings.ownership.conference_lead_owner_else is ConferenceElse.INSTALLER
    assert settings.calls.workflow == dict.fromkeys(CallType, LogAs.COMPLETED)
    assert settings.calls.log_internal is False
    assert settings.ownership.fallback_user_id is None
    ended = (ChatTrigger.CHAT_ENDED, ChatTrigger.OFFLINE_MESSAGE, ChatTrigger.CONVERSATION_ENDED)
    assert len({actions[trigger] for trigger in ended}) == 1


def test_two_versions_differ_in_what_was_changed_and_in_what_follows_from_it():
    before = resolve(OWN, version=1)
    after = resolve(
        {**OWN, "preset": "aircall", "calls": {"business_hours": {"only_open": True}}}, version=2
    )

    changed = {one.name: (one.before, one.after) for one in differences(before, after)}

    assert changed["preset"] == ("standard", "aircall")
    assert changed["calls.short_call_rule"] == ("xbees", "none")
    assert changed["calls.business_hours"] == (None, {"only_open": True, "numbers": {}})
    assert differences(after, after) == ()
