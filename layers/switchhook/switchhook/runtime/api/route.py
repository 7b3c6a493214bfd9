"""What a route of the API is: one value that routing, checking and the OpenAPI document all read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel

from switchhook.domain.tenants import Role
from switchhook.runtime.api.bodies import NoQuery, Query

if TYPE_CHECKING:
    from switchhook.runtime.deployment import Deployment

ANYONE: frozenset[Role] = frozenset()
"""Routes that ask for no key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, checked: the key may ask this, the body and query have the route's shape.

    `tenant_id` is empty on routes above the tenants. `base_url` is how callers reach this deployment,
    without a slash at its end. `raw` is the body as sent, on routes that take something else than JSON.
    """

    tenant_id: str
    names: Mapping[str, str]
    query: Query
    body: BaseModel | None
    now: datetime
    base_url: str
    raw: bytes = b""

    def body_as[T: BaseModel](self, shape: type[T]) -> T:
        """The body, of the shape that the route declares."""
        assert isinstance(self.body, shape), "a route reads the body that it declares"
        return self.body

    def query_as[T: Query](self, shape: type[T]) -> T:
        """The query, of the shape that the route declares."""
        assert isinstance(self.query, shape), "a route reads the query that it declares"
        return self.query


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer; `body` None sends none."""

    status: int = 200
    body: BaseModel | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


type Run = Callable[[Request, "Deployment"], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBody:
    """A body that is handed over as sent: its media type and the most bytes of it that are taken."""

    media_type: str
    most_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path, and all that is promised of it.

    `path` names its variables in braces. `roles` are the keys that may ask; none means anyone. `run`
    takes out of the deployment what the route works with, and nothing else.
    `answer` is what success is answered with, None for nothing, and `status` is that of success.
    """

    method: str
    path: str
    roles: frozenset[Role]
    run: Run
    summary: str
    answer: type[BaseModel] | None
    status: int = 200
    body: type[BaseModel] | None = None
    raw: RawBody | None = None
    query: type[Query] = NoQuery
    refusals: tuple[int, ...] = ()

    @property
    def below_a_tenant(self) -> bool:
        """Whether the path leads through a tenant."""
        return "{tenant_id}" in self.path

    def matches(self, path: str) -> Mapping[str, str] | None:
        """The path's variables when it is this route's, or None."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path)
        return None if found is None else cast("Mapping[str, str]", found.groupdict())
