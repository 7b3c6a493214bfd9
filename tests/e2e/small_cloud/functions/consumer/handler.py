"""Stores the key of each message and fails those that ask for it."""

import json
import os

import boto3


def handler(event, context):
    failures = []
    for record in event["Records"]:
        work = json.loads(record["body"])
        if work["fails"]:
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        item = {
            "pk": {"S": work["key"]},
            "received": {"N": record["attributes"]["ApproximateReceiveCount"]},
        }
        boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
    return {"batchItemFailures": failures}
