"""What an org's admin has set up decides about writes."""

import pytest


def error_of(answer):
    return answer.status_code, answer.json()[0]


def test_a_field_the_admin_made_required_is_asked_for(rest):
    """It joins Salesforce's own required fields."""
    rest.settings(required_fields=[{"object": "Contact", "name": "Department"}])

    refused = rest.call("POST", "/sobjects/Contact", {"LastName": "Ferrer"})
    contact = rest.create("Contact", LastName="Ferrer", Department="Sales")
    emptied = rest.call("PATCH", f"/sobjects/Contact/{contact}", {"Department": ""})
    untouched = rest.call("PATCH", f"/sobjects/Contact/{contact}", {"Title": "Head"})

    assert error_of(refused)[1]["message"] == "Required fields are missing: [Department]"
    assert error_of(emptied)[1]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert untouched.status_code == 204


@pytest.mark.parametrize(
    ("op", "value", "title", "status"),
    [
        pytest.param("contains", "spam", "No SPAM please", 400, id="contains_ignores_case"),
        pytest.param("contains", "spam", "ham", 201, id="what_does_not_contain_it_passes"),
        pytest.param("equals", "Boss", "boss", 400, id="equals_ignores_case"),
        pytest.param("equals", "Boss", "Boss 2", 201, id="a_longer_text_is_not_equal"),
        pytest.param("blank", "", None, 400, id="blank_means_empty"),
        pytest.param("blank", "", "x", 201, id="what_is_filled_is_not_blank"),
    ],
)
def test_a_validation_rule_refuses_with_the_admins_own_words(rest, op, value, title, status):
    """The field is named, the sentence is the admin's."""
    rule = {"object": "Contact", "field": "Title", "op": op, "value": value, "message": "Nope."}
    rest.settings(validation_rules=[rule])

    answer = rest.call("POST", "/sobjects/Contact", {"LastName": "Ferrer", "Title": title})

    assert answer.status_code == status
    if status == 400:
        assert answer.json() == [
            {
                "message": "Nope.",
                "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                "fields": ["Title"],
            }
        ]


def test_a_duplicate_is_refused_with_the_records_it_duplicates(rest):
    """Equal values in every field of the rule, whatever their case."""
    first = rest.create("Contact", LastName="Ferrer", Email="ida@vidre.example")
    rest.settings(duplicate_rules=[{"object": "Contact", "fields": ["Email"], "action": "block"}])

    answer = rest.call("POST", "/sobjects/Contact", {"LastName": "F", "Email": "IDA@vidre.example"})

    status, error = error_of(answer)
    assert (status, error["errorCode"]) == (400, "DUPLICATES_DETECTED")
    assert error["message"] == "Use one of these records?"
    result = error["duplicateResult"]
    assert (result["allowSave"], result["duplicateRuleEntityType"]) == (False, "Contact")
    match = result["matchResults"][0]
    assert (match["size"], match["matchRecords"][0]["record"]["Id"]) == (1, first)
    assert match["matchRecords"][0]["matchConfidence"] == 100.0


@pytest.mark.parametrize(
    ("action", "header", "status"),
    [
        pytest.param("alert", "allowSave=true", 201, id="an_alert_may_be_overruled"),
        pytest.param("alert", "allowSave=false", 400, id="an_alert_stands_unless_overruled"),
        pytest.param("block", "allowSave=true", 400, id="a_block_may_not_be_overruled"),
    ],
)
def test_only_alerts_give_way_to_allow_save(rest, action, header, status):
    """The header is Sforce-Duplicate-Rule-Header."""
    rest.create("Contact", LastName="Ferrer", Email="ida@vidre.example")
    rest.settings(duplicate_rules=[{"object": "Contact", "fields": ["Email"], "action": action}])

    answer = rest.call(
        "POST",
        "/sobjects/Contact",
        {"LastName": "F", "Email": "ida@vidre.example"},
        headers={"Sforce-Duplicate-Rule-Header": header},
    )

    assert answer.status_code == status


def test_old_versions_misspell_the_duplicate_result(rest):
    """v50 and v51 really answered so."""
    rest.create("Contact", LastName="Ferrer", Email="ida@vidre.example")
    rest.settings(duplicate_rules=[{"object": "Contact", "fields": ["Email"]}])
    url = f"{rest.addresses.http_url}/services/data/v51.0/sobjects/Contact"

    answer = rest.call("POST", url, {"LastName": "F", "Email": "ida@vidre.example"})

    assert "duplicateResut" in answer.json()[0]


