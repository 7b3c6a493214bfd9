"""Single records are created, changed and deleted as in a real org, refusals included."""

import pytest

ADMIN = "005"


def body_of(answer):
    return answer.status_code, answer.json()


def test_a_create_answers_201_with_the_id_and_where_the_record_is(rest):
    """The body has exactly three keys and Location is relative."""
    answer = rest.call("POST", "/sobjects/Contact", {"LastName": "Ferrer"})

    record_id = answer.json()["id"]
    assert answer.status_code == 201
    assert answer.json() == {"id": record_id, "success": True, "errors": []}
    assert answer.headers["Location"] == f"/services/data/v62.0/sobjects/Contact/{record_id}"
    assert (record_id[:3], len(record_id)) == ("003", 18)


def test_an_update_and_a_delete_answer_204_with_no_body(rest):
    """Nothing to parse comes back."""
    contact = rest.create("Contact", LastName="Ferrer")

    updated = rest.call("PATCH", f"/sobjects/Contact/{contact}", {"Phone": "+34 93 555 01 00"})
    phone = rest.row("Contact", contact)["Phone"]
    deleted = rest.call("DELETE", f"/sobjects/Contact/{contact}")

    assert (updated.status_code, updated.content) == (204, b"")
    assert phone == "+34 93 555 01 00"
    assert (deleted.status_code, deleted.content) == (204, b"")


def test_a_short_id_is_as_good_as_a_long_one(rest):
    """Fifteen characters are accepted wherever eighteen are."""
    contact = rest.create("Contact", LastName="Ferrer")

    assert rest.row("Contact", contact[:15])["Id"] == contact


