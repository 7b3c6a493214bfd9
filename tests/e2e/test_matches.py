"""A person chooses a match, has old Tasks moved and takes it back, on the deployed stack."""

from typing import Any

import pytest

from builders.deployed_tenant import a_name, a_number, change, connected, logged, task_of
from local.office import Office
from local.state import State

pytestmark = pytest.mark.stack


def who(office: Office, *activities: dict[str, Any]) -> list[str]:
    return [task_of(office, activity)["WhoId"] for activity in activities]


@pytest.mark.rule("XB-20", "XB-21", "PC-9", "PC-10", "PC-11", "SH-6")
def test_a_chosen_match_takes_the_calls_to_come_and_the_old_ones_only_when_asked(stack: State):
    office = connected(stack, "Choices")
    hook, number = office.add_hook("generic"), a_number()
    contact = office.load("Contact", LastName=a_name(), Phone=number)
    chosen = office.load("Contact", LastName=a_name())
    theirs = office.load("Contact", LastName=a_name())
    old = [logged(office, hook, number) for _ in range(3)]

    pin = office.call("PUT", "/matches", {"party": number, "record_id": chosen[:15]})
    new = logged(office, hook, number)

    assert pin["record"]["id"] == chosen
    assert who(office, *old, new) == [contact, contact, contact, chosen]
    assert [call["what"] for call in new["salesforce_calls"]] == ["write"]

    change(office, "Task", old[0]["slots"][0]["salesforce_id"], WhoId=theirs)
    wish = {
        "party": number,
        "from": contact,
        "to": chosen,
        "activity_ids": [activity["id"] for activity in old[:2]],
    }
    moved = office.call("POST", "/matches/repoint", wish)

    assert (moved["moved"], [one["activity_id"] for one in moved["refused"]]) == (1, [old[0]["id"]])
    assert who(office, *old) == [theirs, chosen, contact]
    shown = office.call("GET", f"/activities/{old[1]['id']}")
    assert shown["slots"][0]["record"]["id"] == chosen
    assert "SH-6" in {step["rule"] for step in shown["explanation"]}

    undone = office.call("POST", "/matches/undo", {"undo_id": moved["undo_id"]})

    assert (undone["restored"], who(office, *old)) == (1, [theirs, contact, contact])
