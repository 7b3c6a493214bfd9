"""What a function was deployed with, read once and complete or not at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

PROD = "prod"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The variables a function needs; `local_salesforce_host` exists outside production only."""

    values: Mapping[str, str]
    local_salesforce_host: str | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str], *, names: Iterable[str]) -> Self:
        """The named variables of the environment.

        Raises:
            KeyError: names every variable that is missing.
            ValueError: a local Salesforce host is set in production.
        """
        wanted = tuple(names)
        missing = [name for name in wanted if not env.get(name)]
        if missing:
            raise KeyError(f"environment variables not set: {', '.join(missing)}")
        local_host = env.get("LOCAL_SALESFORCE_HOST") or None
        if local_host is not None and env.get("STAGE") == PROD:
            raise ValueError("LOCAL_SALESFORCE_HOST must be empty in the stage prod")
        return cls(values={name: env[name] for name in wanted}, local_salesforce_host=local_host)

    def __getitem__(self, name: str) -> str:
        return self.values[name]
