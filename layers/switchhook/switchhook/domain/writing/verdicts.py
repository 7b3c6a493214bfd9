"""What Salesforce's refusal of a record means for its slot."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from switchhook.domain.activity import RecordRef, Slot, SlotKind, SlotState
from switchhook.domain.crm import Refused, WriteAnswer
from switchhook.domain.writing.records import CASE, PERSON, TASK
from switchhook.domain.writing.slots import KEY_FIELD, reopened

DUPLICATES_DETECTED = "DUPLICATES_DETECTED"

_LATER = frozenset(
    {"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "QUERY_TIMEOUT"}
)
_STALE_REFERENCE = frozenset(
    {
        "CANNOT_UPDATE_CONVERTED_LEAD",
        "ENTITY_IS_DELETED",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INVALID_CROSS_REFERENCE_KEY",
    }
)
STALE_OWNER = frozenset({"INACTIVE_OWNER_OR_USER", "OP_WITH_INVALID_USER_TYPE_EXCEPTION"})
_STALE_METADATA = frozenset({"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"})
_WORDS_LIMIT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a refusal means for a slot: try later, decide again, look for a double, or give up.

    `stale` are the records that the refusal may speak of. `existing` is the record that a duplicate
    rule named in the place of a person to create; `save_duplicates` says that the rule only warns and
    named nobody we could use. `without_case` says that only the Case was refused.
    """

    slot: Slot
    refusal: Refused
    later: bool = False
    again: bool = False
    double: bool = False
    stale: tuple[RecordRef, ...] = ()
    bad_owner: str | None = None
    stale_metadata: bool = False
    existing: RecordRef | None = None
    save_duplicates: bool = False
    without_case: bool = False

    @property
    def words(self) -> str:
        """Salesforce's own words, with their code."""
        return f"{self.refusal.code}: {self.refusal.message}"[:_WORDS_LIMIT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leniency:
    """How refusals are judged: how many a slot may have, and which records can stand in for others.

    `object_types` are those a call can be logged on, best first; `avoid_records` were refused before.
    """

    refusals_allowed: int
    object_types: tuple[str, ...] = ("Contact", "Lead", "Account")
    avoid_records: frozenset[str] = frozenset()


def verdicts_of(
    slots: Sequence[Slot], answer: WriteAnswer, leniency: Leniency
) -> tuple[Verdict, ...]:
    """What each refusal of a request means; records that only went along have no verdict."""
    by_ref = {
        result.ref: result
        for result in answer.results
        if isinstance(result, Refused) and not result.rolled_back
    }
    verdicts = []
    for slot in slots:
        for kind in (PERSON, CASE, TASK):
            if (refusal := by_ref.get(f"{kind}{slot.number}")) is not None:
                verdicts.append(_verdict(slot, kind, refusal, leniency))
                break
    return tuple(verdicts)


def _verdict(slot: Slot, kind: str, refusal: Refused, leniency: Leniency) -> Verdict:
    plain = Verdict(slot=slot, refusal=refusal, again=slot.refusals < leniency.refusals_allowed)
    code = refusal.code
    if code in _LATER:
        verdict = replace(plain, later=True, again=False)
    elif _is_double(slot, kind, refusal):
        verdict = replace(plain, double=True, again=False)
    elif code in STALE_OWNER:
        verdict = replace(plain, bad_owner=slot.owner.user_id if slot.owner else None)
    elif code in _STALE_REFERENCE:
        verdict = replace(plain, stale=_referred_to(slot))
    elif code in _STALE_METADATA:
        verdict = replace(plain, stale_metadata=True)
    elif code == DUPLICATES_DETECTED and kind == PERSON:
        verdict = _duplicate(plain, leniency)
    elif kind == CASE and slot.kind is SlotKind.TASK:
        verdict = replace(plain, again=True, without_case=True)
    else:
        verdict = replace(plain, again=False)
    return verdict


def _referred_to(slot: Slot) -> tuple[RecordRef, ...]:
    """What of the org a slot's records name; the Case that is made with it is not there yet."""
    named = (slot.record, None if slot.creates_case else slot.attached)
    return tuple(record for record in named if record is not None)


def _is_double(slot: Slot, kind: str, refusal: Refused) -> bool:
    """Our own key is there already; a call's Case can also clash with a field of the customer's."""
    if refusal.code != "DUPLICATE_VALUE":
        return False
    return kind == slot.kind.value or (kind == CASE and KEY_FIELD in refusal.message)


def _duplicate(plain: Verdict, leniency: Leniency) -> Verdict:
    """A duplicate rule refuses the person (AC-9): whom it names is used, whom it hides is not made.

    Of several the best kind is taken, and of that the one Salesforce lists first.
    """
    usable = [
        record
        for record in plain.refusal.existing
        if record.type in leniency.object_types and record.id not in leniency.avoid_records
    ]
    if usable:
        best = min(usable, key=lambda record: leniency.object_types.index(record.type))
        return replace(plain, existing=best if plain.again else None)
    if plain.refusal.may_be_overruled:
        return replace(plain, save_duplicates=plain.again)
    return replace(plain, again=False)


def faced(slot: Slot, verdict: Verdict) -> Slot:
    """The slot with what Salesforce said of it."""
    return replace(slot, error=verdict.words, error_code=verdict.refusal.code)


def refused(slots: Sequence[Slot], verdicts: Sequence[Verdict]) -> tuple[Slot, ...]:
    """The slots after a clean refusal: nothing landed, those without a second chance are final."""
    by_number = {verdict.slot.number: verdict for verdict in verdicts}
    after = []
    for slot in reopened(slots):
        verdict = by_number.get(slot.number)
        if verdict is None or verdict.later or verdict.double or verdict.without_case:
            after.append(slot)
        elif verdict.again:
            after.append(replace(slot, refusals=slot.refusals + 1))
        else:
            after.append(replace(faced(slot, verdict), state=SlotState.REFUSED))
    return tuple(after)
