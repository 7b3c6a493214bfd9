"""Empties a running local cloud without touching what was deployed or who may use it."""

import json
from typing import Any

from local import provision
from local.aws import ClientFactory, clients
from local.deploy import Deployment
from local.state import State

TABLES = ("TenantTable", "ActivityTable", "DirectoryTable")
QUEUES = ("ActivityQueue", "ActivityDeadLetterQueue", "JobQueue", "JobDeadLetterQueue")
#: DynamoDB takes this many deletions in one request.
BATCH = 25


def empty(state: State) -> None:
    """Deletes every message, payload, item and record; keeps secrets, admin and apps.

    Queues go first, so that nothing is written again from a message behind our back.

    Raises:
        LocalCloudError: the org refused.
    """
    aws = clients(state.aws_endpoint)
    deployment = provision.find_deployment(state.aws_endpoint)
    for queue in QUEUES:
        aws("sqs").purge_queue(QueueUrl=deployment.resources[queue])
    for table in TABLES:
        _empty_table(aws("dynamodb"), deployment.resources[table])
    _empty_bucket(aws("s3"), deployment.resources["PayloadBucket"])
    provision.control(state.salesforce, "/_org/reset")
    _configure_again(aws, deployment, state)


def _configure_again(aws: ClientFactory, deployment: Deployment, state: State) -> None:
    secret = deployment.outputs["SalesforceAppSecretArn"]
    found = aws("secretsmanager").get_secret_value(SecretId=secret)
    provision.configure_org(state.addresses, json.loads(found["SecretString"]))


def _empty_table(dynamodb: Any, table: str) -> None:  # noqa: ANN401  # a boto3 client
    keys = [
        {"DeleteRequest": {"Key": {"pk": item["pk"], "sk": item["sk"]}}}
        for page in dynamodb.get_paginator("scan").paginate(
            TableName=table, ProjectionExpression="pk, sk"
        )
        for item in page["Items"]
    ]
    for first in range(0, len(keys), BATCH):
        dynamodb.batch_write_item(RequestItems={table: keys[first : first + BATCH]})


def _empty_bucket(s3: Any, bucket: str) -> None:  # noqa: ANN401  # a boto3 client
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", ()):
            s3.delete_object(Bucket=bucket, Key=found["Key"])
