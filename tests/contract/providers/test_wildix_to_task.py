"""From Wildix's webhooks to Tasks: what is logged, what waits and what is not logged."""

import pytest

from builders.provider_office import deliver, lines
from builders.wildix_webhooks import T0, body, live
from fakes.office import Office
from fakes.salesforce import AGENT
from switchhook.domain.activity import State

CALL = "pbx_c1_1795186800.7"
ONE = "Transfers: ann@example.com to bob@example.com (attended)"


def end_event(**data: object) -> dict:
    return live("end_outbound", **data)


def record(name: str = "completed_inbound", *, flows: slice = slice(None), **flow: object) -> dict:
    told = body(name)
    changed = [{**one, **flow} for one in told["data"]["flows"][flows]]
    return {**told, "data": {**told["data"], "flows": changed}}


@pytest.fixture
def office() -> Office:
    office = Office()
    office.org.load("Contact", LastName="Byron", Phone="+14155550100")
    return office


@pytest.mark.rule("XB-14")
@pytest.mark.parametrize(
    ("flows", "transfers"),
    [
        pytest.param(slice(0, 1), [], id="none"),
        pytest.param(slice(0, 3), [ONE], id="one"),
        pytest.param(
            slice(0, 4),
            [f"{ONE}, bob@example.com to cat@example.com (blind)"],
            id="two",
        ),
    ],
)
def test_a_task_tells_participants_type_duration_time_and_transfers(
    office: Office, flows: slice, transfers: list[str]
):
    flow = {"splitTransferType": None, "splitReason": None} if flows.stop == 1 else {}
    head = deliver(office, "wildix", record("completed_transferred", flows=flows, **flow))

    told = lines(office)
    assert head.state is State.LOGGED
    assert "Direction: inbound" in told
    assert "Outcome: answered" in told
    assert "Started: 2026-11-20T15:00:00Z" in told
    assert [line for line in told if line.startswith("Transfers:")] == transfers
    assert any(
        line.startswith("Participants:") and "ann@example.com" in line and "Ada Byron" in line
        for line in told
    )
    assert any(line.startswith("Duration: ") for line in told)


def test_an_answered_call_is_its_agent_s(office: Office):
    deliver(office, "wildix", record())

    (task,) = office.tasks
    assert (task["OwnerId"], task["CallDurationInSeconds"]) == (AGENT.id, 200)
    assert "Waiting time: 9 s" in lines(office)
    assert "Recording: https://pbx.example.com/recordings/c1.wav" in lines(office)
    assert "Tags: pricing" in lines(office)


def test_a_call_that_ended_waits_for_its_record(office: Office):
    """The record comes within the minute and is logged at once; the end adds nothing then."""
    deliver(office, "wildix", body("start_outbound"))
    waiting = deliver(office, "wildix", end_event())
    tasks = list(office.tasks)
    logged = deliver(office, "wildix", record())

    assert (waiting.state, waiting.reason) == (State.WAITING, "better_event")
    assert tasks == []
    assert logged.state is State.LOGGED
    office.pass_time(300)
    assert len(office.tasks) == 1


def test_a_call_whose_record_never_comes_is_logged_from_its_start_and_end(office: Office):
    """A minute later; an answer was seen, so it counts from start to end."""
    deliver(office, "wildix", body("start_outbound"))
    deliver(office, "wildix", body("update_talking"))
    ended = {**end_event(), "time": T0 + 69_000}
    deliver(office, "wildix", ended)
    office.pass_time(50)
    tasks = list(office.tasks)
    office.pass_time(30)

    assert tasks == []
    (task,) = office.tasks
    assert task["CallDurationInSeconds"] == 69
    assert "Outcome: answered" in lines(office)


def test_without_a_start_the_duration_is_left_out(office: Office):
    deliver(office, "wildix", end_event(status="TALKING"))
    office.pass_time(90)

    (task,) = office.tasks
    assert "CallDurationInSeconds" not in task
    assert not [line for line in lines(office) if line.startswith("Duration")]


def test_an_end_without_a_proven_answer_is_an_unanswered_call(office: Office):
    deliver(office, "wildix", end_event(endBy="CALLEE", endCause="16"))
    office.pass_time(90)

    (task,) = office.tasks
    assert task["Subject"].startswith("Outbound call to")
    assert "Outcome: unanswered" in lines(office)


@pytest.mark.rule("XB-16")
@pytest.mark.parametrize(
    ("after_ms", "rule"),
    [
        pytest.param(3_000, "XB-16", id="given_up_soon"),
        pytest.param(5_000, None, id="at_five_seconds"),
    ],
)
@pytest.mark.parametrize("has_record", [True, False])
def test_a_call_given_up_within_five_seconds_is_not_logged(
    *, office: Office, after_ms: int, rule: str | None, has_record: bool
):
    """That the caller ended it is what proves it; the record alone may not say so."""
    deliver(office, "wildix", body("start_outbound"))
    head = deliver(office, "wildix", {**end_event(), "time": T0 + after_ms})
    if has_record:
        flow = {
            "direction": "OUTBOUND",
            "caller": end_event()["data"]["caller"],
            "callee": end_event()["data"]["callee"],
            "callStatus": "MISSED",
            "talkTime": 0,
            "endTime": T0 + after_ms,
        }
        head = deliver(office, "wildix", record(**flow))
    else:
        office.pass_time(90)
        head = office.head(CALL)

    assert head.rule == rule
    assert len(office.tasks) == (rule is None)


@pytest.mark.rule("XB-17")
@pytest.mark.parametrize(
    "told",
    [
        pytest.param(record("completed_internal"), id="a_record"),
        pytest.param(
            end_event(callee={"type": "LOCAL", "phone": "202", "userExtension": "202"}), id="an_end"
        ),
        pytest.param(end_event(callee=None, destination="202"), id="a_dialled_extension"),
    ],
)
def test_a_call_between_users_is_not_logged(office: Office, told: dict):
    deliver(office, "wildix", told)
    office.pass_time(90)

    assert (office.head(CALL).state, office.head(CALL).rule) == (State.SKIPPED, "XB-17")


@pytest.mark.rule("XB-15")
def test_a_missed_call_of_an_unknown_number_is_not_logged(office: Office):
    withheld = record(
        caller={"type": "REMOTE", "phone": "anonymous"}, remotePhone=None, callStatus="MISSED"
    )

    assert deliver(office, "wildix", withheld).rule == "XB-15"


def test_a_voicemail_is_one(office: Office):
    deliver(office, "wildix", record("completed_voicemail"))

    (task,) = office.tasks
    assert task["Subject"].startswith("Voicemail from")
    assert "Voicemail: https://pbx.example.com/voicemail/c2.wav" in lines(office)


@pytest.mark.rule("SH-1")
def test_a_flow_that_goes_on_waits_for_the_next_and_its_agent(office: Office):
    """Sent one by one, the flows are one Task of the last agent who talked."""
    told = body("completed_transferred")
    heads = [
        deliver(office, "wildix", {**told, "data": {**told["data"], "flows": [flow]}})
        for flow in told["data"]["flows"]
        if flow["flowIndex"] != 1
    ]

    assert [head.state for head in heads] == [State.WAITING, State.WAITING, State.LOGGED]
    assert "Agent: Cat Agent <cat@example.com>" in lines(office)