@pytest.mark.parametrize(
    ("sobject", "fields", "expected"),
    [
        pytest.param(
            "Lead",
            {"FirstName": "Ida"},
            {
                "message": "Required fields are missing: [LastName, Company]",
                "errorCode": "REQUIRED_FIELD_MISSING",
                "fields": ["LastName", "Company"],
            },
            id="required_fields_are_named",
        ),
        pytest.param(
            "Contact",
            {"LastName": "Ferrer", "FirstName": "x" * 41},
            {
                "message": f"First Name: data value too large: {'x' * 41} (max length=40)",
                "errorCode": "STRING_TOO_LONG",
                "fields": ["FirstName"],
            },
            id="long_text_is_refused_under_its_label",
        ),
        pytest.param(
            "Contact",
            {"LastName": "Ferrer", "Shoe__c": "42"},
            {
                "message": "No such column 'Shoe__c' on sobject of type Contact",
                "errorCode": "INVALID_FIELD",
            },
            id="unknown_fields_are_refused_without_a_field_list",
        ),
        pytest.param(
            "Contact",
            {"LastName": "Ferrer", "CreatedDate": "2026-01-01T00:00:00Z", "Name": "x"},
            {
                "message": "Unable to create/update fields: CreatedDate, Name. Please check the"
                " security settings of this field and verify that it is read/write for your"
                " profile or permission set.",
                "errorCode": "INVALID_FIELD_FOR_INSERT_UPDATE",
                "fields": ["CreatedDate", "Name"],
            },
            id="read_only_fields_are_refused",
        ),
        pytest.param(
            "Contact",
            {"LastName": "Ferrer", "Email": "ferrer at example.com"},
            {
                "message": "Email: invalid email address: ferrer at example.com",
                "errorCode": "INVALID_EMAIL_ADDRESS",
                "fields": ["Email"],
            },
            id="addresses_without_an_at_are_refused",
        ),
        pytest.param(
            "Task",
            {"Subject": "Call", "TaskSubtype": "Telegram"},
            {
                "message": "Task Subtype: bad value for restricted picklist field: Telegram",
                "errorCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                "fields": ["TaskSubtype"],
            },
            id="restricted_picklists_take_their_values_only",
        ),
        pytest.param(
            "Contact",
            {"LastName": "Ferrer", "AccountId": "001-not-an-id"},
            {
                "message": "Account ID: id value of incorrect type: 001-not-an-id",
                "errorCode": "MALFORMED_ID",
                "fields": ["AccountId"],
            },
            id="malformed_ids_are_refused",
        ),
        pytest.param(
            "Contact",
            {"LastName": "Ferrer", "AccountId": "001zz0000000001AAA"},
            {
                "message": "invalid cross reference id",
                "errorCode": "INVALID_CROSS_REFERENCE_KEY",
                "fields": [],
            },
            id="ids_of_no_record_are_refused",
        ),
        pytest.param(
            "Task",
            {"Subject": "Call", "CallDurationInSeconds": "soon"},
            {
                "message": "Cannot deserialize instance of int from VALUE_STRING value soon or"
                " request may be missing a required field at [line:1, column:2]",
                "errorCode": "JSON_PARSER_ERROR",
            },
            id="words_are_no_numbers",
        ),
        pytest.param(
            "Task",
            {"Subject": "Call", "ActivityDate": "2026-02-30"},
            {
                "message": "Cannot deserialize instance of date from VALUE_STRING value 2026-02-30"
                " or request may be missing a required field at [line:1, column:2]",
                "errorCode": "JSON_PARSER_ERROR",
            },
            id="days_that_do_not_exist_are_refused",
        ),
        pytest.param(
            "Task",
            {"Subject": "Call", "ActivityDate": "2024-01-01T00:00:00Z"},
            {
                "message": "Cannot deserialize instance of date from VALUE_STRING value 2024-01-01T00:00:00Z"
                " or request may be missing a required field at [line:1, column:2]",
                "errorCode": "JSON_PARSER_ERROR",
            },
            id="days_have_no_time",
        ),
        pytest.param(
            "Event",
            {"Subject": "Call", "StartDateTime": "2024-01-01 00:00:00"},
            {
                "message": "Cannot deserialize instance of datetime from VALUE_STRING value 2024-01-01 00:00:00"
                " or request may be missing a required field at [line:1, column:2]",
                "errorCode": "JSON_PARSER_ERROR",
            },
            id="times_have_no_blank",
        ),
        pytest.param(
            "Account",
            {"Name": "A", "NumberOfEmployees": 100000000},
            {
                "message": "Employees: value outside of valid range on numeric field: 100000000",
                "errorCode": "NUMBER_OUTSIDE_VALID_RANGE",
                "fields": ["NumberOfEmployees"],
            },
            id="whole_numbers_have_eight_digits",
        ),
        pytest.param(
            "Task",
            {"Subject": "Call", "CallDurationInSeconds": 2_147_483_648},
            {
                "message": "Call Duration: value outside of valid range on numeric field: 2147483648",
                "errorCode": "NUMBER_OUTSIDE_VALID_RANGE",
                "fields": ["CallDurationInSeconds"],
            },
            id="whole_numbers_have_at_most_32_bits",
        ),
        pytest.param(
            "Account",
            {"Name": "A", "AnnualRevenue": 1e18},
            {
                "message": "Annual Revenue: value outside of valid range on numeric field: 1e+18",
                "errorCode": "NUMBER_OUTSIDE_VALID_RANGE",
                "fields": ["AnnualRevenue"],
            },
            id="amounts_have_eighteen_digits",
        ),
        pytest.param(
            "Opportunity",
            {"Name": "O", "Probability": 1000},
            {
                "message": "Probability (%): value outside of valid range on numeric field: 1000.0",
                "errorCode": "NUMBER_OUTSIDE_VALID_RANGE",
                "fields": ["Probability"],
            },
            id="percentages_have_three_digits",
        ),
        pytest.param(
            "Contact",
            {"Id": "003zz0000000001AAA", "LastName": "Ferrer"},
            {
                "message": "cannot specify Id in an insert call",
                "errorCode": "INVALID_FIELD_FOR_INSERT_UPDATE",
                "fields": ["Id"],
            },
            id="creates_have_no_id",
        ),
    ],
)
def test_a_create_that_breaks_a_rule_is_refused_in_salesforces_words(
    rest, sobject, fields, expected
):
    """Status 400, one error in a list, nothing stored."""
    answer = rest.call("POST", f"/sobjects/{sobject}", fields)

    assert body_of(answer) == (400, [expected])
    assert rest.query(f"SELECT Id FROM {sobject}") == []


