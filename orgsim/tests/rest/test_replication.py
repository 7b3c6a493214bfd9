"""getUpdated and getDeleted over REST."""

from datetime import timedelta

import pytest

NINE = "2026-05-13T09:00:00.000+0000"


def iso(moment):
    return moment.isoformat()


@pytest.fixture
def asked(rest):
    """Asks for a span given in minutes from nine o'clock."""

    def ask(kind, start, end, sobject="Contact"):
        nine = rest.clock.moment.replace(hour=9, minute=0, second=0)
        params = {
            "start": iso(nine + timedelta(minutes=start)),
            "end": iso(nine + timedelta(minutes=end)),
        }
        return rest.call("GET", f"/sobjects/{sobject}/{kind}/", params=params)

    return ask


def test_what_changed_within_the_span_is_named(rest, asked):
    """From the start up to but not with the end; deleted ones are not among them."""
    early = rest.create("Contact", LastName="A")
    rest.clock.forward(600)
    inside = rest.create("Contact", LastName="B")
    gone = rest.create("Contact", LastName="C")
    rest.call("DELETE", f"/sobjects/Contact/{gone}")
    rest.clock.forward(600)
    rest.call("PATCH", f"/sobjects/Contact/{early}", {"Title": "x"})

    assert asked("updated", 5, 20).json() == {
        "ids": [inside],
        "latestDateCovered": "2026-05-13T09:20:00.000+0000",
    }
    assert asked("updated", 20, 21).json()["ids"] == [early]


def test_the_future_is_not_covered(rest, asked):
    """The present minute is the start to ask for next, so that nothing is left out."""
    rest.clock.forward(90)
    made = rest.create("Contact", LastName="A")

    answer = asked("updated", -5, 60).json()

    assert answer == {"ids": [made], "latestDateCovered": "2026-05-13T09:01:00.000+0000"}


def test_what_was_deleted_within_the_span_is_named_with_its_time(rest, asked):
    """The log reaches back fifteen days."""
    gone = rest.create("Contact", LastName="A")
    rest.clock.forward(300)
    rest.call("DELETE", f"/sobjects/Contact/{gone}")
    rest.clock.forward(300)

    assert asked("deleted", 0, 8).json() == {
        "deletedRecords": [{"id": gone, "deletedDate": "2026-05-13T09:05:00.000+0000"}],
        "earliestDateAvailable": "2026-04-28T09:10:00.000+0000",
        "latestDateCovered": "2026-05-13T09:08:00.000+0000",
    }
    assert asked("deleted", 6, 8).json()["deletedRecords"] == []


DAY = 24 * 60


@pytest.mark.parametrize(
    ("kind", "start", "end", "message"),
    [
        pytest.param(
            "updated", -31 * DAY, 0, "startDate cannot be more than 30 days ago", id="too_old"
        ),
        pytest.param(
            "deleted", -16 * DAY, 0, "startDate cannot be more than 15 days ago", id="log_is_gone"
        ),
        pytest.param(
            "updated",
            0,
            0.9,
            "endDate must be at least one minute greater than startDate",
            id="seconds_are_ignored",
        ),
        pytest.param(
            "deleted",
            5,
            0,
            "endDate must be at least one minute greater than startDate",
            id="backwards",
        ),
    ],
)
def test_a_span_that_cannot_be_answered_is_refused(asked, kind, start, end, message):
    """INVALID_REPLICATION_DATE."""
    answer = asked(kind, start, end)

    assert answer.status_code == 400
    assert answer.json() == [{"message": message, "errorCode": "INVALID_REPLICATION_DATE"}]


@pytest.mark.parametrize("days", [30, 15])
def test_the_longest_span_is_answered(asked, days):
    """The limits themselves are allowed."""
    assert asked("updated" if days == 30 else "deleted", -days * DAY, 0).status_code == 200


def test_an_offset_that_was_not_encoded_is_understood(rest):
    """Its plus arrives as a space; a time without offset is UTC."""
    path = "/sobjects/Contact/updated?start=2026-05-13T08:00:00+00:00&end=2026-05-13T09:00:00Z"

    assert rest.ask("GET", path)["latestDateCovered"] == NINE


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        pytest.param("/sobjects/Contact/updated", 400, "MISSING_ARGUMENT", id="no_span"),
        pytest.param(
            "/sobjects/Contact/updated?start=today&end=x",
            400,
            "INVALID_REPLICATION_DATE",
            id="no_date",
        ),
        pytest.param("/sobjects/Profile/updated", 400, "INVALID_TYPE", id="not_replicateable"),
        pytest.param("/sobjects/Shoe/deleted", 404, "NOT_FOUND", id="no_such_object"),
    ],
)
def test_what_cannot_be_replicated_is_refused(rest, path, status, code):
    """With a code of its own each."""
    answer = rest.call("GET", path)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_sharing_hides_the_changes_of_others(rest):
    """A user without View All Data sees what is his."""
    profile = rest.load("Profile", Name="Limited")
    user = rest.load(
        "User", LastName="W", Username="w@oak.example", ProfileId=profile, IsActive=True
    )
    rest.create("Contact", LastName="Admin's")
    own = rest.create("Contact", LastName="Own", OwnerId=user)
    rest.settings(sharing="private")
    params = {"start": "2026-05-13T08:00:00Z", "end": "2026-05-13T10:00:00Z"}

    answer = rest.ask(
        "GET",
        "/sobjects/Contact/updated",
        params=params,
        headers=rest.log_in("w@oak.example"),
    )

    assert answer["ids"] == [own]
