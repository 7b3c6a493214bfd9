"""The ledger keeps each activity whole, and refuses what somebody else has overtaken."""

import pytest
from botocore.exceptions import ClientError

from builders.ledger import (
    T0,
    TENANT,
    a_claim,
    a_connection,
    a_decision,
    a_head,
    a_match,
    after,
    an_event,
    next_head,
    written,
)
from switchhook.domain.activity import Entry, RecordRef, State
from switchhook.domain.connection import ApiUsage, Connection, ConnectionStatus
from switchhook.domain.errors import Conflict, EventHeld
from switchhook.domain.writing.claims import (
    ClaimTaken,
    CompleteClaim,
    DropClaim,
    FollowClaim,
    Known,
    ReleaseClaim,
    TakeClaim,
)
from switchhook.ports.ledger import LedgerWrite, ParkWith
from switchhook.usecases.record.claims import changes_of, with_room

pytestmark = [pytest.mark.emulator]

LEAD = RecordRef(type="Lead", id="00Q000000000001AAA")
OTHER_LEAD = RecordRef(type="Lead", id="00Q000000000002AAA")
CONTACT = RecordRef(type="Contact", id="003000000000001AAA")
PARTY = "+14155550100"


def test_an_unknown_activity_is_none(stores):
    assert stores.ledger.read(TENANT, "nobody") is None


@pytest.mark.rule("SH-1")
def test_what_is_committed_is_read_whole_in_order_of_reception(stores):
    late = an_event("evt-late", received_at=after(9), tags=("pricing",), talk_s=200.5)
    early = an_event("evt-early", received_at=T0, external_name="Zoë \ud83d")
    first = written(stores, a_head(), event=late)
    second = written(
        stores,
        next_head(first, state=State.WAITING, due_at=after(5), party_e164=PARTY),
        event=early,
        decision=a_decision(),
    )

    assert stores.ledger.read(TENANT, first.id) == Entry(head=second, events=(early, late))


@pytest.mark.rule("SH-1")
def test_a_head_is_read_alone_and_an_event_is_known_by_its_key(stores):
    first = written(stores, a_head(), event=an_event("evt-1"))

    assert stores.ledger.head(TENANT, first.id) == first
    assert stores.ledger.head(TENANT, "nobody") is None
    assert stores.ledger.head("other", first.id) is None
    held = [stores.ledger.holds(TENANT, first.id, name) for name in ("evt-1", "evt-2")]
    assert held == [True, False]


@pytest.mark.rule("SH-1")
def test_an_event_that_was_to_be_new_and_is_held_changes_nothing(stores):
    event = an_event("evt-1")
    first = written(stores, a_head(), event=event)
    again = LedgerWrite(head=next_head(first, text="again"), event=event, is_new_event=True)

    with pytest.raises(EventHeld):
        stores.ledger.commit(again)

    assert stores.ledger.read(TENANT, first.id) == Entry(head=first, events=(event,))
    other = LedgerWrite(head=next_head(first), event=an_event("evt-2"), is_new_event=True)
    stores.ledger.commit(other)
    assert stores.ledger.holds(TENANT, first.id, "evt-2")


@pytest.mark.rule("SH-1")
def test_an_overtaken_head_is_a_conflict_even_when_its_event_is_held_too(stores):
    event = an_event("evt-1")
    first = written(stores, a_head(), event=event)
    written(stores, next_head(first))

    with pytest.raises(Conflict) as raised:
        stores.ledger.commit(LedgerWrite(head=next_head(first), event=event, is_new_event=True))

    assert not isinstance(raised.value, EventHeld)


@pytest.mark.rule("SH-1")
def test_an_event_told_twice_is_held_once(stores):
    first = written(stores, a_head(), event=an_event())
    again = an_event(received_at=after(60))
    second = written(stores, next_head(first), event=again)

    assert stores.ledger.read(TENANT, first.id) == Entry(head=second, events=(again,))


def test_one_tenants_activity_is_nobody_elses(stores):
    head = written(stores, a_head())

    assert stores.ledger.read("other", head.id) is None


