"""Late facts for any history of edits: nothing of a person's is ever written over (SH-5)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.calls import a_call, a_decision_input, a_lead
from builders.ledger import a_head
from switchhook.domain.activity import SlotState
from switchhook.domain.calls.decide import decide
from switchhook.domain.facts.people import Comment
from switchhook.domain.writing.late_facts import (
    as_sent,
    compare,
    fingerprint,
    intending,
    revise,
    settled,
)
from switchhook.domain.writing.slots import sendable, slot_plans

pytestmark = pytest.mark.rule("SH-5")


A_FACT = st.text(alphabet="abc", min_size=1, max_size=3)
EDITABLE = ("Subject", "Description", "CallDisposition")
A_STEP = st.one_of(
    st.tuples(st.just("told"), A_FACT),
    st.tuples(st.just("edited"), st.sampled_from(EDITABLE)),
    st.tuples(st.just("updated"), st.sampled_from(["answered", "landed_unanswered", "lost"])),
)


class Story:
    """One Task, what is known of its call, and which fields a person has made their own."""

    def __init__(self) -> None:
        inputs = a_decision_input(a_lead())
        ((slot, plan),) = sendable(slot_plans(a_head(), decide(inputs), inputs.org))
        self.task = {**plan.fields, "OwnerId": plan.owner.user_id}
        sent = as_sent(slot, self.task, inputs.call.agent)
        self.slot = replace(sent, state=SlotState.APPLIED, salesforce_id="00T1")
        self.told: tuple[str, ...] = ()
        self.edited: dict[str, str] = {}

    def revision(self):
        comments = tuple(Comment(text=text) for text in self.told)
        call = a_call(tags=self.told, comments=comments)
        before = "inbound_answered"
        return revise(a_decision_input(a_lead(), call=call), self.slot, call_type_before=before)

    def tell(self, fact: str) -> None:
        self.told = tuple(dict.fromkeys((*self.told, fact)))

    def edit(self, name: str) -> None:
        self.edited[name] = self.task[name] = f"a person's words {len(self.told)}"

    def update(self, how: str) -> None:
        revision = self.revision()
        if revision is None:
            return
        compared = compare(revision, self.task)
        self.slot = intending(compared)
        if how != "lost":
            self.task |= compared.to_write
        if how == "answered":
            self.slot = settled(compared, is_written=True)


@given(st.lists(A_STEP, max_size=12))
def test_a_persons_words_stay_and_all_else_ends_up_to_date(steps):
    story = Story()
    for what, how in steps:
        {"told": story.tell, "edited": story.edit, "updated": story.update}[what](how)
    story.update("answered")

    assert {name: story.task[name] for name in story.edited} == story.edited
    left = story.revision()
    assert set(left.fields if left else ()) <= set(story.edited)


@given(st.text(max_size=30))
def test_a_fingerprint_does_not_see_what_salesforce_drops(text):
    assert fingerprint(text) == fingerprint(f" {text.strip()}\r\n")
