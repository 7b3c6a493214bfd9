"""Writes what a call's Task says: its subject, its labelled description and its call fields.

Labels and their order are part of the public contract; times are UTC, durations seconds.

Writes subjects from the tenant's templates: one line, 255 characters, the values cut before the words.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from switchhook.domain.calls.merging import (
    known_talk_time_s,
    outcome_of,
    talk_time_s,
    whole_seconds,
)
from switchhook.domain.decision import OrgFacts, TaskStatus
from switchhook.domain.facts.event import CallFacts, CallType, Direction, Outcome, Role
from switchhook.domain.facts.people import Agent, Comment, Party, is_same_number
from switchhook.domain.local_time import local_time
from switchhook.domain.settings.schema import CallTemplates, Language, LogAs, Settings
from switchhook.domain.text import clean, cut, joined, labelled, one_line, share, width

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
        "number": _number_written(call, parties),
        "agent": (agent.name or agent.email or agent.extension or "") if agent else "",
        "queue": call.queue or "",
        "direction": _DIRECTIONS[language].get(call.direction, "") if call.direction else "",
        "outcome": _OUTCOMES[language][outcome_of(call)],
        "duration": _clock(call),
        "date": _day(began, call, settings),
    }


def _number_written(call: CallFacts, parties: Sequence[Party]) -> str:
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


DISPOSITION_LIMIT = 255
DESCRIPTION_LIMIT = 32_000
_WORD_LIMIT = 1_000
_A_MINUTE = 60


def task_fields(
    call: CallFacts,
    *,
    external_id: str,
    call_type: CallType,
    who: str,
    parties: tuple[Party, ...],
    agent: Agent | None,
    created_by: Agent | None,
    settings: Settings,
    org: OrgFacts,
) -> dict[str, str | int]:
    """Gives the Task's values without its key, owner and references.

    `who` names the other side in the subject; `parties` are the call's parties, to write their numbers
    in E.164; `agent` is completed from the people list; `created_by` is the agent whom a fallback
    owner stands in for because Salesforce does not know them (PC-15).
    """
    fields: dict[str, str | int] = {
        "Subject": call_subject(
            call, call_type=call_type, who=who, parties=parties, agent=agent, settings=settings
        ),
        "Description": description(
            call, external_id=external_id, parties=parties, agent=agent, created_by=created_by
        ),
        "TaskSubtype": "Call",
        "CallType": "Inbound" if call.direction is Direction.INBOUND else "Outbound",
        "CallDisposition": _disposition(call),
        "Status": task_status(org.task_statuses, settings.calls.workflow[call_type]),
    }
    if (talk_s := known_talk_time_s(call)) is not None:
        fields["CallDurationInSeconds"] = whole_seconds(talk_s)
    if (day := activity_date(call, settings)) is not None:
        fields["ActivityDate"] = day
    return fields


def task_status(statuses: tuple[TaskStatus, ...], log_as: LogAs) -> str:
    """Gives the org's own status for a closed or an open Task (AC-4, AC-5).

    Closed: the default one, else "Completed", else the first. Open: "In Progress", else the default
    one, else the first. The standard names stand in for a list that has nothing fitting.
    """
    is_closed = log_as is not LogAs.IN_PROGRESS
    fitting = [status for status in statuses if status.is_closed is is_closed]
    defaults = [status.api_name for status in fitting if status.is_default]
    standard = "Completed" if is_closed else "In Progress"
    named = [status.api_name for status in fitting if status.api_name == standard]
    ranked = [*defaults, *named] if is_closed else [*named, *defaults]
    return next(iter((*ranked, *(status.api_name for status in fitting))), standard)


def activity_date(call: CallFacts, settings: Settings) -> str | None:
    """Gives the day the call began, in its number's time zone, else the tenant's (ISO 8601)."""
    began = call.started_at or call.answered_at or call.ended_at
    if began is None:
        return None
    return local_time(began, call.time_zone, settings.time_zone).date().isoformat()


def description(
    call: CallFacts,
    *,
    external_id: str,
    parties: tuple[Party, ...],
    agent: Agent | None,
    created_by: Agent | None,
) -> str:
    """Writes the labelled lines; when they are too long the long values are cut, never the tail."""
    outside, inside = _outside(call, parties), _number(call.internal_number, parties)
    is_inbound = call.direction is Direction.INBOUND
    lines = (
        ("Agent", _agent(agent)),
        ("Direction", "inbound" if is_inbound else "outbound"),
        ("Outcome", outcome_of(call).value),
        ("From", outside if is_inbound else inside),
        ("To", inside if is_inbound else outside),
        ("Started", _time(call.started_at)),
        ("Duration", _duration(known_talk_time_s(call))),
        ("Waiting time", _duration(call.wait_s)),
        ("Queue", _words(call.queue)),
        ("Participants", _list(_participants(call, parties), ", ")),
        ("Transfers", _list(_transfers(call), ", ")),
        ("Recording", one_line(call.recording_url, limit=DESCRIPTION_LIMIT)),
        ("Voicemail", one_line(call.voicemail_url, limit=DESCRIPTION_LIMIT)),
        ("Tags", _list(map(_words, call.tags), ", ")),
        ("Comments", _list(map(_comment, call.comments), "\n  ")),
        ("Created by", _agent(created_by)),
        ("Call id", _words(external_id)),
    )
    return labelled(lines, limit=DESCRIPTION_LIMIT)


def _disposition(call: CallFacts) -> str:
    stated = _words(call.disposition) or outcome_of(call).value
    tags = joined(map(_words, call.tags), ", ", limit=DISPOSITION_LIMIT)
    return cut(joined((stated, tags), "; ", limit=2 * DISPOSITION_LIMIT), DISPOSITION_LIMIT)


def _outside(call: CallFacts, parties: tuple[Party, ...]) -> str:
    about = joined(map(_words, (call.external_name, call.external_email)), ", ", limit=_WORD_LIMIT)
    number = _number(call.external_number, parties)
    if not number and len(parties) == 1:
        number = parties[0].key
    return f"{number} ({about})" if number and about else number or about


def _number(raw: str | None, parties: tuple[Party, ...]) -> str:
    """Writes a number as E.164 where it could be read, else as the provider wrote it."""
    as_told = next((party.key for party in parties if party.raw == raw), None)
    if as_told is not None:
        return as_told
    written = _words(raw)
    same = (party.key for party in parties if is_same_number(written, party.number))
    return next(same, written)


def _agent(agent: Agent | None) -> str:
    if agent is None:
        return ""
    name, email = _words(agent.name), _words(agent.email)
    if name and email:
        return f"{name} <{email}>"
    return name or email or _words(agent.extension) or _words(agent.id)


def _participants(call: CallFacts, parties: tuple[Party, ...]) -> Iterator[str]:
    for end in call.participants:
        name, email, number = _words(end.name), _words(end.email), _number(end.number, parties)
        address = f"<{email}>" if name and email else email
        told = joined((name, address, number), " ", limit=_WORD_LIMIT)
        side = "agent" if end.role is Role.AGENT else "external"
        yield f"{told} ({side})" if told else f"withheld ({side})"


def _transfers(call: CallFacts) -> Iterator[str]:
    for transfer in call.transfers:
        by, to, kind = _words(transfer.by), _words(transfer.to), _words(transfer.kind)
        way = f"{by or 'unknown'} to {to or 'unknown'}"
        yield f"{way} ({kind})" if kind else way


def _comment(comment: Comment) -> str:
    """Writes one remark; its further lines are indented, so that none can pose as a label."""
    remark = clean(comment.text, limit=DESCRIPTION_LIMIT).strip()
    text = remark.replace("\n", "\n    ")
    author, at = _words(comment.author), _time(comment.at)
    said = joined((author, f"({at})" if at else ""), " ", limit=_WORD_LIMIT)
    return f"{said}: {text}" if said and text else text


def _time(at: datetime | None) -> str:
    if at is None:
        return ""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    whole = whole_seconds(seconds)
    if whole < _A_MINUTE:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    clock = f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
    return f"{whole} s ({clock})"


def _words(text: str | None) -> str:
    """Cleans a short value: a name, an address, a word."""
    return cut(one_line(text, limit=_WORD_LIMIT), _WORD_LIMIT)


def _list(parts: Iterator[str], between: str) -> str:
    return joined(parts, between, limit=DESCRIPTION_LIMIT)
