"""The named sets of settings a tenant starts from; plain data, in the shape of the settings' JSON."""

from collections.abc import Mapping

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
        "unknown_number": "none",
        "person_account_who": True,
    },
    "matching": {
        "priority": ["contact", "lead", "account", "person_account"],
        "tiebreak": "last_modified",
        "match_cache_minutes": 5,
    },
    "ownership": {},
}
"""Every setting that has a default, with the value it has unless a preset or a tenant says otherwise."""

PRESETS: Mapping[str, Mapping[str, object]] = {
    "standard": {},
}
"""What each preset changes of STANDARD, as a JSON merge patch."""
