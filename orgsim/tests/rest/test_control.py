"""The control plane loads, sets, remembers and resets."""

import pytest


def test_a_token_acts_for_the_admin_or_a_named_user(rest):
    """An unknown user gets none."""
    user = rest.load("User", Username="jo@vidre.example", LastName="Jo")
    rest.headers = rest.log_in("jo@vidre.example")
    contact = rest.create("Contact", LastName="F")

    assert rest.row("Contact", contact)["OwnerId"] == user
    refused = rest.control("POST", "token", {"username": "no@vidre.example"}, status=422)
    assert refused["error"]["fields"] == {"username": "unknown"}


def test_loading_sets_what_the_api_refuses_and_ignores_the_admins_rules(rest):
    """System fields are taken as given."""
    rest.settings(required_fields=[{"object": "Lead", "name": "Title"}])
    contact = rest.load("Contact", LastName="F")

    lead = rest.load(
        "Lead",
        LastName="F",
        Company="V",
        CreatedDate="2024-01-02T03:04:05Z",
        LastModifiedDate="2024-02-03T04:05:06Z",
        IsConverted=True,
        ConvertedContactId=contact,
    )

    row = rest.row("Lead", lead)
    assert row["CreatedDate"] == "2024-01-02T03:04:05.000+0000"
    assert (row["LastModifiedDate"], row["SystemModstamp"]) == ("2024-02-03T04:05:06.000+0000",) * 2
    assert (row["IsConverted"], row["ConvertedContactId"]) == (True, contact)


def test_loading_an_id_again_changes_that_record(rest):
    """So a merge can be staged after the fact."""
    winner, loser = rest.create("Contact", LastName="A"), rest.create("Contact", LastName="B")

    rest.load("Contact", Id=loser, IsDeleted=True, MasterRecordId=winner)

    found = rest.ask(
        "GET", "/queryAll", params={"q": "SELECT Id, MasterRecordId FROM Contact ORDER BY Id"}
    )["records"]
    assert [r["MasterRecordId"] for r in found] == [None, winner]
    assert [r["Id"] for r in rest.query("SELECT Id FROM Contact")] == [winner]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"rows": []}, id="an_unknown_key"),
        pytest.param({"records": [{"type": "Shoe", "fields": {}}]}, id="an_unknown_type"),
        pytest.param(
            {
                "records": [
                    {"type": "Contact", "fields": {"LastName": "F"}},
                    {"type": "Contact", "fields": {"Shoe__c": 1}},
                ]
            },
            id="an_unknown_field_after_a_good_record",
        ),
        pytest.param({"generate": {"Task": 3}}, id="a_type_nobody_makes_up"),
    ],
)
def test_a_load_that_makes_no_sense_stores_nothing(rest, body):
    """422 naming what is wrong."""
    answer = rest.control("POST", "load", body, status=422)

    assert answer["error"]["code"] == "invalid_load"
    assert rest.query("SELECT Id FROM Contact") == []


def test_generated_records_are_many_and_written_in_many_ways(rest):
    """Phone numbers come in the forms people use."""
    ids = rest.control("POST", "load", {"generate": {"Contact": 2500, "Account": 5}})["ids"]

    first = rest.ask("GET", "/query", params={"q": "SELECT Id, Phone FROM Contact ORDER BY Id"})
    second = rest.ask("GET", first["nextRecordsUrl"].removeprefix("/services/data/v62.0"))
    assert (len(ids), len(set(ids))) == (2505, 2505)
    assert (first["totalSize"], first["done"], len(first["records"])) == (2500, False, 2000)
    assert (second["totalSize"], second["done"], len(second["records"])) == (2500, True, 500)
    assert [r["Phone"] for r in first["records"][:3]] == [
        "+14155550000",
        "(415) 555-0001",
        "415-555-0002",
    ]


