"""Loads the handler of a function as Lambda's init phase does: in a process of its own, without AWS."""

import json
import os
import subprocess
import sys
from typing import Any

from local.paths import ROOT

ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "TENANT_TABLE": "tenants",
    "ACTIVITY_TABLE": "activities",
    "DIRECTORY_TABLE": "directory",
    "PAYLOAD_BUCKET": "payloads",
    "ACTIVITY_QUEUE_URL": "https://queue.example.com/1",
    "DEAD_LETTER_QUEUE_URL": "https://queue.example.com/2",
    "JOB_QUEUE_URL": "https://queue.example.com/3",
    "JOB_DEAD_LETTER_QUEUE_ARN": "arn:aws:sqs:us-east-1:123456789012:dead-jobs",
    "KMS_KEY_ID": "key",
    "SESSION_KEY_SECRET": "session",
    "OPERATOR_KEY_SECRET": "operator",
    "SALESFORCE_APP_SECRET": "app",
    "APP_SECRET_PREFIX": "switchhook/apps/",
    "SALESFORCE_LOGIN_URL": "https://login.salesforce.com",
    "SECOND_TENANT_OF_ORG": "warn",
    "SALESFORCE_CONNECT_TIMEOUT_S": "5",
    "SALESFORCE_READ_TIMEOUT_S": "25",
    "WRITE_HORIZON_S": "600",
    "WORKER_TIMEOUT_S": "60",
    "FENCE_SLACK_S": "60",
    "CARETAKER_INTERVAL_S": "60",
}

# The session key is the one thing that a function reads while it starts.
_PROBE = """
import json, sys, time
import botocore.client

def answer(_client, operation, _asked):
    assert operation == "GetSecretValue", operation
    return {{"SecretString": "k" * 32}}

botocore.client.BaseClient._make_api_call = answer
began = time.process_time()
import handler
spent_ms = (time.process_time() - began) * 1000
{then}
print(json.dumps({{"spent_ms": spent_ms, "modules": sorted(sys.modules)}}))
"""


def start(function: str, *, then: str = "") -> Any:
    """Which modules are loaded after the handler and what follows, and how much CPU the handler took."""
    environment = {
        **ENVIRONMENT,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(
            (str(ROOT / "layers/switchhook"), str(ROOT / "functions" / function))
        ),
    }
    done = subprocess.run(
        [sys.executable, "-c", _PROBE.format(then=then)],
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


def found(name: str, modules: set[str]) -> set[str]:
    """Those of the modules that are the named one or lie in it."""
    return {one for one in modules if one == name or one.startswith(f"{name}.")}
