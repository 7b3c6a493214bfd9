"""Lets pins follow their records: a merged record to its master, a converted lead to its contact (XB-20)."""

from collections.abc import Iterable, Mapping

from switchhook.domain.activity import RecordRef
from switchhook.domain.claims import Known
from switchhook.domain.connection import Grant
from switchhook.domain.decision import Candidate
from switchhook.domain.errors import SwitchhookError
from switchhook.domain.pins import followed, what_became
from switchhook.usecases.attempt import Attempt
from switchhook.usecases.world import World


def follow_pins(
    known: Iterable[Known],
    fates: Mapping[RecordRef, RecordRef | None],
    grant: Grant,
    attempt: Attempt,
    world: World,
) -> None:
    """Change the pins whose records Salesforce has just refused; one that is gone for good ends.

    A record that lives on but may not be used stays pinned: an admin can still let it be used. Where a
    person has chosen anew meanwhile, that choice stands.

    Raises:
        Retryable: the table is busy; the pin is looked at again with the next refusal.
    """
    for pin in (about.pin for about in known if about.pin is not None):
        if pin.record not in fates or fates[pin.record] == pin.record:
            continue
        successor = fates[pin.record]
        new = (
            followed(pin, successor, _read(successor, grant, attempt, world)) if successor else None
        )
        world.pins.change(grant.tenant, pin, new)
        reason = what_became(pin, successor)
        attempt.learn(reason.rule, reason.text)


def _read(record: RecordRef, grant: Grant, attempt: Attempt, world: World) -> Candidate | None:
    """The record as it stands; None when Salesforce does not say just now, for the pin can do without."""
    try:
        found = world.records.facts(grant, (record,))[record]
    except SwitchhookError as error:
        attempt.note("read the chosen match", error.code, world)
        return None
    attempt.note("read the chosen match", "ok", world)
    return found
