"""A tenant's people: its agents, own numbers and internal domains."""

from collections.abc import Sequence

from switchhook.domain.errors import Rejected
from switchhook.domain.people import ListedAgent
from switchhook.domain.tenancy import PeopleList
from switchhook.ports import NumberPlan
from switchhook.ports_admin import PeopleStore, SettingsVersions
from switchhook.usecases.settings import get_settings


def get_people(tenant_id: str, *, people: PeopleStore) -> PeopleList:
    """Gives the list as its admin wrote it; empty when never set."""
    return people.read(tenant_id)


def replace_people(
    tenant_id: str,
    *,
    agents: Sequence[ListedAgent],
    own_numbers: Sequence[str],
    internal_domains: Sequence[str],
    people: PeopleStore,
    versions: SettingsVersions,
    plan: NumberPlan,
) -> PeopleList:
    """Replaces the whole list; own numbers are read as numbers of the tenant's default region.

    Raises:
        Rejected: 404 no such tenant, 422 naming the position of each number that is none.
    """
    regions = (get_settings(tenant_id, versions=versions).default_region,)
    parsed = [plan.parse(raw, regions=regions) for raw in own_numbers]
    if bad := [index for index, number in enumerate(parsed) if number is None]:
        raise _no_numbers(bad, regions[0])
    new = PeopleList(
        agents=tuple(agents),
        own_numbers_raw=tuple(own_numbers),
        own_numbers_e164=tuple(dict.fromkeys(n.e164 for n in parsed if n is not None)),
        internal_domains=tuple(dict.fromkeys(domain.lower() for domain in internal_domains)),
    )
    people.write(tenant_id, new)
    return new


def _no_numbers(positions: Sequence[int], region: str) -> Rejected:
    names = [f"own_numbers.{position}" for position in positions]
    sentence = f"must be a telephone number, international (+...) or of {region}."
    return Rejected(
        f"These own numbers are no telephone numbers: {', '.join(names)}. Nothing was changed; "
        f"write them internationally (+...), or as numbers of {region}.",
        code="invalid_body",
        status=422,
        fields={name: f"{name} {sentence}" for name in names},
    )
