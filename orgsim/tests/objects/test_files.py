"""Files are uploaded, versioned, linked and read back."""

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgsim.api.blobs import read_multipart

CONTENT = bytes(range(256)) + b"\r\n--not the end\r\n\r\n"


def encoded(content: bytes = CONTENT) -> str:
    return base64.b64encode(content).decode()


def multipart(
    order: tuple[str, ...], entity: dict[str, object], content: bytes = CONTENT
) -> tuple[str, bytes]:
    """The Content-Type and body of an upload with its parts in that order."""
    parts = {
        "entity_content": b'Content-Disposition: form-data; name="entity_content"\r\n'
        b"Content-Type: application/json\r\n\r\n" + json.dumps(entity).encode(),
        "VersionData": b"Content-Type: application/octet-stream\r\n"
        b'Content-Disposition: form-data; filename="call.mp3"; name="VersionData"\r\n\r\n'
        + content,
    }
    body = b"".join(b"--frontier\r\n" + parts[name] + b"\r\n" for name in order)
    return 'multipart/form-data; boundary="frontier"', body + b"--frontier--\r\n"


def upload(rest, kind: str, body: bytes):
    return rest.session.post(
        f"{rest.base}/sobjects/ContentVersion",
        data=body,
        headers={**rest.headers, "Content-Type": kind},
        timeout=10,
    )


def version_of(rest, **fields: object) -> str:
    body = {"PathOnClient": "notes/call.mp3", "VersionData": encoded(), **fields}
    return rest.create("ContentVersion", **body)


def test_a_version_makes_its_document_and_the_link_to_a_record(rest):
    """One insert does all three."""
    contact = rest.create("Contact", LastName="Ferrer")
    version = version_of(rest, FirstPublishLocationId=contact)

    row = rest.row("ContentVersion", version)
    document = rest.row("ContentDocument", row["ContentDocumentId"])
    links = rest.query(
        "SELECT ContentDocumentId, ShareType FROM ContentDocumentLink"
        f" WHERE LinkedEntityId = '{contact}'"
    )
    assert (row["Title"], row["FileExtension"], row["VersionNumber"]) == ("call", "mp3", "1")
    assert row["ContentSize"] == len(CONTENT)
    assert row["Checksum"] == hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    assert document["LatestPublishedVersionId"] == version
    assert document["Title"] == "call"
    assert [(r["ContentDocumentId"], r["ShareType"]) for r in links] == [(document["Id"], "V")]


def test_the_bytes_are_read_where_the_record_says(rest):
    """VersionData shows an address, in a row and in a query alike."""
    version = version_of(rest)

    address = rest.row("ContentVersion", version)["VersionData"]
    queried = rest.query(f"SELECT VersionData FROM ContentVersion WHERE Id = '{version}'")
    answer = rest.call("GET", rest.addresses.http_url + address)

    assert address == f"/services/data/v62.0/sobjects/ContentVersion/{version}/VersionData"
    assert queried[0]["VersionData"] == address
    assert (answer.status_code, answer.content) == (200, CONTENT)


@pytest.mark.parametrize(
    "order",
    [("entity_content", "VersionData"), ("VersionData", "entity_content")],
    ids=["entity_first", "file_first"],
)
def test_a_multipart_upload_keeps_every_byte(rest, order):
    """The parts come in either order."""
    kind, body = multipart(order, {"Title": "Recording", "PathOnClient": "call.mp3"})

    answer = upload(rest, kind, body)

    path = f"/sobjects/ContentVersion/{answer.json()['id']}/VersionData"
    assert answer.status_code == 201
    assert rest.call("GET", path).content == CONTENT


@given(content=st.binary().filter(lambda content: b"\r\n--frontier" not in content))
def test_any_bytes_come_through_a_multipart_body(content):
    """Line ends, dashes and blank lines are content like any other."""
    kind, body = multipart(("VersionData", "entity_content"), {"Title": "A"}, content)

    assert read_multipart(kind, body) == {"Title": "A", "VersionData": encoded(content)}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param("multipart/form-data", b"--x--", id="no_boundary"),
        pytest.param("multipart/form-data; boundary=x", b"hello", id="no_parts"),
        pytest.param(
            "multipart/form-data; boundary=x", b"--x\r\n\r\nhello\r\n--x--", id="nameless_part"
        ),
        pytest.param(
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="entity_content"\r\n\r\n[1\r\n--x--',
            id="entity_is_no_json",
        ),
    ],
)
def test_a_broken_upload_is_refused(rest, kind, body):
    """Nothing is stored."""
    answer = upload(rest, kind, body)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert rest.query("SELECT Id FROM ContentVersion") == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"PathOnClient": "a.mp3"}, "REQUIRED_FIELD_MISSING", id="no_content"),
        pytest.param({"VersionData": "YQ=="}, "REQUIRED_FIELD_MISSING", id="no_path"),
        pytest.param(
            {"PathOnClient": "a.mp3", "VersionData": "%%"}, "JSON_PARSER_ERROR", id="no_base64"
        ),
    ],
)
def test_a_version_needs_a_path_and_a_content(rest, body, code):
    """The refusal leaves no document behind."""
    answer = rest.call("POST", "/sobjects/ContentVersion", body)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert rest.query("SELECT Id FROM ContentDocument") == []


def test_a_second_version_is_the_latest(rest):
    """The document shows the newer one."""
    first = version_of(rest)
    document = rest.row("ContentVersion", first)["ContentDocumentId"]
    second = version_of(rest, ContentDocumentId=document, Title="Better")

    rows = rest.query("SELECT Id, VersionNumber FROM ContentVersion WHERE IsLatest = true")
    assert [(r["Id"], r["VersionNumber"]) for r in rows] == [(second, "2")]
    assert rest.row("ContentDocument", document)["Title"] == "Better"


def test_a_document_is_linked_to_a_record_once(rest):
    """The same link again is a duplicate."""
    account = rest.create("Account", Name="Oak Foods")
    document = rest.row("ContentVersion", version_of(rest))["ContentDocumentId"]
    link = {"ContentDocumentId": document, "LinkedEntityId": account, "ShareType": "V"}

    rest.create("ContentDocumentLink", **link)
    again = rest.call("POST", "/sobjects/ContentDocumentLink", link)

    assert (again.status_code, again.json()[0]["errorCode"]) == (400, "DUPLICATE_VALUE")


def test_the_content_of_a_version_never_changes(rest):
    """Writing VersionData again is refused; deleting is done on the document."""
    version = version_of(rest)

    changed = rest.call("PATCH", f"/sobjects/ContentVersion/{version}", {"VersionData": "YQ=="})
    deleted = rest.call("DELETE", f"/sobjects/ContentVersion/{version}")
    document = rest.row("ContentVersion", version)["ContentDocumentId"]
    rest.call("DELETE", f"/sobjects/ContentDocument/{document}")

    assert changed.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert deleted.status_code == 405
    assert rest.call("GET", f"/sobjects/ContentVersion/{version}").status_code == 404
    assert rest.query("SELECT Id FROM ContentDocumentLink") == []


def test_a_file_does_not_fit_into_a_composite(rest):
    """The part says so, in a composite as in a batch."""
    address = rest.row("ContentVersion", version_of(rest))["VersionData"]
    part = {"method": "GET", "url": address}

    composite = rest.ask(
        "POST", "/composite", {"compositeRequest": [{**part, "referenceId": "file"}]}
    )
    batch = rest.ask("POST", "/composite/batch", {"batchRequests": [part]})

    assert composite["compositeResponse"][0]["httpStatusCode"] == 501
    assert batch["results"][0]["statusCode"] == 501
