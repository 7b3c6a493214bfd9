"""Calls between agents, from the event to a Task on no record or to a skip."""

import pytest

from fakes.office import Office, answered_call
from fakes.salesforce import ADMIN, AGENT, refuse
from switchhook.domain.activity import State
from switchhook.domain.facts.event import CallFacts, Direction, Participant, Role

WANTED = {"calls": {"log_internal": True}}


def internal_call() -> CallFacts:
    bob = Participant(role=Role.AGENT, name="Bob", email="bob@example.com")
    ann = Participant(role=Role.AGENT, name=AGENT.name, email=AGENT.email)
    return answered_call(
        direction=Direction.INTERNAL,
        external_number=None,
        external_name=None,
        participants=(ann, bob),
    )


@pytest.mark.rule("XB-17", "PC-6", "PC-16")
def test_a_call_between_agents_is_one_task_on_no_record_where_the_tenant_wants_it():
    office = Office(preset=WANTED)
    office.deliver(call_id="warm-up", call=internal_call())
    office.org.calls.clear()

    head = office.deliver(call=internal_call())

    task = office.tasks[-1]
    assert (head.state, len(office.tasks)) == (State.LOGGED, 2)
    assert (task.get("WhoId"), task.get("WhatId"), task["OwnerId"]) == (None, None, AGENT.id)
    assert office.org.calls == ["send"]


@pytest.mark.rule("XB-17", "AC-28")
def test_it_needs_no_search_even_after_its_owner_was_refused():
    office = Office(preset=WANTED)
    office.org.next_sends = [refuse("INACTIVE_OWNER_OR_USER")]

    head = office.deliver(call=internal_call())

    assert head.state is State.LOGGED
    assert [task["OwnerId"] for task in office.tasks] == [ADMIN.id]
    assert "Salesforce refused the agent's user" in head.text
    assert "search" not in office.org.calls


@pytest.mark.rule("XB-17", "PC-6", "PC-16")
def test_else_it_is_skipped():
    head = Office().deliver(call=internal_call())

    assert (head.state, head.rule) == (State.SKIPPED, "XB-17")
