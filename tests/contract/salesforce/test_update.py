"""Reading and changing Tasks in a running org that a person works in too."""

from datetime import UTC, datetime, timedelta

import pytest

from switchhook.adapters.salesforce.queries import RecordQueries
from switchhook.adapters.salesforce.write import RecordWrites
from switchhook.domain.activity import RecordRef
from switchhook.domain.errors import (
    BudgetSpent,
    OutcomeUnknown,
    Permanent,
    Retryable,
    SessionExpired,
)
from switchhook.domain.writing.late_facts import fingerprint

pytestmark = [pytest.mark.org, pytest.mark.rule("SH-5")]

AN_HOUR_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
FIELDS = ("Subject", "Description", "CallDurationInSeconds", "ActivityDate", "OwnerId")


@pytest.fixture
def updates(org):
    return RecordWrites(org.rest)


@pytest.fixture
def records(org):
    return RecordQueries(org.rest)


@pytest.fixture
def task(org):
    """A Task that nobody has touched for an hour."""
    fields = {
        "Subject": "Call",
        "Description": "Outcome: answered",
        "CallDurationInSeconds": 200,
        "LastModifiedDate": AN_HOUR_AGO.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    (task_id,) = org.load(("Task", fields))
    return RecordRef(type="Task", id=task_id)


def standing(records, grant, task):
    (stored,) = records.read(grant, task.type, [task.id], FIELDS)
    return stored


def test_a_task_is_read_with_its_values_and_the_time_it_was_modified(records, grant, task):
    stored = standing(records, grant, task)

    assert (stored.id, stored.modified_at) == (task.id, AN_HOUR_AGO)
    assert stored.fields["CallDurationInSeconds"] == 200
    assert stored.fields["ActivityDate"] is None


def test_many_tasks_are_read_in_one_request_and_deleted_ones_are_left_out(
    org, records, grant, task
):
    others = org.load(*(("Task", {"Subject": f"Call {number}"}) for number in range(199)))
    gone = org.load(("Task", {"Subject": "Gone", "IsDeleted": True}))
    before = len(org.requests_to("/query"))

    found = records.read(grant, "Task", [task.id, *others[:-1], *gone], FIELDS)

    assert len(found) == 199
    assert len(org.requests_to("/query")) - before == 1


def test_nothing_is_asked_for_no_ids(org, records, grant):
    before = len(org.requests_to("/query"))

    assert records.read(grant, "Task", [], FIELDS) == ()
    assert len(org.requests_to("/query")) == before


def test_an_unmodified_task_is_changed_and_only_in_the_fields_given(updates, records, grant, task):
    seen = standing(records, grant, task)

    is_changed = updates.update(
        grant, task, {"Description": "Tags: pricing"}, unmodified_since=seen.modified_at
    )

    now = standing(records, grant, task)
    assert is_changed
    assert (now.fields["Description"], now.fields["Subject"]) == ("Tags: pricing", "Call")
    assert now.modified_at > seen.modified_at


def test_a_persons_edit_since_the_reading_is_left_alone(updates, records, grant, task):
    seen = standing(records, grant, task)
    updates.update(grant, task, {"Subject": "My words"}, unmodified_since=seen.modified_at)

    is_changed = updates.update(
        grant, task, {"Subject": "Ours", "Description": "x"}, unmodified_since=seen.modified_at
    )

    now = standing(records, grant, task)
    assert not is_changed
    assert (now.fields["Subject"], now.fields["Description"]) == ("My words", "Outcome: answered")


def test_a_fraction_of_a_second_is_no_later_change(updates, grant, task):
    just_before = AN_HOUR_AGO - timedelta(milliseconds=400)

    assert updates.update(grant, task, {"Subject": "x"}, unmodified_since=just_before)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("two\nlines", id="line_ends"),
        pytest.param("  room around \n", id="space_around"),
        pytest.param("Zoë <zoe@example.com> & 'Co' \N{SMILING FACE WITH SUNGLASSES}", id="signs"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_was_written_is_recognised_when_it_is_read_back(updates, records, grant, task, text):
    updates.update(grant, task, {"Description": text}, unmodified_since=AN_HOUR_AGO)

    assert fingerprint(standing(records, grant, task).fields["Description"]) == fingerprint(text)


def test_a_deleted_task_cannot_be_changed(org, updates, grant):
    (gone,) = org.load(("Task", {"Subject": "Gone", "IsDeleted": True}))

    with pytest.raises(Permanent) as raised:
        updates.update(
            grant,
            RecordRef(type="Task", id=gone),
            {"Subject": "x"},
            unmodified_since=datetime.now(UTC),
        )

    assert raised.value.code in ("ENTITY_IS_DELETED", "NOT_FOUND")


def test_an_inactive_owner_is_refused_with_its_code(org, updates, grant, task):
    (gone,) = org.load(
        ("User", {"LastName": "Left", "Username": "left@example.com", "IsActive": False})
    )

    with pytest.raises(Permanent) as raised:
        updates.update(grant, task, {"OwnerId": gone}, unmodified_since=AN_HOUR_AGO)

    assert raised.value.code == "INACTIVE_OWNER_OR_USER"


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        pytest.param("html_502", OutcomeUnknown, id="gateway_error"),
        pytest.param("drop_after", OutcomeUnknown, id="connection_dropped"),
        pytest.param("lock_row", Retryable, id="locked_row"),
        pytest.param("limit_exceeded", BudgetSpent, id="spent_budget"),
        pytest.param("revoke", SessionExpired, id="revoked"),
    ],
)
def test_trouble_with_a_change_is_told_apart(org, updates, grant, task, effect, error):
    org.fault(effect, path="/sobjects/Task/")

    with pytest.raises(error) as raised:
        updates.update(grant, task, {"Subject": "x"}, unmodified_since=AN_HOUR_AGO)

    assert type(raised.value) is error
