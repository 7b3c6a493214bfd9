"""Events of providers that number none: known by a name of ours and by what they say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from builders.provider_office import deliver, lines
from fakes.office import Office
from switchhook.adapters.providers.catalog import edge_of, payload_parser
from switchhook.domain.activity import State
from switchhook.domain.chats.merging import merge_chat
from switchhook.domain.facts.event import Kind
from switchhook.ports.ingress import Hook, WebhookRequest
from switchhook.usecases.receive_webhook import message_of

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
WINDOW_S = 35

SAMPLES = [
    pytest.param("aircall", "commented_after_transfer", id="aircall_counts_in_seconds"),
    pytest.param("dialpad", "hangup_answered", id="dialpad"),
    pytest.param("wildix", "completed_inbound", id="wildix"),
    pytest.param("zoom_phone", "callee_history_answered", id="zoom_phone"),
    pytest.param("comm100", "chat_ended", id="comm100"),
    pytest.param("livechat", "message_visitor", id="livechat"),
    pytest.param("chatwoot", "message_incoming", id="chatwoot_without_a_delivery"),
]


def sample(provider: str, name: str) -> dict[str, Any]:
    return json.loads((HERE / provider / f"{name}.json").read_text())


def event_id(provider: str, raw: bytes) -> str:
    edge = edge_of(provider)
    hook = Hook(id="h", tenant="t", provider=provider, kind=Kind.CALL, source="h")
    located = edge.locate(WebhookRequest(headers={}, body=raw))
    assert located.event_id is None
    assert located.named is not None
    return message_of(hook, located, located.body or edge.redact(raw), {}, NOW).event_id


@pytest.mark.rule("SH-1", "SH-5")
@pytest.mark.parametrize(("provider", "name"), SAMPLES)
def test_two_events_of_one_name_that_say_different_things_are_two(provider: str, name: str):
    body = sample(provider, name)
    other = {**body, "said_besides": "the very same second"}

    first, second = (event_id(provider, json.dumps(one).encode()) for one in (body, other))

    assert first != second
    assert first.rpartition(":")[0] == second.rpartition(":")[0]


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize(("provider", "name"), SAMPLES)
def test_the_very_same_body_is_the_same_event_however_it_is_written(provider: str, name: str):
    body = sample(provider, name)
    written = (
        json.dumps(body),
        json.dumps(body, indent=2),
        json.dumps(dict(reversed(body.items())), separators=(",", ":"), ensure_ascii=False),
    )

    assert len({event_id(provider, raw.encode()) for raw in written}) == 1


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize(
    ("provider", "name", "credential"),
    [
        ("aircall", "commented_after_transfer", "token"),
        ("livechat", "message_visitor", "secret_key"),
    ],
)
def test_a_renewed_credential_makes_no_other_event(provider: str, name: str, credential: str):
    body = sample(provider, name)

    first, second = (
        event_id(provider, json.dumps({**body, credential: text}).encode())
        for text in ("before", "after the rotation")
    )

    assert first == second


@pytest.fixture
def office() -> Office:
    office = Office()
    office.org.load("Contact", LastName="Byron", Phone="+14155550100")
    return office


def commented(text: str) -> dict[str, Any]:
    """One comment of its own in a body that is told at the same second as any other."""
    body = sample("aircall", "commented_after_transfer")
    comment = {**body["data"]["comments"][0], "content": text}
    return {**body, "data": {**body["data"], "comments": [comment]}}


@pytest.mark.rule("AC-25", "SH-5")
def test_two_aircall_comments_of_one_second_are_both_in_the_task(office: Office):
    deliver(office, "aircall", sample("aircall", "ended_answered"))

    deliver(office, "aircall", commented("Wants a price."))
    deliver(office, "aircall", commented("Call back on Monday."))
    office.pass_time(WINDOW_S)

    told = "\n".join(lines(office))
    assert "Wants a price." in told
    assert "Call back on Monday." in told


@pytest.mark.rule("SH-1", "SH-5")
@pytest.mark.parametrize(
    ("provider", "names", "former_ids"),
    [
        pytest.param(
            "aircall",
            ("ended_answered", "commented_after_transfer"),
            ("call.ended:7001:1795187040", "call.commented:7001:1795187200"),
            id="aircall",
        ),
        pytest.param(
            "dialpad",
            ("hangup_answered",),
            ("hangup:5100000000000001:1795187010100",),
            id="dialpad",
        ),
        pytest.param(
            "wildix",
            ("completed_inbound",),
            ("call:completed:pbx_c1_1795186800.7:1795187015000:0",),
            id="wildix",
        ),
    ],
)
def test_an_event_taken_in_under_its_former_id_does_no_harm_when_it_is_repeated(
    office: Office, provider: str, names: tuple[str, ...], former_ids: tuple[str, ...]
):
    """An id was once the name alone; the repetition is another event that says nothing new."""
    bodies = [sample(provider, name) for name in names]
    for body, former in zip(bodies, former_ids, strict=True):
        deliver(office, provider, body, event_id=former)
    office.pass_time(WINDOW_S)
    (before,) = [dict(task) for task in office.tasks]
    office.org.changes.clear()
    office.org.sent_rules.clear()

    for body in bodies:
        head = deliver(office, provider, body)
    office.pass_time(WINDOW_S)

    assert head.state is State.LOGGED
    assert office.tasks == [before]
    assert (office.org.sent_rules, office.org.changes) == ([], [])


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize(
    ("provider", "names"),
    [
        ("comm100", ("chat_started", "chat_ended", "chat_wrapped_up")),
        ("livechat", ("incoming_chat", "message_visitor", "note", "thread_tagged", "agent_joined")),
        ("chatwoot", ("message_incoming", "message_outgoing", "message_note")),
    ],
)
def test_what_a_chat_said_under_former_ids_is_not_said_twice(provider: str, names: tuple[str, ...]):
    read = payload_parser(provider)
    told = {name: json.dumps(sample(provider, name)).encode() for name in names}
    former = [read(raw, event_id=name, received_at=NOW) for name, raw in told.items()]
    again = [read(raw, event_id=event_id(provider, raw), received_at=NOW) for raw in told.values()]

    assert merge_chat([*former, *again]) == merge_chat(former)
