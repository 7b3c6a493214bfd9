"""One simulated org: its records, its tokens, its API and its troubles."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from orgsim.api.router import DataApi
from orgsim.bootstrap import ADMIN_USERNAME
from orgsim.faults import Faults
from orgsim.journal import Journal
from orgsim.long_requests import LongRequests
from orgsim.oauth.authorize import AuthorizeFlow
from orgsim.oauth.grants import CONTROL_CLIENT, OFFLINE_SCOPES, Grants, create_grant_tables
from orgsim.oauth.tokens import TokenEndpoints
from orgsim.settings import ConnectedApp, Settings
from orgsim.store import Row, Store
from orgsim.usage import ApiUsage

__all__ = ["Org"]


class Org:
    """Everything that belongs to one org, wired together."""

    def __init__(
        self,
        path: Path | None = None,
        settings: Settings | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Open the org in `path`, or in memory; `settings` are those a reset returns to."""
        self.store = Store(path, settings, clock)
        self._first_settings = settings or self.store.settings
        self.usage = ApiUsage()
        self.grants = Grants(self.store)
        self.flow = AuthorizeFlow(self.store, self.grants)
        self.tokens = TokenEndpoints(self.store, self.grants, self.flow)
        self.api = DataApi(self.store, self.usage)
        self.faults = Faults()
        self.journal = Journal()
        self.long_requests = LongRequests()

    @property
    def username(self) -> str:
        """The admin's username."""
        return ADMIN_USERNAME

    @property
    def password(self) -> str:
        """The password of every active user."""
        return self.store.password

    def control_token(self, username: str | None) -> str | None:
        """Return an access token that faults never hit, or None if there is no such active user."""
        user = self._active_user(username)
        if user is None:
            return None
        return self.grants.open_session(str(user["Id"]), CONTROL_CLIENT, None, "full")

    def app_tokens(self, username: str | None, app: ConnectedApp) -> dict[str, str] | None:
        """Return the tokens that an app would have once the user has allowed it, or None.

        The access token is one of the app's like any other: faults hit it, it times out, and it
        ends with its grant. None means that there is no such active user.
        """
        user = self._active_user(username)
        if user is None:
            return None
        user_id, scope = str(user["Id"]), app.usual_scope
        with self.store.transaction():
            grant = self.grants.grant(user_id, app.client_id, scope)
            tokens = {
                "access_token": self.grants.open_session(user_id, app.client_id, grant, scope)
            }
            if OFFLINE_SCOPES & set(scope.split()):
                tokens["refresh_token"] = self.grants.new_refresh_token(grant)
        return tokens

    def _active_user(self, username: str | None) -> Row | None:
        user = self.store.find_by("User", "Username", username or ADMIN_USERNAME)
        return user if user is not None and user["IsActive"] else None

    def begin_with(self, settings: Settings) -> None:
        """Take over settings to which a reset returns as well; raises SettingsError."""
        self.store.configure(settings)
        self._first_settings = settings

    def reset(self) -> None:
        """Return to the beginning: records, tokens, faults, journal and settings are gone.

        The org's id, its admin and the registered apps stay.
        """
        apps = self.store.settings.connected_apps
        with self.store.transaction():
            self.store.reset(replace(self._first_settings, connected_apps=apps))
            create_grant_tables(self.store)
        self.flow.forget()
        self.api.forget()
        self.faults.clear()
        self.journal.clear()
        self.long_requests.forget()
        self.usage.used = 0

    def close(self) -> None:
        """Close the org's database."""
        self.store.close()