@pytest.mark.parametrize(
    ("stored", "version"),
    [
        pytest.param(0, 2, id="an_activity_that_is_not_there_has_no_second_version"),
        pytest.param(1, 1, id="an_activity_is_made_once"),
        pytest.param(2, 2, id="a_version_is_written_once"),
        pytest.param(2, 4, id="no_version_is_left_out"),
    ],
)
@pytest.mark.parametrize("with_event", [False, True], ids=["head_alone", "head_and_event"])
@pytest.mark.rule("SH-1")
def test_a_version_that_does_not_follow_the_stored_one_is_a_conflict(
    stores, stored, version, with_event
):
    for number in range(1, stored + 1):
        written(stores, a_head(version=number))
    event = an_event() if with_event else None

    with pytest.raises(Conflict):
        stores.ledger.commit(
            LedgerWrite(head=a_head(version=version, text="overtaken"), event=event)
        )

    entry = stores.ledger.read(TENANT, a_head().id)
    assert entry == (Entry(head=a_head(version=stored)) if stored else None)


@pytest.mark.rule("SH-1")
def test_a_claim_that_is_taken_names_its_winner_and_nothing_is_written(stores):
    won = a_claim("winner")
    written(stores, a_head("call-1"), claims=(TakeClaim(claim=won),))

    with pytest.raises(ClaimTaken) as refused:
        stores.ledger.commit(
            LedgerWrite(
                head=a_head("call-2"),
                event=an_event(),
                claims=(
                    TakeClaim(claim=a_claim("loser")),
                    TakeClaim(claim=a_claim("loser", identifier="ada@example.com")),
                ),
                matches=((PARTY, a_match()),),
            )
        )

    assert refused.value.claims == (won,)
    assert stores.ledger.read(TENANT, a_head("call-2").id) is None
    assert stores.directory.known(TENANT, PARTY) == Known(claims=(won,))
    assert stores.directory.known(TENANT, "ada@example.com") == Known()


@pytest.mark.rule("SH-1")
def test_a_claim_that_has_become_a_person_names_the_record(stores):
    done = a_claim("winner", record=LEAD)
    written(stores, a_head("call-1"), claims=(CompleteClaim(claim=done),))

    with pytest.raises(ClaimTaken) as refused:
        stores.ledger.commit(
            LedgerWrite(head=a_head("call-2"), claims=(TakeClaim(claim=a_claim("loser")),))
        )

    assert refused.value.claims == (done,)


@pytest.mark.rule("AC-13", "SH-1")
@pytest.mark.parametrize("held", [True, False], ids=["held", "spent_on_another"])
def test_a_claim_is_taken_over_only_while_it_names_the_used_up_record(stores, held):
    winner = a_claim("winner", record=None if held else OTHER_LEAD)
    change = TakeClaim(claim=winner) if held else CompleteClaim(claim=winner)
    written(stores, a_head("call-1"), claims=(change,))
    taking = TakeClaim(claim=a_claim("loser"), over=LEAD)

    with pytest.raises(ClaimTaken) as taken:
        stores.ledger.commit(LedgerWrite(head=a_head("call-2"), claims=(taking,)))

    assert taken.value.claims == (winner,)


def test_an_overtaken_head_is_a_conflict_even_when_its_claim_is_taken_too(stores):
    written(stores, a_head("call-1"), claims=(TakeClaim(claim=a_claim("winner")),))

    with pytest.raises(Conflict):
        stores.ledger.commit(
            LedgerWrite(head=a_head("call-1"), claims=(TakeClaim(claim=a_claim("loser")),))
        )


