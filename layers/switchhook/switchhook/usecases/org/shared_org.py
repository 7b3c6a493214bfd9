"""An org that more than one tenant is connected to: refused or told of, as the operator decides.

Nobody learns on a page which tenant the other one is: an org's admin who did not know of it asks the
operator, who finds the ids in the log.
"""

from switchhook.domain.connection import Check, SecondTenant
from switchhook.domain.errors import Rejected
from switchhook.ports.connect import SharedOrgs

ORG_SHARED = "org_shared"
"""The id of the check that a second tenant's connection fails."""

ORG_TAKEN = "org_taken"
"""The code of the refusal, whose `fields` are ids for the operator's log."""


def other_tenants(
    org_id: str, tenant: str, *, orgs: SharedOrgs, second: SecondTenant
) -> tuple[str, ...]:
    """The other tenants that are connected to the org, by id.

    A tenant that is among the org's already may connect again whatever the operator decided since.

    Raises:
        Rejected: there are some, and the operator has a second one refused.
        Retryable: the store cannot be read now.
    """
    known = orgs.tenants_of(org_id)
    others = tuple(sorted(known - {tenant}))
    if others and tenant not in known and second is SecondTenant.REFUSE:
        raise Rejected(
            f"The Salesforce org {org_id} is connected to another account already, and the operator "
            "of this service allows one account for each org. Nothing was changed. If you do not know "
            "of the other account, ask the operator.",
            code=ORG_TAKEN,
            status=409,
            fields={"tenant": tenant, "org_id": org_id, "others": list(others)},
        )
    return others


def shared_check(others: tuple[str, ...]) -> tuple[Check, ...]:
    """What the connection's checks say of the other tenants; nothing where there are none."""
    if not others:
        return ()
    return (
        Check(
            id=ORG_SHARED,
            ok=False,
            text=(
                "Another account of this service is connected to the same Salesforce org, and reads "
                "and writes its records too. If you do not know of it, ask the operator."
            ),
        ),
    )
