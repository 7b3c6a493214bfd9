"""Decides a settled activity anew, because an admin asks for it (AC-2)."""

from dataclasses import replace
from datetime import timedelta

from switchhook.domain.activity import FINAL, Activity, Slot, SlotState, State
from switchhook.domain.errors import Conflict, Rejected
from switchhook.domain.tenancy import is_id
from switchhook.ports import LedgerWrite
from switchhook.usecases.activities import no_such_activity
from switchhook.usecases.world import World


def replay(tenant: str, activity_id: str, world: World) -> Activity:
    """Set an activity going again under the settings in force now; returns its new head.

    Its slots keep their keys: what is in the org stays as it is, what may be there is looked for first
    and sent again only once nothing sent before can land (SH-1).

    Raises:
        Rejected: 404 no such activity; 409 it is logged whole, not settled yet, holds no event, or
            changes just now.
        Retryable: the ledger is busy.
    """
    entry = world.ledger.read(tenant, activity_id) if is_id(activity_id) else None
    if entry is None:
        raise no_such_activity(activity_id)
    head = entry.head
    _refuse_pointless(head, has_events=bool(entry.events))
    now = world.now()
    again = replace(
        head,
        version=head.version + 1,
        state=State.PENDING,
        rule=None,
        reason=None,
        text="Replayed: it is decided anew under the settings in force now.",
        tries=0,
        due_at=now + timedelta(seconds=world.timing.worker_timeout_s + 5),
        slots=tuple(map(_opened, head.slots)),
        action=head.action if any(map(_may_be_there, head.slots)) else None,
        settings_at=now,
        replays=head.replays + 1,
        # A logged activity's due date is that of late facts; its other Tasks still wait for them.
        late_at=head.due_at if head.state is State.LOGGED else head.late_at,
    )
    try:
        world.ledger.commit(LedgerWrite(head=again))
    except Conflict as exc:
        raise _pointless(
            head, "conflict", "changes in this very moment. Look at it and try again."
        ) from exc
    world.wake_ups.wake(tenant, activity_id, delay_s=0)
    return again


def _refuse_pointless(head: Activity, *, has_events: bool) -> None:
    if head.state not in FINAL:
        raise _pointless(
            head,
            "not_settled",
            f"is still {head.state.value}; it goes on by itself. Wait for its end.",
        )
    if not has_events:
        raise _pointless(
            head,
            "nothing_to_replay",
            "holds no event that could be read. Let the provider send it again, or hand it in with"
            " POST .../backfill.",
        )
    lost = any(slot.state is not SlotState.APPLIED for slot in head.slots)
    if head.state is State.LOGGED and not lost:
        raise _pointless(
            head,
            "already_logged",
            "is logged in every one of its slots; replaying it would change nothing. Change the Task"
            " in Salesforce, or pin another match for the calls to come.",
        )


def _pointless(head: Activity, code: str, sentence: str) -> Rejected:
    return Rejected(f"Activity {head.id} {sentence}", code=code, status=409)


def _may_be_there(slot: Slot) -> bool:
    return slot.state in (SlotState.SENT, SlotState.APPLIED)


def _opened(slot: Slot) -> Slot:
    """A refused slot may be tried again; any other is what it is."""
    if slot.state is not SlotState.REFUSED:
        return slot
    return replace(slot, state=SlotState.OPEN, refusals=0, error=None)
