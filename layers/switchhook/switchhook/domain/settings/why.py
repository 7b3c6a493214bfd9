"""Why each setting is there: the rules it answers to, and what it decides, in a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The rules behind a setting and what it decides."""

    rules: tuple[str, ...]
    text: str


def _why(rules: str, text: str) -> Why:
    return Why(rules=tuple(rules.split()), text=text)


WHY: Mapping[str, Why] = {
    "preset": _why("X-1 X-2", "the product whose promises the other settings start from"),
    "default_region": _why("XB-12", "the country whose national numbers are read without a +"),
    "time_zone": _why("AC-8", "the zone of days and hours where a number has none of its own"),
    "language": _why("AC-22", "the language of subjects"),
    "max_in_flight": _why("SH-4", "how many writes to the org may be under way at once"),
    "cors_origins": _why("XB-5", "web pages that may ask the API"),
    "calls.workflow.*": _why(
        "AC-3 AC-4 AC-5 AC-6 XB-13 X-8", "closed Task, open Task or nothing, for each type of call"
    ),
    "calls.short_call_rule": _why("XB-16 PC-5 X-1", "whose reading of a short call applies"),
    "calls.short_call_threshold_s": _why("XB-16 PC-5", "calls shorter than this are short"),
    "calls.log_internal": _why("XB-17 PC-6 PC-16", "whether calls between agents are logged"),
    "calls.business_hours": _why("AC-7 AC-8", "whether calls out of hours are logged"),
    "calls.unknown_number": _why("AC-9 XB-15 PC-4 X-5", "what is made of an unknown number"),
    "calls.attach_to": _why(
        "AC-11 AC-12 AC-14 AC-15 AC-18", "on what else of a contact a call is logged"
    ),
    "calls.create_case": _why("AC-13 AC-19", "whether a Case is made where none is open"),
    "calls.person_account_who": _why(
        "AC-10", "whether a person account's contact is the Who, or the account the What"
    ),
    "matching.priority": _why("AC-16 X-9", "which kind of record is taken first"),
    "matching.tiebreak": _why("AC-17 XB-18 PC-7 X-2", "which of several records is taken"),
    "matching.installed_at": _why("XB-19 PC-8", "leads from before it may be picked at random"),
    "matching.identification": _why("CX-21", "the fields by which a record is recognised"),
    "matching.match_cache_minutes": _why("AC-17", "how long a match is taken again unsearched"),
    "ownership.fallback_user_id": _why(
        "XB-4 PC-13 AC-28 CX-58 X-3", "who owns what no agent can own; null is the connecting user"
    ),
    "ownership.conference_lead_owner": _why(
        "PC-18 X-6", "whether a lead's owner who took part owns the lead's Task"
    ),
    "ownership.conference_lead_owner_else": _why("PC-19", "who owns it if the owner took no part"),
    "ownership.run_assignment_rules": _why(
        "CX-59", "whether the org's rules may replace the owner"
    ),
    "chats.mode": _why("CX-15 CX-34", "whether chats are recorded by themselves"),
    "chats.actions.*": _why("CX-16 CX-17 CX-18 X-7", "what each trigger makes of a chat"),
    "chats.update_existing": _why("CX-19 CX-33", "what a chat may change of a known person"),
    "chats.reopen": _why("CX-27", "what a conversation opened again becomes"),
    "chats.mapping": _why(
        "CX-20 CX-22", "what else of a chat is written into which field, by object"
    ),
    "templates.call_subject.*": _why("AC-22", "the subject of a call's Task"),
    "templates.case_subject.*": _why("AC-13", "the subject of a Case made for a call"),
    "templates.chat_subject.*": _why("CX-46 CX-47", "the subject of a chat's Task or Case"),
    "late_facts": _why("SH-5", "whether what comes after the logging is added"),
    "late_facts_window_s": _why("SH-5", "how long late facts are gathered for one update"),
}
"""Every setting by dotted name; a star stands for every name below."""


def why(name: str) -> Why:
    """Gives the reason of one setting, by its full dotted name."""
    if name in WHY:
        return WHY[name]
    above = next(star for star in WHY if star.endswith("*") and name.startswith(star[:-1]))
    return WHY[above]
