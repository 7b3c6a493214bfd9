"""Takes what the activity queue gave up on, so that the ledger can say so."""

from contextlib import suppress
from typing import TYPE_CHECKING

from switchhook.adapters.aws_errors import aws_refusals
from switchhook.ports.queues import DeadLetter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

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
