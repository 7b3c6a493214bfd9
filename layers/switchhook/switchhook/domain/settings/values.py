"""How one setting's JSON value is read: the value to use, or the problem with it.

By which fields a record is recognised as a party (CX-21).

What of a chat can be written into a Salesforce field, and how a tenant says so (CX-20).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from switchhook.domain.facts.people import REGIONS
from switchhook.domain.local_time import BusinessHours, OpeningHours, Span, Weekday
from switchhook.domain.settings.presets import PRESETS

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a value cannot be a setting's value, as the end of a sentence that begins with its name."""

    text: str


type Read = Callable[[object], object]


def preset(value: object) -> object:
    """Takes the name of a preset."""
    if isinstance(value, str) and value in PRESETS:
        return value
    return Problem(text=f"must be one of: {', '.join(PRESETS)}.")


def region(value: object) -> object:
    """Takes a region's two-letter code, in either case."""
    if isinstance(value, str) and value.upper() in REGIONS:
        return value.upper()
    return Problem(text='must be a two-letter country code such as "US" or "DE".')


def time_zone(value: object) -> object:
    """Takes the key of a zone in the IANA time-zone database."""
    problem = Problem(text='must be an IANA time zone such as "Europe/Vienna".')
    if not isinstance(value, str) or not value:
        return problem
    try:
        return ZoneInfo(value).key
    except (KeyError, ValueError, OSError):
        # A key that is unknown, that leaves the database's folder, or that names a folder of it.
        return problem


def whole(low: int, high: int) -> Read:
    """Takes a whole number from `low` to `high`, both included."""

    def read(value: object) -> object:
        if type(value) is int and low <= value <= high:
            return value
        return Problem(text=f"must be a whole number from {low} to {high}.")

    return read


_ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?", re.ASCII)


def origins(value: object) -> object:
    """Takes a list of web origins, as browsers send them."""
    if isinstance(value, list) and all(isinstance(o, str) and _ORIGIN.fullmatch(o) for o in value):
        return tuple(dict.fromkeys(value))
    return Problem(text='must be a list of origins such as "https://app.example.com", no path.')


def ranking(choice: type[StrEnum]) -> Read:
    """Takes a list of the choices, best first; those it leaves out follow in their own order."""

    def read(value: object) -> object:
        if not isinstance(value, list) or not all(named in list(choice) for named in value):
            return Problem(text=f"must be a list of: {', '.join(choice)}.")
        if len(set(value)) < len(value):
            return Problem(text="must name each choice once.")
        return tuple(dict.fromkeys((*map(choice, value), *choice)))

    return read


_USER_ID = re.compile(r"005[A-Za-z0-9]{12}([A-Z0-5]{3})?", re.ASCII)


def user_id(value: object) -> object:
    """Takes a Salesforce user's id; null stands for nobody chosen."""
    if value is None or (isinstance(value, str) and _USER_ID.fullmatch(value)):
        return value
    return Problem(text='must be the Salesforce id of a user (15 or 18 characters, "005...").')


def one_of(choice: type[StrEnum]) -> Read:
    """Takes the word of one choice."""

    def read(value: object) -> object:
        if isinstance(value, str) and value in list(choice):
            return choice(value)
        return Problem(text=f"must be one of: {', '.join(choice)}.")

    return read


def flag(value: object) -> object:
    """Takes true or false."""
    return value if isinstance(value, bool) else Problem(text="must be true or false.")


def moment(value: object) -> object:
    """Takes a time with its zone as RFC 3339 writes it, or null; gives it in UTC."""
    if value is None:
        return None
    problem = Problem(text='must be a time such as "2026-01-31T09:00:00Z", or null.')
    if not isinstance(value, str):
        return problem
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else problem
    except (ValueError, OverflowError):
        return problem


_HOURS_PROBLEM = Problem(
    text='must be null or {"only_open": true, "time_zone": "Europe/Vienna", "week": {"mon": [["09:00",'
    ' "17:00"]]}, "holidays": ["2026-12-25"], "numbers": {"+43...": {"week": ...}}}.'
)
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_E164 = re.compile(r"\+[1-9][0-9]{5,14}", re.ASCII)


