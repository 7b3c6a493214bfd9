"""Custom objects and fields behave like an admin's own."""

import json
from pathlib import Path

import pytest

from orgsim.server import OrgServer
from orgsim.settings import Settings
from orgsim.settings_reading import merge_settings

SOURCE = Path(__file__).resolve().parents[2] / "src"
VISITS = {
    "objects": [{"name": "Visit__c", "label": "Visit", "activities": True}],
    "fields": [
        {"object": "Account", "name": "Badge__c", "external_id": True, "unique": True, "length": 8},
        {
            "object": "Visit__c",
            "name": "Account__c",
            "type": "reference",
            "reference_to": ["Account"],
            "child_relationship": "Visits",
            "cascade_delete": True,
        },
        {
            "object": "Visit__c",
            "name": "Mood__c",
            "type": "picklist",
            "values": ["Good", "Bad"],
            "default": "Good",
            "restricted": True,
        },
        {"object": "Visit__c", "name": "Price__c", "type": "currency", "precision": 5, "scale": 2},
        {"object": "Visit__c", "name": "Place__c", "required": True, "length": 10},
        {"object": "Visit__c", "name": "Paid__c", "type": "boolean"},
    ],
}


@pytest.fixture
def visits(rest):
    """The client of an org that has visits."""
    rest.control("POST", "schema", VISITS)
    return rest


@pytest.fixture
def start(run_org, tmp_path):
    """Start an org with a schema and a seed."""

    def run(schema: object, seed: object):
        arguments = ["--state-dir", tmp_path / "state"]
        for name, content in (("schema", schema), ("seed", seed)):
            file = tmp_path / f"{name}.json"
            file.write_text(json.dumps(content))
            arguments += [f"--{name}", file]
        return run_org(*arguments)

    return run


def test_a_custom_object_takes_part_in_everything(visits):
    """Create, read, walk to the parent and down to the children."""
    account = visits.create("Account", Name="Oak Foods")
    visit = visits.create("Visit__c", Account__c=account, Place__c="Hall", Price__c="12.345")

    row = visits.row("Visit__c", visit)
    up = visits.query("SELECT Account__r.Name FROM Visit__c")
    down = visits.query("SELECT Id, (SELECT Place__c FROM Visits__r) FROM Account")
    assert visit.startswith("a00")
    assert (row["Mood__c"], row["Price__c"], row["Paid__c"]) == ("Good", 12.35, False)
    assert row["Name"] == visit[:15]
    assert up[0]["Account__r"]["Name"] == "Oak Foods"
    assert [r["Place__c"] for r in down[0]["Visits__r"]["records"]] == ["Hall"]


def test_describe_shows_custom_things_as_custom(visits):
    """The properties of the schema are those of describe."""
    listed = visits.ask("GET", "/sobjects")["sobjects"]
    fields = {f["name"]: f for f in visits.ask("GET", "/sobjects/Account/describe")["fields"]}
    badge = fields["Badge__c"]

    assert next(o for o in listed if o["name"] == "Visit__c")["custom"] is True
    names = ("custom", "externalId", "unique", "idLookup", "length", "label", "nillable")
    assert [badge[name] for name in names] == [True, True, True, True, 8, "Badge", True]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({}, "REQUIRED_FIELD_MISSING", id="required"),
        pytest.param({"Place__c": "x" * 11}, "STRING_TOO_LONG", id="length"),
        pytest.param(
            {"Place__c": "x", "Mood__c": "Fine"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            id="restricted_picklist",
        ),
        pytest.param(
            {"Place__c": "x", "Price__c": 1000}, "NUMBER_OUTSIDE_VALID_RANGE", id="precision"
        ),
        pytest.param(
            {"Place__c": "x", "Account__c": "003000000000001AAA"}, "MALFORMED_ID", id="reference"
        ),
    ],
)
def test_custom_fields_keep_their_limits(visits, fields, code):
    """The refusals are those of standard fields."""
    answer = visits.call("POST", "/sobjects/Visit__c", fields)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_a_unique_external_id_upserts_and_refuses_doubles(visits):
    """The key works in the address and against a second record."""
    created = visits.call("PATCH", "/sobjects/Account/Badge__c/A-1", {"Name": "Oak Foods"})
    updated = visits.call("PATCH", "/sobjects/Account/Badge__c/a-1", {"Name": "Oak & Elm"})
    double = visits.call("POST", "/sobjects/Account", {"Name": "Elm", "Badge__c": "A-1"})

    assert (created.status_code, updated.status_code) == (201, 200)
    assert double.json()[0]["errorCode"] == "DUPLICATE_VALUE"


def test_tasks_and_files_belong_to_custom_records(visits):
    """With activities allowed, WhatId takes them; documents link to any."""
    visit = visits.create("Visit__c", Place__c="Hall", Name="First")
    visits.create("Task", Subject="Call", WhatId=visit)
    visits.create(
        "ContentVersion", PathOnClient="a.txt", VersionData="YQ==", FirstPublishLocationId=visit
    )

    assert visits.query("SELECT What.Name FROM Task")[0]["What"]["Name"] == "First"
    text = f"SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '{visit}'"
    assert len(visits.query(text)) == 1


