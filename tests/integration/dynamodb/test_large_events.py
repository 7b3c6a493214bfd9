"""A chat too large for an item is kept whole: its body in the bucket, its gist in the table."""

import random
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from builders.ledger import T0, TENANT, a_head, an_event, next_head, written
from builders.stores import in_tables
from fakes.queues import FakePayloadStore
from switchhook.adapters.aws import PayloadBucket
from switchhook.adapters.dynamodb.keys import read_event
from switchhook.domain.errors import Conflict, Permanent
from switchhook.domain.facts.chat import (
    AuthorKind,
    ChatFacts,
    ChatFile,
    ChatLine,
    ChatTrigger,
    Visitor,
)
from switchhook.domain.facts.event import Event, Kind, bounded, gist
from switchhook.ports.ledger import LedgerWrite

pytestmark = [pytest.mark.emulator, pytest.mark.rule("CX-48", "SH-2")]

LETTERS = "abcdefghijklmnopqrstuvwxyzäöü ABCDEFGHIJ0123456789.,-"


def a_large_chat(event_id: str = "evt-large") -> Event:
    """2,000 messages, 900,000 characters that hardly compress."""
    rng = random.Random(event_id)  # noqa: S311 - text, not a secret
    lines = tuple(
        ChatLine(
            at=T0 + timedelta(seconds=number),
            author_kind=AuthorKind.VISITOR,
            author="Ada Byron",
            text="".join(rng.choices(LETTERS, k=430)),
            id=f"m-{number}",
        )
        for number in range(2_000)
    )
    return Event(
        event_id=event_id,
        kind=Kind.CHAT,
        type="chat.ended",
        ended=True,
        occurred_at=T0,
        received_at=T0,
        trigger=ChatTrigger.CHAT_ENDED,
        chat=ChatFacts(
            visitor=Visitor(id="v-1", email="ada@example.com"),
            transcript=lines,
            files=(ChatFile(url="https://files.example.com/1.png"),),
        ),
    )


@pytest.fixture
def payloads():
    return FakePayloadStore()


@pytest.fixture
def at():
    """The time, which a test may move on."""
    return [T0]


@pytest.fixture
def large_stores(client, tables, payloads, at):
    return in_tables(client, tables, payloads=payloads, now=lambda: at[0])


def test_a_chat_of_2000_messages_survives_whole(large_stores, payloads):
    event = a_large_chat()
    assert bounded(event) == event

    written(large_stores, a_head(kind=Kind.CHAT), event=bounded(event))
    began = time.perf_counter()
    entry = large_stores.ledger.read(TENANT, a_head().id)

    assert entry.events == (event,)
    assert time.perf_counter() - began < 3
    (key,) = payloads.stored
    assert key.startswith(f"{TENANT}/{a_head().id}/events/")


def test_the_item_holds_the_gist_and_where_the_rest_lies(large_stores, payloads, client, tables):
    written(large_stores, a_head(kind=Kind.CHAT), event=a_large_chat())

    items = client.scan(TableName=tables.activity)["Items"]
    (item,) = [one for one in items if one["sk"]["S"].startswith("EVT#")]

    assert read_event(item) == gist(a_large_chat())
    assert item["payload_key"] == {"S": next(iter(payloads.stored))}


def test_a_small_event_never_touches_the_bucket(large_stores, payloads):
    written(large_stores, a_head(), event=an_event())

    assert large_stores.ledger.read(TENANT, a_head().id).events == (an_event(),)
    assert payloads.stored == {}


def test_when_the_bucket_keeps_the_body_no_longer_the_gist_is_given(large_stores, payloads, at):
    written(large_stores, a_head(kind=Kind.CHAT), event=a_large_chat())
    payloads.stored.clear()
    at[0] = T0 + timedelta(days=30)

    entry = large_stores.ledger.read(TENANT, a_head().id)

    assert entry.events == (gist(a_large_chat()),)
    assert entry.events[0].chat.visitor.email == "ada@example.com"


def test_a_commit_that_loses_leaves_only_a_body_that_nobody_knows(large_stores, payloads):
    head = written(large_stores, a_head(kind=Kind.CHAT))
    written(large_stores, next_head(head))

    with pytest.raises(Conflict):
        written(large_stores, next_head(head), event=a_large_chat())
    assert len(payloads.stored) == 1
    assert large_stores.ledger.read(TENANT, head.id).events == ()

    written(large_stores, next_head(next_head(head)), event=a_large_chat())
    assert len(payloads.stored) == 1


def test_a_gist_beyond_the_bound_is_refused_and_nothing_is_stored(large_stores, payloads):
    noise = "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(300_000))
    chat = replace(a_large_chat().chat, visitor=Visitor(name=noise))

    with pytest.raises(Permanent, match="compressed bytes"):
        written(large_stores, a_head(), event=replace(a_large_chat(), chat=chat))

    assert payloads.stored == {}


def test_the_bucket_itself_gives_back_what_was_laid_aside(aws, client, tables):
    bucket = aws.client("s3")
    bucket.create_bucket(Bucket="payloads")
    stores = in_tables(client, tables, payloads=PayloadBucket(lambda: bucket, "payloads"))

    stores.ledger.commit(LedgerWrite(head=a_head(kind=Kind.CHAT), event=a_large_chat()))

    assert stores.ledger.read(TENANT, a_head().id).events == (a_large_chat(),)