def business_hours(value: object) -> object:
    """Takes the tenant's opening hours, or null for calls at any time."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or not isinstance(value.get("only_open", True), bool):
        return _HOURS_PROBLEM
    try:
        own = {k: v for k, v in value.items() if k not in ("only_open", "numbers")}
        numbers = value.get("numbers") or {}
        return BusinessHours(
            only_open=value.get("only_open", True),
            general=_opening_hours(own) if own.get("week") is not None else None,
            numbers={_number(name): _opening_hours(hours) for name, hours in numbers.items()},
        )
    except (TypeError, ValueError, AttributeError):
        return _HOURS_PROBLEM


def _number(name: object) -> str:
    if isinstance(name, str) and _E164.fullmatch(name):
        return name
    raise ValueError


def _opening_hours(value: object) -> OpeningHours:
    if not isinstance(value, Mapping) or not set(value) <= {"time_zone", "week", "holidays"}:
        raise ValueError
    zone = value.get("time_zone")
    if zone is not None and time_zone(zone) != zone:
        raise ValueError
    week = {Weekday(day): _spans(spans) for day, spans in value.get("week", {}).items()}
    holidays = frozenset(date.fromisoformat(day) for day in value.get("holidays", ()))
    return OpeningHours(time_zone=zone, week=week, holidays=holidays)


def _spans(spans: object) -> tuple[Span, ...]:
    if not isinstance(spans, list):
        raise TypeError
    return tuple(_span(*span) for span in spans)


def _span(opens: str, closes: str) -> Span:
    if not _CLOCK.fullmatch(opens) or not (closes == "24:00" or _CLOCK.fullmatch(closes)):
        raise ValueError
    if closes <= opens:
        raise ValueError  # A span over midnight is written as two.
    end = None if closes == "24:00" else time.fromisoformat(closes)
    return Span(opens=time.fromisoformat(opens), closes=end)


_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}", re.ASCII)


def identification(value: object) -> object:
    """Takes for each object the fields it is recognised by, first things first."""
    try:
        return _identification(value)
    except (TypeError, ValueError):
        return Problem(
            text='must be {"contact": [{"by": "email"}, {"by": "phone"}], "lead": ..., "account":'
            " ...}, with phone, email or a field's API name."
        )


def _identification(value: object) -> Identification:
    if not isinstance(value, Mapping):
        raise TypeError
    return Identification(**{name: _criteria(entries) for name, entries in value.items()})


def _criteria(entries: object) -> tuple[str, ...]:
    if not isinstance(entries, list):
        raise TypeError
    return tuple(dict.fromkeys(_criterion(**entry) for entry in entries))


def _criterion(by: str) -> str:
    if by in (PHONE, EMAIL) or _FIELD.fullmatch(by):
        return by
    raise ValueError


_TEMPLATE_CHARS = 255
PLACEHOLDERS = ("who", "number", "agent", "queue", "direction", "outcome", "duration", "date")
"""What a call's subject can name in braces."""

_BRACES = re.compile(r"\{[^{}]*\}|[{}]")


CHAT_PLACEHOLDERS = (
    *("who", "name", "email", "phone", "company"),
    *("agent", "channel", "tenant", "topic", "date"),
)
"""What a chat's subject can name in braces."""


def template(value: object) -> object:
    """Takes a call's subject: one line in which only known names stand in braces."""
    return _template(value, PLACEHOLDERS)


def chat_template(value: object) -> object:
    """Takes a chat's subject, likewise."""
    return _template(value, CHAT_PLACEHOLDERS)


def _template(value: object, names: tuple[str, ...]) -> object:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        return Problem(text="must be a text of one line.")
    if len(value) > _TEMPLATE_CHARS:
        return Problem(text=f"must have at most {_TEMPLATE_CHARS} characters.")
    known = {f"{{{name}}}" for name in names}
    strange = next((found for found in _BRACES.findall(value) if found not in known), None)
    if strange is not None:
        return Problem(text=f"has {strange!r}; in braces can stand: {', '.join(names)}.")
    return value


OBJECTS = ("Lead", "Contact", "Case", "Task")
"""The objects that a chat writes."""

OWN_LABELS = ("custom_fields.", "custom_variables.", "wrap_up.fields.")
"""How sources begin that name a field of the tenant's chat product by its label."""

TEXT_TYPES = frozenset({"string", "textarea", "encryptedstring", "combobox"})
"""The types of field that take any text."""

_CHOICES = frozenset({"picklist", "multipicklist"})
_NUMBERS = frozenset({"int", "double", "currency", "percent", "long"})
_TIMES = frozenset({"date", "datetime"})
WRITABLE_TYPES = frozenset(
    {*TEXT_TYPES, *_CHOICES, *_NUMBERS, *_TIMES, "email", "phone", "url", "boolean", "reference"}
)
"""The types of field that a value of the tenant's own may be written into."""

