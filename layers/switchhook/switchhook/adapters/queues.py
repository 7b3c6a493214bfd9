"""The queues: standard ones whose group id, the tenant, makes them fair, and what they gave up."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from switchhook.adapters.aws import aws_refusals
from switchhook.domain import jobs
from switchhook.domain.queue_messages import QueueMessage, WakeMessage, to_json
from switchhook.ports.queues import DeadLetter, Outgoing

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef


class ActivityQueue:
    """Sends to the activity queue; sending twice is harmless, the ledger knows what it has seen."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, message: QueueMessage, *, delay_s: int = 0) -> None:
        """Put one message into the queue, to be seen after `delay_s` (at most 900).

        Raises:
            Retryable: it is not known to be stored.
        """
        with aws_refusals("send to the activity queue"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=to_json(message),
                MessageGroupId=message.tenant,
                DelaySeconds=delay_s,
            )

    def send_batch(self, batch: Sequence[Outgoing]) -> tuple[Outgoing, ...]:
        """Put up to 10 messages into the queue at once, each in its tenant's group.

        Gives back those that the queue refused, while it took the others.

        Raises:
            Retryable: none is known to be stored.
        """
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {
                "Id": str(place),
                "MessageBody": to_json(one.message),
                "MessageGroupId": one.message.tenant,
                "DelaySeconds": one.delay_s,
            }
            for place, one in enumerate(batch)
        ]
        with aws_refusals("send to the activity queue"):
            answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        return tuple(batch[int(refused["Id"])] for refused in answer.get("Failed", []))

    def wake(self, tenant: str, activity_id: str, *, delay_s: int) -> None:
        """Remind the worker of an activity after `delay_s` (at most 900).

        Raises:
            Retryable: the reminder is not known to be stored.
        """
        self.send(WakeMessage(tenant=tenant, activity_id=activity_id), delay_s=delay_s)


class JobSteps:
    """Sends to the job queue; a step asked for twice is done once, the job's counter sees to it."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def ask(self, message: jobs.JobMessage, *, delay_s: int = 0) -> None:
        """Ask for one step, to be begun after `delay_s` (at most 900).

        Raises:
            Retryable: the request is not known to be stored.
        """
        with aws_refusals("send to the job queue"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=jobs.to_json(message),
                MessageGroupId=message.tenant,
                DelaySeconds=delay_s,
            )


_MOST_AT_ONCE = 10


class DeadLetterQueue:
    """The port DeadLetters over the dead-letter queue."""

    def __init__(self, client: "SQSClient", *, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def receive(self, limit: int) -> tuple[DeadLetter, ...]:
        """Up to 10 dead letters, without waiting for any; each comes back unless deleted.

        Raises:
            Retryable: the queue could not be read.
        """
        with aws_refusals("receive dead letters"):
            answer = self._client.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=max(1, min(limit, _MOST_AT_ONCE)),
                WaitTimeSeconds=0,
            )
        return tuple(
            DeadLetter(receipt=message["ReceiptHandle"], body=message["Body"])
            for message in answer.get("Messages", [])
        )

    def delete(self, receipt: str) -> None:
        """Remove one dead letter for good; harmless when done twice.

        Raises:
            Retryable: the queue could not be reached; the letter comes back.
        """
        # A receipt that is no longer valid: the letter is gone, or comes back with another.
        gone = suppress(self._client.exceptions.ReceiptHandleIsInvalid)
        with aws_refusals("delete a dead letter"), gone:
            self._client.delete_message(QueueUrl=self._queue_url, ReceiptHandle=receipt)