@pytest.mark.parametrize(
    ("stored", "change", "left"),
    [
        pytest.param(
            a_claim("me"), TakeClaim(claim=a_claim("me")), a_claim("me"), id="mine_is_taken_again"
        ),
        pytest.param(
            a_claim("me"),
            CompleteClaim(claim=a_claim("me", record=LEAD)),
            a_claim("me", record=LEAD),
            id="mine_becomes_a_person",
        ),
        pytest.param(
            None,
            CompleteClaim(claim=a_claim("me", record=LEAD)),
            a_claim("me", record=LEAD),
            id="a_lost_claim_still_becomes_a_person",
        ),
        pytest.param(
            a_claim("me"), ReleaseClaim(claim=a_claim("me")), None, id="mine_is_given_back"
        ),
        pytest.param(
            None, ReleaseClaim(claim=a_claim("me")), None, id="nothing_is_given_back_twice"
        ),
        pytest.param(
            a_claim("you"),
            ReleaseClaim(claim=a_claim("me")),
            a_claim("you"),
            id="yours_is_not_given_back",
        ),
        pytest.param(
            a_claim("me", record=LEAD),
            ReleaseClaim(claim=a_claim("me")),
            a_claim("me", record=LEAD),
            id="a_person_is_not_given_back",
        ),
        pytest.param(
            a_claim("you", record=LEAD),
            DropClaim(claim=a_claim("you", record=LEAD)),
            None,
            id="a_dead_record_is_dropped",
        ),
        pytest.param(
            a_claim("you", record=OTHER_LEAD),
            DropClaim(claim=a_claim("you", record=LEAD)),
            a_claim("you", record=OTHER_LEAD),
            id="a_record_that_took_its_place_is_not_dropped",
        ),
        pytest.param(
            a_claim("you"),
            DropClaim(claim=a_claim("you", record=LEAD)),
            a_claim("you"),
            id="a_held_claim_is_not_dropped",
        ),
        pytest.param(
            a_claim("you", record=LEAD),
            TakeClaim(claim=a_claim("me"), over=LEAD),
            a_claim("me"),
            id="a_used_up_claim_is_taken_again",
        ),
        pytest.param(
            None,
            TakeClaim(claim=a_claim("me"), over=LEAD),
            a_claim("me"),
            id="a_used_up_claim_may_be_gone_already",
        ),
        pytest.param(
            a_claim("you", record=LEAD),
            FollowClaim(claim=a_claim("you", record=LEAD), successor=CONTACT),
            a_claim("you", record=CONTACT),
            id="a_claim_follows_its_record",
        ),
        pytest.param(
            a_claim("you", record=OTHER_LEAD),
            FollowClaim(claim=a_claim("you", record=LEAD), successor=CONTACT),
            a_claim("you", record=OTHER_LEAD),
            id="a_record_that_took_its_place_is_not_followed_away",
        ),
        pytest.param(
            a_claim("you"),
            FollowClaim(claim=a_claim("you", record=LEAD), successor=CONTACT),
            a_claim("you"),
            id="a_held_claim_follows_nobody",
        ),
        pytest.param(
            None,
            FollowClaim(claim=a_claim("you", record=LEAD), successor=CONTACT),
            None,
            id="a_claim_that_is_gone_follows_nobody",
        ),
    ],
)
@pytest.mark.parametrize("with_event", [False, True], ids=["alone", "with_an_event"])
@pytest.mark.rule("SH-1")
def test_a_claim_changes_only_by_its_holder(stores, stored, change, left, with_event):
    if stored is not None:
        first = CompleteClaim(claim=stored) if stored.record else TakeClaim(claim=stored)
        written(stores, a_head("call-0"), claims=(first,))

    event = an_event() if with_event else None
    head = written(stores, a_head("call-1"), claims=(change,), event=event)

    known = stores.directory.known(TENANT, PARTY)
    assert known == Known(claims=(left,) if left else ())
    assert stores.ledger.read(TENANT, head.id).head == head


@pytest.mark.rule("SH-1")
def test_a_claim_to_complete_that_is_somebody_elses_is_a_conflict(stores):
    written(stores, a_head("call-1"), claims=(TakeClaim(claim=a_claim("you")),))

    with pytest.raises(Conflict):
        stores.ledger.commit(
            LedgerWrite(
                head=a_head("call-2"),
                claims=(CompleteClaim(claim=a_claim("me", record=LEAD)),),
            )
        )


def test_two_changes_of_one_claim_in_one_commit_are_a_bug(stores):
    with pytest.raises(ValueError, match="at most once"):
        stores.ledger.commit(
            LedgerWrite(
                head=a_head(),
                claims=(DropClaim(claim=a_claim(record=LEAD)), TakeClaim(claim=a_claim())),
            )
        )


