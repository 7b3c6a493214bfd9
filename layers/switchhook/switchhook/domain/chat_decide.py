"""Decides what a chat becomes in Salesforce: a Task or a Case, on whom, owned by whom, and why.

Equal inputs give equal decisions, in whatever order the candidates stand.
"""

from collections.abc import Iterator

from switchhook.domain.activity import SlotKind
from switchhook.domain.chat import ChatAction
from switchhook.domain.chat_decision import ChatInput
from switchhook.domain.chat_matching import Visit, match_visitor
from switchhook.domain.chat_parties import screen_chat
from switchhook.domain.chat_planning import ChatPlan, chat_owner, plan_alone, plan_matched, plan_new
from switchhook.domain.decision import Decision, Log, Reason
from switchhook.domain.matching import Matched
from switchhook.domain.plain_text import cut
from switchhook.domain.recognition import unread_fields

_REASON_LIMIT = 300


def decide_chat(inputs: ChatInput) -> Decision:
    """Decides one chat that is due (`chat_actions.choose_action`).

    contact_case and contact_task hang on the visitor's contact, lead_task on the lead; where the org
    has none, it is made (CX-23, CX-28). A Case alone hangs on a contact only if there is one. The chat
    of one of the tenant's own people is skipped (XB-17).
    """
    skip = screen_chat(inputs.chat, inputs.visitor, inputs.people)
    if skip is not None:
        return skip
    match = match_visitor(
        Visit(
            tenant=inputs.tenant,
            action=inputs.chosen.action,
            party=inputs.visitor.party,
            settings=inputs.settings.matching,
            avoid_records=inputs.avoid_records,
        ),
        inputs.candidates,
    )
    owner = chat_owner(inputs)
    if isinstance(match, Matched):
        plan = plan_matched(inputs, match, owner)
    elif inputs.chosen.action is ChatAction.CASE:
        plan = plan_alone(inputs, owner)
    else:
        plan = plan_new(inputs, owner)
    told = (
        *inputs.chosen.explanation,
        *unread_fields(inputs.settings.matching.identification, inputs.org),
        *match.explanation,
        *_reasons(inputs, plan),
    )
    return Log(
        slots=(plan.slot,),
        action=inputs.chosen.action,
        explanation=tuple(
            Reason(rule=reason.rule, text=cut(reason.text, _REASON_LIMIT)) for reason in told
        ),
    )


def _reasons(inputs: ChatInput, plan: ChatPlan) -> Iterator[Reason]:
    yield _where(plan)
    yield Reason(rule=plan.slot.owner.rule, text=plan.slot.owner.text)
    is_ruled = plan.slot.kind is SlotKind.CASE or plan.slot.person is not None
    if is_ruled and inputs.settings.ownership.run_assignment_rules:
        text = "The org's assignment rules run and may give what is created to another owner."
        yield Reason(rule="CX-59", text=text)
    if plan.slot.record is not None:
        yield Reason(rule="CX-19", text=_update_words(inputs, plan))
    if plan.slot.whole_transcript is not None:
        text = "The text is too long for the Description; a file has all of it."
        yield Reason(rule="CX-48", text=text)
    yield from plan.dropped
    if inputs.avoid_records:
        refused = ", ".join(sorted(inputs.avoid_records))
        text = f"Salesforce refused to have the chat on {refused}, so that is not chosen again."
        yield Reason(rule="SH-3", text=text)


def _where(plan: ChatPlan) -> Reason:
    slot, kind = plan.slot, plan.slot.kind.value.title()
    if slot.person is not None:
        made = slot.person.object_type
        rule = "CX-26" if made == "Lead" else "CX-31"
        text = f"The visitor is not in Salesforce; a {made} is created, and the {kind} hangs on it."
        return Reason(rule=rule, text=text)
    if slot.record is None:
        text = "The visitor is no known contact, so the Case stands alone, as the settings say."
        return Reason(rule="CX-18", text=text)
    rule = "CX-27" if "CX-27" in slot.rules else "CX-32"
    text = f"The {kind} hangs on {slot.record.type} {slot.record.id}."
    return Reason(rule=rule, text=text)


def _update_words(inputs: ChatInput, plan: ChatPlan) -> str:
    policy = inputs.settings.chats.update_existing
    if not plan.slot.person_updates:
        return f"Nothing of the record is to be changed (update_existing is {policy})."
    names = ", ".join(sorted(plan.slot.person_updates))
    return f"The chat tells the record's {names}; update_existing is {policy}."
