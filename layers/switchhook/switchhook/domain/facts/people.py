"""Who the tenant's agents are, which numbers are its own, and who they are in Salesforce.

The internal user of an activity, and what one of them remarks on it.

The external person of an activity, known by a number or (for chats) an e-mail.

The regions a tenant's national numbers can belong to.

Tells whether a stored text holds exactly one given telephone number, digit by digit.

Never by a shared ending: two customers of one exchange differ in their last digits only, and two of
one town in the first.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

OWNING_USER_TYPES = ("Standard", "PowerPartner")
"""Users who can own a Task (SH-11); the rest are guests, processes and portal visitors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAgent:
    """One agent of the tenant's people list; any field may be unknown."""

    id: str | None = None
    email: str | None = None
    name: str | None = None
    extension: str | None = None
    salesforce_user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The tenant's agents and own numbers; `own_numbers` are E.164, `internal_domains` lower case."""

    agents: tuple[ListedAgent, ...] = ()
    own_numbers: frozenset[str] = frozenset()
    internal_domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgUser:
    """One user of the tenant's org."""

    id: str
    name: str
    email: str
    is_active: bool = True
    user_type: str = "Standard"
    last_login_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """The internal user of a call, as far as the provider says who it was."""

    id: str | None = None
    email: str | None = None
    name: str | None = None
    extension: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One remark an agent left on a call."""

    author: str | None = None
    text: str
    at: datetime | None = None


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


_CODES = (
    "AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ "
    "BR BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO "
    "DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU "
    "GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW "
    "KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT "
    "MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT "
    "PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA "
    "TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK "
    "YE YT ZA ZM ZW "
)

REGIONS: frozenset[str] = frozenset(_CODES.split())
"""The ISO 3166 code of every region with a numbering plan (and AC, TA, XK), as libphonenumber has them."""


_EXTENSION = re.compile(
    r"[\s,;(]*(?:;ext=|durchwahl|dw|klappe|kl|nebenstelle|nst|ext(?:ension|n)?|poste|ramal|interno|int"
    r"|内線|x|#)[.:\s]*\d{1,7}\s*[#)]?\s*$",
    re.IGNORECASE,
)
_DIRECT_DIAL = re.compile(
    r"[\s,;(]*(?:durchwahl|dw|klappe|kl|nebenstelle|nst)[.:\s]*(\d{1,6})\s*\)?\s*$", re.IGNORECASE
)
"""Extensions that a caller dials right behind the number, as in Germany and Austria."""

_BETWEEN_NUMBERS = re.compile(r"[/;,|\n]|\bor\b|\boder\b", re.IGNORECASE)
_FEWEST_DIGITS = 7
"""What is shorter is no number that could stand alone, but an area code or a half of a number."""


def strip_extension(stored: str) -> str:
    """Drops a trailing extension such as " x12", " ext. 12", "#12" or " DW 12"."""
    return _EXTENSION.sub("", stored)


def digits_of(stored: str) -> str:
    """Reduces a stored number to its digits, whatever script they are written in."""
    if stored.isascii():
        return "".join(filter(str.isdigit, stored))
    return "".join(str(unicodedata.decimal(char)) for char in stored if char.isdecimal())


def is_same_number(stored: str, number: PhoneNumber | None) -> bool:
    """Tells whether a phone field holds exactly this number, digit by digit.

    A field may hold an extension behind the number, and several numbers behind one another. An
    extension that is dialled right behind the number ("DW 12") may be part of it.
    """
    if number is None:
        return False
    text = stored if stored.isascii() else unicodedata.normalize("NFKC", stored)
    return _is_same(text, number) or any(_is_same(part, number) for part in _several(text))


def _several(text: str) -> list[str]:
    """Parts a field that holds several numbers; what is too short for one begins the next.

    A slash stands between numbers, but also behind an area code.
    """
    parts = [""]
    for part in _BETWEEN_NUMBERS.split(text):
        if len(digits_of(parts[-1])) < _FEWEST_DIGITS:
            parts[-1] += part
        else:
            parts.append(part)
    return parts if len(parts) > 1 else []


def _is_same(written: str, number: PhoneNumber) -> bool:
    """Compares one written number; behind a plus stands a country code, so only such forms count."""
    forms = number.plus_forms if "+" in written else number.digit_forms
    if digits_of(strip_extension(written)) in forms:
        return True
    direct = _DIRECT_DIAL.search(written)
    return direct is not None and digits_of(written[: direct.start()]) + direct[1] in forms
