"""Brings what a chat has beside its Task or Case into the org, and what came later (CX-19, CX-27, CX-56).

One step a call, in this order: its files, the person's record, the Task or Case itself. The chat stays
logged whatever happens; doing it twice changes nothing, and where the org has all of it, nothing is asked.

Brings what a chat says of a person into the person's record, as far as the tenant wants it (CX-19, CX-33).

It follows the log and can never cost it: what Salesforce refuses is told and left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from switchhook.domain.activity import Activity, Entry, RecordRef, Slot
from switchhook.domain.chats.decide import texts_of
from switchhook.domain.chats.revisions import (
    RULE,
    brought,
    changes,
    fields_to_read,
    person_values,
    revise_chat,
    told_mark,
    until_end,
)
from switchhook.domain.chats.screening import ChatScreened
from switchhook.domain.connection import Connection, Grant
from switchhook.domain.decision import OrgFacts, Reason
from switchhook.domain.errors import Permanent, SwitchhookError
from switchhook.domain.settings.schema import LateFacts
from switchhook.domain.timing import EDIT_SETTLES_IN
from switchhook.domain.writing.late_facts import Revision
from switchhook.ports.ledger import LedgerWrite
from switchhook.ports.org import StoredTask
from switchhook.usecases.record.chats import OpenedChat, chat_input, open_chat
from switchhook.usecases.record.files import ToldFiles, attach_files
from switchhook.usecases.record.late_tasks import (
    is_unsettled,
    read_tasks,
    update_tasks,
)
from switchhook.usecases.record.org import know_org
from switchhook.usecases.record.setbacks import LATE_FACTS, STALE_METADATA, set_back
from switchhook.usecases.record.settle import decision_record
from switchhook.usecases.record.waiting import (
    look_again,
    place_in_flight,
    rest,
    until_usable,
    usable,
)
from switchhook.usecases.record.world import (
    Attaching,
    Attempt,
    Books,
    Deciding,
    Opening,
    Progress,
    World,
    Writing,
)

_EDITED_RESTS_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonUpdate:
    """What the chat of a slot says of a record, by field."""

    slot: Slot
    record: RecordRef
    values: Mapping[str, str]


def update_person(
    opened: OpenedChat, update: PersonUpdate, grant: Grant, attempt: Attempt, writing: Writing
) -> Progress:
    """Read the record, change what may be changed, and write down that it is done.

    An answer that was lost does no harm: what is there by then needs no change.

    Raises:
        SessionExpired, BudgetSpent, NeedsReconnect, OutcomeUnknown, Retryable: it is tried again.
        Conflict: somebody else moved the activity on.
    """
    record = update.record
    try:
        stored = writing.records.read(
            grant, record.type, [record.id], fields_to_read(update.values)
        )
        attempt.note(f"read the {record.type}", f"{len(stored)} found")
        if not stored:
            text = f"{record.type} {record.id} is deleted, or hidden from the connected user."
            return _done(opened, update, Reason(rule=RULE, text=text), attempt, writing.books)
        return _change(opened, update, stored[0], grant, attempt, writing)
    except Permanent as error:
        if error.code in STALE_METADATA and not attempt.facts_refreshed:
            raise
        attempt.note(f"update the {record.type}", error.code)
        text = f"Salesforce refused to change {record.type} {record.id}: {error.words}"
        return _done(opened, update, Reason(rule=RULE, text=text), attempt, writing.books)


def _change(
    opened: OpenedChat,
    update: PersonUpdate,
    stored: StoredTask,
    grant: Grant,
    attempt: Attempt,
    writing: Writing,
) -> Progress:
    record, policy = update.record, opened.settings.chats.update_existing
    changed = changes(stored.fields, update.values, policy)
    if changed:
        is_written = writing.writer.update(
            grant, record, changed, unmodified_since=stored.modified_at
        )
        attempt.note(f"update the {record.type}", "ok" if is_written else "changed meanwhile")
        if not is_written:
            why = f"somebody has just changed {record.type} {record.id}."
            return look_again(opened.head, writing.books, after_s=_EDITED_RESTS_S, why=why)
    left = [name for name in update.values if name not in changed]
    return _done(opened, update, brought(record, changed, left), attempt, writing.books)


def _done(
    opened: OpenedChat, update: PersonUpdate, reason: Reason, attempt: Attempt, books: Books
) -> Progress:
    """Write down what was brought; the head is due at once for what is left to do."""
    head, slot = opened.head, update.slot
    done = replace(slot, told=told_mark(update.values))
    after = replace(
        head,
        version=head.version + 1,
        decisions=head.decisions + 1,
        slots=tuple(done if one.number == slot.number else one for one in head.slots),
        due_at=books.run.now(),
    )
    record = decision_record(after, (), (reason,), attempt)
    books.ledger.commit(LedgerWrite(head=after, decision=replace(record, amends=True)))
    attempt.calls.clear()
    return Progress(head=after, go_on=True)


_LEST_IT_BE_LOST = timedelta(seconds=60)


def update_chat(entry: Entry, attempt: Attempt, world: World) -> Progress:
    """Take the next step of a logged chat whose time has come.

    Raises:
        Conflict: somebody else moved the activity on; read again.
    """
    opened = _opened(entry, world.opening)
    if opened is None or not isinstance(opened.screened, ChatScreened):
        return rest(entry.head, world.books)
    work = _Work(entry=entry, opened=opened, screened=opened.screened)
    stored = world.deciding.org.memory.recall(entry.head.tenant)
    if stored is not None:
        progress = _files(work, stored.facts, attempt, world.attaching)
        if progress.go_on:
            return progress
        work = work.at(progress.head)
        if not _has_more(work, stored.facts, attempt):
            return rest(progress.head, world.books)
    connection = world.sessions.connections.read(entry.head.tenant)
    if connection is None or not usable(connection):
        return until_usable(work.opened.head, connection, world.books)
    with place_in_flight(opened, world.sessions) as has_place:
        if not has_place:
            why = "the tenant already has as many requests in flight as its settings allow."
            return look_again(work.opened.head, world.books, after_s=2, why=why)
        return _ask_and_update(work, connection, attempt, world.deciding, world.writing)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A logged chat, read and screened."""

    entry: Entry
    opened: OpenedChat
    screened: ChatScreened

    def at(self, head: Activity) -> "_Work":
        """The same chat, its head moved on."""
        entry, opened = replace(self.entry, head=head), replace(self.opened, head=head)
        return replace(self, entry=entry, opened=opened)


