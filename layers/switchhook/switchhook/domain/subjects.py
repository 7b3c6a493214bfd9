"""Writes subjects from the tenant's templates: one line, 255 characters, the values cut before the words."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from switchhook.domain.agent import Agent
from switchhook.domain.events import CallFacts, CallType, Direction, Outcome
from switchhook.domain.party import Party
from switchhook.domain.plain_text import cut, one_line, share, width
from switchhook.domain.settings import CallTemplates, Language, Settings
from switchhook.domain.talk_time import outcome_of, talk_time_s, whole_seconds
from switchhook.domain.zones import local_time

SUBJECT_LIMIT = 255

PLACEHOLDER = re.compile(r"\{(\w*)\}")
"""How a template names a value."""

_DIRECTIONS: Mapping[Language, Mapping[Direction, str]] = {
    Language.EN: {each: each.value for each in Direction},
    Language.DE: {
        Direction.INBOUND: "eingehend",
        Direction.OUTBOUND: "ausgehend",
        Direction.INTERNAL: "intern",
    },
}
_OUTCOMES: Mapping[Language, Mapping[Outcome, str]] = {
    Language.EN: {
        **{each: each.value for each in Outcome},
        Outcome.UNANSWERED: "not answered",
    },
    Language.DE: {
        Outcome.ANSWERED: "angenommen",
        Outcome.MISSED: "verpasst",
        Outcome.VOICEMAIL: "Voicemail",
        Outcome.UNANSWERED: "nicht angenommen",
        Outcome.CANCELED: "abgebrochen",
        Outcome.BUSY: "besetzt",
        Outcome.REJECTED: "abgelehnt",
        Outcome.FAILED: "fehlgeschlagen",
    },
}
_DAYS: Mapping[Language, str] = {Language.EN: "%Y-%m-%d", Language.DE: "%d.%m.%Y"}


def call_subject(
    call: CallFacts,
    *,
    call_type: CallType,
    who: str,
    parties: Sequence[Party],
    agent: Agent | None,
    settings: Settings,
) -> str:
    """Writes the subject of a call's Task (AC-22); `who` names the other side."""
    values = _values(call, who, parties, agent, settings)
    return written(_template(settings.templates.call_subject, call_type, settings), values)


def case_subject(
    call: CallFacts,
    *,
    call_type: CallType,
    who: str,
    parties: Sequence[Party],
    agent: Agent | None,
    settings: Settings,
) -> str:
    """Writes the subject of a Case that is made for a call (AC-13)."""
    values = _values(call, who, parties, agent, settings)
    return written(_template(settings.templates.case_subject, call_type, settings), values)


def written(
    template: str, values: Mapping[str, str], *, uncut: frozenset[str] = frozenset()
) -> str:
    """Fills a template in; what does not fit is taken off the longest values, with a visible mark.

    Values named in `uncut` stay whole, and the others give way for them; they must be short.
    """
    named = [name for name in PLACEHOLDER.findall(template) if name in values]
    words = PLACEHOLDER.sub(lambda found: "" if found[1] in values else found[0], template)
    texts = {name: one_line(values[name], limit=SUBJECT_LIMIT) for name in named}
    taken = width(words) + sum(width(texts[name]) for name in named if name in uncut)
    room = share([width(texts[name]) for name in named if name not in uncut], SUBJECT_LIMIT - taken)
    rooms = {name: SUBJECT_LIMIT if name in uncut else room for name in texts}
    filled = PLACEHOLDER.sub(
        lambda found: cut(texts[found[1]], rooms[found[1]]) if found[1] in texts else found[0],
        template,
    )
    return cut(one_line(filled, limit=SUBJECT_LIMIT), SUBJECT_LIMIT)


def _template(templates: CallTemplates, call_type: CallType, settings: Settings) -> str:
    text: str = getattr(getattr(templates, call_type), settings.language)
    return text


def _values(
    call: CallFacts, who: str, parties: Sequence[Party], agent: Agent | None, settings: Settings
) -> Mapping[str, str]:
    language = settings.language
    began = call.started_at or call.answered_at or call.ended_at
    return {
        "who": who,
        "number": _number(call, parties),
        "agent": (agent.name or agent.email or agent.extension or "") if agent else "",
        "queue": call.queue or "",
        "direction": _DIRECTIONS[language].get(call.direction, "") if call.direction else "",
        "outcome": _OUTCOMES[language][outcome_of(call)],
        "duration": _clock(call),
        "date": _day(began, call, settings),
    }


def _number(call: CallFacts, parties: Sequence[Party]) -> str:
    same = (party.key for party in parties if party.raw == call.external_number)
    return next(same, call.external_number or "")


def _clock(call: CallFacts) -> str:
    minutes, seconds = divmod(whole_seconds(talk_time_s(call)), 60)
    return f"{minutes}:{seconds:02}"


def _day(began: datetime | None, call: CallFacts, settings: Settings) -> str:
    if began is None:
        return ""
    local = local_time(began, call.time_zone, settings.time_zone)
    return local.strftime(_DAYS[settings.language])
