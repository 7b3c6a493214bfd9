"""What is measured of an outcome is what the template's alarms watch, and nothing of its content."""

import json
from pathlib import Path

import pytest
from aws_lambda_powertools import Logger

from builders.ledger import a_head
from local import template as templates
from switchhook.domain.activity import State
from switchhook.runtime.outcomes import note

TEMPLATE = Path(__file__).parents[3] / "template.yaml"


def metrics_of(printed: str) -> dict[str, dict[str, object]]:
    """Every embedded metric by its name, with the dimensions it was put under."""
    found = {}
    for line in printed.splitlines():
        told = json.loads(line)
        for directive in told.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                names = directive["Dimensions"][0]
                found[metric["Name"]] = {name: told[name] for name in names}
    return found


def alarm_dimensions(service: str) -> list[dict[str, str]]:
    alarms = templates.resources_of(templates.read(TEMPLATE), "AWS::CloudWatch::Alarm")
    return [
        {one["Name"]: one["Value"] for one in alarm["Properties"]["Dimensions"]}
        for alarm in alarms.values()
        if alarm["Properties"]["MetricName"] == "ReauthNeeded"
        and {"Name": "service", "Value": service} in alarm["Properties"]["Dimensions"]
    ]


def test_a_broken_grant_is_counted_where_its_alarm_looks(capsys: pytest.CaptureFixture[str]):
    logger = Logger(service="activity_worker")

    note(a_head(state=State.PARKED, reason="connection"), logger, end_to_end_s=None)

    told = metrics_of(capsys.readouterr().out)
    assert [told["ReauthNeeded"]] == alarm_dimensions("activity_worker")


def test_a_tenant_that_is_not_connected_raises_no_alarm(capsys: pytest.CaptureFixture[str]):
    logger = Logger(service="activity_worker")

    note(a_head(state=State.PARKED, reason="not_connected"), logger, end_to_end_s=None)

    assert set(metrics_of(capsys.readouterr().out)) == {"ActivityParked"}


@pytest.mark.rule("SH-10")
def test_a_logged_call_is_counted_and_timed_by_provider_alone(capsys: pytest.CaptureFixture[str]):
    logger = Logger(service="activity_worker")
    head = a_head(state=State.LOGGED, party_e164="+14155550100", text="Ada Byron")

    note(head, logger, end_to_end_s=0.1)

    printed = capsys.readouterr().out
    assert set(metrics_of(printed)) == {"ActivityLogged", "EndToEndSeconds"}
    assert {tuple(dims) for dims in metrics_of(printed).values()} == {("provider",)}
    assert "4155550100" not in printed
    assert "Byron" not in printed
