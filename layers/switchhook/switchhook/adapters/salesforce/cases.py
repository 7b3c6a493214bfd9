"""Finds Cases by the key they bear: in the unique field, or as the last line of their description."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from switchhook.adapters.salesforce.errors import unreadable
from switchhook.adapters.salesforce.session import RestApi
from switchhook.adapters.salesforce.soql import in_list, literal, moment
from switchhook.domain.chat_text import key_in
from switchhook.domain.connection import Grant
from switchhook.domain.crm import CasePage, FoundCase
from switchhook.domain.errors import Permanent
from switchhook.domain.slots import KEY_FIELD

_NEXT_PAGE = re.compile(r"/services/data/v[0-9.]+/(query/[A-Za-z0-9-]+)")


class CaseQueries:
    """One query a method; implements `MarkedCases`."""

    def __init__(self, rest: RestApi) -> None:
        self._rest = rest

    def with_keys(self, grant: Grant, keys: Sequence[str]) -> tuple[FoundCase, ...]:
        """Cases that have one of the keys in the unique field; at most one for each.

        Raises:
            Permanent: code `INVALID_FIELD` when the field is gone.
            SessionExpired, BudgetSpent, Retryable.
        """
        if not keys:
            return ()
        query = (
            f"SELECT Id, ContactId, {KEY_FIELD} FROM Case "  # noqa: S608 - quoted by soql
            f"WHERE {KEY_FIELD} IN {in_list(keys)}"
        )
        answer = self._rest.get(grant, "query/", params={"q": query})
        try:
            return tuple(_found(row, row[KEY_FIELD]) for row in answer.body["records"])
        except (KeyError, TypeError):
            raise unreadable(is_write=False) from None

    def created_between(
        self,
        grant: Grant,
        keys: Sequence[str],
        since: datetime,
        until: datetime,
        *,
        page: str | None = None,
    ) -> CasePage:
        """One page of the connected user's Cases of that time: those whose text ends with a key.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        query = (
            "SELECT Id, ContactId, Description FROM Case "  # noqa: S608 - quoted by soql
            f"WHERE CreatedById = {literal(grant.user_id)} "
            f"AND CreatedDate >= {moment(since)} AND CreatedDate <= {moment(until)} "
            "ORDER BY CreatedDate, Id"
        )
        if page is None:
            answer = self._rest.get(grant, "query/", params={"q": query})
        else:
            answer = self._rest.get(grant, page)
        try:
            marked = ((row, key_in(row["Description"], keys)) for row in answer.body["records"])
            cases = tuple(_found(row, key) for row, key in marked if key is not None)
            next_page = None if answer.body["done"] else _path(answer.body["nextRecordsUrl"])
        except (KeyError, TypeError):
            raise unreadable(is_write=False) from None
        return CasePage(cases=cases, next_page=next_page)


def _found(row: Mapping[str, Any], key: str) -> FoundCase:
    return FoundCase(key=key, id=row["Id"], contact_id=row["ContactId"])


def _path(url: str) -> str:
    """The part of a further page's address behind the API's version; nothing else is followed."""
    named = _NEXT_PAGE.fullmatch(url)
    if named is None:
        raise Permanent(
            "Salesforce names a further page in a form that is not known; nothing was concluded.",
            code="UNKNOWN_PAGE",
        )
    return named[1]
