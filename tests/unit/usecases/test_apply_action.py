"""An agent records a chat by hand, once, as chosen, and owns what is made (CX-34)."""

import pytest

from builders.told_chats import ANN, a_chat, chat_head, chat_message, office_that, tell_chat
from fakes.idempotency import FakeIdempotencyKeys
from fakes.office import TENANT, Office
from fakes.salesforce import ADMIN, AGENT
from switchhook.domain.activity import State
from switchhook.domain.errors import Rejected
from switchhook.domain.facts.chat import ChatAction, ChatTrigger, Visitor
from switchhook.domain.facts.people import Agent, OrgUser
from switchhook.usecases.ask.replay import Wish, apply_action
from switchhook.usecases.record.advance import advance, record_event

pytestmark = pytest.mark.rule("CX-34", "CX-35")

BOB = OrgUser(id="005000000000003AAA", name="Bob Agent", email="bob@example.com")
BY_BOB = Agent(email=BOB.email, name=BOB.name)


def manual_office() -> Office:
    office = office_that("lead_task", chats={"mode": "manual"})
    office.org.users = (ADMIN, AGENT, BOB)
    office.keys = FakeIdempotencyKeys()
    return office


def wish(action=ChatAction.CONTACT_CASE, agent=BY_BOB, key="k-1") -> Wish:
    return Wish(action=action, agent=agent, key=key)


def choose(office, asked=None, chat_id="9f2"):
    named = chat_head(office, chat_id).id
    return apply_action(TENANT, named, asked or wish(), office.world.books, office.keys)


def carried_out(office, chat_id="9f2"):
    return advance(TENANT, chat_head(office, chat_id).id, office.world)


@pytest.mark.parametrize(
    ("action", "kinds"),
    [
        (ChatAction.CONTACT_CASE, {"Contact", "Case"}),
        (ChatAction.LEAD_TASK, {"Lead", "Task"}),
        (ChatAction.CASE, {"Case"}),
        (ChatAction.CONTACT_TASK, {"Contact", "Task"}),
    ],
)
def test_the_chat_becomes_what_the_agent_chose_and_is_the_agents(action, kinds):
    office = manual_office()
    skipped = tell_chat(office)
    assert (skipped.rule, "apply" in skipped.text) == ("CX-34", True)

    applied = choose(office, wish(action))
    head = carried_out(office)

    assert (applied.is_new, head.state) == (True, State.LOGGED)
    assert {record.type for record in office.org.records} == kinds
    assert {record.fields["OwnerId"] for record in office.org.records} == {BOB.id}


def test_asking_again_gives_the_same_and_makes_nothing_more():
    office = manual_office()
    tell_chat(office)

    first = choose(office)
    carried_out(office)
    again = choose(office)
    other_key = choose(office, wish(key="k-2"))
    carried_out(office)

    assert (first.is_new, again.is_new, other_key.is_new) == (True, False, False)
    assert len(office.org.of_type("Case")) == 1


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (wish(ChatAction.LEAD_TASK), "idempotency_key_reused"),
        (wish(agent=ANN), "idempotency_key_reused"),
        (wish(ChatAction.LEAD_TASK, key="k-2"), "already_applied"),
        (wish(agent=ANN, key="k-2"), "already_applied"),
    ],
    ids=["same_key_other_action", "same_key_other_agent", "other_action", "other_agent"],
)
def test_what_was_chosen_is_not_chosen_otherwise(asked, code):
    office = manual_office()
    tell_chat(office)
    choose(office)

    with pytest.raises(Rejected) as refused:
        choose(office, asked)

    assert (refused.value.status, refused.value.code) == (409, code)


def test_a_key_means_one_thing_across_the_tenant_for_a_day():
    office = manual_office()
    tell_chat(office)
    tell_chat(office, chat_id="c-2")
    choose(office)

    with pytest.raises(Rejected, match="idempotency_key"):
        choose(office, chat_id="c-2")
    office.clock.forward(25 * 3600)

    assert choose(office, chat_id="c-2").is_new


@pytest.mark.parametrize(
    ("tell", "code"),
    [
        (lambda office: office.deliver(call_id="9f2"), "not_a_chat"),
        (
            lambda office: tell_chat(office, a_chat(visitor=Visitor(email="ann@example.com"))),
            "internal",
        ),
    ],
    ids=["a_call", "an_internal_chat"],
)
def test_what_cannot_be_recorded_by_hand_is_refused(tell, code):
    office = manual_office()
    tell(office)

    with pytest.raises(Rejected) as refused:
        choose(office)

    assert refused.value.code == code


def test_a_chat_that_was_recorded_by_itself_is_not_recorded_by_hand():
    office = office_that("lead_task")
    office.keys = FakeIdempotencyKeys()
    tell_chat(office)

    with pytest.raises(Rejected) as refused:
        choose(office)

    assert refused.value.code == "already_logged"


@pytest.mark.parametrize("named", ["aaaaaaaaaaaaaaaaaaaaaaaaaa", "no id at all"])
def test_an_unknown_activity_is_not_found(named):
    office = manual_office()

    with pytest.raises(Rejected) as refused:
        apply_action(TENANT, named, wish(), office.world.books, office.keys)

    assert refused.value.status == 404


@pytest.mark.rule("CX-27")
def test_a_chat_that_is_still_running_is_recorded_and_brought_up_to_date_at_its_end():
    office = manual_office()
    begun = a_chat(ended_at=None, transcript=())
    tell_chat(office, begun, ChatTrigger.CHAT_STARTED)
    choose(office, wish(ChatAction.LEAD_TASK))
    carried_out(office)
    office.clock.forward(60)

    record_event(chat_message(office), office.world)
    office.pass_time(60)

    (task,) = office.org.of_type("Task")
    assert "Hello" in str(task.fields["Description"])
    assert (task.fields["Status"], task.fields["OwnerId"]) == ("Completed", BOB.id)