def test_fields_added_later_join_the_records_that_are_there(visits):
    """A second schema adds to the first; the same again changes nothing."""
    visit = visits.create("Visit__c", Place__c="Hall")
    late = {"fields": [{"object": "Visit__c", "name": "Notes__c", "type": "textarea"}]}

    visits.control("POST", "schema", late)
    again = visits.control("POST", "schema", late)

    visits.call("PATCH", f"/sobjects/Visit__c/{visit}", {"Notes__c": "Friendly"})
    assert len(again["fields"]) == len(VISITS["fields"]) + 1
    assert visits.query("SELECT Notes__c FROM Visit__c")[0]["Notes__c"] == "Friendly"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        pytest.param([], "must be an object", id="no_object"),
        pytest.param({"objects": [{"name": "Visit"}]}, "needs a name such as", id="bad_name"),
        pytest.param(
            {"fields": [{"object": "Account", "name": "X__c", "type": "formula"}]},
            "type must be one of",
            id="unknown_type",
        ),
        pytest.param(
            {"fields": [{"object": "Visit__c", "name": "X__c"}]},
            "there is no object Visit__c",
            id="unknown_object",
        ),
        pytest.param(
            {"fields": [{"object": "Task", "name": "Switchhook_Key__c"}]},
            "has a field Switchhook_Key__c already",
            id="name_taken",
        ),
        pytest.param(
            {"fields": [{"object": "Account", "name": "X__c", "size": 3}]},
            "unknown keys: size",
            id="unknown_key",
        ),
        pytest.param(
            {"fields": [{"object": "Account", "name": "X__c", "length": 256}]},
            "length must be from 1 to 255",
            id="too_long",
        ),
        pytest.param(
            {"fields": [{"object": "Account", "name": "X__c", "type": "reference"}]},
            "reference_to belongs to",
            id="reference_to_nothing",
        ),
        pytest.param(
            {"fields": [{"object": "TaskStatus", "name": "X__c"}]},
            "takes no custom fields",
            id="read_only_object",
        ),
    ],
)
def test_a_schema_that_does_not_fit_changes_nothing(rest, schema, words):
    """The answer names what is wrong."""
    error = rest.control("POST", "schema", schema, status=422)["error"]

    assert words in error["message"]
    assert rest.control("GET", "settings")["custom_schema"] == {"objects": [], "fields": []}


def test_a_field_cannot_be_defined_twice_in_different_ways(visits):
    """What exists stays as it is."""
    other = {"fields": [{"object": "Account", "name": "badge__c", "length": 9}]}

    error = visits.control("POST", "schema", other, status=422)["error"]

    assert "Account.badge__c is defined already" in error["message"]


def test_a_reset_forgets_what_was_added(visits):
    """The org begins anew without the custom object."""
    visits.control("POST", "reset")
    visits.headers = visits.log_in()

    assert visits.call("GET", "/sobjects/Visit__c").status_code == 404
    assert visits.call("GET", "/sobjects/Account/describe").status_code == 200


def test_custom_things_survive_in_a_file(tmp_path):
    """A second run on the same file has the schema, the records and the numbering."""
    path = tmp_path / "org.sqlite"
    settings = merge_settings(Settings(), {"custom_schema": VISITS})
    with OrgServer(database=path, settings=settings) as server:
        store = server.org.store
        first = store.insert("Visit__c", {"Place__c": "Hall"}, user_id=store.admin_id)
    with OrgServer(database=path) as server:
        store = server.org.store
        row = store.get("Visit__c", first)
        second = store.insert("Visit__c", {"Place__c": "Yard"}, user_id=store.admin_id)

    assert row is not None
    assert row["Place__c"] == "Hall"
    assert second > first


def test_a_process_starts_with_a_schema_and_keeps_it_through_a_reset(start):
    """Records of the seed may be of custom objects."""
    record = {"type": "Visit__c", "fields": {"Place__c": "Hall"}}
    org = start(VISITS, {"records": [record]})

    org.control("POST", "reset").raise_for_status()

    settings = org.control("GET", "settings").json()
    assert [o["name"] for o in settings["custom_schema"]["objects"]] == ["Visit__c"]


def test_a_file_of_an_older_org_gets_the_objects_it_lacks(tmp_path):
    """Its records stay, and new ones of every object can be made."""
    path = tmp_path / "org.sqlite"
    with OrgServer(database=path) as server:
        store = server.org.store
        lead = store.insert("Lead", {"LastName": "Pell", "Company": "P"}, user_id=store.admin_id)
        store.conn.execute("DROP TABLE o_Event")
        store.conn.execute("DROP INDEX i_Lead_ConvertedOpportunityId")
        store.conn.execute("ALTER TABLE o_Lead DROP COLUMN ConvertedOpportunityId")
    with OrgServer(database=path) as server:
        store = server.org.store
        row = store.get("Lead", lead)
        event = store.insert("Event", {"Subject": "Meeting"}, user_id=store.admin_id)

    assert row is not None
    assert (row["LastName"], row["ConvertedOpportunityId"]) == ("Pell", None)
    assert event.startswith("00U")


@pytest.mark.parametrize("place", ["schema", "seed"])
def test_a_process_does_not_start_with_a_schema_it_cannot_have(start, place):
    """It says what is wrong."""
    bad = {"fields": [{"object": "Visit__c", "name": "X__c"}]}
    org = start(bad, {}) if place == "schema" else start({}, {"settings": {"custom_schema": bad}})

    _, complaint = org.process.communicate(timeout=20)

    assert org.process.returncode == 2
    assert "there is no object Visit__c" in complaint
