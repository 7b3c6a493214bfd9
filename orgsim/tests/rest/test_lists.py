"""Recent records, quick actions, limits."""

import pytest


def test_what_a_user_made_and_changed_is_recent(rest):
    """The latest first, each once, gone ones left out, under the object too."""
    a = rest.create("Account", Name="A")
    c = rest.create("Contact", LastName="C")
    gone = rest.create("Account", Name="Gone")
    rest.call("DELETE", f"/sobjects/Account/{gone}")
    rest.call("PATCH", f"/sobjects/Account/{a}", {"Phone": "1"})

    recent = rest.ask("GET", "/recent")

    assert [item["Id"] for item in recent] == [a, c]
    assert recent[0] == {
        "attributes": {"type": "Account", "url": f"/services/data/v62.0/sobjects/Account/{a}"},
        "Id": a,
        "Name": "A",
    }
    assert [i["Id"] for i in rest.ask("GET", "/sobjects/Contact")["recentItems"]] == [c]
    assert [i["Id"] for i in rest.ask("GET", "/recent/?limit=1")] == [a]


def test_collections_and_trees_are_recent_and_what_was_undone_is_not(rest):
    """However records were made."""
    bad = {"attributes": {"type": "Contact"}, "LastName": "F", "Email": "no"}
    good = {"attributes": {"type": "Account", "referenceId": "r"}, "Name": "A"}
    (made, _) = rest.ask("POST", "/composite/sobjects", {"records": [good, bad]})
    rest.ask("POST", "/composite/sobjects", {"allOrNone": True, "records": [good, bad]})
    tree = rest.ask("POST", "/composite/tree/Account", {"records": [good]})

    recent = [item["Id"] for item in rest.ask("GET", "/recent")]

    assert recent == [tree["results"][0]["id"], made["id"]]


@pytest.mark.parametrize(("version", "noted"), [("v62.0", False), ("v59.0", True)])
def test_a_call_may_stay_out_of_the_list(rest, version, noted):
    """From version 60 on, with Sforce-Mru."""
    url = rest.base.replace("v62.0", version) + "/sobjects/Account"
    rest.call("POST", url, {"Name": "A"}, headers={"Sforce-Mru": "updateMru=false"})

    assert bool(rest.ask("GET", "/recent")) is noted


def test_lists_are_the_users_own(rest):
    """Another user has worked on nothing."""
    profile = rest.load("Profile", Name="Limited")
    rest.load("User", LastName="W", Username="w@oak.example", ProfileId=profile, IsActive=True)
    rest.create("Account", Name="A")

    assert rest.ask("GET", "/recent", headers=rest.log_in("w@oak.example")) == []


@pytest.mark.parametrize("limit", ["0", "201", "x"])
def test_a_limit_has_to_be_a_small_number(rest, limit):
    """400."""
    assert rest.call("GET", f"/recent?limit={limit}").status_code == 400


@pytest.mark.parametrize("path", ["/recent", "/quickActions", "/limits"])
def test_lists_are_only_read(rest, path):
    """Nothing can be posted to them; what lies below and is not there is missing."""
    assert rest.call("HEAD", path).status_code == 200
    assert rest.call("POST", path, {}).status_code == 405
    assert rest.call("GET", "/recent/x").status_code == 404


def test_quick_actions_are_listed(rest):
    """Globally and for an object with activities; doing one is not pretended."""
    everywhere = {a["name"]: a for a in rest.ask("GET", "/quickActions")}
    contact = rest.ask("GET", "/sobjects/Contact/quickActions/")

    assert {"LogACall", "NewTask", "NewContact"} <= set(everywhere)
    assert everywhere["NewTask"]["urls"]["describe"] == (
        "/services/data/v62.0/quickActions/NewTask/describe"
    )
    assert contact[0] == {
        "actionEnumOrId": "LogACall",
        "label": "Log a Call",
        "name": "LogACall",
        "type": "LogACall",
        "urls": {
            name: f"/services/data/v62.0/sobjects/Contact/quickActions/LogACall{rest}"
            for name, rest in (
                ("quickAction", ""),
                ("defaultValues", "/defaultValues"),
                ("defaultValuesTemplate", "/defaultValues/{ID}"),
                ("describe", "/describe"),
            )
        },
    }
    assert rest.ask("GET", "/sobjects/User/quickActions") == []
    assert rest.call("GET", "/quickActions/LogACall/describe").status_code == 501
    assert rest.call("POST", "/sobjects/Contact/quickActions/LogACall", {}).status_code == 501