def test_long_text_is_paged_by_a_thousand_and_smaller_pages_may_be_asked_for(rest):
    """A locator that is not ours is refused."""
    rest.control("POST", "load", {"generate": {"Contact": 1001}})

    def size(fields, **headers):
        q = f"SELECT {fields} FROM Contact"
        return len(rest.ask("GET", "/query", params={"q": q}, headers=headers)["records"])

    assert size("Id, Description") == 1000
    assert size("Id", **{"Sforce-Query-Options": "batchSize=250"}) == 250
    lost = rest.call("GET", "/query/0r8000000000000AAQ-2000")
    assert lost.json() == [
        {"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}
    ]


def test_settings_merge_and_are_shown(rest):
    """Apps merge by client id; secrets are not shown."""
    app = {"client_id": "dialer", "client_secret": "s3cret", "redirect_uris": ["https://a.example"]}
    rest.settings(search_lag_s=2, connected_apps=[app], api_used=7)

    shown = rest.settings(phone_tokens="digits")

    assert (shown["search_lag_s"], shown["phone_tokens"], shown["api_used"]) == (2, "digits", 7)
    assert [a["client_id"] for a in shown["connected_apps"]] == ["PlatformCLI", "dialer"]
    assert "s3cret" not in str(shown)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        pytest.param({"shoe_size": 42}, "shoe_size", id="unknown"),
        pytest.param({"search_lag_s": -1}, "search_lag_s", id="negative"),
        pytest.param({"phone_tokens": "letters"}, "phone_tokens", id="not_a_choice"),
        pytest.param({"rotation": "yes"}, "rotation", id="not_a_boolean"),
        pytest.param({"api_used": "many"}, "api_used", id="not_a_count"),
        pytest.param({"external_id_name": "Key"}, "external_id_name", id="not_a_custom_name"),
        pytest.param(
            {"required_fields": [{"object": "Shoe", "name": "x"}]}, "required_fields", id="o"
        ),
        pytest.param(
            {"duplicate_rules": [{"object": "Contact", "fields": ["Shoe"]}]},
            "duplicate_rules",
            id="a_field_that_is_not_there",
        ),
        pytest.param({"task_statuses": [{"label": "x"}]}, "task_statuses", id="incomplete"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_and_nothing_changes(rest, changes, key):
    """The good ones beside it are not taken over either."""
    answer = rest.control("POST", "settings", {"language": "de", **changes}, status=422)

    assert list(answer["error"]["fields"]) == [key]
    assert rest.control("GET", "settings")["language"] == "en"


def test_reset_forgets_everything_but_the_admin_and_the_apps(rest):
    """Ids are not used again."""
    app = {"client_id": "dialer", "redirect_uris": ["https://a.example"]}
    rest.settings(connected_apps=[app], language="de", api_used=50)
    contact = rest.create("Contact", LastName="F")
    rest.fault("slow")
    org_id = rest.org.store.org_id

    rest.control("POST", "reset")

    assert rest.call("GET", "/limits").status_code == 401
    rest.headers = rest.log_in()
    settings = rest.control("GET", "settings")
    assert [a["client_id"] for a in settings["connected_apps"]] == ["PlatformCLI", "dialer"]
    assert (settings["language"], settings["api_used"]) == ("en", 0)
    assert rest.query("SELECT Id FROM Contact") == []
    assert [r["Id"] for r in rest.query("SELECT Id FROM Organization")] == [org_id]
    assert [u["Username"] for u in rest.query("SELECT Username FROM User")] == [
        rest.addresses.username
    ]
    assert rest.create("Contact", LastName="F") > contact
    assert not rest.org.faults.any_set()


def test_every_request_is_remembered_without_its_contents(rest):
    """Method, path, status, cost and who asked; later ones by time or number."""
    rest.create("Contact", LastName="F")
    rest.clock.forward(5)
    rest.query("SELECT Id FROM Contact WHERE Phone = '+1 415 555 0100'")
    rest.session.post(f"{rest.addresses.http_url}/services/oauth2/token", timeout=10)

    items = rest.control("GET", "requests")["items"]
    later = rest.control("GET", "requests?since=2026-05-13T09:00:05Z")["items"]
    after_first = rest.control("GET", f"requests?since={items[0]['number']}")["items"]

    assert [(i["method"], i["path"], i["status"], i["counted"], i["client"]) for i in items] == [
        ("POST", "/services/data/v62.0/sobjects/Contact", 201, 1, "control"),
        ("GET", "/services/data/v62.0/query", 200, 1, "control"),
        ("POST", "/services/oauth2/token", 400, 0, None),
    ]
    assert (later, after_first) == (items[1:], items[1:])
    assert items[1]["at"] == "2026-05-13T09:00:05.000Z"


def test_what_the_control_plane_does_not_know_is_404(rest):
    """With the contract's error form."""
    assert rest.control("GET", "shoes", status=404)["error"]["code"] == "not_found"
