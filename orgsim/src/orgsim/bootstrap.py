"""The rows that an org has before anybody writes to it."""

from collections.abc import Iterator

from orgsim.ids import make_id
from orgsim.objects.sales import STAGES
from orgsim.objects.service import CASE_STATUSES, LEAD_STATUSES
from orgsim.settings import Settings
from orgsim.triggers import Row

__all__ = ["ADMIN_USERNAME", "REWRITTEN", "STANDARD_PROFILE", "first_rows"]

# The rows of these objects follow the settings and are written anew with them.
REWRITTEN = frozenset(
    {"CaseStatus", "LeadStatus", "OpportunityStage", "Organization", "RecordType", "TaskStatus"}
)

ADMIN_USERNAME = "admin@orgsim.example"
STANDARD_PROFILE = "Standard User"
_ADMIN_PROFILE = "System Administrator"
_LOCALE_KEYS = {"en": "en_US", "de": "de"}
_INSTANCE = slice(3, 5)


def first_rows(settings: Settings, org_id: str, admin_id: str) -> Iterator[tuple[str, Row]]:
    """Yield object and row of the org, its profiles, its admin, and the lists behind picklists."""
    instance = org_id[_INSTANCE]
    language = _LOCALE_KEYS[settings.language]
    admin_profile = make_id("00e", instance, 1)
    yield (
        "Organization",
        {
            "Id": org_id,
            "Name": "Orgsim Example Ltd",
            "Country": "US",
            "PrimaryContact": "Org Admin",
            "LanguageLocaleKey": language,
            "InstanceName": "SIM1",
        },
    )
    yield (
        "Profile",
        {
            "Id": admin_profile,
            "Name": _ADMIN_PROFILE,
            "PermissionsViewAllData": 1,
            "PermissionsModifyAllData": 1,
        },
    )
    yield "Profile", {"Id": make_id("00e", instance, 2), "Name": STANDARD_PROFILE}
    yield (
        "User",
        {
            "Id": admin_id,
            "Username": ADMIN_USERNAME,
            "FirstName": "Org",
            "LastName": "Admin",
            "Email": ADMIN_USERNAME,
            "Alias": "admin",
            "CommunityNickname": "admin",
            "ProfileId": admin_profile,
            "LanguageLocaleKey": language,
        },
    )
    for order, status in enumerate(settings.task_statuses, start=1):
        yield (
            "TaskStatus",
            {
                "Id": make_id("01J", instance, order),
                "MasterLabel": status.label,
                "ApiName": status.api_name,
                "SortOrder": order,
                "IsDefault": int(status.is_default),
                "IsClosed": int(status.is_closed),
            },
        )
    yield from _status_rows(instance)
    if settings.person_accounts:
        yield "RecordType", _record_type(make_id("012", instance, 1), "Business", person=False)
        yield "RecordType", _record_type(make_id("012", instance, 2), "Person", person=True)


def _status_rows(instance: str) -> Iterator[tuple[str, Row]]:
    """Yield the lists behind Case.Status, Lead.Status and Opportunity.StageName."""
    lists = (
        ("CaseStatus", "IsClosed", CASE_STATUSES, 101),
        ("LeadStatus", "IsConverted", LEAD_STATUSES, 201),
    )
    for sobject, flag, statuses, first in lists:
        for order, (name, last) in enumerate(statuses.items()):
            yield (
                sobject,
                {
                    "Id": make_id("01J", instance, first + order),
                    "MasterLabel": name,
                    "ApiName": name,
                    "SortOrder": order + 1,
                    "IsDefault": int(order == 0),
                    flag: int(last),
                },
            )
    for order, stage in enumerate(STAGES):
        yield (
            "OpportunityStage",
            {
                "Id": make_id("01J", instance, 301 + order),
                "MasterLabel": stage.name,
                "ApiName": stage.name,
                "SortOrder": order + 1,
                "IsClosed": int(stage.is_closed),
                "IsWon": int(stage.is_won),
                "ForecastCategoryName": stage.forecast,
                "DefaultProbability": float(stage.probability),
            },
        )


def _record_type(record_id: str, word: str, *, person: bool) -> Row:
    return {
        "Id": record_id,
        "Name": f"{word} Account",
        "DeveloperName": f"{word}Account",
        "SobjectType": "Account",
        "IsPersonType": int(person),
    }
