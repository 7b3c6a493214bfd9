"""Postal addresses: stored in parts, shown together, never written, filtered or sorted whole."""

from urllib.parse import urlencode

import pytest

from orgsim.bulk.selecting import check_query
from orgsim.conversion import convert_lead
from orgsim.errors import ApiError
from orgsim.loading import LoadError, load
from orgsim.settings import RequiredField, Settings
from orgsim.settings_reading import SettingsError
from orgsim.store import Store

PARTS = {
    "MailingStreet": "Kai 4\nHof 2",
    "MailingCity": "Bremen",
    "MailingState": "HB",
    "MailingPostalCode": "28195",
    "MailingCountry": "Germany",
    "MailingLatitude": 53.079296200000001,
    "MailingLongitude": 8.8016936,
    "MailingGeocodeAccuracy": "Zip",
}
WHOLE = {
    "city": "Bremen",
    "country": "Germany",
    "geocodeAccuracy": "Zip",
    "latitude": 53.0792962,
    "longitude": 8.8016936,
    "postalCode": "28195",
    "state": "HB",
    "street": "Kai 4\nHof 2",
}


def only(**parts: object) -> dict[str, object]:
    return dict.fromkeys(WHOLE) | parts


@pytest.fixture
def bremen(api):
    """An org with one contact who lives somewhere."""
    account = api.add("Account", Name="Oak", BillingCity="Kiel")
    api.contact = api.ask("/sobjects/Contact", {"LastName": "Ost", "AccountId": account, **PARTS})
    return api


def test_a_row_shows_an_address_as_one_object_of_its_parts(bremen):
    row = bremen.ask(f"/sobjects/Contact/{bremen.contact['id']}")

    assert row["MailingAddress"] == WHOLE
    assert list(row["MailingAddress"]) == sorted(WHOLE)
    assert row["OtherAddress"] is None
    assert row["MailingLatitude"] == WHOLE["latitude"]


def test_a_row_can_be_asked_for_its_address_alone(bremen):
    row = bremen.ask(f"/sobjects/Contact/{bremen.contact['id']}?fields=mailingaddress")

    assert {"attributes", "MailingAddress", "Id"} == set(row)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "SELECT MailingAddress, OtherAddress FROM Contact",
            {"MailingAddress": WHOLE, "OtherAddress": None},
            id="in_the_select_list",
        ),
        pytest.param(
            "SELECT MailingCity, MailingAddress FROM Contact WHERE MailingLatitude > 53.07",
            {"MailingCity": "Bremen", "MailingAddress": WHOLE},
            id="beside_a_part_and_filtered_by_one",
        ),
    ],
)
def test_a_query_shows_addresses(bremen, text, expected):
    assert bremen.query(text) == [expected]


def test_an_address_is_shown_of_a_parent_of_children_and_under_typeof(bremen):
    bremen.add("Task", Subject="x", WhoId=bremen.contact["id"])

    (contact,) = bremen.query("SELECT Account.BillingAddress FROM Contact")
    (account,) = bremen.query("SELECT (SELECT MailingAddress FROM Contacts) FROM Account")
    (task,) = bremen.query(
        "SELECT TYPEOF Who WHEN Contact THEN MailingAddress END FROM Task WHERE Subject = 'x'"
    )

    assert contact["Account"]["BillingAddress"] == only(city="Kiel")
    assert account["Contacts"]["records"][0]["MailingAddress"] == WHOLE
    assert task["Who"]["MailingAddress"] == WHOLE


def test_every_field_of_an_object_has_its_addresses(bremen):
    (row,) = bremen.query("SELECT FIELDS(ALL) FROM Contact LIMIT 1")

    assert (row["MailingAddress"], row["OtherAddress"]) == (WHOLE, None)


def test_a_search_returns_addresses(bremen):
    found = bremen.ask(
        "/search?" + urlencode({"q": "FIND {Bremen} RETURNING Contact(MailingAddress)"})
    )

    assert [one["MailingAddress"] for one in found["searchRecords"]] == [WHOLE]


