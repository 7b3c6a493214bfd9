"""Reads what an org is like: its fields, Task statuses, users, and its API gauge."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from switchhook.adapters.salesforce.errors import FIRST_CLIENT_ERROR, refusal, unreadable
from switchhook.adapters.salesforce.session import API_PATH, RestApi
from switchhook.adapters.salesforce.soql import in_list, literal, read_moment
from switchhook.domain.connection import ApiUsage, Grant
from switchhook.domain.decision import OrgFacts, TaskStatus
from switchhook.domain.facts.fields import FieldFacts
from switchhook.domain.facts.people import OWNING_USER_TYPES, OrgUser
from switchhook.ports.org import ObjectFacts, OrgLists

USERS_PER_QUERY = 2000

INACTIVE_USERS_KEPT = 500

SEARCHED_TYPES = ("string", "email", "phone")
"""Types of field that can hold a number, an e-mail or an id, and that a search looks into."""

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_USER_FIELDS = "Id, Name, Email, UserType, LastLoginDate, IsActive"


class SalesforceMetadata:
    """Reads metadata, one request a method; implements `OrgMetadata`."""

    def __init__(self, rest: RestApi) -> None:
        self._rest = rest

    def describe(self, grant: Grant, object_type: str) -> ObjectFacts:
        """What the integration user can see of an object.

        Raises:
            Permanent: code `NOT_FOUND` when the object is not visible.
            SessionExpired, BudgetSpent, Retryable.
        """
        described = self._rest.get(grant, f"sobjects/{object_type}/describe").body
        try:
            fields = described["fields"]
            return ObjectFacts(
                name=described["name"],
                fields=frozenset(field["name"] for field in fields),
                phone_fields=tuple(field["name"] for field in fields if field["type"] == "phone"),
                text_fields=tuple(field["name"] for field in fields if _is_searched(field)),
                unique_fields=frozenset(field["name"] for field in fields if field["unique"]),
                closed_fields=frozenset(
                    field["name"] for field in fields if not field.get("createable", True)
                ),
                createable=bool(described["createable"]),
                updateable=bool(described.get("updateable", True)),
                described={field["name"]: _field_facts(field) for field in fields},
            )
        except (KeyError, TypeError):
            raise unreadable(is_write=False) from None

    def lists(self, grant: Grant) -> OrgLists:
        """Task statuses, users and the connecting user's rights, in one request.

        An org's first 6,000 active users by id are known; a composite takes five queries, a query
        2,000 rows. Of the inactive users among 4,000 those who logged in last are kept, so that an
        explanation can tell of them.

        Raises:
            SessionExpired, BudgetSpent, Retryable, Permanent.
        """
        body = {"allOrNone": False, "compositeRequest": _list_queries(grant.user_id)}
        answer = self._rest.post(grant, "composite", body, is_write=False).body
        try:
            rows = {entry["referenceId"]: _rows(entry) for entry in answer["compositeResponse"]}
            return OrgLists(facts=_facts(rows))
        except (KeyError, TypeError, IndexError):
            raise unreadable(is_write=False) from None

    def usage(self, grant: Grant) -> ApiUsage:
        """The org's API gauge, from the header of the smallest query.

        The resource `limits` would need the permission View Setup and Configuration.

        Raises:
            BudgetSpent: the budget has not recovered.
            SessionExpired, Retryable, Permanent.
        """
        query = f"SELECT Id FROM User WHERE Id = {literal(grant.user_id)}"  # noqa: S608 - quoted
        usage = self._rest.get(grant, "query/", params={"q": query}).usage
        if usage is None:
            raise unreadable(is_write=False)
        return usage


def _field_facts(field: Mapping[str, Any]) -> FieldFacts:
    listed = field.get("picklistValues") or ()
    return FieldFacts(
        name=field["name"],
        type=field["type"],
        length=int(field.get("length") or 0),
        createable=bool(field.get("createable", True)),
        updateable=bool(field.get("updateable", True)),
        values=tuple(str(one["value"]) for one in listed if one.get("active", True)),
        restricted=bool(field.get("restrictedPicklist")),
    )


def _is_searched(field: Mapping[str, Any]) -> bool:
    """Tells whether a search looks into a field's text; it does not compute formulas."""
    return field["type"] in SEARCHED_TYPES and not field.get("calculated")


