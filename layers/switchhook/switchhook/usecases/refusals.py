"""What to do when Salesforce did nothing and said why: look for a double, wait, decide again, give up."""

from dataclasses import replace

from switchhook.domain.activity import Activity, Slot, SlotState, State
from switchhook.domain.crm import WriteAnswer
from switchhook.domain.errors import Permanent
from switchhook.domain.slots import Verdict, judge, refused
from switchhook.domain.timing import REFUSALS_ALLOWED
from switchhook.ports import LedgerWrite
from switchhook.usecases import claims
from switchhook.usecases.attempt import Attempt, Progress
from switchhook.usecases.explanations import decision_record
from switchhook.usecases.setbacks import wait
from switchhook.usecases.settling import Sending, ended, settle, undone
from switchhook.usecases.world import World

DOUBLE = "duplicate_value"


def refuse_all(
    sending: Sending, intent: Activity, error: Permanent, attempt: Attempt, world: World
) -> Progress:
    """Salesforce refused the request as a whole: no slot of it can ever be written."""
    words = f"{error.code}: {error.message}"[:1000]
    slots = tuple(
        replace(slot, state=SlotState.REFUSED, error=words)
        if slot.state is SlotState.SENT
        else slot
        for slot in intent.slots
    )
    return _settle_slots(sending, intent, slots, (), attempt, world)


def face_refusal(
    sending: Sending, intent: Activity, answer: WriteAnswer, attempt: Attempt, world: World
) -> Progress:
    """Salesforce did nothing and said why: look for a double, wait, decide again, or give up."""
    sent = [slot for slot in intent.slots if slot.state is SlotState.SENT]
    verdicts = tuple(judge(sent, answer, refusals_allowed=REFUSALS_ALLOWED))
    doubles = [verdict for verdict in verdicts if verdict.double]
    if doubles:
        return _suspect_double(intent, doubles, world)
    for verdict in verdicts:
        _learn(verdict, intent, attempt, world)
    return _settle_slots(sending, intent, refused(intent.slots, verdicts), verdicts, attempt, world)


def _suspect_double(intent: Activity, doubles: list[Verdict], world: World) -> Progress:
    """Our key is already there, or the customer has a unique field of its own: the look-up tells."""
    words = {
        verdict.slot.number: f"{verdict.refusal.code}: {verdict.refusal.message}"[:1000]
        for verdict in doubles
    }

    def suspected(head: Activity) -> LedgerWrite:
        return LedgerWrite(
            head=replace(
                head,
                version=head.version + 1,
                state=State.UNKNOWN,
                reason=DOUBLE,
                text="Not known yet: Salesforce says that this Task exists already.",
                slots=tuple(
                    replace(slot, error=words.get(slot.number, slot.error)) for slot in head.slots
                ),
                due_at=world.now(),
            )
        )

    return Progress(head=settle(intent, suspected, world), go_on=True)


def _learn(verdict: Verdict, intent: Activity, attempt: Attempt, world: World) -> None:
    """Do not run into the same refusal again."""
    if verdict.bad_record is not None:
        attempt.avoid(records=(verdict.bad_record.id,))
        for party in verdict.slot.parties:
            world.directory.forget_match(intent.tenant, party)
    if verdict.bad_owner is not None:
        attempt.avoid(users=(verdict.bad_owner,))
    if verdict.bad_owner is not None or verdict.stale_metadata:
        attempt.refresh_facts = True


def _settle_slots(
    sending: Sending,
    intent: Activity,
    slots: tuple[Slot, ...],
    verdicts: tuple[Verdict, ...],
    attempt: Attempt,
    world: World,
) -> Progress:
    """After a clean refusal: end when every slot is final, wait when told to, else go on at once."""
    record = decision_record(intent, sending.parties, sending.reasons, attempt, world)
    final = all(slot.state in (SlotState.APPLIED, SlotState.REFUSED) for slot in slots)
    gone = claims.given_back(intent.slots, verdicts, intent)

    def settled(head: Activity) -> LedgerWrite:
        if final:
            return LedgerWrite(head=ended(head, slots), decision=record, claims=gone)
        again = undone(head, world)
        return replace(again, head=replace(again.head, slots=slots), decision=record, claims=gone)

    head = settle(intent, settled, world)
    if final:
        return Progress(head=head)
    later = next((verdict for verdict in verdicts if verdict.later), None)
    if later is None:
        return Progress(head=head, go_on=True)
    text = f"Salesforce asks to try again: {later.refusal.code}."
    return wait(head, reason=later.refusal.code, text=text, world=world, least_s=3)
