"""Logs and counts what became of an activity: ids, states and rule ids, never a word of its content."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from switchhook.domain.activity import Activity, State
from switchhook.ports.due import DueItem
from switchhook.runtime.environment import METRICS_NAMESPACE
from switchhook.runtime.invocation import place_of
from switchhook.usecases.record.waiting import CONNECTION

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
        _put(name, MetricUnit.Count, 1, provider=head.provider)
    if head.state is State.PARKED and head.reason == CONNECTION:
        note_reauth_needed(logger)
    if end_to_end_s is not None:
        _put("EndToEndSeconds", MetricUnit.Seconds, end_to_end_s, provider=head.provider)


def note_not_enqueued(logger: Logger, item: DueItem | None, error: Exception) -> None:
    """One log line for what is due and could not be sent; without an item a shard could not be read."""
    told = {"error_type": type(error).__name__, "at": place_of(error)}
    if item is not None:
        told |= {"tenant": item.tenant, "what": item.what, "activity_id": item.activity_id or ""}
    logger.error("due_not_enqueued", extra=told)


def note_reauth_needed(logger: Logger) -> None:
    """Count a grant that only an admin can repair; an alarm of the template watches this."""
    _put("ReauthNeeded", MetricUnit.Count, 1, service=logger.service)


def _put(name: str, unit: MetricUnit, value: float, **dimensions: str) -> None:
    with single_metric(name=name, unit=unit, value=value, namespace=METRICS_NAMESPACE) as metric:
        for dimension, held in dimensions.items():
            metric.add_dimension(name=dimension, value=held)
