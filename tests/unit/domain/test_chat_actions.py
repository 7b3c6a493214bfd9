"""What sets a chat off, what it becomes, and when it waits."""

import pytest

from builders.calls import the_settings
from builders.chats import an_event
from switchhook.domain.chats.screening import (
    AwaitTrigger,
    ChosenAction,
    Surface,
    choose_action,
    surface_of,
)
from switchhook.domain.decision import Skip
from switchhook.domain.facts.chat import ChatAction, ChatTrigger
from switchhook.domain.settings.schema import ChatMode

NOTHING = dict.fromkeys(ChatTrigger, "none")
STARTED, ENDED, OFFLINE = (
    ChatTrigger.CHAT_STARTED,
    ChatTrigger.CHAT_ENDED,
    ChatTrigger.OFFLINE_MESSAGE,
)
OPENED, CLOSED = ChatTrigger.CONVERSATION_STARTED, ChatTrigger.CONVERSATION_ENDED


def came(*triggers):
    return [
        an_event(f"e-{number}", trigger=trigger, seconds=number)
        for number, trigger in enumerate(triggers)
    ]


def choose(triggers, actions, **more):
    settings = the_settings(chats={"actions": {**NOTHING, **actions}})
    return choose_action(came(*triggers), settings.chats, **more)


@pytest.mark.rule("CX-14", "CX-18")
@pytest.mark.parametrize("action", [each for each in ChatAction if each is not ChatAction.NONE])
def test_each_action_can_be_chosen_for_each_trigger(action):
    for trigger in ChatTrigger:
        choice = choose([trigger], {trigger: action})

        assert isinstance(choice, ChosenAction)
        assert (choice.action, choice.trigger) == (action, trigger)
        assert "CX-18" in choice.rules


@pytest.mark.rule("CX-16", "CX-17", "CX-18", "CX-25", "CX-27", "CX-30", "X-7")
@pytest.mark.parametrize(
    ("triggers", "actions", "trigger", "action"),
    [
        pytest.param(
            [ENDED], {ENDED: "lead_task"}, ENDED, "lead_task", id="an ended chat is due at its end"
        ),
        pytest.param(
            [STARTED],
            {STARTED: "contact_case", ENDED: "lead_task"},
            STARTED,
            "contact_case",
            id="a chat is due when the first trigger with an action has come",
        ),
        pytest.param(
            [ENDED, STARTED],
            {STARTED: "contact_case", ENDED: "lead_task"},
            STARTED,
            "contact_case",
            id="the start decides even if the end overtook it",
        ),
        pytest.param(
            [ENDED],
            {STARTED: "lead_task"},
            STARTED,
            "lead_task",
            id="a chat that ended has started, whether or not anybody said so",
        ),
        pytest.param(
            [STARTED, ENDED],
            {ENDED: "case"},
            ENDED,
            "case",
            id="a start without an action leaves it to the end",
        ),
        pytest.param(
            [OFFLINE],
            {OFFLINE: "case"},
            OFFLINE,
            "case",
            id="an offline message has its own action",
        ),
        pytest.param(
            [CLOSED],
            {CLOSED: "contact_task", ENDED: "lead_task"},
            CLOSED,
            "contact_task",
            id="a conversation takes the conversation's action and not the chat's",
        ),
    ],
)
def test_the_first_trigger_with_an_action_decides(triggers, actions, trigger, action):
    choice = choose(triggers, actions)

    assert isinstance(choice, ChosenAction)
    assert (choice.trigger, choice.action) == (trigger, action)


@pytest.mark.parametrize(
    ("triggers", "is_over"),
    [
        pytest.param([STARTED], False, id="a chat that started goes on"),
        pytest.param([STARTED, ENDED], True, id="a chat that ended is over"),
        pytest.param([OFFLINE], True, id="an offline message is over at once"),
        pytest.param([OPENED], False, id="an open conversation goes on"),
        pytest.param([CLOSED], True, id="a closed conversation is over"),
    ],
)
def test_a_chat_is_over_when_nobody_writes_any_more(triggers, is_over):
    choice = choose(triggers, dict.fromkeys(ChatTrigger, "lead_task"))

    assert isinstance(choice, ChosenAction)
    assert choice.is_over is is_over


