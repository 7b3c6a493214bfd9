"""Finds who may be behind a number: one SOSL call over Contacts, Leads and Accounts."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from switchhook.adapters.salesforce.errors import unreadable
from switchhook.adapters.salesforce.session import RestApi
from switchhook.adapters.salesforce.soql import phrase, read_moment
from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import Grant
from switchhook.domain.crm import SearchAnswer
from switchhook.domain.decision import Candidate, OrgFacts
from switchhook.domain.party import PhoneNumber

RECORDS_PER_OBJECT = 50

SEARCH_TEXT_CHARS = 4000
"""Above this Salesforce drops the operators from a search text, and OR becomes AND."""

_ALWAYS_READABLE = ("Id", "Name", "OwnerId", "CreatedDate", "LastModifiedDate")
"""Fields that no admin can hide from a user; a hidden one would fail the whole search."""

_MORE_FIELDS: Mapping[str, tuple[str, ...]] = {"Lead": ("IsConverted", "ConvertedContactId")}

_PERSON_ACCOUNT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Contact": ("AccountId", "IsPersonAccount"),
    "Account": ("IsPersonAccount", "PersonContactId"),
}


class SoslSearch:
    """Searches by telephone number; implements `CandidateSearch`.

    The answer is unverified: Salesforce splits numbers at punctuation, so the decision compares digit
    by digit. A contact twin of a person account is returned beside its account.
    """

    def __init__(self, rest: RestApi) -> None:
        self._rest = rest

    def search(self, grant: Grant, org: OrgFacts, numbers: Sequence[PhoneNumber]) -> SearchAnswer:
        """One search for all numbers, in the phone fields that the integration user may read.

        Raises:
            Permanent: code `INVALID_FIELD` when the org's fields have changed since they were read.
            SessionExpired, BudgetSpent, Retryable.
        """
        if not numbers or not org.phone_fields:
            return SearchAnswer(candidates=())
        answer = self._rest.get(grant, "search/", params={"q": search_text(org, numbers)})
        try:
            candidates = tuple(_candidate(record, org) for record in answer.body["searchRecords"])
        except (KeyError, TypeError, ValueError):
            raise unreadable(is_write=False) from None
        return SearchAnswer(candidates=candidates, usage=answer.usage)


def search_text(org: OrgFacts, numbers: Sequence[PhoneNumber]) -> str:
    """The SOSL statement for some numbers."""
    wanted = " OR ".join(_phrases_that_fit(numbers))
    returning = ", ".join(
        f"{name}({', '.join(_fields(name, org))} "
        f"ORDER BY LastModifiedDate DESC LIMIT {RECORDS_PER_OBJECT})"
        for name in sorted(org.phone_fields)
    )
    return f"FIND {{{wanted}}} IN PHONE FIELDS RETURNING {returning}"


def _phrases_that_fit(numbers: Sequence[PhoneNumber]) -> Iterator[str]:
    """Every number's likeliest form first, so that a long list loses only unlikely forms."""
    left = SEARCH_TEXT_CHARS
    seen: set[str] = set()
    for forms in zip_longest(*(number.written for number in numbers)):
        for form in forms:
            if form is None or form in seen:
                continue
            seen.add(form)
            text = phrase(form)
            left -= len(text) + len(" OR ")
            if left < 0:
                return
            yield text


def _fields(name: str, org: OrgFacts) -> tuple[str, ...]:
    person = _PERSON_ACCOUNT_FIELDS.get(name, ()) if org.person_accounts else ()
    return (
        *_ALWAYS_READABLE,
        *_MORE_FIELDS.get(name, ()),
        *person,
        *org.phone_fields[name],
    )


def _candidate(record: Mapping[str, Any], org: OrgFacts) -> Candidate:
    object_type = record["attributes"]["type"]
    stored = (record.get(name) for name in org.phone_fields.get(object_type, ()))
    return Candidate(
        record=RecordRef(type=object_type, id=record["Id"]),
        name=record.get("Name"),
        numbers=tuple(number for number in stored if number),
        owner_id=record.get("OwnerId"),
        created_at=read_moment(record.get("CreatedDate")),
        modified_at=read_moment(record.get("LastModifiedDate")),
        is_converted=bool(record.get("IsConverted")),
        converted_contact_id=record.get("ConvertedContactId"),
        is_person_account=bool(record.get("IsPersonAccount")),
        person_contact_id=record.get("PersonContactId"),
        account_id=record["Id"] if object_type == "Account" else record.get("AccountId"),
    )
