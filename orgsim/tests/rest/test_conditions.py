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


STALE = '"Jbjuzw7dbhaEG3fd90kJbx6A0ow="'


@pytest.fixture
def account(rest):
    """The path of an account and the tag it is read with."""
    path = f"/sobjects/Account/{rest.create('Account', Name='A')}"
    return path, rest.call("GET", path).headers["ETag"]


@pytest.mark.parametrize("part", ["{tag}", "*", STALE + ", {tag}", "{zipped}"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_account_that_is_the_one_meant_is_read_and_changed(rest, account, method, part):
    """By its tag, alone or among others, as a zipped answer has it, or by the star."""
    path, tag = account
    known = part.format(tag=tag, zipped=f'{tag[:-1]}-gzip"')
    body = {"Name": "B"} if method == "PATCH" else None

    answer = rest.call(method, path, body, headers={"If-Match": known})

    assert answer.status_code == (200 if method == "GET" else 204)


def test_an_upsert_leaves_an_account_alone_that_is_another_by_now(rest, account):
    """By its Id and by an external id."""
    key = {"object": "Account", "name": "Key__c", "type": "string", "external_id": True}
    rest.control("POST", "schema", {"fields": [key]})
    path, tag = account
    rest.call("PATCH", path, {"Key__c": "k"})

    answers = [
        rest.call("PATCH", f"/sobjects/Account/{key}", {"Name": "B"}, headers={"If-Match": tag})
        for key in (f"Id/{path.rpartition('/')[2]}", "Key__c/k")
    ]

    assert [answer.status_code for answer in answers] == [412, 412]
    assert rest.ask("GET", path)["Name"] == "A"


def test_an_account_that_is_known_is_not_changed(rest, account):
    """412; for reading its tag counts and not its date."""
    path, tag = account
    known = {"If-None-Match": f"{STALE}, {tag}", "If-Modified-Since": BEFORE}

    read = rest.call("GET", path, headers=known)
    written = rest.call("PATCH", path, {"Name": "B"}, headers=known)
    rest.call("PATCH", path, {"Phone": "1"})
    later = rest.call("GET", path, headers=known | {"If-Modified-Since": NINE})

    assert (read.status_code, read.content, written.status_code) == (304, b"", 412)
    assert (later.status_code, later.json()["Name"]) == (200, "A")


def test_only_accounts_are_asked_for_by_tag(rest):
    """Other rows are changed as if there were no such header."""
    path = f"/sobjects/Contact/{rest.create('Contact', LastName='A')}"

    answer = rest.call("PATCH", path, {"LastName": "B"}, headers={"If-Match": STALE})

    assert answer.status_code == 204


def test_a_part_of_a_composite_has_conditions_of_its_own(rest, account):
    """And tells the tag."""
    path, tag = account
    parts = [
        {"method": "GET", "url": f"/services/data/v62.0{path}", "httpHeaders": {"If-Match": known}}
        for known in (tag, STALE)
    ]
    numbered = [part | {"referenceId": f"r{n}"} for n, part in enumerate(parts)]

    answers = rest.ask("POST", "/composite", {"compositeRequest": numbered})["compositeResponse"]

    assert [answer["httpStatusCode"] for answer in answers] == [200, 412]
    assert answers[0]["httpHeaders"]["ETag"] == tag
