"""Says what the connected user may and may not do, in words an admin can act on (CX-5, SH-11)."""

from collections.abc import Iterable, Iterator

from switchhook.domain.connection import Check
from switchhook.domain.settings.values import SEARCHED_OBJECTS
from switchhook.ports.org import ObjectFacts
from switchhook.usecases.org.survey import OrgSurvey

WRITTEN_FIELDS = {
    "Task": (
        "ActivityDate",
        "CallDisposition",
        "CallDurationInSeconds",
        "CallObject",
        "CallType",
        "Description",
        "OwnerId",
        "Status",
        "Subject",
        "TaskSubtype",
        "WhatId",
        "WhoId",
    ),
    "Contact": ("LastName", "OwnerId", "Phone"),
    "Lead": ("Company", "LastName", "OwnerId", "Phone"),
    "Account": ("Name", "OwnerId", "Phone"),
    "Case": ("ContactId", "Description", "Origin", "OwnerId", "Subject", "SuppliedPhone"),
}
"""The fields that a call may fill in, by object."""

_STANDARD = "Standard"


def checks_of(survey: OrgSurvey) -> tuple[Check, ...]:
    """The pre-flight findings; none of them stops the connection.

    What the user cannot see or edit is named object by object, for with it missing a call would land
    in the wrong place, or nowhere.
    """
    return (
        Check(id="api_access", ok=True, text="The user may use Salesforce's API."),
        _creates_tasks(survey),
        _updates_tasks(survey),
        _task_fields(survey),
        _reads_phone_fields(survey),
        _creates_people(survey),
        _cases(survey),
        _sees_all_records(survey),
        _task_key(survey),
        # No API tells which page layout a user will see, so this is a hint and no finding (AC-30).
        Check(
            id="activity_tab",
            ok=True,
            text=(
                "Calls show on a record's Activity tab. Where a record has no such tab, an admin adds "
                "Activities to its Lightning page."
            ),
        ),
        # Salesforce tells nobody how many grants there are; the sixth silently ends the first.
        Check(
            id="grants",
            ok=True,
            text=(
                "Salesforce keeps five grants per user and app and ends the oldest one when a sixth "
                "is made. Connect with a user that only Switchhook uses."
            ),
        ),
    )


def no_api_access(words: str) -> tuple[Check, ...]:
    """The one finding when Salesforce refuses to answer at all; `words` are its own."""
    return (
        Check(
            id="api_access",
            ok=False,
            text=f"Salesforce refuses the user's requests: {words} Give the user the permission "
            "API Enabled, then connect again.",
        ),
    )


def _creates_tasks(survey: OrgSurvey) -> Check:
    if survey.objects["Task"].createable:
        return Check(id="creates_tasks", ok=True, text="The user may create Tasks.")
    return Check(
        id="creates_tasks",
        ok=False,
        text="The user may not create Tasks, so no call can be logged. Give the user the permission "
        "Edit Tasks, then connect again.",
    )


def _updates_tasks(survey: OrgSurvey) -> Check:
    if survey.objects["Task"].updateable:
        return Check(id="updates_tasks", ok=True, text="The user may edit Tasks.")
    return Check(
        id="updates_tasks",
        ok=False,
        text="The user may not edit Tasks, so recordings, tags and comments that come after a call "
        "are not added to its Task. Give the user the permission Edit Tasks, then connect again.",
    )


def _task_fields(survey: OrgSurvey) -> Check:
    missing = _unwritable(survey.objects["Task"])
    if not missing:
        return Check(id="task_fields", ok=True, text="The user may fill in every field of a call.")
    return Check(
        id="task_fields",
        ok=False,
        text=f"The user cannot see or fill in these fields of Task: {_listed(missing)}. Calls are "
        "refused or lack them. Give the user edit access to the fields, then connect again.",
    )


def _reads_phone_fields(survey: OrgSurvey) -> Check:
    blind = [name for name in SEARCHED_OBJECTS if name not in survey.facts.phone_fields]
    if not blind:
        return Check(
            id="reads_phone_fields",
            ok=True,
            text="The user can read the phone fields of Account, Contact and Lead.",
        )
    return Check(
        id="reads_phone_fields",
        ok=False,
        text=f"The user cannot read any phone field of {_listed(blind)}, so no caller is found "
        "there. Give the user read access to the object and its phone fields.",
    )


def _creates_people(survey: OrgSurvey) -> Check:
    lacks = [words for name in ("Account", "Contact", "Lead") for words in _lacks(survey, name)]
    if not lacks:
        return Check(
            id="creates_people",
            ok=True,
            text="The user may create Accounts, Contacts and Leads for unknown callers.",
        )
    return Check(
        id="creates_people",
        ok=False,
        text=f"The user cannot do this for unknown callers: {'; '.join(lacks)}. It matters where the "
        "settings make one of them for an unknown number; then give the user the right.",
    )


def _cases(survey: OrgSurvey) -> Check:
    lacks = list(_lacks(survey, "Case"))
    if not lacks:
        return Check(id="cases", ok=True, text="The user may read and create Cases.")
    return Check(
        id="cases",
        ok=False,
        text=f"The user cannot do this with Cases: {'; '.join(lacks)}. It matters where the settings "
        "attach calls to Cases or create them; then give the user the right.",
    )


def _lacks(survey: OrgSurvey, name: str) -> Iterator[str]:
    """What the user may not do with an object that is created for a call."""
    found = survey.objects.get(name)
    if found is None:
        yield f"see {name}"
    elif not found.createable:
        yield f"create {name}"
    elif missing := _unwritable(found):
        yield f"fill in {_listed(missing)} of {name}"


def _unwritable(found: ObjectFacts) -> list[str]:
    return [
        field
        for field in WRITTEN_FIELDS[found.name]
        if field not in found.fields or field in found.closed_fields
    ]


def _sees_all_records(survey: OrgSurvey) -> Check:
    if survey.facts.sees_all_records:
        return Check(id="sees_all_records", ok=True, text="The user sees all records of the org.")
    visible = [name for name in (*SEARCHED_OBJECTS, "Case") if name in survey.objects]
    user_type = survey.facts.connecting_user.user_type
    who = (
        f"The user is no internal user of the org but a {user_type} user of a site, and sees"
        if user_type != _STANDARD
        else "The user sees"
    )
    return Check(
        id="sees_all_records",
        ok=False,
        text=f"{who} only those records of {_listed(visible)} that the org's sharing shows. Callers "
        "whose record is hidden are not found, and a write whose answer got lost is not repeated "
        "without a person's look. Give the user View All Data, or connect with a user who has it.",
    )


def _task_key(survey: OrgSurvey) -> Check:
    if survey.facts.task_key:
        return Check(
            id="task_key",
            ok=True,
            text="The field Switchhook_Key__c is there: Salesforce itself refuses a second Task.",
        )
    return Check(
        id="task_key",
        ok=True,
        text="The optional field Switchhook_Key__c is not there. Calls are logged exactly once "
        "without it; with it a lost answer is repaired faster.",
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
