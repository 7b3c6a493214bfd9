"""Files are stored on Tasks and Cases of a running org, and found there again."""

import base64

import pytest
import requests

from switchhook.adapters.salesforce.files import RecordFiles
from switchhook.domain.errors import (
    BudgetSpent,
    OutcomeUnknown,
    Permanent,
    Retryable,
    SessionExpired,
    SwitchhookError,
)
from switchhook.ports.org import NewFile

pytestmark = [pytest.mark.org, pytest.mark.rule("CX-56")]

CONTENT = bytes(range(256)) * 4 + b"\r\n--not the end--\r\n"
PATH = f"sh1-{'a' * 26}-01-photo.png"
OTHER = f"sh1-{'a' * 26}-02-notes.txt"


@pytest.fixture(params=["as_json", "as_parts"])
def files(request, org):
    largest = 1_000_000 if request.param == "as_json" else 10
    return RecordFiles(org.rest, largest_json_bytes=largest)


@pytest.fixture
def task(org):
    return org.load(("Task", {"Subject": "Chat"}))[0]


def new(path: str = PATH, title: str = "Photo of Zoë.png", content: bytes = CONTENT) -> NewFile:
    return NewFile(path=path, title=title, content=content)


def content_of(org, grant, version_id):
    answer = requests.get(
        f"{grant.instance_url}/services/data/v62.0/sobjects/ContentVersion/{version_id}/VersionData",
        headers={"Authorization": f"Bearer {grant.access_token}"},
        verify=org.server.addresses.ca_file,
        timeout=10,
    )
    assert answer.ok
    return answer.content


@pytest.mark.parametrize("kind", ["Task", "Case"])
def test_a_stored_file_lies_on_its_record_byte_by_byte(org, files, grant, kind):
    (record_id,) = org.load((kind, {"Subject": "Chat"}))

    version_id = files.upload(grant, record_id, new())

    assert content_of(org, grant, version_id) == CONTENT
    links = org.rest.get(
        grant,
        "query/",
        params={
            "q": "SELECT ContentDocument.Title, ContentDocument.FileExtension FROM ContentDocumentLink"
            f" WHERE LinkedEntityId = '{record_id}'"
        },
    ).body["records"]
    assert [(one["ContentDocument"]["Title"], one["ContentDocument"]["FileExtension"]) for one in links] == [
        ("Photo of Zoë.png", "png")
    ]  # fmt: skip


def test_stored_files_are_found_by_path_with_one_query(org, files, grant, task):
    first = files.upload(grant, task, new())
    second = files.upload(grant, task, new(OTHER))
    before = len(org.requests_to("/query"))

    assert files.find(grant, task, [PATH, OTHER, "sh1-x-03-y"]) == {PATH: first, OTHER: second}
    assert len(org.requests_to("/query")) - before == 1


def test_nothing_is_asked_for_no_path(org, files, grant, task):
    assert files.find(grant, task, []) == {}
    assert org.requests_to("/query") == []


def test_files_of_other_records_and_of_people_are_not_ours(org, files, grant, task):
    (elsewhere,) = org.load(("Task", {"Subject": "Another"}))
    files.upload(grant, elsewhere, new())
    files.upload(grant, task, new("contract.pdf"))

    assert files.find(grant, task, [PATH]) == {}


def test_a_file_that_a_person_deleted_is_not_found(org, files, grant, task):
    version_id = files.upload(grant, task, new())
    document = org.rest.get(grant, f"sobjects/ContentVersion/{version_id}").body[
        "ContentDocumentId"
    ]
    requests.delete(
        f"{grant.instance_url}/services/data/v62.0/sobjects/ContentDocument/{document}",
        headers={"Authorization": f"Bearer {grant.access_token}"},
        verify=org.server.addresses.ca_file,
        timeout=10,
    ).raise_for_status()

    assert files.find(grant, task, [PATH]) == {}


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"Subject": "Gone", "IsDeleted": True}, id="deleted"),
        pytest.param(None, id="never_there"),
    ],
)
def test_a_record_that_is_gone_takes_no_file(org, files, grant, record):
    record_id = "00T000000000009EAA" if record is None else org.load(("Task", record))[0]

    with pytest.raises(Permanent) as refused:
        files.upload(grant, record_id, new())

    assert refused.value.code in {
        "ENTITY_IS_DELETED",
        "INVALID_CROSS_REFERENCE_KEY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "NOT_FOUND",
    }


def test_an_upload_whose_answer_is_lost_may_have_landed_and_is_found(org, files, grant, task):
    org.fault("commit_then_timeout", path="ContentVersion", delay_s=3)

    with pytest.raises(OutcomeUnknown):
        files.upload(grant, task, new())

    assert set(files.find(grant, task, [PATH])) == {PATH}


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        pytest.param("status_503", OutcomeUnknown, id="server_in_trouble"),
        pytest.param("html_502", OutcomeUnknown, id="no_json"),
        pytest.param("drop_after", OutcomeUnknown, id="hung_up"),
        pytest.param("lock_row", Retryable, id="row_locked"),
        pytest.param("limit_exceeded", BudgetSpent, id="allowance_spent"),
        pytest.param("revoke", SessionExpired, id="grant_revoked"),
    ],
)
def test_every_trouble_of_an_upload_has_its_family(
    org, files, grant, task, effect: str, expected: type[SwitchhookError]
):
    org.fault(effect, path="ContentVersion")

    with pytest.raises(SwitchhookError) as trouble:
        files.upload(grant, task, new())

    assert type(trouble.value) is expected


def test_a_query_in_trouble_is_asked_again_later(org, files, grant, task):
    org.fault("html_502", path="query")

    with pytest.raises(Retryable):
        files.find(grant, task, [PATH])


def test_large_content_is_not_sent_as_text(org, grant, task):
    sent = []
    session = org.rest._session
    real = session.send

    def watching(prepared, **how):
        sent.append((prepared.headers["Content-Type"], len(prepared.body or b"")))
        return real(prepared, **how)

    session.send = watching
    large, small = b"x" * 1_000_001, b"x" * 1_000_000

    for path, content in ((PATH, large), (OTHER, small)):
        RecordFiles(org.rest).upload(grant, task, new(path, content=content))

    (parts, parts_size), (as_json, json_size) = sent
    assert parts.startswith("multipart/form-data; boundary=")
    assert parts_size < len(large) + 1_000
    assert as_json == "application/json"
    assert json_size > len(base64.b64encode(small))
