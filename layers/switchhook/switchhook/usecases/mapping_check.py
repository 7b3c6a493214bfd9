"""Asks the tenant's org whether it takes the fields that the tenant maps (CX-20)."""

from collections.abc import Mapping
from contextlib import suppress

from switchhook.domain.connection import Grant
from switchhook.domain.errors import NeedsReconnect, Permanent, Retryable
from switchhook.domain.field_facts import Fields
from switchhook.domain.field_mapping import check_mapping
from switchhook.domain.mapping_sources import Mapped
from switchhook.ports import OrgReader
from switchhook.usecases.asking import ask
from switchhook.usecases.org_facts import INVISIBLE
from switchhook.usecases.world import World


def mapping_problems(tenant: str, mapping: Mapped, world: World) -> Mapping[str, str]:
    """Names each mapped field that the org would refuse, with a sentence why; one request an object.

    Objects that the org does not answer for in time are not judged, nor is anything where the tenant
    is not connected: what cannot be written is then left out when a chat comes (`applicable`).
    """
    describes: dict[str, Fields] = {}

    def describe(grant: Grant) -> None:
        for name in mapping:
            # Whoever saves waits for the answer: a slow org must not cost them the settings.
            is_late = world.clock.remaining_s() < world.timing.send_needs_s
            if name not in describes and not is_late:
                describes[name] = _fields(grant, name, world.org)

    with suppress(NeedsReconnect, Retryable, Permanent):
        ask(tenant, describe, world)
    return check_mapping(mapping, describes)


def _fields(grant: Grant, object_type: str, org: OrgReader) -> Fields:
    """The object's fields; none of an object that the integration user cannot see."""
    try:
        return org.describe(grant, object_type).described
    except Permanent as error:
        if error.code not in INVISIBLE:
            raise
        return {}
