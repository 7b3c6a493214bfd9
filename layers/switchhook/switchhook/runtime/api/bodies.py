"""What callers of the API may send: bodies and query strings, with every name that is known."""

import datetime as dt
import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    model_validator,
)

from switchhook.domain.activity import State
from switchhook.domain.facts.event import Kind
from switchhook.domain.writing.repoint import MOST_ACTIVITIES
from switchhook.usecases.ask.simulate import MOST_DAYS

KEEP_PREVIOUS_S = 86_400
_MOST_KEPT_S = 30 * 86_400
_USER_ID = re.compile(r"005[A-Za-z0-9]{12}([A-Z0-5]{3})?", re.ASCII)
_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_UNBROKEN = r"^[\x21-\x7e]+$"
_LOST_PLUS = re.compile(r"(T[0-9:.]+) ([0-9]{2}:[0-9]{2})$")
_DOMAIN = re.compile(r"(?=.{1,253}$)([\w-]{1,63}\.)+[\w-]{2,63}")

type Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]


def _matching(pattern: re.Pattern[str], sentence: str) -> AfterValidator:
    def check(value: str | None) -> str | None:
        if value is not None and not pattern.fullmatch(value):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


class Body(BaseModel):
    """A JSON body: types are not bent, unknown names are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class NewTenantBody(Body):
    """POST /v1/tenants; the settings among these are judged as settings."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    preset: str
    default_region: str
    time_zone: str


class SettingsPatch(RootModel[dict[str, Any]]):
    """PATCH /v1/tenants/{tenant_id}/settings: a JSON merge patch (RFC 7396), judged as settings."""

    model_config = ConfigDict(strict=True, frozen=True)


class RestoreBody(Body):
    """POST /v1/tenants/{tenant_id}/settings/restore."""

    version: Annotated[int, Field(ge=1, le=999_999)]


class RotateKeyBody(Body):
    """POST /v1/tenants/{tenant_id}/keys/rotate."""

    role: Literal["admin", "agent"]


class NewHookBody(Body):
    """POST /v1/tenants/{tenant_id}/hooks."""

    provider: Text
    kind: Annotated[Kind, Field(strict=False)]
    secret: Annotated[str, StringConstraints(min_length=1, max_length=512)] | None = None
    source: (
        Annotated[
            str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@/-]*$")
        ]
        | None
    ) = None
    replaces: Text | None = None


class SecretBody(Body):
    """PATCH /v1/tenants/{tenant_id}/hooks/{hook_id}."""

    secret: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    keep_previous_s: Annotated[int, Field(ge=0, le=_MOST_KEPT_S)] = KEEP_PREVIOUS_S


class RotateSecretBody(Body):
    """POST /v1/tenants/{tenant_id}/hooks/{hook_id}/rotate."""

    keep_previous_s: Annotated[int, Field(ge=0, le=_MOST_KEPT_S)] = KEEP_PREVIOUS_S


class ConnectBody(Body):
    """POST /v1/tenants/{tenant_id}/connection."""

    confirm_org: bool = False


class AppBody(Body):
    """PUT /v1/tenants/{tenant_id}/app; the secret is never shown again, not even in an error."""

    client_id: Annotated[str, Field(max_length=255, pattern=_UNBROKEN)]
    client_secret: Annotated[str, Field(max_length=512, pattern=_UNBROKEN, repr=False)]
    login_url: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None


class AgentBody(Body):
    """One agent of the people list; at least one field says who it is."""

    id: Text | None = None
    email: Annotated[Text | None, _matching(_MAIL, "must be an e-mail address")] = None
    name: Text | None = None
    extension: Text | None = None
    salesforce_user_id: Annotated[
        str | None,
        _matching(_USER_ID, 'must be a Salesforce user\'s id ("005..." with 15 or 18 characters)'),
    ] = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not any((self.id, self.email, self.name, self.extension)):
            message = "must have an id, email, name or extension"
            raise ValueError(message)
        return self


class PeopleBody(Body):
    """PUT /v1/tenants/{tenant_id}/people: the whole list."""

    agents: Annotated[list[AgentBody], Field(max_length=5_000)] = []
    own_numbers: Annotated[list[Text], Field(max_length=5_000)] = []
    internal_domains: Annotated[
        list[Annotated[str, _matching(_DOMAIN, "must be a domain such as example.com")]],
        Field(max_length=500),
    ] = []


class ExplainBody(Body):
    """POST /v1/tenants/{tenant_id}/activities/explain; the settings are a merge patch over the tenant's."""

    provider: Text
    kind: Annotated[Kind, Field(strict=False)]
    event: dict[str, Any] | Annotated[str, StringConstraints(min_length=1)]
    settings: dict[str, Any] | None = None


class ActingAgentBody(Body):
    """Who acts: an agent as the tenant's people list or Salesforce knows them."""

    email: Text
    name: Text | None = None


class ApplyBody(Body):
    """POST /v1/tenants/{tenant_id}/activities/{activity_id}/apply."""

    action: Literal["contact_case", "lead_task", "case", "contact_task"]
    agent: ActingAgentBody
    idempotency_key: Text


class SimulateBody(Body):
    """POST /v1/tenants/{tenant_id}/activities/simulate; the settings are a merge patch over the tenant's."""

    settings: dict[str, Any]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)]


class MatchBody(Body):
    """PUT /v1/tenants/{tenant_id}/matches."""

    party: Text
    record_id: Text


class RepointBody(Body):
    """POST /v1/tenants/{tenant_id}/matches/repoint."""

    party: Text
    source: Annotated[Text, Field(alias="from")]
    target: Annotated[Text, Field(alias="to")]
    activity_ids: Annotated[list[Text], Field(min_length=1, max_length=MOST_ACTIVITIES)]


class UndoBody(Body):
    """POST /v1/tenants/{tenant_id}/matches/undo."""

    undo_id: Text


class Query(BaseModel):
    """A query string: text is read as what it should be, unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class NoQuery(Query):
    """For requests that take no query."""


class PageQuery(Query):
    """Every list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] | None = None


def _plus_restored(value: Any) -> Any:  # noqa: ANN401 - whatever the query string held
    # "+02:00" that nobody percent-encoded arrives as " 02:00".
    return _LOST_PLUS.sub(r"\1+\2", value) if isinstance(value, str) else value


type Instant = Annotated[AwareDatetime, BeforeValidator(_plus_restored)]


class ActivityQuery(PageQuery):
    """GET /v1/tenants/{tenant_id}/activities."""

    state: State | None = None
    kind: Kind | None = None
    source: Text | None = None
    external_id: Annotated[str, StringConstraints(min_length=1, max_length=1_000)] | None = None
    since: Instant | None = None
    until: Instant | None = None
    party: Text | None = None


class MatchQuery(PageQuery):
    """GET /v1/tenants/{tenant_id}/matches."""

    party: Text | None = None


class PartyQuery(Query):
    """DELETE /v1/tenants/{tenant_id}/matches."""

    party: Text


class DayQuery(Query):
    """GET /v1/tenants/{tenant_id}/statement; calendars end, so the first and last years are left out."""

    date: Annotated[dt.date, Field(ge=dt.date(2000, 1, 1), lt=dt.date(9000, 1, 1))]


class BackfillQuery(Query):
    """POST /v1/tenants/{tenant_id}/backfill."""

    dry_run: bool = False


class ConfirmQuery(Query):
    """DELETE /v1/tenants/{tenant_id}/connection."""

    confirm: bool = False