@pytest.mark.parametrize(
    ("text", "column", "code", "sentence"),
    [
        pytest.param(
            "SELECT Id FROM Contact WHERE MailingAddress = 'Kai 4'", 30, "INVALID_FIELD",
            "Address fields can only be filtered using Distance expressions", id="filtered",
        ),
        pytest.param(
            "SELECT Id FROM Contact WHERE MailingAddress IN (null)", 30, "INVALID_FIELD",
            "Address fields can only be filtered using Distance expressions", id="in_a_list",
        ),
        pytest.param(
            "SELECT COUNT(Id) FROM Contact GROUP BY MailingAddress", 40, "MALFORMED_QUERY",
            "field 'MailingAddress' can not be grouped in a query call", id="grouped",
        ),
        pytest.param(
            "SELECT COUNT(MailingAddress) FROM Contact", 14, "MALFORMED_QUERY",
            "field MailingAddress does not support aggregate operator COUNT", id="counted",
        ),
    ],
)  # fmt: skip
def test_an_address_is_no_condition_and_no_group(people, text, column, code, sentence):
    pointer = f"{' ' * (column - 1)}^"

    expected = f"\n{text}\n{pointer}\nERROR at Row:1:Column:{column}\n{sentence}"
    assert (400, code, expected) == people.refusal("/query?" + urlencode({"q": text}))


def test_an_address_is_no_order(people):
    text = "SELECT Id FROM Contact ORDER BY MailingAddress"

    status, _, message = people.refusal("/query?" + urlencode({"q": text}))

    assert status == 400
    assert message.endswith("field 'MailingAddress' can not be sorted in a query call")


def test_the_columns_of_a_query_with_an_address_are_not_described(people):
    text = "SELECT MailingAddress FROM Contact"

    status, code, _ = people.refusal("/query?" + urlencode({"q": text, "columns": "true"}))

    assert (status, code) == (501, "NOT_IMPLEMENTED")


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_an_address_is_not_written_as_a_whole(bremen, method):
    path = "/sobjects/Contact" + (f"/{bremen.contact['id']}" if method == "PATCH" else "")
    body = {"LastName": "Ost", "MailingAddress": {"city": "Kiel"}}

    status, code, message = bremen.refusal(path, body, method=method)

    assert (status, code) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert message.startswith("Unable to create/update fields: MailingAddress. Please check the")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        pytest.param(
            "MailingGeocodeAccuracy", "Roughly", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            id="accuracy_is_restricted",
        ),
        pytest.param("MailingLatitude", "north", "JSON_PARSER_ERROR", id="latitude_is_a_number"),
        pytest.param("MailingLatitude", 90.5, "NOT_IMPLEMENTED", id="beyond_the_pole"),
        pytest.param("MailingLongitude", -181, "NOT_IMPLEMENTED", id="beyond_the_date_line"),
    ],
)  # fmt: skip
def test_a_part_that_makes_no_sense_is_refused(api, field, value, code):
    _, found, _ = api.refusal("/sobjects/Contact", {"LastName": "Ost", field: value})

    assert code == found


def test_the_ends_of_the_earth_are_stored(api):
    body = {"LastName": "Pole", "MailingLatitude": -90, "MailingLongitude": 180}
    api.ask("/sobjects/Contact", body)

    (row,) = api.query("SELECT MailingAddress FROM Contact")
    assert row["MailingAddress"] == only(latitude=-90, longitude=180)


DESCRIBED = [
    pytest.param("Account", ("BillingAddress", "ShippingAddress"), id="account"),
    pytest.param("Contact", ("OtherAddress", "MailingAddress"), id="contact"),
    pytest.param("Lead", ("Address",), id="lead"),
    pytest.param("User", ("Address",), id="user"),
]


