"""Says what the connected user may and may not do, in words an admin can act on (CX-5)."""

from switchhook.domain.connection import Check
from switchhook.usecases.org_facts import SEARCHED, OrgSurvey


def checks_of(survey: OrgSurvey) -> tuple[Check, ...]:
    """The pre-flight findings; none of them stops the connection."""
    return (
        Check(id="api_access", ok=True, text="The user may use Salesforce's API."),
        _creates_tasks(survey),
        _reads_phone_fields(survey),
        _sees_all_records(survey),
        _task_key(survey),
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


def _reads_phone_fields(survey: OrgSurvey) -> Check:
    blind = [name for name in SEARCHED if name not in survey.facts.phone_fields]
    if not blind:
        return Check(
            id="reads_phone_fields",
            ok=True,
            text="The user can read the phone fields of Account, Contact and Lead.",
        )
    return Check(
        id="reads_phone_fields",
        ok=False,
        text=f"The user cannot read any phone field of {', '.join(blind)}, so no caller is found "
        "there. Give the user read access to the object and its phone fields.",
    )


def _sees_all_records(survey: OrgSurvey) -> Check:
    if survey.facts.sees_all_records:
        return Check(id="sees_all_records", ok=True, text="The user sees all records of the org.")
    return Check(
        id="sees_all_records",
        ok=False,
        text="The user does not see all records. Callers whose record is hidden are not found, and "
        "a write whose answer got lost is not repeated without a person's look. Give the user the "
        "permission View All Data.",
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