def _list_queries(user_id: str) -> list[dict[str, object]]:
    users = (
        f"SELECT {_USER_FIELDS} FROM User "  # noqa: S608 - quoted by soql
        f"WHERE UserType IN {in_list(OWNING_USER_TYPES)}"
    )
    active_first = f"{users} ORDER BY IsActive DESC, Id"
    queries = {
        "statuses": "SELECT MasterLabel, ApiName, IsClosed, IsDefault FROM TaskStatus",
        "connecting": (
            f"SELECT {_USER_FIELDS}, Profile.PermissionsViewAllData FROM User "  # noqa: S608
            f"WHERE Id = {literal(user_id)}"
        ),
        # OFFSET ends at 2,000, so the last page is read from the other end.
        "users_first": f"{active_first} LIMIT {USERS_PER_QUERY}",
        "users_second": f"{active_first} LIMIT {USERS_PER_QUERY} OFFSET {USERS_PER_QUERY}",
        "users_last": f"{users} AND IsActive = true ORDER BY Id DESC LIMIT {USERS_PER_QUERY}",
    }
    return [
        {
            "method": "GET",
            "url": f"{API_PATH}/query/?q={quote(query, safe='')}",
            "referenceId": name,
        }
        for name, query in queries.items()
    ]


def _rows(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    status, body = entry["httpStatusCode"], entry["body"]
    if status >= FIRST_CLIENT_ERROR:
        raise refusal(status, body, is_write=False)
    return list(body["records"])


def _facts(rows: Mapping[str, list[Mapping[str, Any]]]) -> OrgFacts:
    connecting = rows["connecting"][0]
    listed = [*rows["users_first"], *rows["users_second"], *rows["users_last"]]
    users = {row["Id"]: _user(row) for row in (*listed, connecting)}
    active = [user for user in users.values() if user.is_active]
    profile = connecting.get("Profile") or {}
    return OrgFacts(
        task_statuses=tuple(_status(row) for row in rows["statuses"]),
        users_by_email=_by_email(active),
        barred_by_email=_by_email(_left_last(users.values())),
        user_ids=frozenset(user.id for user in active),
        connecting_user=_user(connecting),
        sees_all_records=bool(profile.get("PermissionsViewAllData")),
    )


def _by_email(users: Iterable[OrgUser]) -> dict[str, tuple[OrgUser, ...]]:
    by_email: dict[str, tuple[OrgUser, ...]] = {}
    for user in users:
        if user.email:
            key = user.email.lower()
            by_email[key] = (*by_email.get(key, ()), user)
    return by_email


def _left_last(users: Iterable[OrgUser]) -> list[OrgUser]:
    """Keeps of the inactive users the latest, by id and e-mail only: every call reads them."""
    inactive = [user for user in users if not user.is_active]
    inactive.sort(key=lambda user: (user.last_login_at or _NEVER, user.id), reverse=True)
    return [replace(user, name="", last_login_at=None) for user in inactive[:INACTIVE_USERS_KEPT]]


def _user(row: Mapping[str, Any]) -> OrgUser:
    return OrgUser(
        id=row["Id"],
        name=row["Name"] or "",
        email=row["Email"] or "",
        is_active=bool(row["IsActive"]),
        user_type=row["UserType"] or "Standard",
        last_login_at=read_moment(row["LastLoginDate"]),
    )


def _status(row: Mapping[str, Any]) -> TaskStatus:
    return TaskStatus(
        api_name=row["ApiName"],
        is_closed=bool(row["IsClosed"]),
        is_default=bool(row["IsDefault"]),
    )
