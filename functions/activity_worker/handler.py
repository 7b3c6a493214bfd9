"""The activity queue's consumer: takes events into the ledger and brings activities to their end.

Trigger: the activity queue, batches of 5, partial failures reported. Guarantees: a message is only
acknowledged when its event is in the ledger; a message delivered twice changes nothing. Permissions:
the three tables, the payload bucket, the queue (receive, send), the KMS key, app and session secret.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from switchhook.domain.activity import State
from switchhook.domain.queue_messages import WakeMessage, from_json
from switchhook.runtime.deployment import deployed
from switchhook.runtime.environment import ACTIVITY_WORKER
from switchhook.runtime.invocation import InvocationClock, LambdaContext, note_failure
from switchhook.runtime.outcomes import note
from switchhook.usecases.record.advance import advance, record_event

logger = Logger()
clock = InvocationClock()
world = deployed(ACTIVITY_WORKER, os.environ, clock).recording.world
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
    if isinstance(message, WakeMessage):
        head = advance(message.tenant, message.activity_id, world)
    else:
        head = record_event(message, world)
    if head is None:
        logger.warning("activity_not_found", extra={"tenant": message.tenant})
        return
    done = head.state is State.LOGGED
    waited_s = (clock.now() - head.received_at).total_seconds() if done else None
    note(head, logger, end_to_end_s=waited_s)
