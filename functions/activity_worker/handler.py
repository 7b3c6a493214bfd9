"""The activity queue's consumer: takes events in, brings activities to their end, tends parked tenants.

Trigger: the activity queue, batches of 5, partial failures reported. Guarantees: a message is only
acknowledged when its event is in the ledger; a message delivered twice changes nothing. Permissions:
the three tables, the payload bucket, the queue (receive, send), the KMS key, app and session secret.
"""

import os
from typing import Any, assert_never

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from switchhook.domain.activity import Activity, State
from switchhook.domain.queue_messages import (
    EventMessage,
    KeepAliveMessage,
    ParkedMessage,
    WakeMessage,
    from_json,
)
from switchhook.runtime.deployment import deployed
from switchhook.runtime.environment import ACTIVITY_WORKER
from switchhook.runtime.invocation import InvocationClock, LambdaContext, note_failure
from switchhook.runtime.outcomes import note, note_reauth_needed
from switchhook.usecases.record.advance import record_event
from switchhook.usecases.record.marked import keep_grant_alive, look_after_parked
from switchhook.usecases.record.woken import follow_wake

logger = Logger()
clock = InvocationClock()
recording = deployed(ACTIVITY_WORKER, os.environ, clock).recording
world, caring = recording.world, recording.caring
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work off one batch; the answer names the messages to deliver again."""
    clock.begin(context)
    return dict(process_partial_response(event=event, record_handler=_work, processor=processor))


def _work(record: SQSRecord) -> None:
    try:
        _work_off(record)
    except Exception as error:
        # Without this line nobody would hear of it: the batch processor only counts it.
        note_failure(error, logger, message_id=record.message_id)
        raise


def _work_off(record: SQSRecord) -> None:
    message = from_json(record.body)
    match message:
        case EventMessage():
            _tell(record_event(message, world), message.tenant)
        case WakeMessage():
            _tell(follow_wake(message, world), message.tenant)
        case ParkedMessage():
            woken = look_after_parked(message, caring)
            logger.info("parked_looked_after", extra={"tenant": message.tenant, "woken": woken})
        case KeepAliveMessage():
            if not keep_grant_alive(message, caring):
                logger.warning("grant_gone", extra={"tenant": message.tenant})
                note_reauth_needed(logger)
        case _:
            assert_never(message)


def _tell(head: Activity | None, tenant: str) -> None:
    if head is None:
        logger.warning("activity_not_found", extra={"tenant": tenant})
        return
    done = head.state is State.LOGGED
    waited_s = (clock.now() - head.received_at).total_seconds() if done else None
    note(head, logger, end_to_end_s=waited_s)
