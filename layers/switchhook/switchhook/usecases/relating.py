"""Reads what of the matched contacts a call can also be logged on: open Cases or Opportunities (AC-11)."""

from collections.abc import Iterable
from dataclasses import replace

from switchhook.domain.activity import FINAL, Activity
from switchhook.domain.attaching import contacts_to_ask
from switchhook.domain.claims import Claim
from switchhook.domain.decision import DecisionInput
from switchhook.domain.errors import Permanent
from switchhook.domain.settings import AttachTo, makes_cases
from switchhook.usecases import claims
from switchhook.usecases.attempt import Attempt
from switchhook.usecases.gather import Access, note_usage
from switchhook.usecases.world import World

_NOT_FOR_US = frozenset({"INVALID_TYPE", "INVALID_FIELD", "INSUFFICIENT_ACCESS", "NOT_FOUND"})
"""How Salesforce says that the connected user may not see the object or its link to contacts."""


def relate(
    inputs: DecisionInput, head: Activity, access: Access, attempt: Attempt, world: World
) -> DecisionInput | tuple[Claim, ...]:
    """The inputs with every contact's open Cases or Opportunities; at most one Salesforce request.

    Gives the claims instead while another activity is just making a Case for one of the contacts
    (AC-13). Claims are read before the query: a Case whose claim is done but that the query does not
    show is open no more.

    Raises:
        SessionExpired, BudgetSpent, Permanent, Retryable.
    """
    contacts = contacts_to_ask(inputs)
    if not contacts:
        return inputs
    if attempt.without_case:
        inputs = _without_case(inputs)
    if makes_cases(inputs.settings):
        held = _held(contacts, head, attempt, world)
        if held and not _unverifiable(held, head.tenant, world):
            return held
        if held:
            attempt.learn(
                "AC-13",
                f"Activity {held[0].holder} may have made a Case for this contact, which could not"
                " be verified; another one might be the second, so none is made.",
            )
            inputs = _without_case(inputs)
    attach_to = inputs.settings.calls.attach_to
    try:
        answer = world.related.open_related(access.grant, attach_to, contacts)
    except Permanent as error:
        if error.code not in _NOT_FOR_US:
            raise
        return _blind(inputs, attach_to, error, attempt, world)
    attempt.note(f"look for the contact's open {_plural(attach_to)}", "ok", world)
    note_usage(access.connection, answer.usage, world)
    return replace(inputs, related=answer.related)


def _held(
    contacts: Iterable[str], head: Activity, attempt: Attempt, world: World
) -> tuple[Claim, ...]:
    known = {contact: world.directory.known(head.tenant, contact) for contact in contacts}
    for contact, about in known.items():
        for claim in about.claims:
            if claim.record is not None:
                attempt.used_up[contact] = claim.record
    return claims.held_by_others(known.values(), head)


def _unverifiable(held: tuple[Claim, ...], tenant: str, world: World) -> bool:
    """True where every holder gave up without knowing what it made: nobody completes its claim."""
    return all(
        claim.fence_until <= world.now() and _has_ended(tenant, claim.holder, world)
        for claim in held
    )


def _has_ended(tenant: str, activity_id: str, world: World) -> bool:
    entry = world.ledger.read(tenant, activity_id)
    return entry is None or entry.head.state in FINAL


def _without_case(inputs: DecisionInput) -> DecisionInput:
    calls = replace(inputs.settings.calls, create_case=False)
    return replace(inputs, settings=replace(inputs.settings, calls=calls))


def _blind(
    inputs: DecisionInput, attach_to: AttachTo, error: Permanent, attempt: Attempt, world: World
) -> DecisionInput:
    """The call is logged on the contact alone where the connected user may not see the rest."""
    plural = _plural(attach_to)
    attempt.note(f"look for the contact's open {plural}", error.code, world)
    attempt.learn(
        "AC-11",
        f"The connected user may not see {plural} ({error.code}), so the call is logged on the"
        f" contact alone. Give the user read access to {plural} and their contacts.",
    )
    calls = replace(inputs.settings.calls, attach_to=AttachTo.NONE, create_case=False)
    return replace(inputs, settings=replace(inputs.settings, calls=calls))


def _plural(attach_to: AttachTo) -> str:
    return "Cases" if attach_to is AttachTo.CASE else "Opportunities"
