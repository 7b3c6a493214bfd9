"""The answers' schemas for the OpenAPI document, in the words of the contract."""

from typing import Any

from switchhook.domain.activity import FileState, SlotKind, SlotState, State
from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.facts.event import CallType, Kind
from switchhook.domain.jobs import JobKind, JobState
from switchhook.domain.tenants import Role

type Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
TIME_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
URL: Schema = {"type": "string", "format": "uri"}
ANY_OBJECT: Schema = {"type": "object"}


def answer_schemas() -> dict[str, Schema]:
    """Every schema that a route's `answer` names, and that of errors."""
    return {
        "Error": _object({"error": _object({"code": TEXT, "message": TEXT}, fields=ANY_OBJECT)}),
        "Health": _object({"status": {"const": "ok"}}),
        "OpenApi": ANY_OBJECT,
        "NewTenant": _object({"tenant_id": TEXT, "admin_key": TEXT, "agent_key": TEXT}),
        "Tenant": _object({"tenant_id": TEXT, "name": TEXT, "created_at": TIME}),
        "TenantPage": _page("Tenant"),
        "TenantDeleted": _object(
            {
                "tenant_id": TEXT,
                "removed_items": COUNT,
                "grant_revoked": {"type": ["boolean", "null"]},
                "kept": TEXT,
            }
        ),
        "NewKey": _object(
            {"role": _words(Role.ADMIN, Role.AGENT), "key": TEXT}, admin_key=TEXT, agent_key=TEXT
        ),
        "Settings": ANY_OBJECT,
        "SettingsVersion": _object(
            {
                "version": COUNT,
                "effective_at": TIME,
                "changes": {
                    "type": "object",
                    "additionalProperties": _object({"before": {}, "after": {}}),
                },
            }
        ),
        "SettingsVersionPage": _page("SettingsVersion"),
        "People": _object(
            {
                "agents": _list(
                    _object(
                        dict.fromkeys(
                            ("id", "email", "name", "extension", "salesforce_user_id"),
                            TEXT_OR_NULL,
                        )
                    )
                ),
                "own_numbers": _list(TEXT),
                "internal_domains": _list(TEXT),
            }
        ),
        "Hook": _hook(),
        "HookPage": _page("Hook"),
        "ConnectTicket": _object({"connect_url": URL, "expires_at": TIME}),
        "Connection": _connection(),
        "DisconnectPreview": _object(
            {
                "status": _words(*ConnectionStatus),
                "connected_as": TEXT_OR_NULL,
                "org_id": TEXT_OR_NULL,
                "open_activities": COUNT,
                "hooks": COUNT,
                "would": _list(TEXT),
                "keeps": _list(TEXT),
            }
        ),
        "App": _object(
            {
                "kind": _words("own", "default"),
                "client_id": TEXT_OR_NULL,
                "login_url": URL,
                "redirect_url": URL,
                "in_force": FLAG,
                "note": TEXT,
            }
        ),
        "Activity": _object(_activity()),
        "ActivityPage": _page("Activity"),
        "ActivityStory": _object({**_activity(), **_story()}),
        "Explained": _explained(),
        "Replayed": _object({"activity_id": TEXT, "state": _words(*State)}),
        **_matches(),
        "JobStarted": _object({"job_id": TEXT}),
        "Job": _object(
            {
                "job_id": TEXT,
                "kind": _words(*JobKind),
                "state": _words(*JobState),
                "text": TEXT,
                "counts": ANY_OBJECT,
                "result": ANY_OBJECT,
                "created_at": TIME,
                "updated_at": TIME,
            }
        ),
        "Statement": _object(
            {
                "received": COUNT,
                "logged": COUNT,
                "skipped": {"type": "object", "additionalProperties": COUNT},
                "failed": COUNT,
                "open": COUNT,
            }
        ),
    }


def _hook() -> Schema:
    return _object(
        {
            "hook_id": TEXT,
            "provider": TEXT,
            "kind": _words(*Kind),
            "url": URL,
            "needs_secret": FLAG,
            "source": TEXT,
            "instructions": TEXT,
            "created_at": TIME,
            "previous_secret_until": TIME_OR_NULL,
        },
        secret=TEXT,
    )


def _connection() -> Schema:
    user = _object({"id": TEXT, "name": TEXT, "email": TEXT})
    return _object(
        {
            "status": _words(*ConnectionStatus),
            "salesforce": _or_null(
                _object({"org_id": TEXT, "instance_url": URL, "user": _or_null(user)})
            ),
            "checks": _list(_object({"id": TEXT, "ok": FLAG, "text": TEXT})),
            "api_usage": _or_null(_object({"used": COUNT, "limit": COUNT})),
            "app": _words("own", "default"),
            "parked": TEXT_OR_NULL,
            "connected_at": TIME_OR_NULL,
        },
        grant_revoked=FLAG,
    )


