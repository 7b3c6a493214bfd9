"""Which objects an org has, depending on its settings."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from orgsim.custom_schema import CustomSchema
from orgsim.objects.custom import clashes, with_custom
from orgsim.objects.files import content_document, content_document_link, content_version
from orgsim.objects.people import account, contact, individual, lead
from orgsim.objects.sales import (
    campaign,
    opportunity,
    opportunity_contact_role,
    opportunity_stage,
)
from orgsim.objects.service import case_comment, event, queue_sobject, status_list
from orgsim.objects.setup import group, organization, profile, record_type, user
from orgsim.objects.shared import activity_relations, with_relations
from orgsim.objects.work import ACTIVITY_TARGETS, case, task
from orgsim.schema import ChildRelationship, Schema, SObject
from orgsim.settings import Settings

__all__ = ["build_schema", "custom_problem", "widest_schema"]

# What "Set Audit Fields upon Record Creation" opens, and the objects it does so for.
_AUDIT_FIELDS = ("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById")
_AUDITED = frozenset(
    {"Account", "Case", "CaseComment", "Contact", "ContentVersion", "Event", "Lead", "Opportunity"}
    | {"Task"}
)


def build_schema(settings: Settings) -> Schema:
    """Return the objects and fields that an org with these settings shows."""
    standard = _objects(
        settings,
        person_accounts=settings.person_accounts,
        external_id=settings.external_id_name if settings.external_id_field else None,
        shared_activities=settings.shared_activities,
    )
    objects = _linkable(with_relations(with_custom(standard, settings.custom_schema)))
    if settings.audit_fields:
        objects = tuple(_auditable(o) for o in objects)
    return Schema(objects)


@cache
def widest_schema(custom: CustomSchema, external_id: str) -> Schema:
    """Return every object with every optional field, which is what the tables hold.

    Settings only show or hide columns; a value survives while its field is hidden.
    """
    return Schema(_linkable(with_relations(with_custom(_all_objects(external_id), custom))))


def custom_problem(settings: Settings) -> str | None:
    """Return what keeps the custom schema of these settings from being an org's, or None."""
    return clashes(_all_objects(settings.external_id_name), settings.custom_schema)


def _all_objects(external_id: str) -> Iterable[SObject]:
    return _objects(
        Settings(), person_accounts=True, external_id=external_id, shared_activities=True
    )


def _linkable(objects: tuple[SObject, ...]) -> tuple[SObject, ...]:
    """Return the objects, with a list of linked documents on all that documents link to."""
    link = next(o for o in objects if o.name == "ContentDocumentLink")
    targets = link.fields["LinkedEntityId"].reference_to
    relation = ChildRelationship(
        child=link.name, field="LinkedEntityId", name="ContentDocumentLinks", cascade_delete=True
    )
    return tuple(
        replace(o, child_relationships=(*o.child_relationships, relation))
        if o.name in targets
        else o
        for o in objects
    )


def _auditable(sobject: SObject) -> SObject:
    if not (sobject.custom or sobject.name in _AUDITED):
        return sobject
    opened = {name: replace(sobject.fields[name], createable=True) for name in _AUDIT_FIELDS}
    return replace(sobject, fields={**sobject.fields, **opened})


def _objects(
    settings: Settings, *, person_accounts: bool, external_id: str | None, shared_activities: bool
) -> Iterable[SObject]:
    return (
        account(person_accounts=person_accounts),
        campaign(),
        case(external_id=external_id),
        case_comment(),
        status_list("CaseStatus", "Case Status Value", "IsClosed"),
        contact(person_accounts=person_accounts),
        content_document(),
        content_document_link(),
        content_version(),
        event(ACTIVITY_TARGETS, shared=shared_activities),
        group(),
        individual(),
        lead(),
        status_list("LeadStatus", "Lead Status Value", "IsConverted"),
        opportunity(),
        opportunity_contact_role(),
        opportunity_stage(),
        organization(),
        profile(),
        queue_sobject(),
        record_type(),
        task(settings.task_statuses, external_id=external_id),
        status_list("TaskStatus", "Task Status Value", "IsClosed"),
        user(),
        *(activity_relations(ACTIVITY_TARGETS) if shared_activities else ()),
    )
