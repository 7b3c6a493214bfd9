"""By which fields a record is recognised as a party (CX-21)."""

from collections.abc import Mapping
from dataclasses import dataclass

PHONE = "phone"
"""Every phone field that the integration user may read."""

EMAIL = "email"
"""The object's e-mail field."""

SEARCHED_OBJECTS = ("Account", "Contact", "Lead")
"""The objects whose records a party can be."""

EMAIL_FIELDS: Mapping[str, str] = {
    "Contact": "Email",
    "Lead": "Email",
    "Account": "PersonEmail",
}
"""Which field `EMAIL` is; only person accounts have one of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """What each object is recognised by, first things first.

    Each entry is `PHONE`, `EMAIL` or the API name of a custom field that holds a number, an e-mail
    or an id of the provider's.
    """

    contact: tuple[str, ...] = (EMAIL, PHONE)
    lead: tuple[str, ...] = (EMAIL, PHONE)
    account: tuple[str, ...] = (PHONE,)

    def of(self, object_type: str) -> tuple[str, ...]:
        """What records of one object ("Contact") are recognised by; nothing for any other."""
        match object_type:
            case "Contact":
                return self.contact
            case "Lead":
                return self.lead
            case "Account":
                return self.account
        return ()

    def own_fields(self, object_type: str) -> tuple[str, ...]:
        """The custom fields among them."""
        return tuple(entry for entry in self.of(object_type) if entry not in (PHONE, EMAIL))
