"""Files of a chat are attached once, one after the other, and the chat stays logged whatever happens."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.chat_files import PNG, Desk, a_file
from fakes.office import connection
from switchhook.domain.activity import SlotState, State
from switchhook.domain.chats.files import PROGRAM, note_lines
from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import (
    BudgetSpent,
    NotDelivered,
    OutcomeUnknown,
    Permanent,
    Retryable,
    SessionExpired,
)
from switchhook.domain.facts.event import CallFacts
from switchhook.ports.ledger import LedgerWrite
from switchhook.ports.org import FetchedFile, Moved
from switchhook.usecases.record.files import attach_files
from switchhook.usecases.record.world import Attempt

pytestmark = pytest.mark.rule("CX-56")

FIRST, SECOND = a_file(1), a_file(2)
NOT_NOW = Retryable("the server answered 503", code="not_fetched", after_s=60)


def test_every_file_is_stored_on_the_task_under_its_path_and_title():
    desk = Desk(FIRST, SECOND)

    desk.run()

    task_id = desk.slot.salesforce_id
    assert desk.store.kept == [(task_id, file.path, PNG.content) for file in desk.files]
    assert list(desk.store.titles.values()) == ["1.png", "2.png"]
    assert desk.states == ["stored", "stored"]
    assert [file.size_bytes for file in desk.files] == [len(PNG.content)] * 2
    assert (desk.head.state, desk.head.due_at) == (State.LOGGED, None)


@pytest.mark.rule("CX-54")
def test_the_whole_transcript_is_stored_as_a_text_file():
    desk = Desk(whole_transcript="Ada: hello\nAnn: höllo\ud800")

    desk.run()

    ((_, path, content),) = desk.store.kept
    assert path.endswith("-01-transcript.txt")
    assert content == "Ada: hello\nAnn: höllo?".encode()
    assert desk.web.asked == []


def test_running_again_asks_and_writes_nothing():
    desk = Desk(FIRST)
    desk.run()
    commits = len(desk.office.ledger.commits)
    head = replace(desk.head, version=desk.head.version + 1, due_at=desk.office.clock.now())
    desk.office.ledger.commit(LedgerWrite(head=head))

    desk.run()

    assert (len(desk.store.kept), len(desk.web.asked), desk.store.finds) == (1, 1, 0)
    assert len(desk.office.ledger.commits) == commits + 2
    assert desk.head.due_at is None


@pytest.mark.rule("SH-5")
def test_a_file_told_of_later_is_attached_behind_the_others():
    desk = Desk(FIRST)
    desk.run()
    desk.web.answers[SECOND.url] = [PNG]
    desk.told = replace(desk.told, files=(SECOND, FIRST))
    head = replace(desk.head, version=desk.head.version + 1, due_at=desk.office.clock.now())
    desk.office.ledger.commit(LedgerWrite(head=head))

    desk.run()

    assert [(file.number, file.url, file.state) for file in desk.files] == [
        (1, FIRST.url, "stored"),
        (2, SECOND.url, "stored"),
    ]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(Permanent("the server answered 404", code="http_404"), "the server answered 404", id="not_there"),
        pytest.param(FetchedFile(content=b"<html>", content_type="text/html"), PROGRAM, id="a_page_in_its_place"),
        pytest.param(FetchedFile(content=b"MZ..", content_type="image/png"), PROGRAM, id="a_program_inside"),
        pytest.param(FetchedFile(content=b"x" * 11_000_000, content_type="image/png"), "larger than is copied", id="too_large"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_copied_is_refused_and_the_next_one_follows(
    answer: FetchedFile | Permanent, reason: str
):
    desk = Desk(FIRST, SECOND)
    desk.web.answers[FIRST.url] = [answer]

    desk.run()

    assert desk.states == ["refused", "stored"]
    assert note_lines(desk.files) == (f"Attachment: 1.png ({FIRST.url}): {reason}",)
    assert desk.head.state is State.LOGGED


def test_all_files_together_have_a_limit():
    desk = Desk(FIRST, SECOND, each_bytes=100, total_bytes=len(PNG.content))

    desk.run()

    assert desk.states == ["stored", "refused"]
    assert "together with the files before it larger than" in str(desk.files[1].reason)
    assert [asked[1] for asked in desk.web.asked] == [len(PNG.content)]


def test_three_redirects_are_followed_and_a_fourth_is_not():
    desk = Desk(FIRST, SECOND)
    hops = [f"https://cdn.example.com/{hop}" for hop in range(4)]
    desk.web.answers |= {
        FIRST.url: [Moved(url=hops[0])],
        hops[0]: [Moved(url=hops[1])],
        hops[1]: [Moved(url=hops[2])],
        hops[2]: [PNG],
        SECOND.url: [Moved(url=SECOND.url)],
    }

    desk.run()

    assert desk.states == ["stored", "refused"]
    assert [url for url, _, _ in desk.web.asked] == [FIRST.url, *hops[:3], *[SECOND.url] * 4]


def test_a_server_in_trouble_is_asked_ten_times_within_a_day():
    desk = Desk(FIRST)
    desk.web.answers[FIRST.url] = [NOT_NOW]
    began = desk.office.clock.now()

    desk.live_on()

    assert len(desk.web.asked) == 10
    assert timedelta(hours=12) < desk.office.clock.now() - began < timedelta(hours=24)
    assert (desk.states, desk.files[0].reason) == (
        ["refused"],
        "the server answered 503 (10 tries)",
    )
    assert (desk.head.state, desk.head.due_at) == (State.LOGGED, None)


def test_while_one_file_waits_the_others_are_attached():
    desk = Desk(FIRST, SECOND)
    desk.web.answers[FIRST.url] = [NOT_NOW, PNG]

    desk.run()

    assert desk.states == ["pending", "stored"]
    assert desk.due_in_s() == 120
    assert desk.office.wake_ups.woken[-1] == (desk.head.tenant, desk.head.id, 120)
    desk.live_on()
    assert desk.states == ["stored", "stored"]


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize("has_landed", [True, False])
def test_an_upload_without_an_answer_is_looked_for_before_it_is_sent_again(*, has_landed: bool):
    desk = Desk(FIRST)
    trouble = OutcomeUnknown("no answer")
    (desk.store.lost_answers if has_landed else desk.store.next_uploads).append(trouble)

    desk.run()
    assert desk.states == ["sending"]
    began = desk.office.clock.now()
    desk.live_on()

    assert (desk.states, len(desk.store.kept)) == (["stored"], 1)
    waited_s = (desk.office.clock.now() - began).total_seconds()
    if has_landed:
        assert waited_s == pytest.approx(5, abs=0.1)
        assert desk.store.finds == 1
    else:
        assert waited_s == pytest.approx(720, abs=0.1)
        assert desk.store.finds == 4


@pytest.mark.rule("SH-1")
def test_an_upload_that_lands_after_a_look_is_found_by_the_next_one():
    desk = Desk(FIRST)
    desk.store.next_uploads.append(OutcomeUnknown("no answer"))
    desk.run()
    desk.office.clock.forward(6)
    desk.run()
    assert desk.states == ["sending"]
    desk.store.kept.append((str(desk.slot.salesforce_id), desk.files[0].path, PNG.content))

    desk.live_on()

    assert (desk.states, len(desk.store.kept)) == (["stored"], 1)


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(NotDelivered("no connection"), id="not_delivered"),
        pytest.param(Retryable("row locked", code="UNABLE_TO_LOCK_ROW", after_s=5), id="row_locked"),
    ],
)  # fmt: skip
def test_an_upload_that_did_nothing_is_sent_again_without_a_look(trouble: Retryable):
    desk = Desk(FIRST)
    desk.store.next_uploads.append(trouble)

    desk.run()
    assert desk.states == ["pending"]
    desk.live_on()

    assert (desk.states, len(desk.store.kept), desk.store.finds) == (["stored"], 1, 0)


def test_what_salesforce_refuses_is_refused_in_its_words():
    desk = Desk(FIRST, SECOND)
    desk.store.next_uploads.append(Permanent("storage limit", code="STORAGE_LIMIT_EXCEEDED"))

    desk.run()

    assert desk.states == ["refused", "stored"]
    assert desk.files[0].reason == "Salesforce refused it: STORAGE_LIMIT_EXCEEDED: storage limit"


def test_a_task_that_is_gone_takes_none_of_the_files_and_only_one_is_fetched():
    desk = Desk(FIRST, SECOND)
    desk.office.org.delete(str(desk.slot.salesforce_id))

    desk.run()

    assert desk.states == ["refused", "refused"]
    assert len(desk.web.asked) == 1
    assert desk.head.state is State.LOGGED


@pytest.mark.rule("SH-8")
@pytest.mark.parametrize("where", ["upload", "look"])
def test_a_spent_session_is_renewed_and_the_file_is_stored_once(where: str):
    desk = Desk(FIRST)
    if where == "look":
        desk.store.lost_answers.append(OutcomeUnknown("no answer"))
        desk.run()
        desk.office.clock.forward(6)
    desk.office.org.good_token = "access-new"

    desk.run()

    assert (desk.states, len(desk.store.kept)) == (["stored"], 1)
    assert desk.office.org.refreshed_with == ["refresh-1"]
    assert desk.files[0].tries == (1 if where == "look" else 0)


def test_a_session_that_stays_spent_is_left_alone_for_a_while():
    desk = Desk(FIRST)
    desk.store.next_uploads += [SessionExpired("expired")] * 3

    desk.run()

    assert desk.due_in_s() == 30
    desk.live_on()
    assert desk.states == ["stored"]


@pytest.mark.rule("SH-9", "SH-4")
def test_a_spent_budget_parks_the_tenant_and_costs_no_try():
    desk = Desk(FIRST)
    desk.store.next_uploads.append(BudgetSpent("no more requests"))

    desk.run()

    assert desk.states == ["pending"]
    assert desk.files[0].tries == 0
    stored = desk.office.connections.read(desk.head.tenant)
    assert stored is not None
    assert stored.parked == "budget"
    assert (desk.head.tenant, "park") in desk.office.ledger.markers
    assert desk.due_in_s() == 60


@pytest.mark.rule("SH-4")
@pytest.mark.parametrize("broken", [True, False])
def test_without_a_connection_nothing_is_fetched_and_the_files_wait(*, broken: bool):
    desk = Desk(FIRST)
    lost = connection(status=ConnectionStatus.BROKEN) if broken else None
    tenant = desk.head.tenant
    if lost is None:
        desk.office.connections.stored.pop(tenant)
    else:
        desk.office.connections.stored[tenant] = lost

    desk.run()

    assert (desk.states, desk.web.asked, desk.due_in_s()) == (["pending"], [], 60)
    desk.office.connections.stored[tenant] = connection()
    desk.live_on()
    assert desk.states == ["stored"]


UNREACHABLE = NotDelivered("Salesforce could not be reached.")


def test_an_org_that_cannot_be_reached_for_days_costs_no_file():
    """After ten tries, in 17 hours, the file was given up, though nothing was wrong with it."""
    desk = Desk(FIRST)
    desk.store.next_uploads += [UNREACHABLE] * 100
    ends_at = desk.office.clock.now() + timedelta(days=2)

    desk.run()
    assert (desk.due_in_s(), desk.files[0].reason) == (10, "Salesforce could not be reached.")
    desk.live_on(most=timedelta(days=2))
    tries = 100 - len(desk.store.next_uploads)
    desk.store.next_uploads.clear()
    desk.live_on()

    assert (desk.states, desk.files[0].reason, desk.files[0].tries) == (["stored"], None, 0)
    assert tries < 70
    assert desk.office.clock.now() - ends_at < timedelta(hours=2)


def test_every_file_waits_while_the_org_is_in_trouble():
    desk = Desk(FIRST, SECOND)
    desk.store.next_uploads.append(UNREACHABLE)

    desk.run()

    assert desk.states == ["pending", "pending"]
    assert len(desk.web.asked) == 1
    desk.live_on()
    assert desk.states == ["stored", "stored"]


@pytest.mark.rule("SH-4")
def test_a_connection_that_stays_broken_is_looked_at_once_an_hour_at_last():
    desk = Desk(FIRST)
    desk.office.connections.stored[desk.head.tenant] = connection(status=ConnectionStatus.BROKEN)

    desk.run()
    desk.live_on(most=timedelta(days=2))

    assert 0 < desk.due_in_s() <= 3600
    assert desk.head.version < 70
    assert desk.files[0].reason == "the org cannot be asked now; the connection says why."


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize("has_landed", [True, False])
def test_a_refused_look_for_an_upload_gives_nothing_up_before_the_fence(*, has_landed: bool):
    """The Task said that the file was refused, while it hung on it."""
    desk = Desk(FIRST)
    trouble = OutcomeUnknown("no answer")
    (desk.store.lost_answers if has_landed else desk.store.next_uploads).append(trouble)
    desk.run()
    desk.store.next_finds += [Permanent("No access.", code="INSUFFICIENT_ACCESS")] * 2

    desk.office.clock.forward(6)
    desk.run()
    before = (desk.states, desk.files[0].reason)
    desk.live_on()

    words = "Salesforce refused it: INSUFFICIENT_ACCESS: No access."
    assert before == (["sending"], words)
    assert (desk.states, len(desk.store.kept)) == (["stored"], 1)


def test_a_look_that_stays_refused_gives_the_file_up_after_the_fence():
    desk = Desk(FIRST)
    desk.store.next_uploads.append(OutcomeUnknown("no answer"))
    desk.run()
    desk.store.next_finds += [Permanent("No access.", code="INSUFFICIENT_ACCESS")] * 20

    desk.live_on()

    assert desk.states == ["refused"]
    assert desk.office.clock.now() >= desk.files[0].fence_until


def test_a_tenant_at_its_cap_is_waited_for():
    desk = Desk(FIRST)
    until = desk.office.clock.now() + timedelta(seconds=60)
    for holder in range(5):
        desk.office.flights.take_off(
            desk.head.tenant, f"other-{holder}", cap=5, now=desk.office.clock.now(), until=until
        )

    desk.run()
    assert (desk.states, desk.due_in_s(), desk.store.kept) == (["pending"], 5, [])

    desk.live_on()
    assert desk.states == ["stored"]
    assert desk.files[0].tries == 0


def test_a_run_that_is_nearly_over_begins_no_file():
    desk = Desk(FIRST)
    desk.office.clock.left_s = desk.office.timing.send_needs_s + 2

    desk.run()

    assert (desk.web.asked, desk.files[0].tries) == ([], 0)
    assert desk.office.wake_ups.woken[-1][1] == desk.head.id
    desk.office.clock.left_s = desk.office.timing.send_needs_s + 7
    desk.live_on()
    assert desk.states == ["stored"]
    assert [round(within) for _, _, within in desk.web.asked] == [7]


def test_what_is_told_while_a_file_is_sent_is_kept():
    """An event that comes in between keeps its own date, and the file is not sent twice."""
    desk = Desk(FIRST)

    def told_more() -> None:
        desk.office.deliver(CallFacts(), event_id="e-late", ended=False)

    real = desk.store.upload

    def upload(*args):
        version_id = real(*args)
        told_more()
        return version_id

    desk.store.upload = upload

    desk.run()

    assert (desk.states, len(desk.store.kept)) == (["stored"], 1)
    entry = desk.office.ledger.read(desk.head.tenant, desk.head.id)
    assert entry is not None
    assert len(entry.events) == 2
    assert desk.head.due_at is not None


def test_a_later_date_of_the_activity_is_kept():
    desk = Desk(FIRST)
    later = desk.office.clock.now() + timedelta(seconds=30)
    entry = desk.office.ledger.read(desk.head.tenant, desk.head.id)
    assert entry is not None
    head = replace(entry.head, version=entry.head.version + 1, due_at=later)
    desk.office.ledger.commit(LedgerWrite(head=head))
    for _ in range(3):
        entry = desk.office.ledger.read(desk.head.tenant, desk.head.id)
        assert entry is not None
        attach_files(
            entry,
            desk.told,
            Attempt(desk.office.clock),
            replace(desk.office.world.attaching, files=desk.ports),
        )

    assert desk.states == ["stored"]
    assert desk.head.due_at == later


def test_a_slot_without_a_record_gets_no_files():
    desk = Desk(FIRST)
    head = desk.head
    lost = replace(desk.slot, number=2, key="sh1:b", state=SlotState.REFUSED, salesforce_id=None)
    desk.office.ledger.commit(
        LedgerWrite(head=replace(head, version=head.version + 1, slots=(*head.slots, lost)))
    )

    desk.run()

    assert [len(slot.files) for slot in desk.head.slots] == [1, 0]


def test_a_tenant_that_is_gone_gets_no_files():
    desk = Desk(FIRST)
    desk.office.tenants.versions.clear()

    desk.run()

    assert desk.states == ["refused"]
