"""Exchanges that need an admin's, another user's or a file's help, replayed for their shape."""

import json

import pytest

from replay.shapes import ERROR, FIELD_ERROR, ROW, SAVED, check, page
from replay.tally import NOT_APPLICABLE, RECORDED
from replay.test_replay import FIELD, FULL
from rest.conftest import clock, rest, server

__all__ = ["clock", "rest", "server"]

VISIT = {"objects": [{"name": "Visit__c"}], "fields": [{"object": "Visit__c", "name": "Seat__c"}]}
OF_EVENTS = (
    "SELECT Id, TYPEOF Who WHEN Contact THEN LastName, Email ELSE Id END,"
    " TYPEOF What WHEN Account THEN Name ELSE Id END, Subject FROM Event"
)
FILE = b"\r\n".join(
    (
        b"--seam",
        b'Content-Disposition: form-data; name="entity_content"',
        b"Content-Type: application/json",
        b"",
        json.dumps({"Title": "call", "PathOnClient": "call.mp3"}).encode(),
        b"--seam",
        b'Content-Disposition: form-data; name="VersionData"; filename="call.mp3"',
        b"Content-Type: application/octet-stream",
        b"",
        b"\x00\x01\xff",
        b"--seam--",
        b"",
    )
)


def two_branches(rest):
    who = rest.create("Contact", LastName="Ferrer")
    when = {"ActivityDateTime": "2026-05-14T09:00:00.000+0000", "DurationInMinutes": 30}
    rest.load("Event", Subject="Visit", WhoId=who, **when)
    return rest.call("GET", "/query", params={"q": OF_EVENTS})


def file_in_parts(rest):
    kind = {"Content-Type": 'multipart/form-data; boundary="seam"'}
    return rest.call("POST", "/sobjects/ContentVersion", headers=kind, data=FILE)


def wrong_pick(rest):
    return rest.call("POST", "/sobjects/Task", {"Subject": "Call", "TaskSubtype": "Telegram"})


def inactive_owner(rest):
    owner = rest.load("User", Username="old@vidre.example", LastName="Old", IsActive=False)
    return rest.call("POST", "/sobjects/Case", {"OwnerId": owner})


def others_contact(rest):
    """Another user's contact, as it is when the client is a user who may not see it."""
    theirs = rest.create("Contact", LastName="Ferrer")
    rest.load("User", Username="jo@vidre.example", LastName="Jo")
    rest.settings(sharing="private")
    rest.headers = rest.log_in("jo@vidre.example")
    return theirs


def change_of_anothers(rest):
    return rest.call("PATCH", f"/sobjects/Contact/{others_contact(rest)}", {"Title": "x"})


def reference_to_anothers(rest):
    return rest.call("POST", "/sobjects/Task", {"WhoId": others_contact(rest)})


# What is done, the status, the error code if it is one, the shape.
EXCHANGES = {
    "TYPEOF": (
        two_branches,
        200,
        None,
        page(
            {
                "attributes": ROW,
                "Id": str,
                "Who": {"attributes": ROW, "LastName": str, "Email": type(None)},
                "What": type(None),
                "Subject": str,
            }
        ),
    ),
    "file in parts": (file_in_parts, 201, None, SAVED),
    "restricted picklist": (
        wrong_pick,
        400,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        FIELD_ERROR,
    ),
    "inactive owner": (inactive_owner, 400, "INACTIVE_OWNER_OR_USER", FIELD_ERROR),
    "change of another's record": (
        change_of_anothers,
        400,
        "INSUFFICIENT_ACCESS_OR_READONLY",
        FIELD_ERROR,
    ),
    "reference to another's record": (
        reference_to_anothers,
        400,
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        FIELD_ERROR,
    ),
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_an_exchange_that_needs_help_has_its_shape(rest, name, record_property):
    """Status, error code, and the keys and types of the body."""
    record_property("replayed", f"rest, set up: {name}")
    act, status, code, shape = EXCHANGES[name]

    answer = act(rest)

    assert answer.status_code == status, answer.text
    body = answer.json()
    assert code is None or [error["errorCode"] for error in body] == [code]
    check(body, shape)


def test_too_many_long_requests_have_their_shape(rest, record_property):
    """403 with a list of one, and nothing that says when to come again."""
    record_property("replayed", "rest, set up: too many long requests")
    headers = rest.log_in_as_app()
    rest.settings(long_requests_allowed=1, long_request_s=0)

    with rest.org.long_requests.held(0.0):
        answer = rest.call("GET", "/limits", headers=headers)

    assert answer.status_code == 403
    assert "Retry-After" not in answer.headers
    check(answer.json(), ERROR)


def test_a_custom_object_is_described_as_any_other(rest, record_property):
    """With the same keys, fields included."""
    record_property("replayed", "rest, set up: description of a custom object")
    rest.control("POST", "schema", VISIT)

    body = rest.ask("GET", "/sobjects/Visit__c/describe")

    assert set(body) == FULL
    assert {frozenset(field) for field in body["fields"]} == {FIELD}
    assert body["custom"] is True


def test_no_exchange_that_needs_help_is_forgotten():
    """Each kind is replayed or is listed with the reason why not."""
    alone = len(["too many long requests", "description of a custom object"])

    assert len(EXCHANGES) + alone + len(NOT_APPLICABLE["rest, set up"]) == RECORDED["rest, set up"]
