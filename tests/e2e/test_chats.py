"""Chats as their products tell them, on the deployed stack: piece by piece, twice, late, at once, by hand."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from builders.chat_team import Team, a_team, said_in
from builders.deployed_tenant import in_state, task_of, wait_for
from builders.sent_chats import (
    chatwoot_said,
    chatwoot_step,
    comm100_ended,
    comm100_wrapped_up,
    generic,
    intercom,
    intercom_ping,
    livechat_began,
    livechat_over,
    livechat_said,
    send,
    told,
)
from local.state import State

pytestmark = pytest.mark.stack

AT_ONCE = 8


@pytest.fixture(scope="module")
def sales(stack: State) -> Team:
    return a_team(stack, "Chat sales", "livechat", "comm100", "intercom", "generic")


@pytest.fixture(scope="module")
def support(stack: State) -> Team:
    actions = dict.fromkeys(("chat_ended", "conversation_ended"), "contact_case")
    return a_team(stack, "Chat support", "chatwoot", "generic", chats={"actions": actions})


@pytest.fixture(scope="module")
def by_hand(stack: State) -> Team:
    return a_team(stack, "Chats by hand", "generic", chats={"mode": "manual"})


@pytest.mark.rule("CX-23", "CX-24", "CX-26", "CX-48", "CX-59")
def test_a_livechat_told_line_by_line_is_a_new_leads_task_with_all_of_it_in_order(sales: Team):
    chat, secret = told(sales.ann[1]), sales.hooks["livechat"].secret

    sent = [
        sales.accepted("livechat", body)
        for body in (
            livechat_said(chat, secret, 4, "Nine hundred", by_agent=True),
            livechat_began(chat, secret),
            livechat_said(chat, secret, 5, "Thanks"),
            livechat_said(chat, secret, 3, "What does a loom cost?"),
        )
    ]
    in_state(sales.office, sent[0], "waiting")
    sent.append(sales.accepted("livechat", livechat_over(chat, secret)))
    activity = sales.office.settled(sent[0])
    task = wait_for(
        lambda: task_of(sales.office, activity),
        lambda seen: len(said_in(seen["Description"])) == 4,
        "the whole transcript",
    )

    lead = sales.logged_on("Lead", chat, activity)
    assert set(sent) == {activity["id"]}
    assert sales.tasks_on(lead) == [task["Id"]]
    assert (task["WhoId"], task["OwnerId"], task["IsClosed"]) == (lead, sales.ann[0], True)
    assert said_in(task["Description"]) == [
        "Welcome to the looms",
        "What does a loom cost?",
        "Nine hundred",
        "Thanks",
    ]


@pytest.mark.rule("CX-27", "CX-51", "SH-5")
def test_a_comm100_wrap_up_after_the_end_comes_into_the_same_task(sales: Team):
    agent = f"Ann {uuid.uuid4().hex[:8]}"
    chat = told(sales.ann[1], agent=agent)
    sales.office.call("PUT", "/people", {"agents": [{"name": agent, "email": sales.ann[1]}]})

    activity = sales.office.settled(sales.accepted("comm100", comm100_ended(chat)))
    before = task_of(sales.office, activity)
    again = sales.accepted("comm100", comm100_wrapped_up(chat))
    after = wait_for(
        lambda: task_of(sales.office, activity),
        lambda seen: "Wrap-up:" in seen["Description"],
        "the wrap-up",
    )

    assert again == activity["id"]
    assert "Wrap-up" not in before["Description"]
    assert "Wrap-up: Sales; Wants two looms" in after["Description"]
    assert said_in(after["Description"]) == ["What does a loom cost?", "Nine hundred"]
    assert after["OwnerId"] == sales.ann[0]
    assert sales.tasks_on(sales.logged_on("Lead", chat, activity)) == [after["Id"]]


@pytest.mark.rule("SH-2")
def test_a_comm100_url_without_the_right_key_is_refused(sales: Team):
    hook, body = sales.hooks["comm100"], comm100_ended(told(sales.ann[1]))
    bare = hook.url.partition("?")[0]
    urls = (bare, f"{bare}?key={'another-key-' * 3}")

    answers = [send(hook, body, url=url) for url in urls]

    assert hook.url == f"{bare}?key={hook.secret}"
    refused = [(answer.status_code, answer.json()["error"]["code"]) for answer in answers]
    assert refused == [(401, "not_proven")] * 2


@pytest.mark.rule("CX-28", "CX-29", "CX-31", "CX-50", "CX-59")
def test_a_chatwoot_conversation_is_a_new_contacts_case_with_private_notes_apart(support: Team):
    chat = told(support.ann[1])

    sent = [
        support.accepted("chatwoot", body)
        for body in (
            chatwoot_step(chat, "conversation_created", "open", 0),
            chatwoot_said(chat, 1, "My loom is broken"),
            chatwoot_said(chat, 2, "She pays late", by_agent=True, private=True),
            chatwoot_said(chat, 3, "We come tomorrow", by_agent=True),
        )
    ]
    in_state(support.office, sent[0], "waiting")
    over = chatwoot_step(chat, "conversation_status_changed", "resolved", 60)
    sent.append(support.accepted("chatwoot", over))
    activity = support.office.settled(sent[0])
    contact = support.logged_on("Contact", chat, activity)
    (case,) = wait_for(
        lambda: support.cases_on(contact),
        lambda seen: (
            len(said_in(seen[0]["Description"])) == 2 and "Note:" in seen[0]["Description"]
        ),
        "the whole transcript and the note",
    )

    head, _, transcript = case["Description"].partition("\nTranscript:\n")
    assert set(sent) == {activity["id"]}
    assert case["Id"] == activity["slots"][0]["salesforce_id"]
    assert (case["OwnerId"], case["SuppliedEmail"]) == (support.ann[0], chat.email)
    assert said_in(case["Description"]) == ["My loom is broken", "We come tomorrow"]
    assert re.search(r"^Note: .*She pays late$", head, re.MULTILINE)
    assert "She pays late" not in transcript


@pytest.mark.rule("CX-17", "CX-48", "CX-52", "CX-53")
def test_an_intercom_conversation_is_logged_once_it_is_closed(sales: Team):
    chat = told(sales.ann[1])
    replied = "<p>Yes, the last one</p>"

    sent = [
        sales.accepted("intercom", intercom(chat, "conversation.user.created")),
        sales.accepted(
            "intercom",
            intercom(chat, "conversation.admin.replied", part="comment", text=replied, at_s=20),
        ),
    ]
    held = in_state(sales.office, sent[0], "waiting")
    before = sales.found("Lead", chat)
    closed = intercom(chat, "conversation.admin.closed", part="close", at_s=60)
    sent.append(sales.accepted("intercom", closed))
    activity = sales.office.settled(sent[0])
    task = wait_for(
        lambda: task_of(sales.office, activity),
        lambda seen: len(said_in(seen["Description"])) == 2,
        "the whole transcript",
    )

    assert (before, held["due_at"] is not None, set(sent)) == ([], True, {activity["id"]})
    assert sales.tasks_on(sales.logged_on("Lead", chat, activity)) == [task["Id"]]
    assert task["OwnerId"] == sales.ann[0]
    assert said_in(task["Description"]) == ["Is the big loom there?", "Yes, the last one"]


def test_intercoms_ping_is_answered_though_nothing_is_made_of_it(sales: Team):
    answer = send(sales.hooks["intercom"], intercom_ping())

    assert (answer.status_code, answer.json()) == (200, {"ignored": "ping"})


@pytest.mark.rule("CX-27", "CX-32", "SH-1")
def test_a_chat_told_again_and_again_is_one_case_and_the_visitors_next_chat_another(support: Team):
    chat = told(support.ann[1])
    parts = (generic(chat, "chat.started"), generic(chat, "chat.ended", "Hello", "Goodbye"))
    following = {**generic(chat, "chat.ended", "Again"), "chat_id": uuid.uuid4().hex}

    sent = [support.accepted("generic", part) for part in (*parts, *parts)]
    activity = support.office.settled(sent[0])
    contact = support.logged_on("Contact", chat, activity)
    sent += [support.accepted("generic", part) for part in parts]
    other = support.office.settled(support.accepted("generic", following))

    said = {case["Id"]: said_in(case["Description"]) for case in support.cases_on(contact)}
    assert set(sent) == {activity["id"]}
    assert said == {
        activity["slots"][0]["salesforce_id"]: ["Hello", "Goodbye"],
        other["slots"][0]["salesforce_id"]: ["Again"],
    }


@pytest.mark.rule("CX-34", "CX-35")
def test_in_manual_mode_nothing_is_recorded_until_an_agent_chooses(by_hand: Team):
    chat = told("nobody@example.com")
    asked = {
        "action": "contact_case",
        "agent": {"email": by_hand.ann[1], "name": "Ann Agent"},
        "idempotency_key": uuid.uuid4().hex,
    }

    skipped = by_hand.office.settled(by_hand.accepted("generic", generic(chat, "chat.ended", "Hi")))
    before = by_hand.found("Contact", chat)
    path = f"/activities/{skipped['id']}/apply"
    answers = [by_hand.office.call("POST", path, asked) for _ in range(2)]
    activity = in_state(by_hand.office, skipped["id"], "logged")

    (case,) = by_hand.cases_on(by_hand.logged_on("Contact", chat, activity))
    assert (skipped["state"], skipped["rule"], before) == ("skipped", "CX-34", [])
    assert {answer["id"] for answer in answers} == {activity["id"]}
    assert (case["OwnerId"], said_in(case["Description"])) == (by_hand.ann[0], ["Hi"])


@pytest.mark.rule("SH-1", "CX-23", "CX-27")
def test_chats_of_one_new_visitor_at_the_same_moment_are_one_lead_and_a_task_each(sales: Team):
    first = told(sales.ann[1])
    bodies = [
        {**generic(first, "chat.ended", "Hello"), "chat_id": f"{first.id}-{nth}"}
        for nth in range(AT_ONCE)
    ]

    with ThreadPoolExecutor(AT_ONCE) as senders:
        sent = list(senders.map(lambda body: sales.accepted("generic", body), bodies))
    activities = [sales.office.settled(one) for one in sent]

    (lead,) = sales.found("Lead", first)
    tasks = {task_of(sales.office, activity)["Id"] for activity in activities}
    assert len(tasks) == AT_ONCE
    assert set(sales.tasks_on(lead)) == tasks
    assert sum(bool(one["slots"][0].get("created_person")) for one in activities) == 1
