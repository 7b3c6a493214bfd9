"""Whose call it was: the agent named, the last who talked, or whose number or queue was called."""

import pytest

from builders.calls import NOBODY, a_call, external, internal
from switchhook.domain.calls.screening import acting_agent
from switchhook.domain.facts.event import Outcome, Transfer
from switchhook.domain.facts.people import Agent, ListedAgent, People

LISTED = People(
    agents=(
        ListedAgent(extension="201", email="ann@example.com"),
        ListedAgent(extension="+14155550199", email="desk@example.com"),
        ListedAgent(name="Sales", salesforce_user_id="005000000000003AAA"),
        ListedAgent(name="Bob", email="bob@example.com"),
    )
)


def unnamed(**facts):
    return a_call(agent=None, **facts)


def missed(**facts):
    return unnamed(outcome=Outcome.MISSED, answered_at=None, talk_s=None, **facts)


@pytest.mark.rule("AC-27")
def test_the_agent_whom_the_event_names_is_the_agent():
    agent = Agent(name="Ann")
    call = a_call(agent=agent, transfers=(Transfer(by="x", to="bob@example.com"),))

    assert acting_agent(call, LISTED) == agent


@pytest.mark.rule("AC-27")
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            unnamed(
                transfers=(
                    Transfer(by="ann@example.com", to="bob@example.com"),
                    Transfer(by="bob@example.com", to="cy@example.com"),
                )
            ),
            Agent(email="cy@example.com"),
            id="the last it was transferred to",
        ),
        pytest.param(
            unnamed(transfers=(Transfer(to="Bob"), Transfer(to="+14155550777"), Transfer())),
            Agent(extension="Bob", name="Bob"),
            id="the last of them who is an agent",
        ),
        pytest.param(
            unnamed(participants=(internal(email="ann@example.com"), external("+14155550100"))),
            Agent(email="ann@example.com"),
            id="the only one inside",
        ),
        pytest.param(
            a_call(agent=Agent(), participants=(internal(number="201", name="Ann"),)),
            Agent(extension="201", name="Ann"),
            id="an agent without a word is none",
        ),
        pytest.param(
            unnamed(participants=(internal(number="201"), internal(number="202"))),
            None,
            id="not one of two",
        ),
        pytest.param(unnamed(queue="Sales"), None, id="nor the queue of an answered call"),
        pytest.param(unnamed(), None, id="else nobody"),
    ],
)
def test_an_answered_call_is_that_of_the_last_agent_who_talked(call, expected):
    assert acting_agent(call, LISTED) == expected


@pytest.mark.rule("AC-27")
@pytest.mark.parametrize(
    ("call", "people", "expected"),
    [
        pytest.param(
            missed(queue="Sales"), LISTED, Agent(extension="+14155550199"), id="the number's user"
        ),
        pytest.param(
            missed(internal_number="+14155550188", queue="sales "),
            LISTED,
            Agent(name="sales "),
            id="the queue's user",
        ),
        pytest.param(missed(queue="Care"), NOBODY, None, id="nobody, where none is listed"),
        pytest.param(
            missed(queue="Sales", participants=(internal(email="ann@example.com"),)),
            LISTED,
            Agent(email="ann@example.com"),
            id="the only agent it rang at",
        ),
    ],
)
def test_a_call_that_nobody_took_is_that_of_the_numbers_or_queues_user(call, people, expected):
    assert acting_agent(call, people) == expected
