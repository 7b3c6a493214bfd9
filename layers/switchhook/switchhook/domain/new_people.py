"""Says what is made of a party that the org does not hold: a contact, a lead or an account (AC-9)."""

import re
from collections.abc import Mapping

from switchhook.domain.activity import OwnerChoice
from switchhook.domain.decision import PersonToCreate
from switchhook.domain.party import Party
from switchhook.domain.plain_text import cut, one_line
from switchhook.domain.settings import UnknownNumber

NAME_LIMIT = 255
_LAST_NAME_LIMIT = 80
_EMAIL_LIMIT = 80
# Narrower than Salesforce's own test: an address that it refuses would cost the Task as well.
_EMAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}",
    re.IGNORECASE | re.ASCII,
)

OBJECTS: Mapping[UnknownNumber, str] = {
    UnknownNumber.CONTACT: "Contact",
    UnknownNumber.LEAD: "Lead",
    UnknownNumber.ACCOUNT: "Account",
}
"""The object that each choice makes; the one that is missing makes nothing."""


def shown_name(party: Party) -> str:
    """Names a party by what it is called, else by its number in international format."""
    return one_line(party.name, limit=NAME_LIMIT) or party.shown


def person_for(object_type: str, party: Party, owner: OwnerChoice) -> PersonToCreate:
    """Gives the values of a Contact, Lead or (business) Account for an unknown party.

    The whole name is the last name, the company and the account's name; without a name it is the
    number in international format. The e-mail is written where one is stated and an object has the
    field (AC-21); what is no e-mail address is left out.
    """
    name = one_line(party.name, limit=NAME_LIMIT) or party.shown
    fields = {"Phone": party.key, "OwnerId": owner.user_id}
    if object_type == "Account":
        return PersonToCreate(
            object_type=object_type, fields={"Name": cut(name, NAME_LIMIT), **fields}
        )
    named = {"LastName": cut(name, _LAST_NAME_LIMIT)}
    if object_type == "Lead":
        named["Company"] = cut(name, NAME_LIMIT)
    email = mail_address(party.email)
    return PersonToCreate(
        object_type=object_type, fields={**named, **fields, **({"Email": email} if email else {})}
    )


def mail_address(stated: str | None) -> str | None:
    """Gives an e-mail address that Salesforce surely takes; None for any other text."""
    address = (stated or "").strip()
    return address if len(address) <= _EMAIL_LIMIT and _EMAIL.fullmatch(address) else None
