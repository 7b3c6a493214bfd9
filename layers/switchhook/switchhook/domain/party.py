"""The external person of an activity, known by a number or (for chats) an e-mail."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumber:
    """A telephone number in every form that it may be stored in.

    `written` are the digit groups to search for ("14155550100", "415 555 0100"). Against the other two
    a stored value is verified digit by digit: `plus_forms` denote exactly this number behind a plus,
    `digit_forms` without one (international, with and without trunk prefix).
    """

    e164: str
    country_code: str
    national: str
    international: str
    written: tuple[str, ...]
    digit_forms: frozenset[str]
    plus_forms: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One external person of an activity; `key` identifies it inside the tenant.

    A call's party has its number, and the number's E.164 form is its key. `raw` is what the provider
    wrote in its place.
    """

    key: str
    number: PhoneNumber | None
    raw: str
    name: str | None = None
    email: str | None = None

    @property
    def shown(self) -> str:
        """The number in international format; where there is none, what identifies the party."""
        return self.number.international if self.number else self.key

    @property
    def is_known_by_number(self) -> bool:
        """True for a call's party, whom the telephone network named."""
        return self.number is not None and self.number.e164 == self.key
