"""The internal user of an activity, and what one of them remarks on it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """The internal user of a call, as far as the provider says who it was."""

    id: str | None = None
    email: str | None = None
    name: str | None = None
    extension: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One remark an agent left on a call."""

    author: str | None = None
    text: str
    at: datetime | None = None