SOURCES: Mapping[str, frozenset[str]] = {
    "visitor.id": TEXT_TYPES,
    "visitor.name": TEXT_TYPES,
    "visitor.email": TEXT_TYPES | {"email"},
    "visitor.phone": TEXT_TYPES | {"phone"},
    "visitor.company": TEXT_TYPES | _CHOICES,
    "agent.name": TEXT_TYPES,
    "agent.email": TEXT_TYPES | {"email"},
    "channel": TEXT_TYPES | _CHOICES,
    "source_tenant_id": TEXT_TYPES | _CHOICES,
    "chat_id": TEXT_TYPES,
    "topic": TEXT_TYPES,
    "started_at": TEXT_TYPES | _TIMES,
    "ended_at": TEXT_TYPES | _TIMES,
    "page_url": TEXT_TYPES | {"url"},
    "note": TEXT_TYPES,
    "wrap_up": TEXT_TYPES,
    "wrap_up.category": TEXT_TYPES | _CHOICES,
    "wrap_up.comment": TEXT_TYPES,
    "rating": TEXT_TYPES | _CHOICES | _NUMBERS,
    "tags": TEXT_TYPES | _CHOICES,
    "subject": TEXT_TYPES,
    "description": TEXT_TYPES,
    "origin": TEXT_TYPES | _CHOICES,
}
"""Every source by name, with the types of field that it may be written into.

`subject` and `description` are the composed ones, `topic` is an offline message's own subject; `agent`
is the last one; `origin` is the channel in Salesforce's words.
"""

RESERVED_FIELDS = frozenset(
    {
        "Id",
        "OwnerId",
        "WhoId",
        "WhatId",
        "ContactId",
        "CallObject",
        "Switchhook_Key__c",
        "IsDeleted",
    }
)
"""Fields that Switchhook sets by rules of their own: references, owners and keys."""

_MOST_FIELDS = 100
_LONGEST_LABEL = 255
_LONGEST_CONSTANT = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A text that is the same for every chat; an empty one leaves the field alone."""

    value: str


type Source = str | Constant
type Mapped = Mapping[str, Mapping[str, Source]]
"""By object and field what is written into it."""


def chat_mapping(value: object) -> object:
    """Takes {object: {field: source}}, or null for none; names the first thing that is wrong.

    A source is one of `SOURCES`, one of `OWN_LABELS` with a label, or {"value": text}. No
    field of `RESERVED_FIELDS` can be mapped.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        return Problem(
            text='must be an object such as {"Lead": {"LeadSource": {"value": "Chat"}}}.'
        )
    read: dict[str, dict[str, Source]] = {}
    for object_type, fields in value.items():
        if object_type not in OBJECTS:
            return Problem(
                text=f"names {object_type!r}; an object is one of: {', '.join(OBJECTS)}."
            )
        if not isinstance(fields, Mapping) or len(fields) > _MOST_FIELDS:
            return Problem(
                text=f"must give {object_type} an object of at most {_MOST_FIELDS} fields."
            )
        read[object_type] = {}
        for name, stated in fields.items():
            source = _source(f"{object_type}.{name}", name, stated)
            if isinstance(source, Problem):
                return source
            read[object_type][name] = source
    return read


def _source(path: str, name: str, stated: object) -> Source | Problem:
    if not _FIELD.fullmatch(name):
        return Problem(text=f"names {path!r}, which is no field's API name.")
    if name in RESERVED_FIELDS:
        return Problem(text=f"names {path}, which Switchhook sets by rules of its own.")
    if isinstance(stated, Mapping):
        return _constant(path, stated)
    if isinstance(stated, str) and (stated in SOURCES or _is_own(stated)):
        return stated
    known = ", ".join((*SOURCES, *(f"{begin}<label>" for begin in OWN_LABELS)))
    text = f'gives {path} {stated!r}; a source is one of: {known}, or {{"value": "text"}}.'
    return Problem(text=text)


def _constant(path: str, stated: Mapping[object, object]) -> Source | Problem:
    text = stated.get("value")
    if set(stated) == {"value"} and isinstance(text, str) and len(text) <= _LONGEST_CONSTANT:
        return Constant(value=text)
    limit = f"a text of at most {_LONGEST_CONSTANT} characters"
    return Problem(text=f'must give {path} a source or {{"value": ...}} with {limit}.')


def _is_own(stated: str) -> bool:
    label = next((stated.removeprefix(own) for own in OWN_LABELS if stated.startswith(own)), "")
    return bool(label.strip()) and len(label) <= _LONGEST_LABEL


def types_of(source: Source) -> frozenset[str]:
    """Names the types of field that a source may be written into."""
    if isinstance(source, Constant) or source not in SOURCES:
        return WRITABLE_TYPES
    return SOURCES[source]
