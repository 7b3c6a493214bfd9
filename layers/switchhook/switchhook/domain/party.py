"""The external person of a call, known by a number (or, for chats, an e-mail)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumber:
    """A telephone number in every form that it may be stored in.

    `written` are the digit groups to search for ("14155550100", "415 555 0100"); `digit_forms` are all
    digit strings that denote exactly this number (international, with and without trunk prefix),
    against which a stored value is verified digit by digit.
    """

    e164: str
    country_code: str
    national: str
    international: str
    written: tuple[str, ...]
    digit_forms: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One external person of an activity; `key` identifies it inside the tenant (E.164)."""

    key: str
    number: PhoneNumber
    raw: str
    name: str | None = None
    email: str | None = None
