"""Subjects are the tenant's own words, filled in and cut to what Salesforce takes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.calls import a_call, a_party, the_settings
from switchhook.domain.calls.text import SUBJECT_LIMIT, call_subject, case_subject, written
from switchhook.domain.facts.event import CallType, Direction, Outcome
from switchhook.domain.facts.people import Agent
from switchhook.domain.settings.reading import validate
from switchhook.domain.settings.values import PLACEHOLDERS
from switchhook.domain.text import MARK, width

ANN = Agent(email="ann@example.com", name="Ann Agent")


def subject_of(call, who="Ada", *, call_type=CallType.MISSED, write=call_subject, **patch):
    settings = the_settings(**patch)
    parties = (a_party(),)
    return write(call, call_type=call_type, who=who, parties=parties, agent=ANN, settings=settings)


@pytest.mark.rule("AC-22")
@pytest.mark.parametrize(
    ("language", "call_type", "expected"),
    [
        ("en", CallType.OUTBOUND_ANSWERED, "Outbound call to Ada"),
        ("en", CallType.OUTBOUND_UNANSWERED, "Outbound call to Ada (not answered)"),
        ("en", CallType.INBOUND_ANSWERED, "Inbound call from Ada"),
        ("en", CallType.MISSED, "Missed call from Ada"),
        ("en", CallType.VOICEMAIL, "Voicemail from Ada"),
        ("de", CallType.OUTBOUND_ANSWERED, "Ausgehender Anruf an Ada"),
        ("de", CallType.OUTBOUND_UNANSWERED, "Ausgehender Anruf an Ada (nicht angenommen)"),
        ("de", CallType.INBOUND_ANSWERED, "Eingehender Anruf von Ada"),
        ("de", CallType.MISSED, "Verpasster Anruf von Ada"),
        ("de", CallType.VOICEMAIL, "Voicemail von Ada"),
    ],
)
def test_the_subject_says_the_kind_of_call_and_with_whom(language, call_type, expected):
    assert subject_of(a_call(), call_type=call_type, language=language) == expected
    case = subject_of(a_call(), call_type=call_type, language=language, write=case_subject)
    assert case == expected


ALL_VALUES = "{who}|{number}|{agent}|{queue}|{direction}|{outcome}|{duration}|{date}"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            "Ada|+14155550100|Ann Agent|Sales|outbound|not answered|3:20|2026-11-20",
        ),
        (
            "de",
            "Ada|+14155550100|Ann Agent|Sales|ausgehend|nicht angenommen|3:20|20.11.2026",
        ),
    ],
)
def test_every_value_can_stand_in_a_subject_in_the_tenants_language(language, expected):
    call = a_call(queue="Sales", direction=Direction.OUTBOUND)
    told = {"templates": {"call_subject": {"missed": {language: ALL_VALUES}}}}

    answered = subject_of(call, language=language, **told)
    unanswered = subject_of(
        a_call(queue="Sales", direction=Direction.OUTBOUND, outcome=Outcome.UNANSWERED),
        language=language,
        **told,
    )

    assert answered.split("|")[6] == expected.split("|")[6]
    assert unanswered.replace("|0:00|", "|3:20|") == expected


def test_the_day_in_a_subject_is_that_of_the_number():
    call = a_call(started_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC), time_zone="Europe/Vienna")

    told = subject_of(call, templates={"call_subject": {"missed": {"en": "{date}"}}})

    assert told == "2026-11-21"


def test_a_case_has_a_template_of_its_own():
    told = {"templates": {"case_subject": {"missed": {"en": "Call back {who}"}}}}

    assert subject_of(a_call(), write=case_subject, **told) == "Call back Ada"
    assert subject_of(a_call(), **told) == "Missed call from Ada"


def test_a_long_name_is_cut_before_the_words_of_the_subject():
    told = subject_of(a_call(), "Ada {who} " * 100, call_type=CallType.OUTBOUND_UNANSWERED)

    assert told.endswith(f"{MARK} (not answered)")
    assert len(told) <= SUBJECT_LIMIT


def test_a_value_never_fills_in_another():
    assert written("{who} {agent}", {"who": "{agent}", "agent": "Ann"}) == "{agent} Ann"


@given(
    template=st.lists(
        st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS]) | st.text(max_size=30),
        max_size=12,
    ).map("".join),
    values=st.fixed_dictionaries({name: st.text(max_size=400) for name in PLACEHOLDERS}),
)
def test_no_subject_is_longer_than_its_field(template, values):
    told = written(template, values)

    assert width(told) <= SUBJECT_LIMIT
    assert "\n" not in told


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        pytest.param("Call with {who} ({duration})", True, id="known names"),
        pytest.param("Anruf", True, id="words alone"),
        pytest.param("Call with {customer}", False, id="an unknown name"),
        pytest.param("Call with {who", False, id="a brace that is not closed"),
        pytest.param("Call with {who!r}", False, id="a name with a format"),
        pytest.param("Call\nwith {who}", False, id="two lines"),
        pytest.param("x" * 256, False, id="longer than the field"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_a_template_is_judged_when_it_is_set(text, is_taken):
    own = {
        "preset": "standard",
        "default_region": "US",
        "time_zone": "UTC",
        "templates": {"call_subject": {"missed": {"en": text}}},
    }

    problems = validate(own)

    assert (problems == {}) is is_taken
    assert is_taken or list(problems) == ["templates.call_subject.missed.en"]
