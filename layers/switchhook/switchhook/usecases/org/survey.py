"""Loads what is remembered of a tenant's org, in five requests."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from switchhook.domain.connection import Grant
from switchhook.domain.decision import OrgFacts
from switchhook.domain.errors import Permanent
from switchhook.domain.fields.mapping import kept
from switchhook.domain.settings.values import SEARCHED_OBJECTS
from switchhook.domain.writing.slots import KEY_FIELD
from switchhook.ports.org import ObjectFacts, OrgMetadata

INVISIBLE = frozenset({"NOT_FOUND", "INVALID_TYPE", "INSUFFICIENT_ACCESS"})
"""How Salesforce says that the integration user may not see an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgSurvey:
    """An org's metadata, and the describes it was made from (only of objects that are visible)."""

    facts: OrgFacts
    objects: Mapping[str, ObjectFacts]


def load_facts(
    grant: Grant, org: OrgMetadata, wanted: Mapping[str, frozenset[str]] = MappingProxyType({})
) -> OrgFacts:
    """The org's metadata for deciding: five requests, so a cold tenant's call costs seven.

    Of the fields named in `wanted`, by object, what the describes tell is kept; of a Case see
    `describe_case`.

    Raises:
        SessionExpired, BudgetSpent, Retryable, Permanent: as the reader; nothing is stored.
    """
    survey = survey_org(grant, org)
    chat_fields = {
        name: kept(survey.objects[name].described, fields)
        for name, fields in wanted.items()
        if name in survey.objects
    }
    return replace(survey.facts, chat_fields=chat_fields)


def survey_org(grant: Grant, org: OrgMetadata) -> OrgSurvey:
    """The org's metadata with the describes behind it; errors as `load_facts`."""
    objects = {"Task": org.describe(grant, "Task")}
    for name in SEARCHED_OBJECTS:
        try:
            objects[name] = org.describe(grant, name)
        except Permanent as error:
            # An org without Leads, or a user who may not see them, is searched without them.
            if error.code not in INVISIBLE:
                raise
    lists = org.lists(grant)
    account = objects.get("Account")
    facts = replace(
        lists.facts,
        phone_fields={
            name: _searched_phones(objects[name])
            for name in SEARCHED_OBJECTS
            if name in objects and _searched_phones(objects[name])
        },
        text_fields={
            name: _other_texts(objects[name]) for name in SEARCHED_OBJECTS if name in objects
        },
        person_accounts=account is not None and "IsPersonAccount" in account.fields,
        task_key=KEY_FIELD in objects["Task"].unique_fields,
    )
    return OrgSurvey(facts=facts, objects=objects)


def describe_case(
    grant: Grant, org: OrgMetadata, facts: OrgFacts, wanted: frozenset[str]
) -> OrgFacts:
    """The facts with whether Case has the optional unique field (SH-7), and its fields; one request.

    Raises:
        SessionExpired, BudgetSpent, Retryable, Permanent: as the reader.
    """
    case = _case(grant, org)
    if case is None:
        return replace(facts, case_key=False)
    fields = {**facts.chat_fields, "Case": kept(case.described, wanted)}
    return replace(facts, case_key=KEY_FIELD in case.unique_fields, chat_fields=fields)


def survey_with_case(grant: Grant, org: OrgMetadata) -> OrgSurvey:
    """The survey with Case beside the objects that are searched, for the checks; errors as `load_facts`."""
    survey, case = survey_org(grant, org), _case(grant, org)
    return survey if case is None else replace(survey, objects={**survey.objects, "Case": case})


def _case(grant: Grant, org: OrgMetadata) -> ObjectFacts | None:
    try:
        return org.describe(grant, "Case")
    except Permanent as error:
        if error.code not in INVISIBLE:
            raise
        return None


def _searched_phones(described: ObjectFacts) -> tuple[str, ...]:
    """A fax is of type phone, but nobody calls from it, unless the tenant names it (CX-21)."""
    return tuple(name for name in described.phone_fields if "fax" not in name.lower())


def _other_texts(described: ObjectFacts) -> tuple[str, ...]:
    phones = _searched_phones(described)
    return tuple(name for name in described.text_fields if name not in phones)
