"""Calls as their providers tell them, on the deployed stack: signed, in parts, twice, and with late facts."""

import hashlib
import hmac
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from builders.deployed_tenant import (
    a_name,
    a_number,
    a_user,
    asked_of_org,
    change,
    connected,
    in_state,
    task_of,
    wait_for,
)
from builders.sent_webhooks import (
    Talk,
    dialpad_center,
    dialpad_rang,
    dialpad_talked,
    send,
    talk,
    wildix_end,
    wildix_record,
    zoom_challenge,
    zoom_elements,
    zoom_end,
    zoom_history,
)
from local.demo_bodies import AIRCALL_TOKEN, aircall_ended
from local.office import Hook, Office
from local.state import State

pytestmark = pytest.mark.stack

GIVEN = {"wildix": f"given-{uuid.uuid4().hex}", "zoom_phone": f"given-{uuid.uuid4().hex}"}
"""The secrets that the provider chooses; Dialpad's is ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """A tenant with a hook of each provider, and two agents: their users' ids and e-mails."""

    office: Office
    hooks: dict[str, Hook]
    ann: tuple[str, str]
    bob: tuple[str, str]

    def contact_calls(self) -> tuple[str, Talk]:
        """A new contact, and a call from it."""
        number = a_number()
        contact = self.office.load("Contact", LastName=a_name(), Phone=number)
        return contact, talk(number, ann=self.ann[1], bob=self.bob[1])

    def accepted(self, provider: str, body: dict[str, Any]) -> str:
        answer = send(self.hooks[provider], body)
        assert answer.status_code == 202, answer.text
        activity_id: str = answer.json()["activity_id"]
        return activity_id

    def tasks_on(self, contact: str) -> list[str]:
        found = self.office.query(f"SELECT Id FROM Task WHERE WhoId = '{contact}'")
        return [task["Id"] for task in found]


@pytest.fixture(scope="module")
def firm(stack: State) -> Firm:
    office = connected(stack, "Providers")
    return Firm(
        office=office,
        hooks={
            name: office.add_hook(name, secret=GIVEN.get(name))
            for name in ("wildix", "zoom_phone", "dialpad")
        },
        ann=a_user(office, "Ann"),
        bob=a_user(office, "Bob"),
    )


@pytest.mark.rule("SH-1", "AC-27", "XB-12", "XB-14")
@pytest.mark.parametrize(
    ("provider", "parts", "says"),
    [
        pytest.param(
            "wildix", (wildix_end, wildix_record), "Transfers:", id="wildix_hands_over_to_bob"
        ),
        pytest.param(
            "zoom_phone",
            (zoom_end, zoom_history, zoom_elements),
            "Queue: Sales",
            id="bob_takes_it_from_a_zoom_queue",
        ),
        pytest.param(
            "dialpad",
            (dialpad_center, dialpad_rang, dialpad_talked),
            "Queue: Sales",
            id="bob_takes_it_from_a_dialpad_call_center",
        ),
    ],
)
def test_all_parts_of_a_call_told_twice_are_one_task_of_who_talked_last(
    firm: Firm, provider: str, parts: tuple[Callable[[Talk], dict[str, Any]], ...], says: str
):
    contact, call = firm.contact_calls()

    sent = [firm.accepted(provider, part(call)) for part in (*parts, *parts)]
    activity = firm.office.settled(sent[0])

    task = task_of(firm.office, activity)
    assert set(sent) == {activity["id"]}
    assert firm.tasks_on(contact) == [task["Id"]]
    assert (task["OwnerId"], activity["slots"][0]["owner"]["rule"]) == (firm.bob[0], "AC-27")
    assert (task["CallType"], task["CallDurationInSeconds"]) == ("Inbound", 200)
    assert says in task["Description"]


@pytest.mark.rule("SH-2")
def test_an_end_waits_for_its_record_and_is_logged_as_soon_as_that_comes(firm: Firm):
    contact, call = firm.contact_calls()

    activity_id = firm.accepted("wildix", wildix_end(call))
    held = in_state(firm.office, activity_id, "waiting")
    before = firm.tasks_on(contact)
    firm.accepted("wildix", wildix_record(call))
    activity = firm.office.settled(activity_id)

    assert before == []
    assert datetime.fromisoformat(held["due_at"]) > datetime.now(UTC)
    assert task_of(firm.office, activity)["OwnerId"] == firm.bob[0]
    assert firm.tasks_on(contact) == [activity["slots"][0]["salesforce_id"]]


