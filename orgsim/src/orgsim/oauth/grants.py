"""Grants, refresh tokens and sessions: who may act for whom, and for how long."""

import secrets
from dataclasses import dataclass

from orgsim.ids import id15
from orgsim.store import Store

__all__ = ["CONTROL_CLIENT", "OFFLINE_SCOPES", "Grants", "Session", "create_grant_tables"]

# The client id of tokens that the control plane hands out.
CONTROL_CLIENT = "control"
# Either of them makes a refresh token come with an access token.
OFFLINE_SCOPES = frozenset({"refresh_token", "offline_access"})
_MOST_GRANTS = 5
_TABLES = (
    """CREATE TABLE IF NOT EXISTS x_grant (
        id INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT, client_id TEXT, scope TEXT
    )""",
    """CREATE TABLE IF NOT EXISTS x_refresh (
        token TEXT PRIMARY KEY, grant_id INTEGER, spent INTEGER
    )""",
    """CREATE TABLE IF NOT EXISTS x_session (
        token TEXT PRIMARY KEY, grant_id INTEGER, user_id TEXT, client_id TEXT, scope TEXT,
        issued_s REAL, used_s REAL
    )""",
    "CREATE INDEX IF NOT EXISTS i_x_session ON x_session (grant_id)",
    "CREATE INDEX IF NOT EXISTS i_x_refresh ON x_refresh (grant_id)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A living access token; `used_s` is when it was last used.

    `grant_id` is None for tokens that nobody's approval stands behind: those of the control plane,
    of JWT assertions, of client credentials and of log-in pages.
    """

    user_id: str
    client_id: str
    grant_id: int | None
    scope: str
    issued_s: float
    used_s: float

    @property
    def is_control(self) -> bool:
        """True for a token of the control plane, which faults never hit."""
        return self.client_id == CONTROL_CLIENT


class Grants:
    """The grants of one org; an app may hold five per user, a sixth kills the oldest."""

    def __init__(self, store: Store) -> None:
        """Keep the grants beside the store's records."""
        self._store = store
        with store.transaction():
            create_grant_tables(store)

    def grant(self, user_id: str, client_id: str, scope: str) -> int:
        """Record that a user allows an app, and return the grant's number."""
        with self._store.transaction():
            cursor = self._store.conn.execute(
                "INSERT INTO x_grant (user_id, client_id, scope) VALUES (?, ?, ?)",
                (user_id, client_id, scope),
            )
            too_old = self._store.conn.execute(
                "SELECT id FROM x_grant WHERE user_id = ? AND client_id = ?"
                " ORDER BY id DESC LIMIT -1 OFFSET ?",
                (user_id, client_id, _MOST_GRANTS),
            ).fetchall()
            for (grant_id,) in too_old:
                self.revoke_grant(grant_id)
            grant_id = cursor.lastrowid
        assert grant_id is not None, "SQLite numbers every inserted row"
        return grant_id

    def new_refresh_token(self, grant_id: int) -> str:
        """Return a new refresh token of a grant; the ones before it are spent from now on."""
        token = f"5Aep861{secrets.token_urlsafe(48)}"
        with self._store.transaction():
            self._store.conn.execute(
                "UPDATE x_refresh SET spent = 1 WHERE grant_id = ?", (grant_id,)
            )
            self._store.conn.execute(
                "INSERT INTO x_refresh (token, grant_id, spent) VALUES (?, ?, 0)", (token, grant_id)
            )
        return token

    def use_refresh_token(self, token: str, client_id: str) -> Session | None:
        """Return whose grant a refresh token belongs to, or None if it no longer counts.

        Using a spent token again revokes its whole grant: someone else may hold a copy.
        """
        with self._store.transaction():
            found = self._store.conn.execute(
                "SELECT g.id, g.user_id, g.client_id, g.scope, r.spent FROM x_refresh r"
                " JOIN x_grant g ON g.id = r.grant_id WHERE r.token = ?",
                (token,),
            ).fetchone()
            if found is None or found["client_id"] != client_id:
                return None
            if found["spent"]:
                self.revoke_grant(found["id"])
                return None
        return Session(
            user_id=found["user_id"],
            client_id=client_id,
            grant_id=found["id"],
            scope=found["scope"],
            issued_s=self._now_s(),
            used_s=self._now_s(),
        )

    def living_refresh_token(self, token: str) -> tuple[str, str, str] | None:
        """Return user id, client id and scope of a refresh token without using it, or None."""
        with self._store.transaction():
            found = self._store.conn.execute(
                "SELECT g.user_id, g.client_id, g.scope FROM x_refresh r"
                " JOIN x_grant g ON g.id = r.grant_id JOIN o_User u ON u.Id = g.user_id"
                " WHERE r.token = ? AND r.spent = 0 AND u.IsActive = 1",
                (token,),
            ).fetchone()
        if found is None or self._store.settings.org_locked:
            return None
        return found["user_id"], found["client_id"], found["scope"]

    def approved_scopes(self, user_id: str, client_id: str) -> dict[str, None]:
        """Return what a user allows an app, first things first; empty if there is no grant."""
        with self._store.transaction():
            rows = self._store.conn.execute(
                "SELECT scope FROM x_grant WHERE user_id = ? AND client_id = ? ORDER BY id",
                (user_id, client_id),
            ).fetchall()
        return dict.fromkeys(word for (scope,) in rows for word in scope.split())

    def open_session(self, user_id: str, client_id: str, grant_id: int | None, scope: str) -> str:
        """Return a new access token."""
        token = f"{id15(self._store.org_id)}!AQ{secrets.token_urlsafe(60)}"
        now = self._now_s()
        with self._store.transaction():
            self._store.conn.execute(
                "INSERT INTO x_session (token, grant_id, user_id, client_id, scope, issued_s,"
                " used_s) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (token, grant_id, user_id, client_id, scope, now, now),
            )
        return token

    def session(self, token: str | None) -> Session | None:
        """Return the session of an access token and prolong it, or None if it has ended.

        A session ends when it was idle for the org's time-out, when its grant is revoked, when its
        user is deactivated; while the org is locked it is not found.
        """
        if token is None:
            return None
        now = self._now_s()
        with self._store.transaction():
            found = self._living(token, now)
            if found is not None:
                self._store.conn.execute(
                    "UPDATE x_session SET used_s = ? WHERE token = ?", (now, token)
                )
        return found

    def peek(self, token: str) -> Session | None:
        """Return the session of an access token without prolonging it, or None if it has ended."""
        with self._store.transaction():
            return self._living(token, self._now_s())

    def revoke(self, token: str) -> bool:
        """Revoke a token and return whether it was known.

        A refresh token takes its grant and all its access tokens along, an access token only itself.
        """
        with self._store.transaction():
            found = self._store.conn.execute(
                "SELECT grant_id FROM x_refresh WHERE token = ? AND spent = 0", (token,)
            ).fetchone()
            if found is not None:
                self.revoke_grant(found["grant_id"])
                return True
            deleted = self._store.conn.execute("DELETE FROM x_session WHERE token = ?", (token,))
            return deleted.rowcount > 0

    def revoke_grant(self, grant_id: int) -> None:
        """End a grant with everything that was issued under it."""
        with self._store.transaction():
            self._store.conn.execute("DELETE FROM x_session WHERE grant_id = ?", (grant_id,))
            self._store.conn.execute("DELETE FROM x_refresh WHERE grant_id = ?", (grant_id,))
            self._store.conn.execute("DELETE FROM x_grant WHERE id = ?", (grant_id,))

    def grant_of_refresh_token(self, token: str) -> int | None:
        """Return the grant a refresh token belongs to without using it, or None."""
        with self._store.transaction():
            found = self._store.conn.execute(
                "SELECT grant_id FROM x_refresh WHERE token = ?", (token,)
            ).fetchone()
        return None if found is None else int(found["grant_id"])

    def _living(self, token: str, now: float) -> Session | None:
        """Return the session of a token, dropping one that was idle for too long."""
        found = self._store.conn.execute(
            "SELECT s.*, u.IsActive FROM x_session s JOIN o_User u ON u.Id = s.user_id"
            " WHERE s.token = ?",
            (token,),
        ).fetchone()
        if found is None or not found["IsActive"]:
            return None
        if found["client_id"] != CONTROL_CLIENT:
            if self._store.settings.org_locked:
                return None
            if now - found["used_s"] > self._store.settings.session_timeout_s:
                self._store.conn.execute("DELETE FROM x_session WHERE token = ?", (token,))
                return None
        return Session(
            user_id=found["user_id"],
            client_id=found["client_id"],
            grant_id=found["grant_id"],
            scope=found["scope"],
            issued_s=found["issued_s"],
            used_s=found["used_s"],
        )

    def _now_s(self) -> float:
        return self._store.now().timestamp()


def create_grant_tables(store: Store) -> None:
    """Create the tables of grants where they are missing, as after a reset."""
    for statement in _TABLES:
        store.conn.execute(statement)
