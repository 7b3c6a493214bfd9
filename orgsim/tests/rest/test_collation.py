"""The order in which a composite runs, of which only references are sure."""

import pytest

V = "/services/data/v62.0"


def sub(reference_id, method, path, body=None, **more):
    entry = {"referenceId": reference_id, "method": method, "url": V + path, **more}
    return entry if body is None else {**entry, "body": body}


def account(reference_id, **more):
    return sub(reference_id, "POST", "/sobjects/Account", {"Name": reference_id}, **more)


COUNT = sub("count", "GET", "/query?q=SELECT+count()+FROM+Account")


def counted(rest, *subrequests, version="v62.0", **more):
    """How many accounts the query between the others sees."""
    url = rest.base.replace("v62.0", version) + "/composite"
    body = {"compositeRequest": list(subrequests), **more}
    results = rest.call("POST", url, body).json()["compositeResponse"]
    assert [r["referenceId"] for r in results] == [s["referenceId"] for s in subrequests]
    return next(r["body"]["totalSize"] for r in results if r["referenceId"] == "count")


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        pytest.param({}, 2, id="by_default_writes_of_a_kind_run_together"),
        pytest.param({"collateSubrequests": False}, 1, id="not_if_switched_off"),
        pytest.param({"version": "v48.0"}, 1, id="not_before_version_49"),
        pytest.param(
            {"version": "v48.0", "collateSubrequests": True}, 2, id="if_asked_for_before_49"
        ),
    ],
)
def test_later_writes_of_a_kind_may_run_early(rest, more, seen):
    """Results stay in the order of the request."""
    assert counted(rest, account("a"), COUNT, account("b"), **more) == seen


def test_a_reference_keeps_its_place(rest):
    """What refers to the query cannot run before it."""
    after = sub("b", "POST", "/sobjects/Account", {"Name": "n@{count.totalSize}"})

    assert counted(rest, account("a"), COUNT, after) == 1
    assert [r["Name"] for r in rest.query("SELECT Name FROM Account ORDER BY Name")] == ["a", "n1"]


def test_a_subrequest_with_headers_stays_alone(rest):
    """It is not merged with others."""
    alone = account("b", httpHeaders={"Sforce-Auto-Assign": "FALSE"})

    assert counted(rest, account("a"), COUNT, alone) == 1


def test_different_objects_are_not_merged(rest):
    """Nor different methods."""
    contact = sub("b", "POST", "/sobjects/Contact", {"LastName": "F"})

    assert counted(rest, account("a"), contact, COUNT, account("c")) == 2


def test_conditions_of_the_call_do_not_hold_for_its_parts(rest):
    """A composite cannot be answered 304 by its outer header."""
    made = rest.create("Account", Name="A")
    body = {"compositeRequest": [sub("a", "GET", f"/sobjects/Account/{made}")]}
    headers = {"If-Modified-Since": "Fri, 01 Jan 2027 00:00:00 GMT"}

    answer = rest.call("POST", "/composite", body, headers=headers)

    assert answer.json()["compositeResponse"][0]["httpStatusCode"] == 200
