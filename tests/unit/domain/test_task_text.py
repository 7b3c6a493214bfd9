"""What a call's Task says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders.calls import (
    ADA,
    BEN,
    START,
    STATUSES,
    a_call,
    a_party,
    an_org,
    external,
    internal,
    the_settings,
)
from builders.cpu_time import least_cpu_s
from switchhook.domain.calls.text import (
    activity_date,
    description,
    task_fields,
    task_status,
)
from switchhook.domain.decision import TaskStatus
from switchhook.domain.facts.event import CallFacts, CallType, Direction, Outcome, Transfer
from switchhook.domain.facts.people import Agent, Comment
from switchhook.domain.settings.schema import LogAs
from switchhook.domain.text import MARK, width

ANN = Agent(name="Ann Agent", email="ann@example.com")


def fields_of(call, *, call_type=CallType.INBOUND_ANSWERED, who="Ada Byron", org=None, **settings):
    return task_fields(
        call,
        external_id="c-1",
        call_type=call_type,
        who=who,
        parties=(a_party(),),
        agent=ANN,
        created_by=None,
        settings=the_settings(**settings),
        org=org or an_org(),
    )


def lines_of(call, *, agent=ANN, created_by=None, external_id="c-1"):
    return description(
        call,
        external_id=external_id,
        parties=(a_party(),),
        agent=agent,
        created_by=created_by,
    ).split("\n")


@pytest.mark.rule("AC-22", "XB-13", "XB-14", "AC-29")
def test_a_call_fills_the_fields_of_a_logged_call():
    fields = fields_of(a_call(tags=("pricing", "vip")))

    assert {name: fields[name] for name in fields if name != "Description"} == {
        "Subject": "Inbound call from Ada Byron",
        "TaskSubtype": "Call",
        "CallType": "Inbound",
        "CallDurationInSeconds": 200,
        "CallDisposition": "answered; pricing, vip",
        "Status": "Completed",
        "ActivityDate": "2026-11-20",
    }


@pytest.mark.rule(
    "XB-3", "XB-14", "AC-21", "AC-22", "AC-23", "AC-24", "AC-25", "AC-26", "PC-15", "PC-3"
)
def test_the_description_has_every_label_in_its_order():
    call = a_call(
        external_email="ada@example.com",
        queue="Sales",
        participants=(
            internal(name="Ann Agent", email="ann@example.com", number="201"),
            internal(email="bob@example.com"),
            external("+1 415 555 0100", name="Ada Byron"),
            external(None),
        ),
        transfers=(
            Transfer(by="ann@example.com", to="bob@example.com", kind="attended"),
            Transfer(to="203"),
        ),
        recording_url="https://pbx.example/r/1",
        voicemail_url="https://pbx.example/v/1",
        tags=("pricing", "vip"),
        comments=(
            Comment(author="Ann Agent", text="call back", at=START),
            Comment(text="sent\nthe offer"),
        ),
        wait_s=9.7,
    )

    assert lines_of(call, created_by=ANN) == [
        "Agent: Ann Agent <ann@example.com>",
        "Direction: inbound",
        "Outcome: answered",
        f"From: {ADA} (Ada Byron, ada@example.com)",
        "To: +14155550199",
        "Started: 2026-11-20T15:00:00Z",
        "Duration: 200 s (3:20)",
        "Waiting time: 9 s",
        "Queue: Sales",
        (
            "Participants: Ann Agent <ann@example.com> 201 (agent), bob@example.com (agent), "
            f"Ada Byron {ADA} (external), withheld (external)"
        ),
        "Transfers: ann@example.com to bob@example.com (attended), unknown to 203",
        "Recording: https://pbx.example/r/1",
        "Voicemail: https://pbx.example/v/1",
        "Tags: pricing, vip",
        "Comments: Ann Agent (2026-11-20T15:00:00Z): call back",
        "  sent",
        "    the offer",
        "Created by: Ann Agent <ann@example.com>",
        "Call id: c-1",
    ]


@pytest.mark.rule("XB-14")
def test_labels_without_a_value_are_absent():
    assert lines_of(CallFacts(direction=Direction.OUTBOUND), agent=None) == [
        "Direction: outbound",
        "Outcome: unanswered",
        f"To: {ADA}",
        "Duration: 0 s",
        "Call id: c-1",
    ]


def test_a_duration_that_nothing_tells_is_left_out():
    """An answered call of which neither start nor answer is known is not one of 0 seconds."""
    call = a_call(started_at=None, answered_at=None, talk_s=None)

    assert not [line for line in lines_of(call) if line.startswith("Duration")]
    assert "CallDurationInSeconds" not in fields_of(call)


@pytest.mark.rule("XB-14")
@pytest.mark.parametrize("count", [0, 1, 2])
def test_every_transfer_is_told_and_none_leaves_no_line(count):
    transfers = tuple(Transfer(by="ann", to=f"20{n}") for n in range(count))

    told = [line for line in lines_of(a_call(transfers=transfers)) if "Transfers" in line]

    assert told == (
        [f"Transfers: {', '.join(f'ann to 20{n}' for n in range(count))}"] * bool(count)
    )


@pytest.mark.rule("AC-22")
def test_an_outbound_call_goes_from_our_number_to_theirs():
    lines = lines_of(a_call(direction=Direction.OUTBOUND))

    assert lines[3:5] == ["From: +14155550199", f"To: {ADA} (Ada Byron)"]


def test_a_caller_is_told_by_name_alone_where_several_numbers_were_read():
    call = a_call(external_number=None)
    two = (a_party(), a_party(BEN))

    text = description(call, external_id="c", parties=two, agent=None, created_by=None)

    assert "From: Ada Byron\n" in text


@pytest.mark.parametrize(
    ("agent", "line"),
    [
        (Agent(name="Ann", email="ann@example.com"), "Agent: Ann <ann@example.com>"),
        (Agent(name="Ann"), "Agent: Ann"),
        (Agent(email="ann@example.com"), "Agent: ann@example.com"),
        (Agent(extension="201", id="17"), "Agent: 201"),
        (Agent(id="17"), "Agent: 17"),
    ],
)
def test_the_agent_is_told_as_far_as_known(agent, line):
    assert lines_of(a_call(), agent=agent)[0] == line


@pytest.mark.parametrize(
    ("talk_s", "line"),
    [
        (0.4, "Duration: 0 s"),
        (59.9, "Duration: 59 s"),
        (60.0, "Duration: 60 s (1:00)"),
        (3725.0, "Duration: 3725 s (1:02:05)"),
    ],
)
def test_a_duration_is_told_in_seconds_and_from_a_minute_on_by_the_clock(talk_s, line):
    assert line in lines_of(a_call(talk_s=talk_s))


@pytest.mark.rule("AC-22")
@pytest.mark.parametrize(
    ("talk_s", "outcome", "seconds"),
    [
        (200.9, Outcome.ANSWERED, 200),
        (200.0, Outcome.MISSED, 0),
        (float("inf"), Outcome.ANSWERED, 2**31 - 1),
        (float("nan"), Outcome.ANSWERED, 0),
    ],
)
def test_the_duration_field_is_whole_talk_seconds(talk_s, outcome, seconds):
    call = a_call(talk_s=talk_s, outcome=outcome)

    assert fields_of(call)["CallDurationInSeconds"] == seconds


@pytest.mark.rule("AC-26")
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({}, "answered", id="the outcome"),
        pytest.param({"disposition": "Hot"}, "Hot", id="the provider's own word first"),
        pytest.param({"tags": ("a", "b")}, "answered; a, b", id="tags after it"),
        pytest.param({"outcome": None}, "answered", id="answered, by its talk time"),
        pytest.param({"outcome": None, "talk_s": None}, "missed", id="else nobody took it"),
        pytest.param(
            {"tags": ("x" * 300,)}, "answered; " + "x" * 238 + MARK, id="cut to its field"
        ),
    ],
)
def test_the_disposition_is_the_outcome_with_the_tags(facts, expected):
    assert fields_of(a_call(**facts))["CallDisposition"] == expected


TRANSLATED = (
    TaskStatus(api_name="Offen", is_closed=False, is_default=True),
    TaskStatus(api_name="In Arbeit", is_closed=False),
    TaskStatus(api_name="Archiviert", is_closed=True),
    TaskStatus(api_name="Erledigt", is_closed=True, is_default=True),
)


@pytest.mark.rule("AC-4", "AC-5", "XB-13")
@pytest.mark.parametrize(
    ("statuses", "log_as", "expected"),
    [
        pytest.param(STATUSES, LogAs.COMPLETED, "Completed", id="the standard closed value"),
        pytest.param(STATUSES, LogAs.IN_PROGRESS, "In Progress", id="the standard open value"),
        pytest.param(TRANSLATED, LogAs.COMPLETED, "Erledigt", id="the org's default closed value"),
        pytest.param(TRANSLATED, LogAs.IN_PROGRESS, "Offen", id="the org's default open value"),
        pytest.param(
            (*STATUSES, *TRANSLATED), LogAs.COMPLETED, "Erledigt", id="before the standard one"
        ),
        pytest.param(
            (*TRANSLATED, *STATUSES), LogAs.IN_PROGRESS, "In Progress", id="standard before default"
        ),
        pytest.param(TRANSLATED[1:3], LogAs.COMPLETED, "Archiviert", id="else its first closed"),
        pytest.param(TRANSLATED[1:3], LogAs.IN_PROGRESS, "In Arbeit", id="else its first open"),
        pytest.param((), LogAs.COMPLETED, "Completed", id="an org that shows no statuses"),
        pytest.param(TRANSLATED[2:], LogAs.IN_PROGRESS, "In Progress", id="no open value at all"),
    ],
)
def test_the_status_is_one_of_the_orgs_own(statuses, log_as, expected):
    assert task_status(statuses, log_as) == expected


@pytest.mark.rule("AC-5")
def test_a_type_logged_as_in_progress_makes_an_open_task():
    calls = {"workflow": {"inbound_answered": "in_progress"}}

    assert fields_of(a_call(), calls=calls)["Status"] == "In Progress"


LATE = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


@pytest.mark.rule("AC-22", "XB-14")
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({"time_zone": "Europe/Vienna"}, "2026-11-21", id="in the number's zone"),
        pytest.param({}, "2026-11-20", id="else the tenant's"),
        pytest.param({"time_zone": "Mars/Base"}, "2026-11-20", id="a zone that is none"),
        pytest.param({"started_at": None, "answered_at": LATE}, "2026-11-20", id="no start"),
        pytest.param({"started_at": None, "answered_at": None}, "2026-11-21", id="the end alone"),
        pytest.param({"started_at": datetime(1, 1, 1, tzinfo=UTC)}, "0001-01-01", id="year one"),
        pytest.param(
            {"started_at": None, "answered_at": None, "ended_at": None}, None, id="no time at all"
        ),
    ],
)
def test_the_day_is_the_one_on_which_the_call_began(facts, expected):
    call = replace(a_call(started_at=LATE, ended_at=LATE + timedelta(hours=9)), **facts)

    assert activity_date(call, the_settings()) == expected


def test_a_call_without_any_time_has_no_day():
    call = a_call(started_at=None, answered_at=None, ended_at=None)

    assert "ActivityDate" not in fields_of(call)


def test_foreign_text_can_pose_as_no_label():
    call = a_call(
        queue="Sales\nCall id: fake",
        tags=("a\r\nCall id: fake",),
        comments=(Comment(author="x\nCall id: fake", text="y\nCall id: fake"),),
        recording_url="https://x\u2028Call id: fake",
    )

    assert [line for line in lines_of(call) if line.startswith("Call id")] == ["Call id: c-1"]


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"comments": (Comment(text="a" * MEGABYTE),)}, id="one long comment"),
        pytest.param({"comments": (Comment(text="a\u202e" * 500_000),)}, id="invisible marks"),
        pytest.param({"comments": (Comment(text="\ud800x" * 500_000),)}, id="broken characters"),
        pytest.param(
            {"comments": tuple(Comment(text=f"remark {n}") for n in range(70_000))},
            id="many comments",
        ),
        pytest.param({"tags": tuple(map(str, range(150_000)))}, id="many tags"),
        pytest.param(
            {"recording_url": "😀" * 300_000, "tags": ("😀" * 300_000,), "queue": "q" * MEGABYTE},
            id="emoji",
        ),
        pytest.param({"participants": (external(ADA),) * 40_000}, id="many participants"),
    ],
)
def test_a_megabyte_of_text_is_cut_fast_and_the_call_id_stays(facts):
    call = a_call(**facts)

    text = "\n".join(lines_of(call))

    assert width(text) <= 32_000
    assert MARK in text
    assert text.endswith("\nCall id: c-1")
    # Measured: under 0.02 s; the bound only has to tell linear from quadratic.
    assert least_cpu_s(lambda: lines_of(call)) < 1