def _activity() -> dict[str, Schema]:
    return {
        "id": TEXT,
        "kind": _words(*Kind),
        "provider": TEXT,
        "source": TEXT,
        "external_id": TEXT,
        "occurrence": COUNT,
        "state": _words(*State),
        "rule": TEXT_OR_NULL,
        "reason": TEXT_OR_NULL,
        "text": TEXT,
        "party": _object({"raw": TEXT_OR_NULL, "e164": TEXT_OR_NULL, "email": TEXT_OR_NULL}),
        "settings_version": {"type": ["integer", "null"]},
        "call_type": _or_null(_words(*CallType)),
        "received_at": TIME,
        "ended_at": TIME_OR_NULL,
        "due_at": TIME_OR_NULL,
        "backfilled": FLAG,
        "replays": COUNT,
        "slots": _list(_slot()),
    }


def _story() -> dict[str, Schema]:
    call = _object({"at": TIME, "what": TEXT, "status": TEXT})
    event = _object(
        {
            "event_id": TEXT,
            "type": TEXT,
            "ended": FLAG,
            "occurred_at": TIME,
            "received_at": TIME,
        }
    )
    return {
        "candidates": _list(ANY_OBJECT),
        "explanation": _list(_object({"rule": TEXT, "text": TEXT})),
        "salesforce_calls": _list(call),
        "events": _list(event),
    }


def _explained() -> Schema:
    record = _or_null(_object({"type": TEXT, "id": TEXT, "url": TEXT_OR_NULL}))
    planned = _object(
        {
            "kind": _words(*SlotKind),
            "record": record,
            "creates": TEXT_OR_NULL,
            "attached": record,
            "creates_case": FLAG,
            "owner": _object({"id": TEXT, "rule": TEXT}),
            "fields": ANY_OBJECT,
            "rules": _list(TEXT),
        }
    )
    return _object(
        {
            "decision": _words("log", "skip", "wait"),
            "rule": TEXT_OR_NULL,
            "reason": TEXT_OR_NULL,
            "text": TEXT,
            "call_type": _or_null(_words(*CallType)),
            "slots": _list(planned),
            "candidates": _list(ANY_OBJECT),
            "explanation": _list(_object({"rule": TEXT, "text": TEXT})),
            "salesforce_calls": _list(_object({"at": TIME, "what": TEXT, "status": TEXT})),
            "settings_version": {"type": ["integer", "string"]},
        }
    )


def _matches() -> dict[str, Schema]:
    record = _object({"type": TEXT, "id": TEXT, "name": TEXT_OR_NULL, "url": TEXT_OR_NULL})
    refused = _list(_object({"activity_id": TEXT, "why": TEXT}))
    return {
        "Match": _object({"party": TEXT, "record": record, "pinned_at": TIME, "by": TEXT}),
        "MatchOrPage": {"oneOf": [{"$ref": "#/components/schemas/Match"}, _page("Match")]},
        "Repointed": _object({"undo_id": TEXT, "moved": COUNT, "refused": refused}),
        "RepointUndone": _object({"undo_id": TEXT, "restored": COUNT, "refused": refused}),
    }


def _slot() -> Schema:
    record = _object({"type": TEXT, "id": TEXT, "url": {"type": ["string", "null"]}})
    return _object(
        {
            "slot": COUNT,
            "kind": _words(*SlotKind),
            "state": _words(*SlotState),
            "key": TEXT,
            "record": _or_null(record),
            "attached": _or_null(record),
            "owner": _or_null(_object({"id": TEXT, "rule": TEXT})),
            "created_person": _or_null(_object({"type": TEXT, "id": TEXT})),
            "salesforce_id": TEXT_OR_NULL,
            "rules": _list(TEXT),
            "error": TEXT_OR_NULL,
            "files": _list(_file()),
        }
    )


def _file() -> Schema:
    shown = {"number": COUNT, "name": TEXT, "state": _words(*FileState), "reason": TEXT_OR_NULL}
    return _object(shown, url=TEXT)


def _object(always: dict[str, Schema], **sometimes: Schema) -> Schema:
    return {"type": "object", "properties": {**always, **sometimes}, "required": list(always)}


def _page(item: str) -> Schema:
    items = _list({"$ref": f"#/components/schemas/{item}"})
    return _object({"items": items, "next_cursor": TEXT_OR_NULL})


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _words(*words: str) -> Schema:
    return {"type": "string", "enum": [str(word) for word in words]}


def _or_null(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}
