"""Logs and counts what became of an activity: ids, states and rule ids, never a word of its content."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from switchhook.domain.activity import Activity, State

_NAMESPACE = "Switchhook"
_METRICS = {
    State.LOGGED: "ActivityLogged",
    State.SKIPPED: "ActivitySkipped",
    State.FAILED: "ActivityFailed",
    State.PARKED: "ActivityParked",
    State.UNKNOWN: "OutcomeUnknown",
    State.WAITING: "ActivityWaiting",
}


def note(head: Activity, logger: Logger, *, end_to_end_s: float | None) -> None:
    """One log line and one metric for where an activity now stands.

    `end_to_end_s` is the time from the webhook to the Task, where there is one now.
    """
    logger.info(
        "activity_moved",
        extra={
            "tenant": head.tenant,
            "activity_id": head.id,
            "provider": head.provider,
            "state": head.state.value,
            "rule": head.rule,
            "reason": head.reason,
            "decisions": head.decisions,
            "tries": head.tries,
        },
    )
    if (name := _METRICS.get(head.state)) is not None:
        _count(name, head.provider)
    if head.state is State.PARKED and head.reason == "connection":
        _count("ReauthNeeded", head.provider)
    if end_to_end_s is not None:
        _measure("EndToEndSeconds", head.provider, end_to_end_s)


def _count(name: str, provider: str) -> None:
    with single_metric(name=name, unit=MetricUnit.Count, value=1, namespace=_NAMESPACE) as metric:
        metric.add_dimension(name="provider", value=provider)


def _measure(name: str, provider: str, seconds: float) -> None:
    with single_metric(
        name=name, unit=MetricUnit.Seconds, value=seconds, namespace=_NAMESPACE
    ) as metric:
        metric.add_dimension(name="provider", value=provider)