@pytest.mark.parametrize(
    ("headers", "assigned"),
    [
        pytest.param({}, True, id="rules_run_by_default"),
        pytest.param({"Sforce-Auto-Assign": "TRUE"}, True, id="rules_run_when_asked"),
        pytest.param({"Sforce-Auto-Assign": "false"}, False, id="rules_are_switched_off"),
    ],
)
def test_assignment_rules_take_new_cases_away_from_their_owner(rest, headers, assigned):
    """Unless the header says otherwise."""
    desk = rest.load("Group", Name="Desk", Type="Queue")
    admin = rest.org.store.admin_id
    rest.settings(assignment_rules=[{"object": "Case", "owner_id": desk}])

    created = rest.ask("POST", "/sobjects/Case", {"OwnerId": admin}, headers=headers)

    assert rest.row("Case", created["id"])["OwnerId"] == (desk if assigned else admin)


class TestExternalId:
    KEY = "/sobjects/Task/Switchhook_Key__c/"

    def test_without_the_setting_there_is_no_such_field(self, rest):
        answer = rest.call("PATCH", f"{self.KEY}k-1", {"Subject": "Call"})
        names = [f["name"] for f in rest.ask("GET", "/sobjects/Task/describe")["fields"]]

        assert answer.status_code == 404
        assert "Switchhook_Key__c" not in names

    def test_an_upsert_creates_once_and_then_updates(self, rest):
        rest.settings(external_id_field=True)

        first = rest.call("PATCH", f"{self.KEY}k-1", {"Subject": "Call"})
        second = rest.call("PATCH", f"{self.KEY}k-1", {"Subject": "Call again"})

        record_id = first.json()["id"]
        assert (first.status_code, first.json()) == (
            201,
            {"id": record_id, "success": True, "errors": [], "created": True},
        )
        assert (second.status_code, second.json()["created"]) == (200, False)
        assert second.json()["id"] == record_id
        assert rest.ask("GET", f"{self.KEY}k-1")["Subject"] == "Call again"

    def test_the_field_has_the_name_that_the_org_wants(self, rest):
        rest.settings(external_id_field=True, external_id_name="Acme_Key__c")

        answer = rest.call("PATCH", "/sobjects/Case/Acme_Key__c/k-1", {"Subject": "Call"})

        [field] = [
            field
            for field in rest.ask("GET", "/sobjects/Case/describe")["fields"]
            if field["externalId"]
        ]
        assert answer.status_code == 201
        assert (field["name"], field["label"]) == ("Acme_Key__c", "Acme Key")

    def test_what_a_key_had_is_there_again_with_its_name(self, rest):
        rest.settings(external_id_field=True)
        first = rest.create("Task", Switchhook_Key__c="k-1")
        rest.settings(external_id_name="Acme_Key__c")
        rest.call("PATCH", f"/sobjects/Task/{first}", {"Acme_Key__c": "k-2"})
        both = rest.ask("GET", "/sobjects/Task/Acme_Key__c/k-2")["Id"]

        rest.settings(external_id_name="Switchhook_Key__c")

        assert (both, rest.ask("GET", f"{self.KEY}k-1")["Id"]) == (first, first)

    def test_update_only_creates_nothing(self, rest):
        rest.settings(external_id_field=True)

        answer = rest.call("PATCH", f"{self.KEY}k-1?updateOnly=true", {"Subject": "Call"})

        assert answer.status_code == 404
        assert rest.query("SELECT Id FROM Task") == []

    def test_keys_keep_their_case_their_spaces_and_their_slashes(self, rest):
        rest.settings(external_id_field=True)
        for key in ("Aa", "aA", "a%20b", "a%2Fb", "c/d"):
            rest.call("PATCH", self.KEY + key, {"Subject": key})

        keys = rest.query("SELECT Switchhook_Key__c FROM Task ORDER BY Id")
        assert [k["Switchhook_Key__c"] for k in keys] == ["Aa", "aA", "a b", "a/b", "c/d"]

    def test_the_key_is_not_repeated_in_the_body(self, rest):
        rest.settings(external_id_field=True)

        answer = rest.call("PATCH", f"{self.KEY}k-1", {"Switchhook_Key__c": "k-1"})

        assert error_of(answer) == (
            400,
            {
                "message": "The Switchhook_Key__c field should not be specified in the sobject data.",
                "errorCode": "INVALID_FIELD",
                "fields": ["Switchhook_Key__c"],
            },
        )

    def test_a_second_record_with_the_key_is_refused_naming_the_first(self, rest):
        rest.settings(external_id_field=True)
        first = rest.create("Task", Switchhook_Key__c="k-1")

        answer = rest.call("POST", "/sobjects/Task", {"Switchhook_Key__c": "k-1"})

        assert error_of(answer) == (
            400,
            {
                "message": "duplicate value found: Switchhook_Key__c duplicates value on record"
                f" with id: {first[:15]}",
                "errorCode": "DUPLICATE_VALUE",
                "fields": [],
            },
        )

    def test_a_deleted_record_frees_its_key(self, rest):
        rest.settings(external_id_field=True)
        first = rest.create("Task", Switchhook_Key__c="k-1")
        rest.call("DELETE", f"/sobjects/Task/{first}")

        assert rest.create("Task", Switchhook_Key__c="k-1") != first


