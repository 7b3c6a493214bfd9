"""Which objects an org has, depending on its settings."""

from collections.abc import Iterable

from orgsim.objects.people import account, contact, lead
from orgsim.objects.setup import group, organization, profile, record_type, user
from orgsim.objects.work import case, task, task_status
from orgsim.schema import Schema, SObject
from orgsim.settings import Settings

__all__ = ["build_schema", "widest_schema"]


def build_schema(settings: Settings) -> Schema:
    """Return the objects and fields that an org with these settings shows."""
    return Schema(
        _objects(
            settings,
            person_accounts=settings.person_accounts,
            external_id_field=settings.external_id_field,
        )
    )


def widest_schema() -> Schema:
    """Return every object with every optional field, which is what the tables hold.

    Settings only show or hide columns; a value survives while its field is hidden.
    """
    return Schema(_objects(Settings(), person_accounts=True, external_id_field=True))


def _objects(
    settings: Settings, *, person_accounts: bool, external_id_field: bool
) -> Iterable[SObject]:
    return (
        account(person_accounts=person_accounts),
        case(external_id_field=external_id_field),
        contact(person_accounts=person_accounts),
        group(),
        lead(),
        organization(),
        profile(),
        record_type(),
        task(settings.task_statuses, external_id_field=external_id_field),
        task_status(),
        user(),
    )
