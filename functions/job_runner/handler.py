"""The job queue's consumer: takes simulations and backfills on by one step a message.

Triggers: the job queue, and its dead-letter queue, whose messages end their jobs as failed; one message
each time. Guarantees: a step delivered twice is done once, a step lost half-way is done again.
Permissions: the three tables, the payload bucket, both job queues, the activity queue (send), the KMS
key, app and session secret.
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

from switchhook.domain.jobs import from_json
from switchhook.runtime.deployment import deployed
from switchhook.runtime.environment import JOB_RUNNER
from switchhook.runtime.invocation import InvocationClock, LambdaContext, note_failure
from switchhook.usecases.ask.jobs import give_up, run_step

logger = Logger()
clock = InvocationClock()
deployment = deployed(JOB_RUNNER, os.environ, clock)
jobs, queue, work = deployment.jobs, deployment.job_queue, deployment.work
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Do one step; the answer names the message to deliver again."""
    clock.begin(context)
    return dict(process_partial_response(event=event, record_handler=_work, processor=processor))


def _work(record: SQSRecord) -> None:
    try:
        message = from_json(record.body)
        if record.event_source_arn == deployment.given_up_jobs:
            job = give_up(message, jobs=jobs, now=clock.now())
        else:
            job = run_step(message, work, jobs=jobs, queue=queue, now=clock.now)
    except Exception as error:
        # Without this line nobody would hear of it: the batch processor only counts it.
        note_failure(error, logger, message_id=record.message_id)
        raise
    told = {"tenant": message.tenant, "job_id": message.job_id}
    if job is not None:
        told |= {"job_kind": job.kind.value, "job_state": job.state.value}
    logger.info("job_moved", extra=told)
