"""Records a chat as an agent chose, where nothing is recorded by itself (CX-34)."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import timedelta

from switchhook.domain.activity import Activity, ManualChoice, SlotState, State
from switchhook.domain.agent import Agent
from switchhook.domain.chat import ChatAction
from switchhook.domain.errors import Conflict, Rejected
from switchhook.domain.events import Kind
from switchhook.domain.tenancy import is_id
from switchhook.ports import LedgerWrite
from switchhook.ports_manual import IdempotencyKeys
from switchhook.usecases.activities import no_such_activity
from switchhook.usecases.await_end import CHAT_END
from switchhook.usecases.world import World

KEYS_LIVE = timedelta(hours=24)

_INTERNAL = "XB-17"
_IN_MOTION = frozenset({State.PENDING, State.SENDING, State.UNKNOWN, State.PARKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an agent asks for; `key` makes asking twice harmless for a day."""

    action: ChatAction
    agent: Agent
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The activity as it now stands; `is_new` is false where the same was asked before."""

    head: Activity
    is_new: bool


def apply_action(
    tenant: str, activity_id: str, wish: Wish, world: World, keys: IdempotencyKeys
) -> Applied:
    """Set a chat going as what the agent chose; the agent becomes the owner of what is made.

    Raises:
        Rejected: 404 no such activity; 409 it is no chat, internal, recorded otherwise or just changing,
            or the key was used for something else.
        Retryable: the tables are busy.
    """
    entry = world.ledger.read(tenant, activity_id) if is_id(activity_id) else None
    if entry is None:
        raise no_such_activity(activity_id)
    now, asked = world.now(), _digest(activity_id, wish)
    if keys.take(tenant, wish.key, asked, now=now, until=now + KEYS_LIVE) != asked:
        raise Rejected(
            "This idempotency_key was used for something else in the last 24 hours; take a new one.",
            code="idempotency_key_reused",
            status=409,
        )
    head = entry.head
    if head.chosen is not None and _is_same(head.chosen, wish):
        return Applied(head=head, is_new=False)
    _refuse_otherwise(head)
    again = replace(
        head,
        version=head.version + 1,
        state=State.PENDING,
        rule=None,
        reason=None,
        text=f"An agent chose {wish.action}; it is being recorded.",
        tries=0,
        due_at=now + timedelta(seconds=world.timing.worker_timeout_s + 5),
        action=None,
        chosen=ManualChoice(action=wish.action, agent=wish.agent, at=now),
    )
    try:
        world.ledger.commit(LedgerWrite(head=again))
    except Conflict as error:
        text = "changes in this very moment. Look at it and try again."
        raise _refusal(head, "conflict", text) from error
    world.wake_ups.wake(tenant, activity_id, delay_s=0)
    return Applied(head=again, is_new=True)


def _digest(activity_id: str, wish: Wish) -> str:
    agent = wish.agent
    named = json.dumps([activity_id, wish.action, agent.id, agent.email, agent.name])
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()


def _is_same(chosen: ManualChoice, wish: Wish) -> bool:
    return (chosen.action, chosen.agent) == (wish.action, wish.agent)


def _refuse_otherwise(head: Activity) -> None:
    """Only a chat of which nothing is recorded, or about to be, can still be recorded by hand."""
    if head.kind is not Kind.CHAT:
        raise _refusal(head, "not_a_chat", "is a call; calls are recorded by themselves.")
    if head.rule == _INTERNAL:
        raise _refusal(head, "internal", "is a chat between the tenant's own people.")
    if head.chosen is not None:
        text = f"was recorded as {head.chosen.action} before; change it in Salesforce."
        raise _refusal(head, "already_applied", text)
    if any(slot.state in (SlotState.SENT, SlotState.APPLIED) for slot in head.slots):
        text = "is recorded already; change it in Salesforce."
        raise _refusal(head, "already_logged", text)
    if head.state in _IN_MOTION or (head.state is State.WAITING and head.reason != CHAT_END):
        text = f"is {head.state.value}; wait for its end, then try again."
        raise _refusal(head, "not_settled", text)


def _refusal(head: Activity, code: str, sentence: str) -> Rejected:
    return Rejected(f"Activity {head.id} {sentence}", code=code, status=409)
