"""What a function was deployed with, read once and complete or not at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

PROD = "prod"
METRICS_NAMESPACE = "Switchhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The variables a function needs; the local ones exist outside production only.

    `local_file_origin` is the one `scheme://host:port` beside the public internet that files of chats
    may be fetched from.
    """

    values: Mapping[str, str]
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
            local_salesforce_host=local_host,
            local_file_origin=local_files,
        )

    def __getitem__(self, name: str) -> str:
        return self.values[name]
