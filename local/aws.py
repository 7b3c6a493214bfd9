"""Clients for the emulator, which stands in for every AWS service under one address."""

import functools
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"
#: The emulator's root user; its account is 000000000000.
ROOT_KEY = "test"

type ClientFactory = Callable[[str], Any]


def clients(endpoint: str, access_key: str = ROOT_KEY) -> ClientFactory:
    """Returns a function that makes the client of a service, such as `clients(endpoint)("sqs")`.

    A 12-digit access key is an AWS account of its own. Clients wait five seconds to connect and a
    minute for an answer (a first invocation starts a process), and do not try again.
    """
    config = Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 1})

    def client(service: str) -> Any:  # noqa: ANN401  # boto3 makes the type at run time
        return _session().client(  # type: ignore[call-overload]  # same reason
            service,
            endpoint_url=endpoint,
            config=config,
            aws_access_key_id=access_key,
            aws_secret_access_key=ROOT_KEY,
        )

    return client


@functools.cache
def _session() -> boto3.session.Session:
    """Returns the one session of this process: reading the service models anew costs 50 ms each time."""
    return boto3.session.Session(region_name=REGION)