@pytest.mark.rule("CX-16", "CX-17")
@pytest.mark.parametrize(
    ("triggers", "actions", "waits_for"),
    [
        pytest.param(
            [STARTED], {ENDED: "lead_task"}, (ENDED,), id="a started chat waits for its end"
        ),
        pytest.param(
            [OPENED], {CLOSED: "case"}, (CLOSED,), id="an open conversation waits for its end"
        ),
        pytest.param(
            [],
            {ENDED: "lead_task", CLOSED: "case"},
            (ENDED, CLOSED),
            id="lines alone wait for whatever sets something off",
        ),
    ],
)
def test_a_chat_waits_for_a_trigger_that_still_can_come(triggers, actions, waits_for):
    choice = choose(triggers, actions)

    assert isinstance(choice, AwaitTrigger)
    assert choice.waits_for == waits_for
    assert choice.otherwise.rule == "CX-18"


@pytest.mark.rule("CX-18")
@pytest.mark.parametrize(
    ("triggers", "actions"),
    [
        pytest.param([ENDED], {}, id="nothing is set off where every action is none"),
        pytest.param(
            [ENDED],
            {OFFLINE: "lead_task", CLOSED: "lead_task"},
            id="an ended chat becomes no offline message and no conversation",
        ),
        pytest.param([STARTED], {OFFLINE: "case"}, id="a started chat becomes no offline message"),
        pytest.param([CLOSED], {ENDED: "case"}, id="a conversation takes no action of a chat"),
        pytest.param([OFFLINE], {ENDED: "case"}, id="an offline message takes no action of a chat"),
        pytest.param([], {}, id="lines alone wait for nothing where nothing is chosen"),
    ],
)
def test_a_chat_whose_triggers_are_set_to_none_is_skipped(triggers, actions):
    choice = choose(triggers, actions)

    assert isinstance(choice, Skip)
    assert (choice.rule, choice.reason) == ("CX-18", "no_action")


def test_of_two_surfaces_the_one_told_first_counts():
    choice = choose([OPENED, ENDED], {ENDED: "lead_task", CLOSED: "case"})

    assert isinstance(choice, AwaitTrigger)
    assert choice.waits_for == (CLOSED,)


@pytest.mark.rule("CX-15", "CX-34", "CX-35")
def test_in_manual_mode_nothing_is_made_before_an_agent_chooses():
    settings = the_settings(chats={"mode": "manual"}).chats

    skip = choose_action(came(ENDED), settings)
    choice = choose_action(came(ENDED), settings, applied=ChatAction.CONTACT_CASE)

    assert settings.mode is ChatMode.MANUAL
    assert isinstance(skip, Skip)
    assert (skip.rule, skip.reason) == ("CX-34", "manual_mode")
    assert isinstance(choice, ChosenAction)
    assert (choice.action, choice.trigger) == (ChatAction.CONTACT_CASE, None)
    assert choice.is_over
    assert "CX-34" in choice.rules


def test_an_agent_may_choose_by_hand_to_do_nothing():
    choice = choose([ENDED], {ENDED: "lead_task"}, applied=ChatAction.NONE)

    assert isinstance(choice, Skip)
    assert choice.rule == "CX-18"


@pytest.mark.rule("CX-27")
def test_an_action_that_has_begun_stays_when_the_chat_ends():
    choice = choose([STARTED, ENDED], {ENDED: "lead_task"}, begun=ChatAction.CONTACT_CASE)

    assert isinstance(choice, ChosenAction)
    assert (choice.action, choice.is_over) == (ChatAction.CONTACT_CASE, True)


@pytest.mark.rule("CX-16", "CX-17")
@pytest.mark.parametrize("trigger", list(ChatTrigger))
def test_each_trigger_belongs_to_one_surface(trigger):
    is_conversation = trigger.startswith("conversation")

    assert surface_of(trigger) is (Surface.CONVERSATION if is_conversation else Surface.CHAT)
