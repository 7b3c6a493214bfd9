"""What a function is deployed with, read once and complete or not at all, and how long it waits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Self

PROD = "prod"
METRICS_NAMESPACE = "Switchhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The variables a function needs; the local ones exist outside production only.

    `local_file_origin` is the one `scheme://host:port` beside the public internet that files of chats
    may be fetched from. `public_base_url` empty: callers reach this deployment under the domain they
    have called. `operator_name` empty: pages name the operator by that domain.
    """

    values: Mapping[str, str] = field(repr=False)
    public_base_url: str = ""
    operator_name: str = ""
    local_salesforce_host: str | None = None
    local_file_origin: str | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str], *, names: Iterable[str]) -> Self:
        """The named variables of the environment.

        Raises:
            KeyError: names every variable that is missing.
            ValueError: a local Salesforce host or file origin is set in production.
        """
        wanted = tuple(names)
        missing = [name for name in wanted if not env.get(name)]
        if missing:
            raise KeyError(f"environment variables not set: {', '.join(missing)}")
        local_host = env.get("LOCAL_SALESFORCE_HOST") or None
        if local_host is not None and env.get("STAGE") == PROD:
            raise ValueError("LOCAL_SALESFORCE_HOST must be empty in the stage prod")
        local_files = env.get("LOCAL_FILE_ORIGIN") or None
        if local_files is not None and env.get("STAGE") == PROD:
            raise ValueError("LOCAL_FILE_ORIGIN must be empty in the stage prod")
        return cls(
            values={name: env[name] for name in wanted},
            public_base_url=env.get("PUBLIC_BASE_URL", ""),
            operator_name=env.get("OPERATOR_NAME", ""),
            local_salesforce_host=local_host,
            local_file_origin=local_files,
        )

    def __getitem__(self, name: str) -> str:
        return self.values[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a function waits for one answer: of AWS, and at most of Salesforce.

    What the deployment gives Salesforce holds where it is shorter.
    """

    aws_read_s: float
    salesforce_connect_s: float = inf
    salesforce_read_s: float = inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What a function has to be deployed with, and its patience."""

    needs: tuple[str, ...]
    patience: Patience


_BOOKS = (
    "TENANT_TABLE",
    "ACTIVITY_TABLE",
    "DIRECTORY_TABLE",
    "PAYLOAD_BUCKET",
    "ACTIVITY_QUEUE_URL",
    "SESSION_KEY_SECRET",
    "SALESFORCE_CONNECT_TIMEOUT_S",
    "SALESFORCE_READ_TIMEOUT_S",
    "WRITE_HORIZON_S",
    "WORKER_TIMEOUT_S",
    "FENCE_SLACK_S",
    "CARETAKER_INTERVAL_S",
)
_CONNECT = (
    "TENANT_TABLE",
    "ACTIVITY_TABLE",
    "KMS_KEY_ID",
    "SALESFORCE_APP_SECRET",
    "SALESFORCE_CONNECT_TIMEOUT_S",
    "SALESFORCE_READ_TIMEOUT_S",
)
_RECORD = tuple(dict.fromkeys((*_CONNECT, *_BOOKS)))
_API = ("JOB_QUEUE_URL", "OPERATOR_KEY_SECRET", "APP_SECRET_PREFIX", "SALESFORCE_LOGIN_URL")

# Shorter than an invocation has left, so that a hanging table never eats the time of a safe end.
_IN_THE_BACKGROUND = Patience(aws_read_s=4)
# All tries together stay below the 30 s that API Gateway waits.
_FOR_A_PERSON = Patience(aws_read_s=3)
# What is sent must come back too, or be given up, well within those 30 s.
_FOR_A_CALLER = Patience(aws_read_s=3, salesforce_connect_s=2, salesforce_read_s=8)

ACTIVITY_WORKER = Function(needs=_RECORD, patience=_IN_THE_BACKGROUND)
CARETAKER = Function(needs=(*_BOOKS, "DEAD_LETTER_QUEUE_URL"), patience=_IN_THE_BACKGROUND)
JOB_RUNNER = Function(
    needs=(*_RECORD, "JOB_QUEUE_URL", "JOB_DEAD_LETTER_QUEUE_ARN"), patience=_IN_THE_BACKGROUND
)
OAUTH_CALLBACK = Function(
    needs=(*_CONNECT, "SALESFORCE_LOGIN_URL", "SECOND_TENANT_OF_ORG"), patience=_FOR_A_PERSON
)
API = Function(needs=(*_RECORD, *_API), patience=_FOR_A_CALLER)