@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [
        pytest.param(
            "GET",
            "/sobjects/Contact/003zz0000000001AAA",
            404,
            {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"},
            id="a_row_that_never_was",
        ),
        pytest.param(
            "GET",
            "/sobjects/Shoe__c/003zz0000000001AAA",
            404,
            {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"},
            id="an_object_that_never_was",
        ),
        pytest.param(
            "GET",
            "/sobjects/Contact/001zz0000000001AAA",
            400,
            {
                "message": "Contact ID: id value of incorrect type: 001zz0000000001AAA",
                "errorCode": "MALFORMED_ID",
                "fields": ["Id"],
            },
            id="an_id_of_another_object",
        ),
        pytest.param(
            "GET",
            "/sobjects/Contact/rid/7",
            404,
            {
                "message": "Provided external ID field does not exist or is not accessible: rid",
                "errorCode": "NOT_FOUND",
            },
            id="an_external_id_field_that_is_none",
        ),
        pytest.param(
            "PUT",
            "/sobjects/Contact/003zz0000000001AAA",
            405,
            {
                "message": "HTTP Method 'PUT' not allowed. Allowed are DELETE,GET,HEAD,PATCH",
                "errorCode": "METHOD_NOT_ALLOWED",
            },
            id="a_method_that_rows_do_not_know",
        ),
    ],
)
def test_addresses_that_mean_nothing_are_refused(rest, method, path, status, expected):
    """The status tells the kind, the body the reason."""
    assert body_of(rest.call(method, path)) == (status, [expected])


def test_a_deleted_record_is_gone_for_reads_and_writes_but_not_for_query_all(rest):
    """It lies in the recycle bin."""
    contact = rest.create("Contact", LastName="Ferrer")
    rest.call("DELETE", f"/sobjects/Contact/{contact}")

    gone = [{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}]
    path = f"/sobjects/Contact/{contact}"
    assert body_of(rest.call("PATCH", path, {"LastName": "x"})) == (404, gone)
    assert body_of(rest.call("GET", path)) == (404, gone)
    assert rest.query("SELECT Id FROM Contact") == []
    found = rest.ask("GET", "/queryAll", params={"q": "SELECT Id, IsDeleted FROM Contact"})
    assert [(r["Id"], r["IsDeleted"]) for r in found["records"]] == [(contact, True)]


def test_deleting_an_account_takes_its_contacts_along_unless_cases_hold_it(rest):
    """Contacts cascade, cases restrict."""
    account = rest.create("Account", Name="Vidre SA")
    contact = rest.create("Contact", LastName="Ferrer", AccountId=account)
    case = rest.create("Case", AccountId=account)

    held = rest.call("DELETE", f"/sobjects/Account/{account}")
    number = rest.row("Case", case)["CaseNumber"]
    rest.call("DELETE", f"/sobjects/Case/{case}")
    freed = rest.call("DELETE", f"/sobjects/Account/{account}")

    assert body_of(held) == (
        400,
        [
            {
                "message": "Your attempt to delete Vidre SA could not be completed because it is"
                f" associated with the following cases.: {number}\n",
                "errorCode": "DELETE_FAILED",
                "fields": [],
            }
        ],
    )
    assert freed.status_code == 204
    assert rest.call("GET", f"/sobjects/Contact/{contact}").status_code == 404


def test_text_is_trimmed_and_an_empty_one_is_null(rest):
    """So does a real org's store."""
    contact = rest.create("Contact", LastName="  Ferrer ", Title="   ", Department="")

    row = rest.row("Contact", contact)
    assert (row["LastName"], row["Title"], row["Department"]) == ("Ferrer", None, None)


def test_numbers_and_booleans_may_come_as_text(rest):
    """Several clients write them so."""
    task = rest.create("Task", CallDurationInSeconds="75", IsReminderSet="true")

    row = rest.row("Task", task)
    assert (row["CallDurationInSeconds"], row["IsReminderSet"]) == (75, True)


def test_a_call_lasts_as_long_as_its_type_can_tell(rest):
    """Nobody has seen a real org refuse less."""
    longest = 2**31 - 1

    task = rest.create("Task", CallDurationInSeconds=longest)

    assert rest.row("Task", task)["CallDurationInSeconds"] == longest


def test_the_names_of_fields_may_be_written_in_any_case(rest):
    """Answers use the exact names."""
    contact = rest.ask("POST", "/sobjects/contact", {"lastname": "Ferrer"})["id"]

    assert rest.row("Contact", contact)["LastName"] == "Ferrer"


def test_a_write_is_refused_when_the_record_changed_after_the_given_time(rest):
    """`If-Unmodified-Since` is a lock with the resolution of a second."""
    contact = rest.create("Contact", LastName="Ferrer")
    rest.clock.forward(60)
    rest.call("PATCH", f"/sobjects/Contact/{contact}", {"Title": "Head"})

    def patch(since):
        headers = {"If-Unmodified-Since": since}
        return rest.call("PATCH", f"/sobjects/Contact/{contact}", {"Title": "x"}, headers=headers)

    assert patch("Wed, 13 May 2026 09:00:30 GMT").status_code == 412
    assert rest.row("Contact", contact)["Title"] == "Head"
    assert patch("Wed, 13 May 2026 09:01:00 GMT").status_code == 204


def test_a_read_may_name_its_fields(rest):
    """Unknown ones are refused."""
    contact = rest.create("Contact", LastName="Ferrer", Phone="1")

    row = rest.ask("GET", f"/sobjects/Contact/{contact}?fields=phone,LastName")
    refused = rest.call("GET", f"/sobjects/Contact/{contact}?fields=Shoe__c")

    assert set(row) == {"attributes", "Phone", "LastName", "Id"}
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


class TestDerivedFields:
    def test_a_persons_name_is_first_and_last_name_without_salutation(self, rest):
        contact = rest.create("Contact", Salutation="Dr.", FirstName="Ida", LastName="Ferrer")
        rest.call("PATCH", f"/sobjects/Contact/{contact}", {"FirstName": None})
        after = rest.row("Contact", contact)["Name"]
        rest.call("PATCH", f"/sobjects/Contact/{contact}", {"FirstName": "Eva"})

        assert (after, rest.row("Contact", contact)["Name"]) == ("Ferrer", "Eva Ferrer")

    def test_a_task_is_closed_when_its_status_is_a_closed_one_of_this_org(self, rest):
        statuses = [
            {"api_name": "Offen", "label": "Offen", "is_default": True},
            {"api_name": "Erledigt", "label": "Erledigt", "is_closed": True},
        ]
        rest.settings(task_statuses=statuses)

        open_task, closed = rest.create("Task"), rest.create("Task", Status="Erledigt")
        unlisted = rest.create("Task", Status="Completed")

        facts = [rest.row("Task", t) for t in (open_task, closed, unlisted)]
        assert [(f["Status"], f["IsClosed"]) for f in facts] == [
            ("Offen", False),
            ("Erledigt", True),
            ("Completed", False),
        ]
        assert facts[1]["CompletedDateTime"] == "2026-05-13T09:00:00.000+0000"
        listed = rest.query(
            "SELECT ApiName, IsClosed, IsDefault FROM TaskStatus ORDER BY SortOrder"
        )
        assert [(s["ApiName"], s["IsClosed"], s["IsDefault"]) for s in listed] == [
            ("Offen", False, True),
            ("Erledigt", True, False),
        ]

    def test_a_tasks_account_comes_from_its_target_else_from_its_contact(self, rest):
        first, second = rest.create("Account", Name="A"), rest.create("Account", Name="B")
        contact = rest.create("Contact", LastName="Ferrer", AccountId=first)

        by_contact = rest.create("Task", WhoId=contact)
        by_target = rest.create("Task", WhoId=contact, WhatId=second)

        assert rest.row("Task", by_contact)["AccountId"] == first
        assert rest.row("Task", by_target)["AccountId"] == second
        rest.call("PATCH", f"/sobjects/Contact/{contact}", {"AccountId": second})
        assert rest.row("Task", by_contact)["AccountId"] == second

    def test_a_case_has_a_number_and_its_contacts_details(self, rest):
        contact = rest.create("Contact", LastName="Ferrer", Phone="1", Email="f@example.com")
        case = rest.create("Case", ContactId=contact)
        rest.call("PATCH", f"/sobjects/Contact/{contact}", {"Phone": "2"})
        rest.call("PATCH", f"/sobjects/Case/{case}", {"Status": "Closed"})

        row = rest.row("Case", case)
        assert (row["ContactPhone"], row["ContactEmail"]) == ("2", "f@example.com")
        assert (row["IsClosed"], row["ClosedDate"]) == (True, "2026-05-13T09:00:00.000+0000")
        assert len(row["CaseNumber"]) == 8


class TestReferences:
    def test_a_task_for_a_lead_has_no_other_target(self, rest):
        lead = rest.create("Lead", LastName="Ferrer", Company="Vidre")
        account = rest.create("Account", Name="Vidre")

        answer = rest.call("POST", "/sobjects/Task", {"WhoId": lead, "WhatId": account})

        assert answer.status_code == 400
        assert answer.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"

    def test_an_inactive_user_owns_nothing_new(self, rest):
        user = rest.load("User", Username="old@vidre.example", LastName="Old", IsActive=False)

        answer = rest.call("POST", "/sobjects/Case", {"OwnerId": user})

        assert body_of(answer) == (
            400,
            [
                {
                    "message": f"operation performed with inactive user [{user}] as owner of case",
                    "errorCode": "INACTIVE_OWNER_OR_USER",
                    "fields": ["OwnerId"],
                }
            ],
        )

    def test_a_queue_may_own_a_lead_and_a_public_group_may_not(self, rest):
        queue = rest.load("Group", Name="Desk", Type="Queue")
        group = rest.load("Group", Name="All", Type="Regular")

        owned = rest.call(
            "POST", "/sobjects/Lead", {"LastName": "F", "Company": "V", "OwnerId": queue}
        )
        refused = rest.call(
            "POST", "/sobjects/Lead", {"LastName": "F", "Company": "V", "OwnerId": group}
        )

        assert (owned.status_code, refused.status_code) == (201, 400)

    @pytest.mark.parametrize(
        ("system_fields", "code"),
        [
            pytest.param({"IsDeleted": True}, "ENTITY_IS_DELETED", id="deleted"),
            pytest.param({"IsConverted": True}, "CANNOT_UPDATE_CONVERTED_LEAD", id="converted"),
        ],
    )
    def test_a_lead_that_is_no_more_takes_no_task(self, rest, system_fields, code):
        lead = rest.load("Lead", LastName="F", Company="V", **system_fields)

        answer = rest.call("POST", "/sobjects/Task", {"WhoId": lead})

        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)

    def test_a_converted_lead_cannot_be_changed(self, rest):
        lead = rest.load("Lead", LastName="F", Company="V", IsConverted=True)

        answer = rest.call("PATCH", f"/sobjects/Lead/{lead}", {"Title": "x"})

        assert answer.json()[0]["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_a_read_of_what_has_not_changed_is_304(rest):
    """`If-Modified-Since` saves the body."""
    contact = rest.create("Contact", LastName="Ferrer")
    path = f"/sobjects/Contact/{contact}"
    seen = rest.call("GET", path).headers["Last-Modified"]

    unchanged = rest.call("GET", path, headers={"If-Modified-Since": seen})
    rest.clock.forward(5)
    rest.call("PATCH", path, {"Title": "x"})
    changed = rest.call("GET", path, headers={"If-Modified-Since": seen})

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert changed.status_code == 200


def test_living_records_are_counted_by_object(rest):
    """limits/recordCount."""
    rest.call("DELETE", f"/sobjects/Contact/{rest.create('Contact', LastName='A')}")
    rest.create("Contact", LastName="B")

    assert rest.ask("GET", "/limits/recordCount?sObjects=Contact") == {
        "sObjects": [{"count": 1, "name": "Contact"}]
    }


def test_lists_of_the_org_itself_cannot_be_written(rest):
    """405, for every method that would change them."""
    profile = rest.query("SELECT Id FROM Profile")[0]["Id"]

    answers = [
        rest.call("POST", "/sobjects/TaskStatus", {"ApiName": "x"}),
        rest.call("PATCH", f"/sobjects/Profile/{profile}", {"Name": "x"}),
        rest.call("DELETE", f"/sobjects/User/{rest.org.store.admin_id}"),
    ]

    assert [a.status_code for a in answers] == [405, 405, 405]