class TestPersonAccounts:
    def test_a_person_account_has_a_contact_that_follows_it(self, rest):
        rest.settings(person_accounts=True)
        account = rest.create("Account", LastName="Ferrer", PersonMobilePhone="1")
        rest.call("PATCH", f"/sobjects/Account/{account}", {"FirstName": "Ida"})

        row = rest.row("Account", account)
        contact = rest.row("Contact", row["PersonContactId"])
        assert (row["IsPersonAccount"], row["Name"]) == (True, "Ida Ferrer")
        assert (contact["Name"], contact["MobilePhone"]) == ("Ida Ferrer", "1")
        assert (contact["AccountId"], contact["IsPersonAccount"]) == (account, True)

    def test_its_name_cannot_be_written(self, rest):
        rest.settings(person_accounts=True)

        answer = rest.call("POST", "/sobjects/Account", {"LastName": "Ferrer", "Name": "x"})

        assert error_of(answer)[1]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"

    def test_its_record_type_asks_for_a_last_name(self, rest):
        rest.settings(person_accounts=True)
        (kind,) = rest.query("SELECT Id FROM RecordType WHERE IsPersonType = true")

        answers = [
            rest.call("POST", "/sobjects/Account", {"RecordTypeId": kind["Id"], **more})
            for more in ({}, {"Name": "x"}, {"LastName": "Ferrer"})
        ]

        assert [answer.status_code for answer in answers] == [400, 400, 201]
        assert error_of(answers[0])[1] == {
            "message": "Required fields are missing: [LastName]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["LastName"],
        }

    def test_without_the_setting_there_are_no_such_fields(self, rest):
        answer = rest.call("POST", "/sobjects/Account", {"LastName": "Ferrer"})

        assert error_of(answer)[1]["message"] == (
            "No such column 'LastName' on sobject of type Account"
        )


class TestPrivateSharing:
    def test_a_limited_user_works_with_his_own_records_only(self, rest):
        theirs = rest.create("Contact", LastName="Ferrer")
        rest.load("User", Username="jo@vidre.example", LastName="Jo")
        rest.settings(sharing="private")
        rest.headers = rest.log_in("jo@vidre.example")
        own = rest.create("Contact", LastName="Own")

        assert [r["Id"] for r in rest.query("SELECT Id FROM Contact")] == [own]
        assert rest.call("GET", f"/sobjects/Contact/{theirs}").status_code == 404
        changed = rest.call("PATCH", f"/sobjects/Contact/{theirs}", {"Title": "x"})
        assert error_of(changed)[1]["errorCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"
        task = rest.call("POST", "/sobjects/Task", {"WhoId": theirs})
        assert error_of(task)[1]["errorCode"] == "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"


@pytest.mark.parametrize(
    ("sobject", "name"),
    [
        pytest.param("Account", "Name", id="account"),
        pytest.param("Lead", "LastName", id="lead"),
        pytest.param("Visit__c", "Name", id="custom_object"),
    ],
)
def test_what_everybody_may_change_its_owner_deletes(rest, sobject, name):
    """Or somebody who may modify all data."""
    visit = {"name": "Visit__c", "label": "Visit", "plural_label": "Visits"}
    rest.control("POST", "schema", {"objects": [visit]})
    needed = {name: "A", **({"Company": "B"} if sobject == "Lead" else {})}
    theirs = f"/sobjects/{sobject}/{rest.create(sobject, **needed)}"
    rest.load("User", Username="jo@vidre.example", LastName="Jo")
    admin, rest.headers = rest.headers, rest.log_in("jo@vidre.example")
    own = f"/sobjects/{sobject}/{rest.create(sobject, **needed)}"

    changed = rest.call("PATCH", theirs, {name: "C"})
    refused = rest.call("DELETE", theirs)
    done = [rest.call("DELETE", own), rest.call("DELETE", theirs, headers=admin)]

    assert changed.status_code == 204
    assert error_of(refused)[1]["errorCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert [answer.status_code for answer in done] == [204, 204]


def test_refusals_follow_the_users_language_but_codes_do_not(rest):
    """A client that reads sentences is caught out."""
    rest.settings(language="de")

    answer = rest.call("POST", "/sobjects/Contact", {"FirstName": "Ida"})

    assert error_of(answer)[1] == {
        "message": "Pflichtfelder fehlen: [LastName]",
        "errorCode": "REQUIRED_FIELD_MISSING",
        "fields": ["LastName"],
    }
