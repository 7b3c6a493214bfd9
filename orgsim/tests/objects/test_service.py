"""Events, case comments and queues follow the rules of a real org."""

import pytest

START = "2026-05-20T09:00:00.000+0000"
END = "2026-05-20T09:45:00.000+0000"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param({"StartDateTime": START, "EndDateTime": END}, id="start_and_end"),
        pytest.param({"StartDateTime": START, "DurationInMinutes": 45}, id="start_and_duration"),
        pytest.param({"ActivityDateTime": START, "DurationInMinutes": 45}, id="older_names"),
    ],
)
def test_an_event_has_its_times_in_every_form(rest, written):
    """Whichever fields are written, all of them are answered."""
    event = rest.create("Event", Subject="Meeting", **written)

    row = rest.row("Event", event)
    names = ("StartDateTime", "ActivityDateTime", "EndDateTime", "DurationInMinutes", "EndDate")
    assert [row[name] for name in names] == [START, START, END, 45, "2026-05-20"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(
            {}, ("REQUIRED_FIELD_MISSING", ["StartDateTime", "EndDateTime"]), id="no_times"
        ),
        pytest.param(
            {"StartDateTime": END, "EndDateTime": START},
            ("FIELD_INTEGRITY_EXCEPTION", ["EndDateTime"]),
            id="end_before_the_beginning",
        ),
        pytest.param(
            {"ActivityDateTime": START, "DurationInMinutes": -5},
            ("FIELD_INTEGRITY_EXCEPTION", ["EndDateTime"]),
            id="negative_duration",
        ),
    ],
)
def test_an_event_needs_a_beginning_and_an_end_after_it(rest, written, expected):
    """The refusal names the fields."""
    answer = rest.call("POST", "/sobjects/Event", {"Subject": "Meeting", **written})

    error = answer.json()[0]
    assert (answer.status_code, error["errorCode"], error["fields"]) == (400, *expected)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"IsAllDayEvent": True}, id="all_day"),
        pytest.param({"DurationInMinutes": 10}, id="end_and_duration"),
        pytest.param({"ActivityDateTime": END}, id="two_beginnings"),
    ],
)
def test_an_event_with_unclear_times_is_refused_honestly(rest, more):
    """What is not simulated says so."""
    body = {"StartDateTime": START, "EndDateTime": END, **more}

    assert rest.call("POST", "/sobjects/Event", body).status_code == 501


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"StartDateTime": "2026-05-20T09:15:00Z"}, id="beginning_alone"),
        pytest.param({"EndDateTime": None}, id="no_end"),
    ],
)
def test_a_change_that_leaves_the_times_open_is_refused_honestly(rest, changes):
    """The event stays as it was."""
    event = rest.create("Event", Subject="Meeting", StartDateTime=START, EndDateTime=END)

    answer = rest.call("PATCH", f"/sobjects/Event/{event}", changes)

    assert answer.status_code == 501
    assert rest.row("Event", event)["EndDateTime"] == END


def test_an_event_can_be_moved_and_prolonged(rest):
    """A new beginning with a new end, then a new duration alone."""
    event = rest.create("Event", Subject="Meeting", StartDateTime=START, EndDateTime=END)
    later = {"StartDateTime": "2026-05-20T10:00:00Z", "EndDateTime": "2026-05-20T10:30:00Z"}

    moved = rest.call("PATCH", f"/sobjects/Event/{event}", later)
    longer = rest.call("PATCH", f"/sobjects/Event/{event}", {"DurationInMinutes": 60})

    row = rest.row("Event", event)
    assert (moved.status_code, longer.status_code) == (204, 204)
    assert row["ActivityDateTime"] == "2026-05-20T10:00:00.000+0000"
    assert row["EndDateTime"] == "2026-05-20T11:00:00.000+0000"


def test_an_event_with_a_lead_relates_to_nothing_else(rest):
    """The rule of tasks holds for events."""
    lead = rest.create("Lead", LastName="Pell", Company="Pell & Co")
    account = rest.create("Account", Name="Oak Foods")
    times = {"StartDateTime": START, "EndDateTime": END}

    answer = rest.call("POST", "/sobjects/Event", {**times, "WhoId": lead, "WhatId": account})

    assert answer.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"


def test_comments_are_read_below_their_case_and_go_with_it(rest):
    """CaseComment hangs on ParentId."""
    case = rest.create("Case", Subject="Broken")
    comment = rest.create("CaseComment", ParentId=case, CommentBody="Asked for the model")

    text = f"SELECT Id, (SELECT CommentBody FROM CaseComments) FROM Case WHERE Id = '{case}'"
    comments = rest.query(text)[0]["CaseComments"]["records"]
    rest.call("DELETE", f"/sobjects/Case/{case}")

    assert [c["CommentBody"] for c in comments] == ["Asked for the model"]
    assert rest.call("GET", f"/sobjects/CaseComment/{comment}").status_code == 404


@pytest.mark.parametrize(
    ("sobject", "fields", "accepted"),
    [
        pytest.param("Case", {"Subject": "Broken"}, True, id="enabled"),
        pytest.param("Lead", {"LastName": "Pell", "Company": "P"}, False, id="not_enabled"),
    ],
)
def test_a_queue_owns_what_it_is_enabled_for(rest, sobject, fields, accepted):
    """QueueSobject names the objects."""
    queue = rest.load("Group", Name="Desk", Type="Queue")
    rest.create("QueueSobject", QueueId=queue, SobjectType="Case")

    answer = rest.call("POST", f"/sobjects/{sobject}", {**fields, "OwnerId": queue})

    expected = [] if accepted else ["INVALID_OPERATION"]
    assert answer.status_code == (201 if accepted else 400)
    assert [e["errorCode"] for e in answer.json() if not accepted] == expected


def test_no_queue_is_enabled_for_accounts(rest):
    """Accounts belong to users."""
    queue = rest.load("Group", Name="Desk", Type="Queue")

    answer = rest.call(
        "POST", "/sobjects/QueueSobject", {"QueueId": queue, "SobjectType": "Account"}
    )

    assert answer.json()[0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
