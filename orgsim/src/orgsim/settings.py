"""The switches of a simulated org."""

from dataclasses import dataclass
from typing import Literal

from orgsim.custom_schema import NOTHING_CUSTOM, CustomSchema

__all__ = [
    "CLI_APP",
    "AssignmentRule",
    "Community",
    "ConnectedApp",
    "DuplicateRule",
    "RequiredField",
    "Settings",
    "TaskStatus",
    "ValidationRule",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatus:
    """One value of the org's task status list."""

    api_name: str
    label: str
    is_closed: bool = False
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredField:
    """A field that this org's admin made required beyond Salesforce's own."""

    object: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRule:
    """An active assignment rule: new records of `object` go to `owner_id`."""

    object: str
    owner_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRule:
    """A duplicate rule: equal values in all `fields` make a duplicate; `alert` may be overruled."""

    object: str
    fields: tuple[str, ...]
    action: Literal["block", "alert"] = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRule:
    """A validation rule: a write after which the condition holds is refused with `message`."""

    object: str
    field: str
    op: Literal["contains", "equals", "blank"]
    message: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedApp:
    """An application that may ask for access; without a secret it is a public client.

    `rotation` None means the org's own setting, `scopes` None any scope the org knows.
    `certificate` is the PEM that JWT assertions are checked with, `preauthorized` spares users of
    that flow an approval of their own, `run_as` is the username behind client credentials. An app
    that is not `installed` cannot be authorised. `refresh_ip_allow_list` holds addresses and
    networks that may use refresh tokens; empty means all.
    """

    client_id: str
    redirect_uris: tuple[str, ...]
    client_secret: str | None = None
    rotation: bool | None = None
    scopes: tuple[str, ...] | None = None
    certificate: str | None = None
    preauthorized: bool = False
    run_as: str | None = None
    installed: bool = True
    refresh_ip_allow_list: tuple[str, ...] = ()

    @property
    def usual_scope(self) -> str:
        """What the app gets when it does not say what it wants."""
        return " ".join(self.scopes or ("api", "id", "refresh_token", "web"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """An Experience Cloud site, found under `/<path>`."""

    path: str
    name: str


CLI_APP = ConnectedApp(
    client_id="PlatformCLI",
    redirect_uris=("http://localhost:1717/OauthRedirect",),
    rotation=False,
)

DEFAULT_TASK_STATUSES = (
    TaskStatus(api_name="Not Started", label="Not Started", is_default=True),
    TaskStatus(api_name="In Progress", label="In Progress"),
    TaskStatus(api_name="Completed", label="Completed", is_closed=True),
    TaskStatus(api_name="Waiting on someone else", label="Waiting on someone else"),
    TaskStatus(api_name="Deferred", label="Deferred"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything about an org that a test or a demonstration may want different.

    `search_lag_s` delays what SOSL finds, `phone_tokens` is how phone numbers are indexed,
    `session_timeout_s` is a session's idle life, `rotation` the default for apps that do not say,
    `api_limit` the calls of a day, `request_limit_s` after how long a request never commits,
    `lock_wait_s` how long a write waits for records that another one has locked,
    `bulk_delay_s` how long bulk jobs take.
    While `long_requests_allowed` requests have run for `long_request_s`, further ones are refused.
    With `external_id_field` tasks and cases have the unique field `external_id_name`.
    `audit_fields` opens the creation stamps to creates, `custom_schema` is what the admin built.
    `instance_host` is the host in the org's instance url; it answers under both names.
    """

    search_lag_s: float = 0.0
    phone_tokens: Literal["punctuation", "digits"] = "punctuation"
    session_timeout_s: float = 7200.0
    rotation: bool = True
    api_limit: int = 100_000
    request_limit_s: float = 600.0
    lock_wait_s: float = 10.0
    bulk_delay_s: float = 0.0
    long_requests_allowed: int = 25
    long_request_s: float = 20.0
    person_accounts: bool = False
    shared_activities: bool = False
    external_id_field: bool = False
    external_id_name: str = "Switchhook_Key__c"
    audit_fields: bool = False
    custom_schema: CustomSchema = NOTHING_CUSTOM
    sharing: Literal["public", "private"] = "public"
    language: Literal["en", "de"] = "en"
    required_fields: tuple[RequiredField, ...] = ()
    task_statuses: tuple[TaskStatus, ...] = DEFAULT_TASK_STATUSES
    assignment_rules: tuple[AssignmentRule, ...] = ()
    duplicate_rules: tuple[DuplicateRule, ...] = ()
    validation_rules: tuple[ValidationRule, ...] = ()
    connected_apps: tuple[ConnectedApp, ...] = (CLI_APP,)
    communities: tuple[Community, ...] = ()
    org_locked: bool = False
    username_password_flow: bool = False
    instance_host: Literal["localhost", "127.0.0.1"] = "localhost"

    def app(self, client_id: str) -> ConnectedApp | None:
        """Return the registered app of that id, or None."""
        return next((app for app in self.connected_apps if app.client_id == client_id), None)

    def is_closed_status(self, status: object) -> bool:
        """Return whether a task of that status is closed; an unlisted status is open."""
        return any(s.is_closed for s in self.task_statuses if s.api_name == status)
