"""Of several who write at once one wins, and a request repeated after a lost answer is one request."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from builders.ledger import (
    T0,
    TENANT,
    a_claim,
    a_head,
    an_event,
    next_head,
    written,
)
from builders.stores import in_tables
from switchhook.domain.activity import State
from switchhook.domain.errors import Conflict, Permanent, Retryable
from switchhook.domain.writing.claims import ClaimTaken, TakeClaim
from switchhook.ports.ledger import LedgerWrite, ParkWith

pytestmark = [pytest.mark.emulator]


def at_once(jobs):
    """Runs all jobs from one starting shot; gives their results or what they raised."""
    start = Barrier(len(jobs))

    def run(job):
        start.wait(10)
        try:
            return job()
        except (Conflict, ClaimTaken, Retryable) as answer:
            return answer

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def until_heard(job):
    """Runs a job again for as long as the tables are busy, as a due date would."""
    for _ in range(50):
        try:
            return job()
        except Retryable:
            continue
    raise AssertionError("the tables stayed busy")


@pytest.mark.parametrize("with_event", [False, True], ids=["head_alone", "head_and_event"])
@pytest.mark.rule("SH-1")
def test_of_two_writers_of_one_version_one_wins(table_stores, with_event):
    for number in range(10):
        head = written(table_stores, a_head(f"call-{number}"))
        # Equal to the letter: nothing but the order of arrival tells them apart.
        write = LedgerWrite(head=next_head(head), event=an_event() if with_event else None)

        commit = partial(until_heard, partial(table_stores.ledger.commit, write))
        answers = at_once([commit, commit])

        assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "NoneType"]


@pytest.mark.rule("SH-1")
def test_of_twenty_who_want_to_make_a_person_one_may(table_stores):
    def take(number):
        head = a_head(f"call-{number}")
        claims = tuple(
            TakeClaim(claim=a_claim(head.id, identifier=name))
            for name in ("+14155550100", "ada@example.com")
        )
        until_heard(
            lambda: table_stores.ledger.commit(
                LedgerWrite(head=head, event=an_event(), claims=claims)
            )
        )
        return head.id

    answers = at_once([lambda n=number: take(n) for number in range(20)])

    winners = [answer for answer in answers if isinstance(answer, str)]
    losers = [answer for answer in answers if isinstance(answer, ClaimTaken)]
    assert (len(winners), len(losers)) == (1, 19)
    assert {claim.holder for loser in losers for claim in loser.claims} == set(winners)
    for name in ("+14155550100", "ada@example.com"):
        assert table_stores.directory.known(TENANT, name).claims[0].holder == winners[0]


class Repeating:
    """A client whose every write is sent twice, as after a lost answer."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        real = getattr(self._client, name)
        if name not in {"put_item", "transact_write_items"}:
            return real

        def twice(**request):
            with suppress(ClientError):
                real(**request)
            return real(**request)

        return twice


@pytest.mark.parametrize("with_event", [False, True], ids=["head_alone", "head_and_event"])
@pytest.mark.rule("SH-1")
def test_a_request_repeated_after_a_lost_answer_is_no_conflict(client, tables, with_event):
    stores = in_tables(Repeating(client), tables)
    head = a_head()
    event = an_event() if with_event else None

    for version in range(1, 4):
        head = written(stores, a_head(version=version), event=event)

    assert stores.ledger.read(TENANT, head.id).head == head
    with pytest.raises(Conflict):
        written(stores, head, event=event)


class Answering:
    """A client that answers every write with the same error."""

    def __init__(self, error):
        self._error = error

    def put_item(self, **_request):
        raise self._error

    transact_write_items = put_item


def refusal(code, *reasons):
    answer = {"Error": {"Code": code, "Message": "told by the table"}}
    if reasons:
        answer["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(answer, "TransactWriteItems")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(refusal("ThrottlingException"), Retryable, id="throttled"),
        pytest.param(refusal("TransactionInProgressException"), Retryable, id="in_progress"),
        pytest.param(refusal("InternalServerError"), Retryable, id="broken"),
        pytest.param(
            ReadTimeoutError(endpoint_url="https://dynamodb.example.com"), Retryable, id="silent"
        ),
        pytest.param(
            refusal("TransactionCanceledException", "TransactionConflict", "None", "None"),
            Retryable,
            id="another_transaction",
        ),
        pytest.param(
            refusal("TransactionCanceledException", "None", "ThrottlingError", "None"),
            Retryable,
            id="throttled_inside",
        ),
        pytest.param(
            refusal(
                "TransactionCanceledException",
                "ConditionalCheckFailed",
                "TransactionConflict",
                "None",
            ),
            Conflict,
            id="overtaken_and_busy",
        ),
        pytest.param(
            refusal("TransactionCanceledException", "None", "ValidationError", "None"),
            ClientError,
            id="malformed_inside",
        ),
        pytest.param(refusal("ValidationException"), ClientError, id="malformed"),
    ],
)
def test_each_refusal_says_who_can_act(tables, error, expected):
    stores = in_tables(Answering(error), tables)
    write = LedgerWrite(
        head=a_head(), event=an_event(), claims=(TakeClaim(claim=a_claim(a_head().id)),)
    )

    with pytest.raises(expected) as raised:
        stores.ledger.commit(write)

    if expected is Retryable:
        assert 0.2 <= raised.value.after_s <= 1.0


def test_fifty_activities_park_at_once(table_stores):
    def park(number):
        parked = a_head(f"call-{number}", state=State.PARKED, reason="connection")
        marker = ParkWith(seen=None, reason="connection", probe_at=T0)
        write = LedgerWrite(head=parked, event=an_event(), park=marker)
        until_heard(lambda: table_stores.ledger.commit(write))

    assert at_once([lambda n=number: park(n) for number in range(50)]) == [None] * 50
    assert len(table_stores.due_dates.parked(TENANT, limit=100)) == 50


def test_an_event_beyond_the_bound_is_refused_in_words(table_stores):
    noise = "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(300_000))

    with pytest.raises(Permanent, match="compressed bytes") as refused:
        written(table_stores, a_head(), event=an_event(external_name=noise))

    assert refused.value.code == "too_large"
    assert table_stores.ledger.read(TENANT, a_head().id) is None
