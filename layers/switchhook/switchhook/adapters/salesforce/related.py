"""Finds the open Cases or Opportunities of contacts, with one SOQL query."""

from collections.abc import Mapping, Sequence
from typing import Any

from switchhook.adapters.salesforce.errors import unreadable
from switchhook.adapters.salesforce.session import RestApi
from switchhook.adapters.salesforce.soql import in_list, read_moment
from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import Grant
from switchhook.domain.decision import OpenRelated
from switchhook.domain.settings import AttachTo
from switchhook.ports_records import RelatedAnswer

ROWS_OF_ONE = 200
"""Of one contact the newest few are enough; of several, none may be crowded out by another's."""

ROWS_OF_SEVERAL = 2000

_QUERIES: Mapping[AttachTo, str] = {
    AttachTo.CASE: (
        "SELECT Id, ContactId, LastModifiedDate FROM Case"
        " WHERE ContactId IN {contacts} AND IsClosed = false"
        " ORDER BY LastModifiedDate DESC, Id LIMIT {rows}"
    ),
    AttachTo.OPPORTUNITY: (
        "SELECT OpportunityId, ContactId, Opportunity.LastModifiedDate FROM OpportunityContactRole"
        " WHERE ContactId IN {contacts} AND Opportunity.IsClosed = false"
        " ORDER BY Opportunity.LastModifiedDate DESC, OpportunityId LIMIT {rows}"
    ),
}


class RelatedQuery:
    """Asks for open Cases, or for open Opportunities by contact role; implements `RelatedRecords`."""

    def __init__(self, rest: RestApi) -> None:
        self._rest = rest

    def open_related(
        self, grant: Grant, attach_to: AttachTo, contact_ids: Sequence[str]
    ) -> RelatedAnswer:
        """Every open one that the connected user may see; a closed one is none (AC-15).

        Raises:
            Permanent: code `INVALID_TYPE` where the user may not see the object.
            SessionExpired, BudgetSpent, Retryable.
        """
        if attach_to is AttachTo.NONE or not contact_ids:
            return RelatedAnswer(related=())
        query = _QUERIES[attach_to].format(
            contacts=in_list(contact_ids),
            rows=ROWS_OF_ONE if len(contact_ids) == 1 else ROWS_OF_SEVERAL,
        )
        answer = self._rest.get(grant, "query/", params={"q": query})
        read = _case if attach_to is AttachTo.CASE else _opportunity
        try:
            related = tuple(read(row) for row in answer.body["records"])
        except (KeyError, TypeError, ValueError):
            raise unreadable(is_write=False) from None
        return RelatedAnswer(related=related, usage=answer.usage)


def _case(row: Mapping[str, Any]) -> OpenRelated:
    return _open(
        "Case", row["Id"], contact_id=row["ContactId"], modified_at=row["LastModifiedDate"]
    )


def _opportunity(row: Mapping[str, Any]) -> OpenRelated:
    return _open(
        "Opportunity",
        row["OpportunityId"],
        contact_id=row["ContactId"],
        modified_at=row["Opportunity"]["LastModifiedDate"],
    )


def _open(
    object_type: str, record_id: str, *, contact_id: str, modified_at: str | None
) -> OpenRelated:
    changed_at = read_moment(modified_at)
    if changed_at is None:
        raise ValueError("a record without LastModifiedDate")
    record = RecordRef(type=object_type, id=record_id)
    return OpenRelated(record=record, contact_id=contact_id, modified_at=changed_at)
