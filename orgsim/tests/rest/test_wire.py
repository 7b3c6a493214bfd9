"""Headers, versions and habits of the wire, apart from what is asked."""

import gzip
import json

import pytest


def test_a_data_answer_has_the_headers_of_a_real_one(rest):
    """Chunked, never cached, with the gauge of API calls."""
    rest.settings(api_limit=500, api_used=20)

    headers = rest.call("GET", "/sobjects/Contact").headers

    assert headers["Content-Type"] == "application/json;charset=UTF-8"
    assert headers["Sforce-Limit-Info"] == "api-usage=21/500"
    assert headers["Cache-Control"] == "no-cache,must-revalidate,max-age=0,no-store,private"
    assert headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in headers
    assert len(headers["X-Sfdc-Request-Id"]) == 32


def test_answers_are_zipped_when_asked(rest):
    """And plain when not."""
    zipped = rest.call("GET", "/sobjects")
    plain = rest.call("GET", "/sobjects", headers={"Accept-Encoding": "identity"})

    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert zipped.json() == plain.json()


def test_bodies_may_come_zipped_and_in_chunks(rest):
    """Without a Content-Length."""
    body = gzip.compress(json.dumps({"LastName": "F"}).encode())
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}

    answer = rest.call("POST", "/sobjects/Contact", headers=headers, data=iter([body]))

    assert answer.status_code == 201


def test_pretty_printing_changes_spacing_only(rest):
    """X-PrettyPrint."""
    plain = rest.call("GET", "/sobjects/Contact")
    pretty = rest.call("GET", "/sobjects/Contact", headers={"X-PrettyPrint": "1"})

    assert '"objectDescribe" : {\n' in pretty.text
    assert pretty.json() == plain.json()


def test_the_list_of_versions_is_free_and_open(rest):
    """It needs no token and costs no call."""
    answer = rest.session.get(f"{rest.addresses.http_url}/services/data/", timeout=10)

    versions = answer.json()
    assert (versions[0]["version"], versions[-1]["version"]) == ("31.0", "67.0")
    assert versions[0] == {
        "label": "Summer '14",
        "url": "/services/data/v31.0",
        "version": "31.0",
    }
    labels = {v["version"]: v["label"] for v in versions}
    assert (labels["62.0"], labels["67.0"]) == ("Winter '25", "Summer '26")
    assert rest.org.usage.used == 0


@pytest.mark.parametrize(
    ("version", "status"),
    [
        pytest.param("v30.0", 410, id="retired"),
        pytest.param("v31.0", 200, id="oldest"),
        pytest.param("v67.0", 200, id="newest"),
        pytest.param("v99.0", 404, id="not_released"),
        pytest.param("v62.5", 404, id="no_such_minor"),
    ],
)
def test_versions_come_and_go(rest, version, status):
    """Retired ones are gone, not missing."""
    url = f"{rest.addresses.http_url}/services/data/{version}/sobjects"

    assert rest.call("GET", url).status_code == status


def test_the_resource_list_leads_to_the_identity(rest):
    """An absolute address with org and user."""
    links = rest.ask("GET", "")
    store = rest.org.store

    assert links["query"] == "/services/data/v62.0/query"
    assert links["identity"] == f"{rest.addresses.http_url}/id/{store.org_id}/{store.admin_id}"


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer x", "Basic eDp5", "Bearer"],
    ids=["none", "unknown", "another_kind", "no_token"],
)
def test_without_a_session_nothing_is_answered_or_counted(rest, authorization):
    """401 with a list."""
    answer = rest.call("GET", "/sobjects", headers={"Authorization": authorization})

    assert answer.status_code == 401
    assert answer.json() == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]
    assert "Sforce-Limit-Info" not in answer.headers
    assert rest.org.usage.used == 0


def test_the_older_word_for_a_bearer_token_is_understood(rest):
    """OAuth."""
    token = rest.headers["Authorization"].removeprefix("Bearer ")

    answer = rest.call("GET", "/limits", headers={"Authorization": f"OAuth {token}"})

    assert answer.status_code == 200


def test_when_the_days_calls_are_spent_every_call_is_refused(rest):
    """Until someone raises the limit."""
    rest.settings(api_limit=2)
    statuses = [rest.call("GET", "/sobjects").status_code for _ in range(3)]
    refused = rest.call("GET", "/limits")
    rest.settings(api_limit=10)

    assert statuses == [200, 200, 403]
    assert refused.json() == [
        {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
    ]
    assert rest.ask("GET", "/limits")["DailyApiRequests"] == {"Max": 10, "Remaining": 7}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/sobjects/Contact/"),
        ("GET", "/sobjects/"),
        ("GET", "/sobjects/Contact/describe/"),
        ("GET", "/query/?q=SELECT+Id+FROM+Contact"),
        ("GET", "/queryAll/?q=SELECT%20Id%20FROM%20Contact"),
        ("GET", "/search/?q=FIND+%7Bferrer%7D"),
        ("GET", "/limits/"),
    ],
)
def test_a_slash_at_the_end_makes_no_difference(rest, method, path):
    """Half of the clients send one."""
    body = {"LastName": "F"} if method == "POST" else None

    assert rest.call(method, path, body).ok


