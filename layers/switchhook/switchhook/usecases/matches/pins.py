"""The matches that people choose: pinned, looked at, and taken back (XB-20, PC-9).

A pin changes where the calls to come are logged, and nothing that is logged already (XB-21).
"""

import re
from dataclasses import dataclass

from switchhook.domain.activity import RecordRef
from switchhook.domain.crm import read_record
from switchhook.domain.decision import Candidate
from switchhook.domain.errors import Permanent, Rejected
from switchhook.domain.matching.pins import Pin, pinned
from switchhook.domain.settings.schema import Settings
from switchhook.domain.tenants import Page
from switchhook.ports.org import Pins
from switchhook.usecases.record.world import Matching, Opening

_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_ROUNDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What somebody chose, as they wrote it; `by` says whose key they hold."""

    party: str
    record_id: str
    by: str


def pin_match(tenant: str, choice: Choice, matching: Matching) -> Pin:
    """Let a party be a record from now on; the same choice again only renews what is known of it.

    A converted lead is pinned as the contact it became, the contact of a person account as its account.

    Raises:
        Rejected: 422 the party or the record is none, or the record is not in the org.
        NeedsReconnect: the tenant is not connected, so nobody can say whether the record is there.
        BudgetSpent, Permanent, Retryable: Salesforce or a table does not answer now.
    """
    party = read_party(tenant, choice.party, matching.opening, field="party")
    record = named_record("record_id", choice.record_id)
    found = matching.grants.ask(tenant, lambda grant: matching.records.facts(grant, (record,)))
    pin = pinned(
        party, there("record_id", record, found[record]), at=matching.run.now(), by=choice.by
    )
    matching.pins.put(tenant, pin)
    return pin


def get_pin(tenant: str, written: str, matching: Matching) -> Pin:
    """The pin of a party; raises `Rejected`: 404 when it has none, 422 when it cannot be read."""
    pin = matching.pins.read(tenant, read_party(tenant, written, matching.opening, field="party"))
    if pin is None:
        raise Rejected(
            "Nobody has chosen a match for this party; its calls go where matching says. PUT one to"
            " choose.",
            code="not_found",
            status=404,
        )
    return pin


def list_pins(tenant: str, *, limit: int, cursor: str | None, pins: Pins) -> Page[Pin]:
    """The tenant's pins; raises `Rejected` (400) for a cursor that is none of ours."""
    return pins.page(tenant, limit=limit, cursor=cursor)


def unpin(tenant: str, written: str, matching: Matching) -> None:
    """Take a choice back, so that matching decides again; harmless when there is none.

    Raises:
        Rejected: 422 the party cannot be read.
        Retryable: the pin is being changed by others all the time.
    """
    party = read_party(tenant, written, matching.opening, field="party")
    for _ in range(_ROUNDS):
        seen = matching.pins.read(tenant, party)
        if seen is None or matching.pins.change(tenant, seen, None):
            return


def read_party(tenant: str, written: str, opening: Opening, *, field: str) -> str:
    """A party's key: an e-mail in small letters, or a number, read in the tenant's region, in E.164.

    Raises:
        Rejected: 422 it is neither, or withheld.
    """
    if "@" in written:
        address = written.strip().lower()
        if _MAIL.fullmatch(address):
            return address
        raise unfit(field, f"{field} must be an e-mail address or a telephone number.")
    region = settings_of(tenant, opening).default_region
    # A bare + in a query string arrives as a space.
    text = "+" + written[1:] if written.startswith(" ") else written
    number = opening.numbers.parse(text, regions=(region,))
    if number is None:
        raise unfit(
            field, f"{field} must be an e-mail address or a number: +..., or one of {region}."
        )
    return number.e164


def settings_of(tenant: str, opening: Opening) -> Settings:
    """The settings in force now; raises `Permanent` when the tenant is gone."""
    settings = opening.tenants.settings_at(tenant, opening.run.now())
    if settings is None:
        raise Permanent(f"Tenant {tenant} does not exist any more.", code="tenant_deleted")
    return settings


def named_record(field: str, text: str) -> RecordRef:
    """The record that an id names; raises `Rejected` (422) when it is none that calls are logged on."""
    record = read_record(text)
    if record is None:
        raise unfit(
            field,
            f"{field} must be the id of a Contact (003...), Lead (00Q...) or Account (001...), with 15 or"
            " 18 characters.",
        )
    return record


def there(field: str, record: RecordRef, found: Candidate | None) -> Candidate:
    """The record as found; raises `Rejected` (422) when the connected user finds none."""
    if found is None:
        raise unfit(
            field,
            f"{field} names {record.type} {record.id}, which is not in the org: it is deleted, merged into"
            " another, or hidden from the connected user.",
        )
    return found


def unfit(field: str, sentence: str) -> Rejected:
    """The refusal of one field of a request."""
    return Rejected(
        f"Nothing was changed: {sentence}",
        code="invalid_match",
        status=422,
        fields={field: sentence},
    )