def test_a_match_is_known_until_it_is_forgotten(stores):
    match = a_match()
    written(stores, a_head(), matches=((PARTY, match),))

    assert stores.directory.known(TENANT, PARTY) == Known(match=match)
    assert stores.directory.known("other", PARTY) == Known()

    stores.pins.forget_match(TENANT, PARTY)
    stores.pins.forget_match(TENANT, PARTY)

    assert stores.directory.known(TENANT, PARTY) == Known()


def test_a_commit_takes_100_changes_and_not_one_more(stores):
    matches = tuple((f"+1415555{number:04}", a_match()) for number in range(99))
    whole = written(stores, a_head(), matches=matches)
    one_more = LedgerWrite(head=next_head(whole), event=an_event(), matches=matches)

    with pytest.raises((ValueError, ClientError)):
        stores.ledger.commit(one_more)

    assert (changes_of(one_more), changes_of(with_room(one_more))) == (101, 100)
    assert stores.ledger.read(TENANT, whole.id) == Entry(head=whole)
    stores.ledger.commit(with_room(one_more))


def test_all_that_is_known_of_a_party_comes_together(stores):
    lead = a_claim("me", record=LEAD)
    account = a_claim("me", object_type="Account")
    written(
        stores,
        a_head(),
        claims=(CompleteClaim(claim=lead), TakeClaim(claim=account)),
        matches=((PARTY, a_match()),),
    )

    expected = Known(claims=(account, lead), match=a_match())
    assert stores.directory.known(TENANT, PARTY) == expected


CONNECTED = ConnectionStatus.CONNECTED
BROKEN = ConnectionStatus.BROKEN


def connect(stores, connection):
    nothing = Connection(tenant=TENANT, status=ConnectionStatus.NOT_CONNECTED)
    assert stores.connections.replace(nothing, connection)


def park(seen):
    parked = a_head(state=State.PARKED, reason="connection")
    with_marker = ParkWith(seen=seen, reason="connection", probe_at=after(60))
    return LedgerWrite(head=parked, event=an_event(), park=with_marker)


@pytest.mark.parametrize(
    "connection",
    [
        pytest.param(None, id="never_connected"),
        pytest.param(a_connection(status=BROKEN), id="broken"),
        pytest.param(a_connection(status=CONNECTED, parked="budget"), id="budget_spent"),
    ],
)
@pytest.mark.rule("SH-4")
def test_an_activity_parks_while_the_connection_is_as_seen(stores, connection):
    if connection:
        connect(stores, connection)

    stores.ledger.commit(park(connection))

    assert stores.due_dates.parked(TENANT, limit=10) == (a_head().id,)


@pytest.mark.parametrize(
    ("seen", "stored"),
    [
        pytest.param(None, a_connection(status=CONNECTED), id="connected_meanwhile"),
        pytest.param(a_connection(status=BROKEN), None, id="gone_meanwhile"),
        pytest.param(
            a_connection(status=BROKEN),
            a_connection(status=CONNECTED, generation=2),
            id="repaired_meanwhile",
        ),
        pytest.param(
            a_connection(status=BROKEN),
            a_connection(status=BROKEN, generation=2),
            id="repaired_and_broken_again_meanwhile",
        ),
        pytest.param(
            a_connection(status=CONNECTED, parked="budget"),
            a_connection(status=CONNECTED),
            id="budget_recovered_meanwhile",
        ),
        pytest.param(
            a_connection(status=CONNECTED),
            a_connection(status=CONNECTED, parked="budget"),
            id="budget_spent_meanwhile",
        ),
    ],
)
@pytest.mark.rule("SH-4")
def test_no_activity_parks_behind_a_repair(stores, seen, stored):
    if stored:
        connect(stores, stored)

    with pytest.raises(Conflict):
        stores.ledger.commit(park(seen))

    assert stores.ledger.read(TENANT, a_head().id) is None


@pytest.mark.rule("SH-4")
def test_a_park_is_stopped_by_nothing_but_status_generation_and_budget(stores):
    seen = a_connection(status=CONNECTED, parked="budget")
    connect(stores, seen)
    stores.connections.note_usage(TENANT, ApiUsage(used=10, limit=10), parked="budget")

    stores.ledger.commit(park(seen))

    assert stores.ledger.read(TENANT, a_head().id).head.state is State.PARKED