def test_limits_have_every_documented_key(rest):
    """A maximum and what is left, never more than it; API calls are what this org spends."""
    rest.settings(api_limit=500, api_used=100)

    limits = rest.ask("GET", "/limits")

    assert limits["DailyApiRequests"] == {"Max": 500, "Remaining": 399}
    assert set(limits["PermissionSets"]) == {"Max", "Remaining", "CreateCustom"}
    assert {"DataStorageMB", "DailyBulkV2QueryJobs", "SingleEmail", "MassEmail"} <= set(limits)
    assert len(limits) == 52
    assert list(limits) == sorted(limits)
    assert all(0 <= limit["Remaining"] <= limit["Max"] for limit in limits.values())


def test_record_counts_are_given_for_the_objects_asked_for(rest):
    """An unknown object is left out; without names there are all."""
    rest.create("Account", Name="A")

    asked = rest.ask("GET", "/limits/recordCount?sObjects=Account,Shoe")
    every = rest.ask("GET", "/limits/recordCount")

    assert asked == {"sObjects": [{"count": 1, "name": "Account"}]}
    assert rest.ask("GET", "/limits/recordCount?sObjects=Shoe") == {"sObjects": []}
    assert {"count": 1, "name": "Account"} in every["sObjects"]


def test_the_resource_list_names_what_there_is(rest):
    """Lists among them."""
    links = rest.ask("GET", "")

    assert {"recent", "quickActions", "limits", "composite"} <= set(links)


USUAL = {"rowTemplate", "describe", "sobject", "compactLayouts", "layouts", "quickActions"}
LISTED = USUAL | {"approvalLayouts", "listviews"}
SHOWN = {"uiDetailTemplate", "uiEditTemplate", "uiNewRecord", "defaultValues"}


@pytest.mark.parametrize(
    ("sobject", "listed"),
    [
        pytest.param("Account", LISTED, id="account"),
        pytest.param(
            "Case", LISTED | {"caseArticleSuggestions", "caseRowArticleSuggestions"}, id="case"
        ),
        pytest.param("Event", LISTED | {"eventSeriesUpdates"}, id="event"),
        pytest.param("OpportunityContactRole", USUAL, id="contact_role"),
        pytest.param("User", USUAL | {"namedLayouts", "passwordUtilities"}, id="user"),
    ],
)
def test_an_object_tells_the_addresses_below_it(rest, sobject, listed):
    """Those of pages and default values in its own description only."""
    [brief] = [o for o in rest.ask("GET", "/sobjects")["sobjects"] if o["name"] == sobject]
    described = rest.ask("GET", f"/sobjects/{sobject}/describe")["urls"]

    assert set(brief["urls"]) == listed
    assert set(described) == listed | SHOWN
    own = f"/services/data/v62.0/sobjects/{sobject}"
    assert all(url.startswith(own) for url in brief["urls"].values())
    assert described["defaultValues"] == f"{own}/defaultValues?recordTypeId&fields"


@pytest.mark.parametrize("word", ["defaultValues", "suggestedArticles", "listviews"])
def test_what_lies_behind_some_of_them_is_not_built(rest, word):
    """And says so."""
    assert rest.call("GET", f"/sobjects/Case/{word}").status_code == 501


def test_each_search_has_a_number(rest):
    """In a header, whichever way it is asked."""
    answers = [
        rest.call("GET", "/search", params={"q": "FIND {elm}"}),
        rest.call("GET", "/search", params={"q": "FIND {elm}"}),
        rest.call("GET", "/parameterizedSearch", params={"q": "elm"}),
        rest.call("POST", "/parameterizedSearch", {"q": "elm"}),
    ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.headers["queryid"] for answer in answers}) == 4
