"""Searches an org for who may be behind a number: one SOSL call over Contacts, Leads and Accounts."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

from switchhook.adapters.salesforce.errors import unreadable
from switchhook.adapters.salesforce.session import RestApi
from switchhook.adapters.salesforce.soql import phrase, read_moment
from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import Grant
from switchhook.domain.crm import SearchAnswer
from switchhook.domain.decision import Candidate, OrgFacts
from switchhook.domain.facts.people import Party
from switchhook.domain.settings.schema import MatchingSettings, Tiebreak
from switchhook.domain.settings.values import (
    EMAIL,
    EMAIL_FIELDS,
    PHONE,
    SEARCHED_OBJECTS,
    Identification,
)

RECORDS_PER_OBJECT = 50

SEARCH_TEXT_CHARS = 4000
"""Above this Salesforce drops the operators from a search text, and OR becomes AND."""

_SEARCHABLE_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{0,250}\w\w")
"""What an event states as an e-mail may be anything; a search for a lone sign would be refused."""

_ALWAYS_READABLE = ("Id", "Name", "OwnerId", "CreatedDate", "LastModifiedDate")
"""Fields that no admin can hide from a user; a hidden one would fail the whole search."""

_MORE_FIELDS: Mapping[str, tuple[str, ...]] = {"Lead": ("IsConverted", "ConvertedContactId")}

_PERSON_ACCOUNT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Contact": ("AccountId", "IsPersonAccount"),
    "Account": ("IsPersonAccount", "PersonContactId"),
}

_ORDER: Mapping[Tiebreak, str] = {
    Tiebreak.LAST_MODIFIED: "LastModifiedDate DESC, Id",
    Tiebreak.NEWEST_CREATED: "CreatedDate DESC, Id DESC",
}
"""Only the first records come back, so those that win a tie must stand first (AC-17, XB-18)."""


class SoslSearch:
    """Searches by number, e-mail and the tenant's own fields; implements `CandidateSearch`.

    The answer is unverified: Salesforce splits numbers at punctuation, so the decision compares digit
    by digit. A contact twin of a person account is returned beside its account.
    """

    def __init__(self, rest: RestApi) -> None:
        self._rest = rest

    def search(
        self, grant: Grant, org: OrgFacts, parties: Sequence[Party], matching: MatchingSettings
    ) -> SearchAnswer:
        """One search for all parties, in those fields that identify and that the user may read.

        Raises:
            Permanent: code `INVALID_FIELD` when the org's fields have changed since they were read.
            SessionExpired, BudgetSpent, Retryable.
        """
        statement = search_text(org, parties, matching)
        if statement is None:
            return SearchAnswer(candidates=())
        answer = self._rest.get(grant, "search/", params={"q": statement})
        try:
            candidates = tuple(
                _candidate(record, org, matching.identification)
                for record in answer.body["searchRecords"]
            )
        except (KeyError, TypeError, ValueError):
            raise unreadable(is_write=False) from None
        return SearchAnswer(candidates=candidates, usage=answer.usage)


def search_text(org: OrgFacts, parties: Sequence[Party], matching: MatchingSettings) -> str | None:
    """The SOSL statement for some parties; None where there is nothing to search for.

    A search looks into one group of fields: the phone fields or the e-mail fields where that is
    enough, else all.
    """
    identification = matching.identification
    searched = {
        name: fields
        for name in SEARCHED_OBJECTS
        if (fields := _searched_fields(name, org, identification))
    }
    group = _field_group(searched, parties, org)
    if group is None:
        return None
    words = tuple(_phrases_that_fit(_words(party, group) for party in parties))
    if not words:
        return None
    returning = ", ".join(
        f"{name}({', '.join((*_always(name, org), *fields))} "
        f"ORDER BY {_ORDER[matching.tiebreak]} LIMIT {RECORDS_PER_OBJECT})"
        for name, fields in searched.items()
    )
    return f"FIND {{{' OR '.join(words)}}} IN {group} FIELDS RETURNING {returning}"


def _searched_fields(name: str, org: OrgFacts, identification: Identification) -> tuple[str, ...]:
    """The fields that identify an object's records, as far as the integration user may read them."""
    fields: list[str] = []
    for entry in identification.of(name):
        if entry == PHONE:
            fields += org.phone_fields.get(name, ())
        else:
            fields.append(EMAIL_FIELDS[name] if entry == EMAIL else entry)
    readable = set(org.readable_fields(name))
    return tuple(dict.fromkeys(field for field in fields if field in readable))


def _field_group(
    searched: Mapping[str, tuple[str, ...]], parties: Sequence[Party], org: OrgFacts
) -> str | None:
    """The smallest group of fields that holds all that is to be searched; None: nothing is."""
    phones = set(chain.from_iterable(org.phone_fields.values()))
    emails = set(EMAIL_FIELDS.values())
    fields = set(chain.from_iterable(searched.values()))
    by_number = any(party.number for party in parties) and bool(fields & phones)
    by_email = any(party.email for party in parties) and bool(fields & emails)
    if fields - phones - emails or (by_number and by_email):
        return "ALL"
    if by_number:
        return "PHONE"
    return "EMAIL" if by_email else None


def _words(party: Party, group: str) -> Iterator[str]:
    """What to search for one party, the likeliest form first."""
    number = party.number.written if party.number else ()
    if group != "PHONE" and party.email and _SEARCHABLE_EMAIL.fullmatch(party.email):
        yield party.email
    yield from number if group != "EMAIL" else ()
    if group == "ALL" and not party.number:
        yield party.key


def _phrases_that_fit(words: Iterable[Iterator[str]]) -> Iterator[str]:
    """Every party's likeliest form first, so that a long list loses only unlikely forms."""
    left = SEARCH_TEXT_CHARS
    seen: set[str] = set()
    for forms in zip_longest(*words):
        for form in forms:
            if form is None or form in seen:
                continue
            seen.add(form)
            text = phrase(form)
            left -= len(text) + len(" OR ")
            if left < 0:
                return
            yield text


def _always(name: str, org: OrgFacts) -> tuple[str, ...]:
    person = _PERSON_ACCOUNT_FIELDS.get(name, ()) if org.person_accounts else ()
    return (*_ALWAYS_READABLE, *_MORE_FIELDS.get(name, ()), *person)


def _candidate(
    record: Mapping[str, Any], org: OrgFacts, identification: Identification
) -> Candidate:
    object_type = record["attributes"]["type"]
    stored = (record.get(name) for name in org.phone_fields.get(object_type, ()))
    own = ((name, record.get(name)) for name in identification.own_fields(object_type))
    return Candidate(
        record=RecordRef(type=object_type, id=record["Id"]),
        name=record.get("Name"),
        email=record.get(EMAIL_FIELDS.get(object_type, "")),
        numbers=tuple(number for number in stored if number),
        custom={name: str(value) for name, value in own if value},
        owner_id=record.get("OwnerId"),
        created_at=read_moment(record.get("CreatedDate")),
        modified_at=read_moment(record.get("LastModifiedDate")),
        is_converted=bool(record.get("IsConverted")),
        converted_contact_id=record.get("ConvertedContactId"),
        is_person_account=bool(record.get("IsPersonAccount")),
        person_contact_id=record.get("PersonContactId"),
        account_id=record["Id"] if object_type == "Account" else record.get("AccountId"),
    )
