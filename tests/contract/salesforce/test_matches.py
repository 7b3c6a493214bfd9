"""Records that a person names, and Tasks moved between them, asked of a running org."""

from datetime import UTC, datetime, timedelta

import pytest

from switchhook.adapters.salesforce.queries import RecordQueries
from switchhook.adapters.salesforce.write import RecordWrites
from switchhook.domain.activity import RecordRef
from switchhook.domain.errors import BudgetSpent, OutcomeUnknown, Retryable
from switchhook.domain.writing.repoint import Hangs
from switchhook.ports.org import TaskMove

pytestmark = [pytest.mark.org]

NAMED = ("Contact", "Lead", "Account")
NOBODY = RecordRef(type="Contact", id="003000000000999AAA")


@pytest.fixture
def facts(org, grant):
    def facts(*records):
        return RecordQueries(org.rest).facts(grant, records)

    return facts


@pytest.mark.rule("XB-20")
def test_every_kind_is_read_in_one_counted_request(org, facts, made):
    records = [made(name) for name in NAMED]
    before = len(org.requests_to("/services/data"))

    found = facts(*records)

    assert len(org.requests_to("/services/data")) - before == 1
    assert [found[one].record for one in records] == records
    assert {found[one].name for one in records} == {"Byron"}
    assert all(found[one].owner_id for one in records)


@pytest.mark.rule("XB-20")
@pytest.mark.parametrize("name", NAMED)
def test_a_record_that_is_gone_is_none(facts, made, name):
    gone, there = made(name, IsDeleted=True), made(name)

    found = facts(gone, there, NOBODY)

    assert (found[gone], found[NOBODY], found[there].record) == (None, None, there)


@pytest.mark.rule("XB-20")
def test_a_converted_lead_is_the_contact_it_became(org, facts, made):
    contact, master = made("Contact", LastName="Became"), made("Contact")
    lead = made("Lead", IsConverted=True, ConvertedContactId=contact.id)

    found = facts(lead)[lead]
    assert (found.record, found.name) == (contact, "Became")

    org.control("merge", {"master_id": master.id, "loser_ids": [contact.id]})
    assert facts(lead)[lead].record == master


@pytest.mark.rule("XB-20")
def test_a_lead_that_became_nobody_is_none(facts, made):
    lead = made("Lead", IsConverted=True)

    assert facts(lead) == {lead: None}


@pytest.mark.rule("XB-20", "AC-16")
def test_a_person_account_is_known_by_both_its_sides(org, grant, facts):
    org.settings(person_accounts=True)
    (account_id,) = org.load(("Account", {"LastName": "Person", "IsPersonAccount": True}))
    account = RecordRef(type="Account", id=account_id)

    found = facts(account)[account]
    twin = RecordRef(type="Contact", id=found.person_contact_id)
    other = facts(twin)[twin]

    assert found.is_person_account
    assert (other.is_person_account, other.account_id) == (True, account_id)


@pytest.mark.parametrize(
    ("effect", "expected"), [("limit_exceeded", BudgetSpent), ("drop_before", Retryable)]
)
def test_trouble_in_reading_is_said_by_its_kind(org, facts, made, effect, expected):
    one = made("Contact")
    org.fault(effect, path="/composite")

    with pytest.raises(expected) as refused:
        facts(one)

    assert type(refused.value) is expected


@pytest.fixture
def task(org, made):
    """A Task on a contact that nobody has touched for a minute."""

    def task(contact, **more):
        at = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        stamps = {"CreatedDate": at, "LastModifiedDate": at}
        return made("Task", Subject="Call", WhoId=contact.id, **stamps, **more).id

    return task


def stored(org, grant, *ids):
    found = RecordQueries(org.rest).read(grant, "Task", ids, ("WhoId", "WhatId"))
    return {one.id: one for one in found}


def where(org, grant, task_id):
    fields = stored(org, grant, task_id)[task_id].fields
    return fields["WhoId"], fields["WhatId"]


def move(org, grant, *moves):
    seen = stored(org, grant, *(task_id for task_id, _ in moves))
    asked = [
        TaskMove(task_id=one, hangs=hangs, unmodified_since=seen[one].modified_at)
        for one, hangs in moves
    ]
    return RecordWrites(org.rest).move(grant, asked)


@pytest.mark.rule("SH-6")
def test_tasks_are_moved_in_one_counted_request_and_doing_it_twice_is_harmless(
    org, grant, made, task
):
    contact, lead, account = made("Contact"), made("Lead"), made("Account")
    case = made("Case", ContactId=contact.id, Subject="S")
    on_lead, on_account = task(contact, WhatId=case.id), task(contact)
    moves = (on_lead, Hangs(who_id=lead.id)), (on_account, Hangs(what_id=account.id))
    before = len(org.requests_to("/composite"))

    assert move(org, grant, *moves) == {on_lead: None, on_account: None}
    assert len(org.requests_to("/composite")) - before == 1
    assert move(org, grant, *moves) == {on_lead: None, on_account: None}
    assert where(org, grant, on_lead) == (lead.id, None)
    assert where(org, grant, on_account) == (None, account.id)


@pytest.mark.rule("SH-6")
def test_a_task_that_was_changed_since_is_left_alone_and_the_others_are_moved(
    org, grant, made, task
):
    contact, theirs, lead = made("Contact"), made("Contact"), made("Lead")
    edited, untouched = task(contact), task(contact)
    seen = stored(org, grant, edited, untouched)
    RecordWrites(org.rest).update(
        grant,
        RecordRef(type="Task", id=edited),
        {"WhoId": theirs.id},
        unmodified_since=datetime.now(UTC),
    )

    answer = RecordWrites(org.rest).move(
        grant,
        [
            TaskMove(
                task_id=one, hangs=Hangs(who_id=lead.id), unmodified_since=seen[one].modified_at
            )
            for one in (edited, untouched)
        ],
    )

    assert "in this very moment" in answer[edited]
    assert answer[untouched] is None
    assert where(org, grant, edited)[0] == theirs.id
    assert where(org, grant, untouched)[0] == lead.id


@pytest.mark.rule("SH-6")
def test_what_salesforce_refuses_is_said_in_its_words(org, grant, made, task):
    contact = made("Contact")
    one = task(contact)

    answer = move(org, grant, (one, Hangs(who_id=NOBODY.id)))

    assert answer[one].startswith("Salesforce refused to move it: ")
    assert where(org, grant, one)[0] == contact.id


@pytest.mark.rule("SH-6")
def test_a_move_without_a_clean_answer_is_unknown_and_may_have_landed(org, grant, made, task):
    contact, lead = made("Contact"), made("Lead")
    one = task(contact)
    org.fault("drop_after", path="/composite")

    with pytest.raises(OutcomeUnknown):
        move(org, grant, (one, Hangs(who_id=lead.id)))

    assert where(org, grant, one)[0] == lead.id