def _opened(entry: Entry, opening: Opening) -> OpenedChat | None:
    """The chat as far as its settings want it brought in; None when the tenant is gone."""
    try:
        opened = open_chat(entry, opening)
        if opened.settings.late_facts is LateFacts.IGNORE:
            whole = replace(entry, events=until_end(entry.events))
            return open_chat(whole, opening)
    except Permanent:
        return None
    return opened


def _has_more(work: _Work, facts: OrgFacts, attempt: Attempt) -> bool:
    return bool(_revisions(work, facts, attempt) or _person_updates(work, facts, attempt))


def _files(work: _Work, facts: OrgFacts, attempt: Attempt, attaching: Attaching) -> Progress:
    """The next file that is due; the head keeps a due date for what comes after the last one."""
    later = attaching.books.run.now() + _LEST_IT_BE_LOST
    entry = replace(work.entry, head=replace(work.entry.head, due_at=later))
    texts = texts_of(chat_input(work.opened, work.screened, facts, attempt))
    told = ToldFiles(files=work.screened.chat.files, whole_transcript=texts.whole_transcript)
    return attach_files(entry, told, attempt, attaching)


def _revisions(work: _Work, facts: OrgFacts, attempt: Attempt) -> tuple[Revision, ...]:
    inputs = chat_input(work.opened, work.screened, facts, attempt)
    revised = (revise_chat(inputs, slot) for slot in work.opened.head.slots)
    return tuple(revision for revision in revised if revision is not None)


def _person_updates(work: _Work, facts: OrgFacts, attempt: Attempt) -> tuple[PersonUpdate, ...]:
    """What the chat says of the person, where that was not brought to the record yet."""
    inputs = chat_input(work.opened, work.screened, facts, attempt)
    found = []
    for slot in work.opened.head.slots:
        told = person_values(inputs, slot)
        if told is not None and told[1] and slot.told != told_mark(told[1]):
            found.append(PersonUpdate(slot=slot, record=told[0], values=told[1]))
    return tuple(found)


def _ask_and_update(
    work: _Work, connection: Connection, attempt: Attempt, deciding: Deciding, writing: Writing
) -> Progress:
    opened = work.opened
    try:
        grant = deciding.sessions.grants.opened(connection)
        facts = know_org(opened, connection, grant, attempt, deciding.org, deciding.run)
        if updates := _person_updates(work, facts, attempt):
            return update_person(opened, updates[0], grant, attempt, writing)
        revisions = _revisions(work, facts, attempt)
        standing = read_tasks(revisions, grant, attempt, writing.records)
    except SwitchhookError as error:
        return set_back(opened.head, error, LATE_FACTS, attempt, writing.books, deciding.sessions)
    if any(is_unsettled(one, deciding.run) for one in standing.values()):
        why = "somebody has just changed the record in Salesforce."
        return look_again(
            opened.head, writing.books, after_s=EDIT_SETTLES_IN.total_seconds(), why=why
        )
    if not deciding.run.has_time_to_send():
        why = "too little of this run is left; the next run goes on."
        return look_again(opened.head, writing.books, after_s=0, why=why)
    return update_tasks(opened, revisions, standing, grant, attempt, writing)
