"""The deployed handler over real tables, keys and secrets of the emulator."""

import importlib.util
import json
import secrets
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def operator_key():
    return secrets.token_urlsafe(32)


@pytest.fixture
def environment(aws, tables, operator_key, monkeypatch):
    """The variables of the function, and the way to the test's own AWS account."""
    stored = aws.client("secretsmanager")
    secret = {
        name: stored.create_secret(Name=name, SecretString=text)["ARN"]
        for name, text in {
            "operator": operator_key,
            "session": "a session key of the tests",
            "app": json.dumps({"client_id": "id", "client_secret": "secret"}),
        }.items()
    }
    variables = {
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": aws.account,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "TENANT_TABLE": tables.tenant,
        "ACTIVITY_TABLE": tables.activity,
        "DIRECTORY_TABLE": tables.directory,
        "PAYLOAD_BUCKET": "payloads",
        "ACTIVITY_QUEUE_URL": f"{aws.endpoint}/{aws.account}/activities",
        "JOB_QUEUE_URL": f"{aws.endpoint}/{aws.account}/jobs",
        "KMS_KEY_ID": aws.client("kms").create_key()["KeyMetadata"]["KeyId"],
        "OPERATOR_KEY_SECRET": secret["operator"],
        "SESSION_KEY_SECRET": secret["session"],
        "SALESFORCE_APP_SECRET": secret["app"],
        "APP_SECRET_PREFIX": "switchhook-test/apps/",
        "SALESFORCE_LOGIN_URL": "https://login.salesforce.com",
        "SALESFORCE_CONNECT_TIMEOUT_S": "1",
        "SALESFORCE_READ_TIMEOUT_S": "1",
        "WRITE_HORIZON_S": "5",
        "WORKER_TIMEOUT_S": "30",
        "FENCE_SLACK_S": "2",
        "CARETAKER_INTERVAL_S": "2",
        "PUBLIC_BASE_URL": "https://switchhook.example.com",
        "LOCAL_SALESFORCE_HOST": "",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def call(environment):
    """Calls the handler file as Lambda would; gives status and JSON."""
    assert environment
    where = ROOT / "functions/api/handler.py"
    spec = importlib.util.spec_from_file_location("api_handler", where)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    context = SimpleNamespace(
        function_name="api",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:api",
        aws_request_id="11111111-2222-3333-4444-555555555555",
    )

    def caller(method, path, body=None, *, key=None, query=None):
        event = {
            "version": "2.0",
            "rawPath": path,
            "headers": {} if key is None else {"authorization": f"Bearer {key}"},
            "requestContext": {
                "domainName": "api.example.com",
                "requestId": "req-1",
                "stage": "$default",
                "http": {"method": method, "path": path},
            },
            "isBase64Encoded": False,
        }
        if query:
            event["queryStringParameters"] = query
        if body is not None:
            event["body"] = json.dumps(body)
        answer = module.handler(event, context)
        return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None

    return caller


@pytest.fixture
def tenant(call, operator_key):
    """A tenant made through the API."""
    body = {
        "name": "Engines Ltd",
        "preset": "standard",
        "default_region": "US",
        "time_zone": "America/New_York",
    }
    status, made = call("POST", "/v1/tenants", body, key=operator_key)
    assert status == 201, made
    return SimpleNamespace(
        id=made["tenant_id"],
        path=f"/v1/tenants/{made['tenant_id']}",
        admin=made["admin_key"],
        agent=made["agent_key"],
    )
