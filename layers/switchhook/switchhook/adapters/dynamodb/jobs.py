"""Keeps jobs in TenantTable (docs/access-patterns.md)."""

from datetime import UTC
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from switchhook.adapters.dynamodb.changes import (
    CONDITION_FAILED,
    change_together,
    code_of,
    key,
    put_new,
    stored_item,
    table_refusals,
    tenant_exists,
)
from switchhook.adapters.dynamodb.keys import tenant_pk
from switchhook.adapters.serial import pack, unpack
from switchhook.domain.errors import Conflict
from switchhook.domain.jobs import KEPT, Job

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from switchhook.adapters.dynamodb.keys import Item


class JobTable:
    """The port Jobs over the items `JOB#<id>`; the number of steps done guards each change."""

    def __init__(self, client: "DynamoDBClient", *, tenant_table: str) -> None:
        self._client = client
        self._table = tenant_table

    def create(self, job: Job) -> None:
        """Store a new job.

        Raises:
            Conflict: there is no such tenant any more, or there is such a job.
            Retryable: the table could not be written.
        """
        change_together(
            self._client,
            "store a job",
            [tenant_exists(self._table, job.tenant), put_new(self._table, _item(job))],
        )

    def read(self, tenant_id: str, job_id: str) -> Job | None:
        """The job, strongly consistent.

        Raises:
            Retryable: the table could not be read.
        """
        with table_refusals("read a job", spread_by=job_id):
            item = self._client.get_item(
                TableName=self._table,
                Key=key(tenant_pk(tenant_id), _sort_key(job_id)),
                ConsistentRead=True,
            ).get("Item")
        if item is None:
            return None
        return unpack(Job, bytes(item["body"]["B"]))

    def commit(self, job: Job) -> None:
        """Store what a step made of the job; the condition lets each step be done once.

        Raises:
            Conflict: another delivery of the same step was first.
            Retryable: the table could not be written; if silent, it may have been.
        """
        item = _item(job)
        with table_refusals("store a job", spread_by=job.id):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="step = :seen",
                    ExpressionAttributeValues={":seen": {"N": str(job.step - 1)}},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as exc:
                if code_of(exc) != CONDITION_FAILED:
                    raise
                if stored_item(exc).get("body") == item["body"]:
                    # botocore repeated a request of ours whose answer was lost.
                    return
                raise Conflict(f"job {job.id} has moved on from step {job.step - 1}") from exc


def _item(job: Job) -> "Item":
    return {
        **key(tenant_pk(job.tenant), _sort_key(job.id)),
        "step": {"N": str(job.step)},
        "expires_at": {"N": str(int((job.created_at.astimezone(UTC) + KEPT).timestamp()))},
        "body": {"B": pack(job)},
    }


def _sort_key(job_id: str) -> str:
    return f"JOB#{job_id}"
