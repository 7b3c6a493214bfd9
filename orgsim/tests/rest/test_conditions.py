"""Conditional requests: nothing new is not sent, what has moved on is not overwritten."""

import pytest

NINE = "Wed, 13 May 2026 09:00:00 GMT"
BEFORE = "Wed, 13 May 2026 08:59:59 GMT"

DESCRIBES = pytest.mark.parametrize(
    "path", ["/sobjects", "/sobjects/Task/describe", "/sobjects/Task/quickActions"]
)


@DESCRIBES
def test_a_describe_is_not_sent_twice(rest, path):
    """304 without a body, by its date or its tag, inside a composite too."""
    first = rest.call("GET", path)
    date, tag = first.headers["Last-Modified"], first.headers["ETag"]

    by_date = rest.call("GET", path, headers={"If-Modified-Since": date})
    by_tag = rest.call("GET", path, headers={"If-None-Match": tag})
    inside = rest.ask(
        "POST",
        "/composite",
        {
            "compositeRequest": [
                {
                    "referenceId": "a",
                    "method": "GET",
                    "url": f"/services/data/v62.0{path}",
                    "httpHeaders": {"If-Modified-Since": date},
                }
            ]
        },
    )["compositeResponse"]

    assert (by_date.status_code, by_date.content) == (304, b"")
    assert (by_tag.status_code, by_tag.headers["ETag"]) == (304, tag)
    assert (inside[0]["httpStatusCode"], inside[0]["body"]) == (304, None)
    assert set(inside[0]["httpHeaders"]) == {"ETag", "Last-Modified"}


@DESCRIBES
def test_a_changed_schema_is_sent_even_within_the_same_second(rest, path):
    """The date moves with every change, and the tag with it."""
    first = rest.call("GET", path)
    rest.settings(external_id_field=True)

    known = {
        "If-Modified-Since": first.headers["Last-Modified"],
        "If-None-Match": first.headers["ETag"],
    }
    again = rest.call("GET", path, headers=known)

    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]


def test_settings_that_leave_the_schema_alone_change_nothing(rest):
    """A describe stays what it was."""
    date = rest.call("GET", "/sobjects").headers["Last-Modified"]
    rest.settings(search_lag_s=5)

    assert rest.call("GET", "/sobjects", headers={"If-Modified-Since": date}).status_code == 304


@pytest.mark.parametrize(("since", "status"), [(NINE, 304), (BEFORE, 200)])
def test_a_row_is_sent_if_it_changed(rest, since, status):
    """To the second."""
    made = rest.create("Account", Name="A")

    answer = rest.call("GET", f"/sobjects/Account/{made}", headers={"If-Modified-Since": since})

    assert (answer.status_code, answer.headers["Last-Modified"]) == (status, NINE)


@pytest.mark.parametrize(("since", "refused"), [(NINE, False), (BEFORE, True)])
@pytest.mark.parametrize(
    ("method", "below"),
    [("GET", ""), ("PATCH", ""), ("PATCH", "Id/"), ("DELETE", "")],
    ids=["read", "change", "upsert", "delete"],
)
def test_a_row_that_moved_on_is_left_alone(rest, method, below, since, refused):
    """412 for every method."""
    made = rest.create("Account", Name="A")
    body = {"Name": "B"} if method == "PATCH" else None

    answer = rest.call(
        method, f"/sobjects/Account/{below}{made}", body, headers={"If-Unmodified-Since": since}
    )

    assert (answer.status_code == 412) is refused
    assert answer.ok is not refused
    names = [r["Name"] for r in rest.query("SELECT Name FROM Account")]
    assert (names == ["A"]) is (refused or method == "GET")


def test_a_header_that_is_no_date_is_refused(rest):
    """400, naming the header."""
    answer = rest.call("GET", "/sobjects", headers={"If-Modified-Since": "yesterday"})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_DATE_FORMAT")


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_an_account_that_moved_on_no_longer_matches(rest, method):
    """412 by the tag even within one second; nothing is done."""
    path = f"/sobjects/Account/{rest.create('Account', Name='A')}"
    old = rest.call("GET", path).headers["ETag"]
    rest.call("PATCH", path, {"Name": "B"})
    body = {"Name": "C"} if method == "PATCH" else None

    refused = rest.call(method, path, body, headers={"If-Match": old})
    name = rest.ask("GET", path)["Name"]
    new = rest.call("GET", path).headers["ETag"]
    done = rest.call(method, path, body, headers={"If-Match": f'"other", {new}'})

    assert (refused.status_code, name, done.status_code) == (412, "B", 204)


def test_an_account_that_the_client_has_is_not_sent(rest):
    """304 by its tag; rows of other objects have none."""
    path = f"/sobjects/Account/{rest.create('Account', Name='A')}"
    tag = rest.call("GET", path).headers["ETag"]

    again = rest.call("GET", path, headers={"If-None-Match": tag})
    contact = rest.call("GET", f"/sobjects/Contact/{rest.create('Contact', LastName='B')}")

    assert (again.status_code, again.headers["ETag"]) == (304, tag)
    assert "ETag" not in contact.headers
