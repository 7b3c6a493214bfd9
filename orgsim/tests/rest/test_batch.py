"""Batches: independent calls, one after the other, each counted."""

import pytest


def part(method, url, body=None):
    entry = {"method": method, "url": url}
    return entry if body is None else {**entry, "richInput": body}


def post(rest, *parts, **more):
    return rest.call("POST", "/composite/batch", {"batchRequests": list(parts), **more})


MISSING = part("GET", "v62.0/sobjects/Nope/001000000000001")
NEW = part("POST", "v62.0/sobjects/Account", {"Name": "Vidre"})


def test_parts_are_answered_in_order_by_status_and_result(rest):
    """A change has no result; a search is welcome here; whole paths are understood."""
    account = rest.create("Account", Name="Old")

    answer = post(
        rest,
        part("PATCH", f"v62.0/sobjects/account/{account}", {"Name": "New"}),
        part("GET", f"/services/data/v62.0/sobjects/account/{account}?fields=Name"),
        part("GET", "v62.0/search?q=FIND+%7Bnew%7D+RETURNING+Account(Id)"),
        part("GET", "v61.0/query/?q=SELECT+count()+FROM+Account"),
    )

    body = answer.json()
    assert (answer.status_code, body["hasErrors"]) == (200, False)
    assert [r["statusCode"] for r in body["results"]] == [204, 200, 200, 200]
    assert body["results"][0]["result"] is None
    assert body["results"][1]["result"]["Name"] == "New"
    assert body["results"][2]["result"]["searchRecords"][0]["Id"] == account


def test_a_failed_part_leaves_the_others_alone(rest):
    """What came before and after is stored."""
    body = post(rest, NEW, MISSING, NEW).json()

    assert body["hasErrors"] is True
    assert [r["statusCode"] for r in body["results"]] == [201, 404, 201]
    assert body["results"][1]["result"] == [
        {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}
    ]
    assert len(rest.query("SELECT Id FROM Account")) == 2


def test_halt_on_error_stops_what_comes_after(rest):
    """412 for each; what came before stays."""
    body = post(rest, NEW, MISSING, NEW, NEW, haltOnError=True).json()

    assert [r["statusCode"] for r in body["results"]] == [201, 404, 412, 412]
    assert body["results"][3]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"
    assert len(rest.query("SELECT Id FROM Account")) == 1


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([], id="nothing"),
        pytest.param([NEW] * 26, id="26_parts"),
        pytest.param([NEW, {"url": "v62.0/limits"}], id="a_part_without_method"),
        pytest.param([NEW, part("get", "v62.0/limits")], id="a_method_in_lower_case"),
        pytest.param([NEW, part("GET", "/sobjects")], id="a_url_without_version"),
        pytest.param([NEW, part("GET", "v63.0/limits")], id="a_version_above_the_batch's"),
        pytest.param([NEW, part("POST", "v62.0/composite", {})], id="a_composite"),
        pytest.param([NEW, "v62.0/limits"], id="a_text"),
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(rest, parts):
    """Status 400 before anything runs."""
    assert post(rest, *parts).status_code == 400
    assert rest.query("SELECT Id FROM Account") == []


def test_binary_parts_are_not_pretended(rest):
    """501 with a sentence."""
    entry = {**NEW, "binaryPartName": "file", "binaryPartNameAlias": "VersionData"}

    assert post(rest, entry).status_code == 501
