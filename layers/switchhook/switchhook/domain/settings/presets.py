"""The named sets of settings a tenant starts from; plain data, in the shape of the settings' JSON."""

from collections.abc import Mapping

_CALL_SUBJECT: Mapping[str, Mapping[str, str]] = {
    "outbound_answered": {"en": "Outbound call to {who}", "de": "Ausgehender Anruf an {who}"},
    "outbound_unanswered": {
        "en": "Outbound call to {who} (not answered)",
        "de": "Ausgehender Anruf an {who} (nicht angenommen)",
    },
    "inbound_answered": {"en": "Inbound call from {who}", "de": "Eingehender Anruf von {who}"},
    "missed": {"en": "Missed call from {who}", "de": "Verpasster Anruf von {who}"},
    "voicemail": {"en": "Voicemail from {who}", "de": "Voicemail von {who}"},
}

STANDARD: Mapping[str, object] = {
    "language": "en",
    "max_in_flight": 5,
    "cors_origins": [],
    "calls": {
        "workflow": {
            "outbound_answered": "completed",
            "outbound_unanswered": "completed",
            "inbound_answered": "completed",
            "missed": "completed",
            "voicemail": "completed",
        },
        "short_call_rule": "xbees",
        "short_call_threshold_s": 5,
        "log_internal": False,
        "unknown_number": "none",
        "attach_to": "none",
        "create_case": False,
        "person_account_who": True,
    },
    "matching": {
        "priority": ["contact", "lead", "account", "person_account"],
        "tiebreak": "last_modified",
        "identification": {
            "contact": [{"by": "email"}, {"by": "phone"}],
            "lead": [{"by": "email"}, {"by": "phone"}],
            "account": [{"by": "phone"}],
        },
        "match_cache_minutes": 5,
    },
    "ownership": {
        "conference_lead_owner": False,
        "conference_lead_owner_else": "installer",
        "run_assignment_rules": False,
    },
    "chats": {
        "mode": "automatic",
        "actions": {
            "chat_started": "none",
            "chat_ended": "lead_task",
            "offline_message": "lead_task",
            "conversation_started": "none",
            "conversation_ended": "lead_task",
        },
        "update_existing": "fill_blanks",
        "reopen": "update",
    },
    "templates": {
        "call_subject": _CALL_SUBJECT,
        "case_subject": _CALL_SUBJECT,
        "chat_subject": {
            "en": "Chat with {who} ({email}) [{channel}] [{tenant}]",
            "de": "Chat mit {who} ({email}) [{channel}] [{tenant}]",
        },
    },
    "late_facts": "update",
    "late_facts_window_s": 30,
}
"""Every setting that has a default, with the value it has unless a preset or a tenant says otherwise."""

_NO_CHATS: Mapping[str, object] = {
    "actions": {"chat_ended": "none", "offline_message": "none", "conversation_ended": "none"},
}

PRESETS: Mapping[str, Mapping[str, object]] = {
    "standard": {},
    "xbees": {
        "matching": {"tiebreak": "newest_created"},
        "chats": {**_NO_CHATS, "update_existing": "never"},
    },
    "xbees_partner_community": {
        "calls": {"short_call_rule": "partner"},
        "matching": {"tiebreak": "newest_created"},
        "ownership": {"conference_lead_owner": True},
        "chats": {**_NO_CHATS, "update_existing": "never"},
    },
    "aircall": {
        "calls": {"short_call_rule": "none"},
        "chats": {**_NO_CHATS, "update_existing": "never"},
    },
    "cloudcx": {},
    "leadx": {
        "calls": {"unknown_number": "lead"},
        "chats": _NO_CHATS,
    },
}
"""What each preset changes of STANDARD, as a JSON merge patch."""
