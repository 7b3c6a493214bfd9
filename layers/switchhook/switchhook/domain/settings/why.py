"""Why each setting is there: the rules it answers to, and what it decides, in a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass

from switchhook.domain.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The rules behind a setting and what it decides."""

    rules: tuple[Rule, ...]
    text: str


def _why(rules: tuple[Rule, ...], text: str) -> Why:
    return Why(rules=rules, text=text)


WHY: Mapping[str, Why] = {
    "preset": _why(
        (Rule.X_1, Rule.X_2), "the product whose promises the other settings start from"
    ),
    "default_region": _why(
        (Rule.XB_12,), "the country whose national numbers are read without a +"
    ),
    "time_zone": _why(
        (Rule.AC_8,), "the zone of days and hours where a number has none of its own"
    ),
    "language": _why((Rule.AC_22,), "the language of subjects"),
    "max_in_flight": _why((Rule.SH_4,), "how many writes to the org may be under way at once"),
    "cors_origins": _why((Rule.XB_5,), "web pages that may ask the API"),
    "calls.workflow.*": _why(
        (Rule.AC_3, Rule.AC_4, Rule.AC_5, Rule.AC_6, Rule.XB_13, Rule.X_8),
        "closed Task, open Task or nothing, for each type of call",
    ),
    "calls.short_call_rule": _why(
        (Rule.XB_16, Rule.PC_5, Rule.X_1), "whose reading of a short call applies"
    ),
    "calls.short_call_threshold_s": _why(
        (Rule.XB_16, Rule.PC_5), "calls shorter than this are short"
    ),
    "calls.log_internal": _why(
        (Rule.XB_17, Rule.PC_6, Rule.PC_16), "whether calls between agents are logged"
    ),
    "calls.business_hours": _why((Rule.AC_7, Rule.AC_8), "whether calls out of hours are logged"),
    "calls.unknown_number": _why(
        (Rule.AC_9, Rule.XB_15, Rule.PC_4, Rule.X_5), "what is made of an unknown number"
    ),
    "calls.attach_to": _why(
        (Rule.AC_11, Rule.AC_12, Rule.AC_14, Rule.AC_15, Rule.AC_18),
        "on what else of a contact a call is logged",
    ),
    "calls.create_case": _why(
        (Rule.AC_13, Rule.AC_19), "whether a Case is made where none is open"
    ),
    "calls.person_account_who": _why(
        (Rule.AC_10,), "whether a person account's contact is the Who, or the account the What"
    ),
    "matching.priority": _why((Rule.AC_16, Rule.X_9), "which kind of record is taken first"),
    "matching.tiebreak": _why(
        (Rule.AC_17, Rule.XB_18, Rule.PC_7, Rule.X_2), "which of several records is taken"
    ),
    "matching.installed_at": _why(
        (Rule.XB_19, Rule.PC_8), "leads from before it may be picked at random"
    ),
    "matching.identification": _why((Rule.CX_21,), "the fields by which a record is recognised"),
    "matching.match_cache_minutes": _why(
        (Rule.AC_17,), "how long a match is taken again unsearched"
    ),
    "ownership.fallback_user_id": _why(
        (Rule.XB_4, Rule.PC_13, Rule.AC_28, Rule.CX_58, Rule.X_3),
        "who owns what no agent can own; null is the connecting user",
    ),
    "ownership.conference_lead_owner": _why(
        (Rule.PC_18, Rule.X_6), "whether a lead's owner who took part owns the lead's Task"
    ),
    "ownership.conference_lead_owner_else": _why(
        (Rule.PC_19,), "who owns it if the owner took no part"
    ),
    "ownership.run_assignment_rules": _why(
        (Rule.CX_59,), "whether the org's rules may replace the owner"
    ),
    "chats.mode": _why((Rule.CX_15, Rule.CX_34), "whether chats are recorded by themselves"),
    "chats.actions.*": _why(
        (Rule.CX_16, Rule.CX_17, Rule.CX_18, Rule.X_7), "what each trigger makes of a chat"
    ),
    "chats.update_existing": _why(
        (Rule.CX_19, Rule.CX_33), "what a chat may change of a known person"
    ),
    "chats.reopen": _why((Rule.CX_27,), "what a conversation opened again becomes"),
    "chats.mapping": _why(
        (Rule.CX_20, Rule.CX_22), "what else of a chat is written into which field, by object"
    ),
    "templates.call_subject.*": _why((Rule.AC_22,), "the subject of a call's Task"),
    "templates.case_subject.*": _why((Rule.AC_13,), "the subject of a Case made for a call"),
    "templates.chat_subject.*": _why(
        (Rule.CX_46, Rule.CX_47), "the subject of a chat's Task or Case"
    ),
    "late_facts": _why((Rule.SH_5,), "whether what comes after the logging is added"),
    "late_facts_window_s": _why((Rule.SH_5,), "how long late facts are gathered for one update"),
}
"""Every setting by dotted name; a star stands for every name below."""


def why(name: str) -> Why:
    """Gives the reason of one setting, by its full dotted name."""
    if name in WHY:
        return WHY[name]
    above = next(star for star in WHY if star.endswith("*") and name.startswith(star[:-1]))
    return WHY[above]