@pytest.mark.rule("SH-2")
@pytest.mark.parametrize(
    ("provider", "body"),
    [("wildix", wildix_record), ("zoom_phone", zoom_history), ("dialpad", dialpad_talked)],
)
def test_a_webhook_signed_with_another_secret_is_refused(
    firm: Firm, provider: str, body: Callable[[Talk], dict[str, Any]]
):
    _, call = firm.contact_calls()

    answer = send(firm.hooks[provider], body(call), secret="another-secret-of-many-characters")

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_proven")


def test_zooms_validation_of_the_address_is_answered_with_the_token_signed(firm: Firm):
    hook, token = firm.hooks["zoom_phone"], uuid.uuid4().hex

    answer = send(hook, zoom_challenge(token))

    signed = hmac.digest(hook.secret.encode(), token.encode(), hashlib.sha256).hex()
    assert answer.status_code == 200
    assert answer.json() == {"plainToken": token, "encryptedToken": signed}


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDay:
    """Two logged calls that were tagged and commented later; a person had edited the second's Task."""

    office: Office
    since: datetime
    untouched: dict[str, Any]
    edited: dict[str, Any]

    def changes_of(self, activity: dict[str, Any]) -> int:
        """How often the Task was changed since the late facts came."""
        task_id = activity["slots"][0]["salesforce_id"]
        asked = asked_of_org(self.office, self.since)
        return sum(one["method"] == "PATCH" and task_id in one["path"] for one in asked)


EDITED = "Ada wants the large loom."


@pytest.fixture(scope="module")
def late_day(stack: State) -> LateDay:
    office = connected(stack, "Late facts", late_facts_window_s=1)
    hook, numbers = office.add_hook("aircall", secret=AIRCALL_TOKEN), [a_number(), a_number()]
    calls = []
    for number in numbers:
        office.load("Contact", LastName=a_name(), Phone=number)
        calls.append(_just_ended(number))
    sent = [office.accepted(hook, call) for call in calls]
    logged = [office.settled(one) for one in sent]
    change(office, "Task", logged[1]["slots"][0]["salesforce_id"], Description=EDITED)
    since = datetime.now(UTC)
    for call in calls:
        for later in _tagged_and_commented(call):
            office.accepted(hook, later)

    def told(activity_id: str) -> dict[str, Any]:
        return wait_for(
            lambda: office.activity(activity_id),
            lambda seen: any(step["rule"] == "SH-5" for step in seen["explanation"]),
            "an update with late facts",
        )

    return LateDay(office=office, since=since, untouched=told(sent[0]), edited=told(sent[1]))


def _just_ended(number: str) -> dict[str, Any]:
    """An Aircall call that ends, in its whole seconds, after the settings were made."""
    told = aircall_ended(direction="inbound", number=number, agent="ann", talk_s=60)
    late_s = int(time.time()) + 1 - told["data"]["ended_at"]
    times = ("started_at", "answered_at", "ended_at")
    return {**told, "data": told["data"] | {one: told["data"][one] + late_s for one in times}}


def _tagged_and_commented(call: dict[str, Any]) -> list[dict[str, Any]]:
    at = call["timestamp"] + 1
    tags = [{"id": 82, "name": "hot-lead"}]
    comments = [{"id": 71, "content": "Send the price list", "posted_at": at}]
    return [
        {**call, "event": "call.tagged", "timestamp": at, "data": {**call["data"], "tags": tags}},
        {
            **call,
            "event": "call.commented",
            "timestamp": at + 1,
            "data": {**call["data"], "tags": tags, "comments": comments},
        },
    ]


@pytest.mark.rule("SH-5", "AC-25", "AC-26")
def test_late_facts_come_into_the_same_task_in_one_update(late_day: LateDay):
    task = task_of(late_day.office, late_day.untouched)

    assert "hot-lead" in task["CallDisposition"]
    assert "Send the price list" in task["Description"]
    assert "Tags: hot-lead" in task["Description"]
    assert late_day.changes_of(late_day.untouched) == 1


@pytest.mark.rule("SH-5")
def test_what_a_person_wrote_stays_and_the_rest_is_brought_up_to_date(late_day: LateDay):
    task = task_of(late_day.office, late_day.edited)

    assert task["Description"] == EDITED
    assert "hot-lead" in task["CallDisposition"]
    assert late_day.changes_of(late_day.edited) == 1
    told = [step["text"] for step in late_day.edited["explanation"] if step["rule"] == "SH-5"]
    assert any(text.startswith("Description of Task") and "left alone" in text for text in told)