def test_a_get_may_say_it_has_json(rest):
    """Several clients send the content type with everything."""
    answer = rest.call("GET", "/limits", headers={"Content-Type": "application/json"})

    assert answer.status_code == 200


def test_a_post_may_stand_for_a_patch(rest):
    """For clients that cannot patch."""
    contact = rest.create("Contact", LastName="F")

    answer = rest.call("POST", f"/sobjects/Contact/{contact}?_HttpMethod=PATCH", {"Title": "x"})

    assert (answer.status_code, rest.row("Contact", contact)["Title"]) == (204, "x")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b'{"LastName": }', 400, "JSON_PARSER_ERROR", id="not_json"),
        pytest.param(b"[1]", 400, "JSON_PARSER_ERROR", id="not_an_object"),
        pytest.param(b"", 400, "JSON_PARSER_ERROR", id="nothing"),
        pytest.param(b'"\xff"', 400, "JSON_PARSER_ERROR", id="not_utf_8"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(rest, body, status, code):
    """JSON_PARSER_ERROR, without a trace of our own code."""
    headers = {"Content-Type": "application/json"}
    answer = rest.call("POST", "/sobjects/Contact", headers=headers, data=body)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/tooling/query"),
        ("GET", "/sobjects/Contact/describe/layouts"),
        ("GET", "/query?explain=SELECT+Id+FROM+Contact"),
    ],
)
def test_what_is_not_built_says_so(rest, method, path):
    """501 with a sentence, never a wrong answer."""
    answer = rest.call(method, path, {} if method == "POST" else None)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (501, "NOT_IMPLEMENTED")


def test_a_describe_has_every_key_that_clients_read(rest):
    """Fields, picklists, references and children."""
    describe = rest.ask("GET", "/sobjects/Task/describe")
    fields = {f["name"]: f for f in describe["fields"]}
    brief = {o["name"]: o for o in rest.ask("GET", "/sobjects")["sobjects"]}

    assert (describe["name"], describe["keyPrefix"]) == ("Task", "00T")
    assert brief["Task"]["urls"]["rowTemplate"] == "/services/data/v62.0/sobjects/Task/{ID}"
    assert brief["Profile"]["createable"] is False
    assert set(fields["WhoId"]["referenceTo"]) == {"Contact", "Lead"}
    assert fields["WhoId"]["polymorphicForeignKey"] is True
    assert (fields["Description"]["filterable"], fields["Description"]["length"]) == (False, 32000)
    assert (fields["TaskSubtype"]["createable"], fields["TaskSubtype"]["updateable"]) == (
        True,
        False,
    )
    assert [v["value"] for v in fields["Status"]["picklistValues"] if v["defaultValue"]] == [
        "Not Started"
    ]
    assert len(fields["Subject"]) == 57


def test_a_record_has_a_page_of_its_own(rest):
    """At its id and at Lightning's address; markup in a value stays text."""
    contact = rest.create("Contact", LastName="<b>Ferrer</b>")
    root = rest.addresses.instance_url

    short = rest.session.get(f"{root}/{contact}", timeout=10)
    lightning = rest.session.get(f"{root}/lightning/r/Contact/{contact}/view", timeout=10)

    assert "&lt;b&gt;Ferrer&lt;/b&gt;" in short.text
    assert "<b>Ferrer" not in short.text
    assert lightning.text == short.text
    assert rest.session.get(f"{root}/nothing", timeout=10).status_code == 404


@pytest.mark.parametrize(("length", "status"), [(16_384, 200), (16_385, 414)])
def test_an_address_has_a_longest_length(rest, length, status):
    """Counted with its path; long statements are asked for in another way."""
    path = "/services/data/v62.0/query?q=SELECT+Id+FROM+Contact&x="

    answer = rest.call("GET", rest.addresses.http_url + path + "x" * (length - len(path)))

    assert answer.status_code == status


@pytest.mark.parametrize("sobject", ["Account", "Contact", "Lead"])
def test_fields_that_every_org_has_can_be_selected(rest, sobject):
    """Though nothing fills them here but who writes them."""
    names = ["LastViewedDate", "LastReferencedDate", "Jigsaw"]
    needed = {"Name": "A"} if sobject == "Account" else {"LastName": "A"}
    more = {"Company": "B"} if sobject == "Lead" else {}
    rest.create(sobject, Jigsaw="7", **needed, **more)

    (row,) = rest.query(f"SELECT {', '.join(names)} FROM {sobject}")

    assert [row[name] for name in names] == [None, None, "7"]
