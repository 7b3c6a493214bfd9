"""Shows what the gateway sent, and tries one AWS call or one way to fail on request."""

import json
import os

import boto3
from botocore.exceptions import ClientError

MEGABYTE = 1024 * 1024


def handler(event, context):
    if event["routeKey"].startswith("ANY"):
        return {
            "statusCode": 200,
            "cookies": ["a=1; HttpOnly", "b=2"],
            "headers": {"content-type": "application/json"},
            "body": json.dumps(event),
        }
    return ATTEMPTS[json.loads(event["body"])["attempt"]](context)


def _call(service, operation, **arguments):
    try:
        getattr(boto3.client(service), operation)(**arguments)
    except ClientError as error:
        return {"outcome": error.response["Error"]["Code"]}
    return {"outcome": "allowed"}


def _get(key):
    return _call("dynamodb", "get_item", TableName=os.environ["TABLE"], Key={"pk": {"S": key}})


def _query(key):
    return _call(
        "dynamodb",
        "query",
        TableName=os.environ["TABLE"],
        KeyConditionExpression="#key = :key",
        ExpressionAttributeNames={"#key": "pk"},
        ExpressionAttributeValues={":key": {"S": key}},
    )


def _put():
    return _call(
        "dynamodb", "put_item", TableName=os.environ["TABLE"], Item={"pk": {"S": "OPEN#1"}}
    )


def _encrypt(purpose):
    return _call(
        "kms",
        "encrypt",
        KeyId=os.environ["KEY_ID"],
        Plaintext=b"x",
        EncryptionContext={"purpose": purpose},
    )


def _send(group):
    return _call(
        "sqs",
        "send_message",
        QueueUrl=os.environ["QUEUE_URL"],
        MessageBody=json.dumps({"key": "sent", "fails": False}),
        MessageGroupId=group,
        DelaySeconds=0,
    )


def _crash():
    message = "a text that nobody outside may read"
    raise RuntimeError(message)


ATTEMPTS = {
    "get_open": lambda _: _get("OPEN#1"),
    "get_closed": lambda _: _get("CLOSED#1"),
    "query_open": lambda _: _query("OPEN#1"),
    "query_closed": lambda _: _query("CLOSED#1"),
    "put": lambda _: _put(),
    "encrypt_own_purpose": lambda _: _encrypt("probe"),
    "encrypt_other_purpose": lambda _: _encrypt("other"),
    "send_plain_group": lambda _: _send("tenant-1"),
    "send_bad_group": lambda _: _send("tenant 1"),
    "put_object": lambda _: _call(
        "s3", "put_object", Bucket=os.environ["BUCKET"], Key="T#1/x", Body=b"x"
    ),
    "list_buckets": lambda _: _call("s3", "list_buckets"),
    "read_secret": lambda _: _call(
        "secretsmanager", "get_secret_value", SecretId=os.environ["SECRET"]
    ),
    "crash": lambda _: _crash(),
    "bad_status": lambda _: {"statusCode": "fine", "body": ""},
    "huge_answer": lambda _: {"statusCode": 200, "body": "x" * (7 * MEGABYTE)},
    "environment": lambda context: {
        "ca_bundle": os.environ.get("REQUESTS_CA_BUNDLE"),
        "greeting": os.environ["GREETING"],
        "remaining_ms": context.get_remaining_time_in_millis(),
        "leaked": sorted({"AUTH", "STATE_DIR"} & set(os.environ)),
    },
}