@pytest.mark.parametrize(("sobject", "addresses"), DESCRIBED)
def test_describe_has_the_address_after_its_parts(api, sobject, addresses):
    fields = api.ask(f"/sobjects/{sobject}/describe")["fields"]

    assert [f["name"] for f in fields if f["type"] == "address"] == list(addresses)
    for name in addresses:
        place = [f["name"] for f in fields].index(name)
        parts = [f for f in fields[place - 8 : place] if f["compoundFieldName"] == name]
        assert [f["type"] for f in parts] == [
            *("textarea", "string", "string", "string", "string", "double", "double", "picklist")
        ]
        whole = fields[place]
        assert {
            "aggregatable": False, "compoundFieldName": None, "createable": False,
            "filterable": True, "groupable": False, "length": 0, "nillable": True,
            "permissionable": True, "queryByDistance": True, "soapType": "urn:address",
            "sortable": False, "updateable": False,
        }.items() <= whole.items()  # fmt: skip


def test_a_part_in_degrees_is_described(api):
    fields = {f["name"]: f for f in api.ask("/sobjects/Contact/describe")["fields"]}

    latitude, accuracy = fields["MailingLatitude"], fields["MailingGeocodeAccuracy"]
    assert (latitude["precision"], latitude["scale"], latitude["groupable"]) == (18, 15, False)
    assert (accuracy["restrictedPicklist"], len(accuracy["picklistValues"])) == (True, 11)


def test_a_person_account_has_the_addresses_of_its_contact(api):
    api.store.configure(Settings(person_accounts=True))
    api.ask("/sobjects/Account", {"LastName": "Ost", "PersonMailingCity": "Kiel"})

    (account,) = api.query(
        "SELECT PersonMailingAddress, PersonOtherAddress, PersonContact.MailingAddress FROM Account"
    )

    assert account["PersonMailingAddress"] == only(city="Kiel")
    assert account["PersonOtherAddress"] is None
    assert account["PersonContact"]["MailingAddress"] == only(city="Kiel")


def test_a_converted_lead_hands_its_address_on(api):
    lead = api.add("Lead", LastName="Ost", Company="Oak", City="Kiel", Latitude=54.3)

    convert_lead(api.store, {"lead_id": lead})

    (contact,) = api.query("SELECT MailingAddress, Account.BillingAddress FROM Contact")
    assert contact["MailingAddress"] == only(city="Kiel", latitude=54.3)
    assert contact["Account"]["BillingAddress"] == only(city="Kiel", latitude=54.3)


def test_a_load_names_the_parts_to_give_instead(api):
    fields = {"Name": "Oak", "BillingAddress": {"city": "Kiel"}}

    with pytest.raises(LoadError, match="BillingAddress is made of BillingCity"):
        load(api.store, [{"type": "Account", "fields": fields}])


def test_an_org_in_a_file_of_an_older_form_gets_the_missing_parts(tmp_path):
    path = tmp_path / "org.sqlite"
    store = Store(path)
    store.conn.execute("ALTER TABLE o_Lead DROP COLUMN Latitude")
    store.close()

    store = Store(path)
    made = store.insert("Lead", {"LastName": "Ost", "Latitude": 1.5}, user_id=store.admin_id)

    assert (store.get("Lead", made) or {})["Latitude"] == 1.5
    store.close()


def test_a_branch_of_a_bulk_query_has_no_address(api):
    text = "SELECT TYPEOF Who WHEN Contact THEN MailingAddress END FROM Task"

    with pytest.raises(ApiError, match="Selecting compound data not supported in Bulk Query"):
        check_query(api.store, text, "JSON")


def test_an_address_cannot_be_required(api):
    required = (RequiredField(object="Account", name="BillingAddress"),)

    with pytest.raises(SettingsError) as raised:
        api.store.configure(Settings(required_fields=required))

    assert raised.value.problems == {"required_fields": "Account has no field BillingAddress"}
