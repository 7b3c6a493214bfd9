"""Bulk API 2.0 writes the rows of an uploaded table, each with its own outcome."""

import pytest


def test_a_new_job_is_open_and_says_where_its_data_goes(bulk):
    """The address has no slash in front; the version is a number."""
    answer = bulk.call("POST", "/jobs/ingest", {"object": "contact", "operation": "insert"})

    job = answer.json()
    assert answer.status_code == 200
    assert job == {
        "id": job["id"],
        "operation": "insert",
        "object": "Contact",
        "createdById": bulk.org.store.admin_id,
        "createdDate": "2026-05-13T09:00:00.000+0000",
        "systemModstamp": "2026-05-13T09:00:00.000+0000",
        "state": "Open",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 62.0,
        "contentUrl": f"services/data/v62.0/jobs/ingest/{job['id']}/batches",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    assert (job["id"][:3], len(job["id"])) == ("750", 18)


def test_a_job_inserts_its_rows_and_reports_the_failed_ones(bulk):
    """One bad row does not stop the others, and the job is complete all the same."""
    job = bulk.ingest("LastName,FirstName\nFerrer,Ida\n,Nobody\nPell,\n")

    info = bulk.job(job)
    created = bulk.results(job, "successfulResults")
    assert bulk.names() == ["Ferrer", "Pell"]
    assert (info["state"], info["jobType"]) == ("JobComplete", "V2Ingest")
    assert (info["numberRecordsProcessed"], info["numberRecordsFailed"]) == (3, 1)
    assert {(r["LastName"], r["FirstName"], r["sf__Created"]) for r in created} == {
        ("Ferrer", "Ida", "true"),
        ("Pell", "", "true"),
    }
    assert all(bulk.ask("GET", f"/sobjects/Contact/{r['sf__Id']}") for r in created)
    assert bulk.results(job, "failedResults") == [
        {
            "sf__Id": "",
            "sf__Error": "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
            "LastName": "",
            "FirstName": "Nobody",
        }
    ]
    assert bulk.call("GET", f"/jobs/ingest/{job}/unprocessedrecords/").text == (
        '"LastName","FirstName"\n'
    )


def test_results_come_in_another_order_than_the_rows(bulk):
    """A client that matches by position is caught out."""
    names = [f"N{number:02}" for number in range(20)]

    job = bulk.ingest("LastName\n" + "\n".join(names) + "\n")

    found = [row["LastName"] for row in bulk.results(job, "successfulResults")]
    assert found != names
    assert sorted(found) == names


def test_more_rows_than_one_chunk_are_all_written(bulk):
    """The boundary of two hundred leaves nothing out and doubles nothing."""
    names = [f"N{number:03}" for number in range(401)]

    job = bulk.ingest("LastName\n" + "\n".join(names))

    assert bulk.job(job)["numberRecordsProcessed"] == 401
    assert bulk.names() == names


def test_an_update_changes_clears_and_leaves_alone(bulk):
    """A value is set, #N/A is null, an empty cell is passed over."""
    contact = bulk.load("Contact", LastName="Ferrer", Phone="1", Title="Cook", Department="A")

    job = bulk.ingest(f"Id,Phone,Title,Department\n{contact},2,#N/A,\n", "update")

    row = bulk.ask("GET", f"/sobjects/Contact/{contact}")
    assert (row["Phone"], row["Title"], row["Department"]) == ("2", None, "A")
    assert bulk.results(job, "successfulResults")[0]["sf__Created"] == "false"


def test_an_upsert_by_external_id_creates_and_changes(bulk):
    """The outcome says which."""
    bulk.settings(external_id_field=True)
    key = {"externalIdFieldName": "Switchhook_Key__c"}
    bulk.ingest("Switchhook_Key__c,Subject\nk-1,One\n", "upsert", "Task", **key)

    job = bulk.ingest(
        "Switchhook_Key__c,Subject\nk-1,Two\nk-2,New\n,Bad\n", "upsert", "Task", **key
    )

    outcomes = bulk.results(job, "successfulResults")
    tasks = bulk.query("SELECT Switchhook_Key__c, Subject FROM Task ORDER BY Switchhook_Key__c")
    assert {r["Switchhook_Key__c"]: r["sf__Created"] for r in outcomes} == {
        "k-1": "false",
        "k-2": "true",
    }
    assert [(t["Switchhook_Key__c"], t["Subject"]) for t in tasks] == [
        ("k-1", "Two"),
        ("k-2", "New"),
    ]
    assert bulk.failures(job) == ["MISSING_ARGUMENT:Switchhook_Key__c not specified:--"]


def test_an_upsert_by_id_creates_where_the_id_is_empty(bulk):
    """As the CLI does by default."""
    contact = bulk.load("Contact", LastName="Old")

    bulk.ingest(f"Id,LastName\n{contact},Changed\n,Fresh\n", "upsert", externalIdFieldName="Id")

    assert bulk.names() == ["Changed", "Fresh"]


def test_a_delete_needs_nothing_but_ids(bulk):
    """A record that is gone already fails by itself."""
    contact, gone = bulk.load("Contact", LastName="A"), bulk.load("Contact", LastName="B")
    bulk.call("DELETE", f"/sobjects/Contact/{gone}")

    job = bulk.ingest(f"Id\n{contact}\n{gone}\n", "delete")

    assert bulk.names() == []
    assert [r["sf__Id"] for r in bulk.results(job, "successfulResults")] == [contact]
    assert bulk.results(job, "failedResults") == [
        {"sf__Id": gone, "sf__Error": "ENTITY_IS_DELETED:entity is deleted:--", "Id": gone}
    ]


@pytest.mark.parametrize(
    ("name", "char"),
    [
        ("COMMA", ","),
        ("TAB", "\t"),
        ("SEMICOLON", ";"),
        ("PIPE", "|"),
        ("CARET", "^"),
        ("BACKQUOTE", "`"),
    ],
)
@pytest.mark.parametrize(("ending", "chars"), [("LF", "\n"), ("CRLF", "\r\n")])
def test_a_job_reads_and_writes_its_own_dialect(bulk, name, char, ending, chars):
    """Cells in quotes hold delimiters, quotes and lines of their own."""
    nasty = f'He said ""hi""{char} twice{chars}then left'
    text = chars.join([f"LastName{char}Description", f'Ferrer{char}"{nasty}"', ""])

    job = bulk.ingest(text, columnDelimiter=name, lineEnding=ending)

    answer = bulk.call("GET", f"/jobs/ingest/{job}/successfulResults")
    expected = nasty.replace('""', '"')
    assert bulk.query("SELECT Description FROM Contact")[0]["Description"] == expected
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.content.decode().startswith(
        char.join(f'"{h}"' for h in ("sf__Id", "sf__Created", "LastName", "Description")) + chars
    )
    assert bulk.results(job, "successfulResults", char)[0]["Description"] == expected


@pytest.mark.parametrize(
    ("operation", "text", "more", "message"),
    [
        pytest.param(
            "insert",
            "LastName,Shoe__c\nFerrer,42\n",
            {},
            "InvalidBatch : Field name not found : Shoe__c",
            id="an_unknown_column",
        ),
        pytest.param(
            "insert",
            "LastName;FirstName\nFerrer;Ida\n",
            {},
            "InvalidBatch : Field name not found : LastName;FirstName",
            id="another_delimiter",
        ),
        pytest.param(
            "insert",
            "LastName\r\nFerrer\r\n",
            {},
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF",
            id="another_line_ending",
        ),
        pytest.param(
            "update",
            "LastName\nFerrer\n",
            {},
            "InvalidBatch : Field name not found : Id",
            id="an_update_without_ids",
        ),
        pytest.param(
            "delete",
            "Id,LastName\n003,Ferrer\n",
            {},
            "InvalidBatch : The 'delete' batch must contain only ids",
            id="a_delete_with_more_than_ids",
        ),
        pytest.param(
            "insert",
            b"LastName\n\xff\xfe\n",
            {},
            "ClientInputError : The data is not UTF-8 text",
            id="no_text_at_all",
        ),
    ],
)
def test_a_table_that_cannot_be_used_fails_the_whole_job(bulk, operation, text, more, message):
    """Nothing is written; the data comes back as unprocessed."""
    job = bulk.ingest(text, operation, **more)

    info = bulk.job(job)
    assert (info["state"], info["errorMessage"]) == ("Failed", message)
    assert info["numberRecordsProcessed"] == 0
    assert bulk.names() == []
    assert bulk.call("GET", f"/jobs/ingest/{job}/unprocessedrecords").content


@pytest.mark.parametrize(
    ("sobject", "text", "error"),
    [
        pytest.param(
            "Contact",
            "LastName,Birthdate\nFerrer,soon\n",
            "INVALID_TYPE_ON_FIELD_IN_RECORD:Birthdate: value not of required type: soon"
            ":Birthdate --",
            id="text_that_is_no_date",
        ),
        pytest.param(
            "Account",
            "Name,NumberOfEmployees\nOak,many\n",
            "INVALID_TYPE_ON_FIELD_IN_RECORD:Employees: value not of required type: many"
            ":NumberOfEmployees --",
            id="text_that_is_no_number",
        ),
        pytest.param(
            "Contact",
            "LastName,AccountId\nFerrer,001000000000000AAA\n",
            "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--",
            id="an_id_of_nothing",
        ),
    ],
)
def test_a_row_that_breaks_a_rule_says_which(bulk, sobject, text, error):
    """Code, sentence and fields in one cell."""
    assert bulk.failures(bulk.ingest(text, sobject=sobject)) == [error]


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ({}, "External ID was blank for Task. An External ID must be specified for upsert."),
        (
            {"externalIdFieldName": "Subject"},
            "Invalid external id field 'Subject' for an upsert of Task",
        ),
    ],
)
def test_an_upsert_needs_a_key_that_is_one(bulk, key, sentence):
    """No job is made."""
    job = {"object": "Task", "operation": "upsert", "contentType": "CSV", **key}

    answer = bulk.call("POST", "/jobs/ingest", job)

    assert answer.status_code == 400
    assert answer.json() == [{"message": f"InvalidJob : {sentence}", "errorCode": "INVALIDJOB"}]


def test_an_upload_without_rows_is_refused(bulk):
    """There has to be something to cut into batches."""
    answer = bulk.upload(bulk.open_job(), "")

    assert (answer.status_code, answer.json()[0]["message"]) == (
        400,
        "ClientInputError : Unable to find any data to create batch",
    )


@pytest.mark.parametrize(("word", "expected"), [("1", True), ("Yes", True), ("off", False)])
def test_booleans_may_be_written_in_several_ways(bulk, word, expected):
    """Case does not matter."""
    bulk.ingest(f"Subject,IsReminderSet\nCall,{word}\n", sobject="Task")

    assert bulk.query("SELECT IsReminderSet FROM Task")[0]["IsReminderSet"] is expected


def test_refusals_are_worded_in_the_language_of_the_org(bulk):
    """The code stays."""
    bulk.settings(language="de")

    assert bulk.failures(bulk.ingest("LastName,FirstName\n,Ida\n")) == [
        "REQUIRED_FIELD_MISSING:Pflichtfelder fehlen: [LastName]:LastName --"
    ]


def test_assignment_rules_are_not_run(bulk):
    """Bulk jobs keep the owner unless they name a rule."""
    queue = bulk.load("Group", Name="Queue", Type="Queue")
    bulk.settings(assignment_rules=[{"object": "Lead", "owner_id": queue}])

    bulk.ingest("LastName,Company\nPell,Oak\n", sobject="Lead")

    assert bulk.query("SELECT OwnerId FROM Lead")[0]["OwnerId"] == bulk.org.store.admin_id


def test_a_locked_row_fails_in_the_job_that_meets_it(bulk):
    """The fault strikes the request that hands the job over."""
    session = bulk.org.grants.open_session(bulk.org.store.admin_id, "PlatformCLI", None, "full")
    bulk.headers = {"Authorization": f"Bearer {session}"}
    bulk.control("POST", "faults", [{"effect": "lock_row", "match": {"method": "PATCH"}}])

    job = bulk.ingest("LastName\nFerrer\n")

    assert bulk.failures(job)[0].startswith("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access")


def test_a_record_that_two_rows_name_is_refused(bulk):
    """As a whole for an external id, for the later row for an Id."""
    bulk.settings(external_id_field=True)
    keys = "Subject,Switchhook_Key__c\nA,k-1\nB,k-2\nC,k-1\n"
    contact = bulk.load("Contact", LastName="Ferrer")

    upsert = bulk.ingest(keys, "upsert", "Task", externalIdFieldName="Switchhook_Key__c")
    update = bulk.ingest(f"Id,LastName\n{contact},A\n{contact},B\n", "update")

    assert (
        bulk.failures(upsert)
        == ["DUPLICATE_VALUE:Duplicate external id specified: k-1:Switchhook_Key__c --"] * 2
    )
    assert bulk.failures(update) == [f"DUPLICATE_VALUE:Duplicate id specified: {contact}:Id --"]
    assert bulk.names() == ["A"]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        pytest.param("1940-06-07", "1940-06-07", id="day"),
        pytest.param("1940-06-07Z", "1940-06-07", id="with_a_zone"),
        pytest.param("1940-06-07+0200", "1940-06-07", id="with_an_offset"),
        pytest.param("1940-06-07T00:00:00Z", None, id="with_a_time"),
    ],
)
def test_a_day_may_have_a_zone_and_no_time(bulk, written, stored):
    """As in the manual's example."""
    job = bulk.ingest(f"LastName,Birthdate\nJones,{written}\n")

    failures = bulk.failures(job)

    found = [row["Birthdate"] for row in bulk.query("SELECT Birthdate FROM Contact")]
    assert found == ([] if stored is None else [stored])
    refused = f"INVALID_TYPE_ON_FIELD_IN_RECORD:Birthdate: value not of required type: {written}"
    assert [text.startswith(refused) for text in failures] == ([True] if stored is None else [])


@pytest.mark.parametrize("written", ["100000000", "3000000000"])
def test_a_number_out_of_range_says_so_in_its_row(bulk, written):
    """In the words of the REST API."""
    job = bulk.ingest(f"Name,NumberOfEmployees\nA,{written}\n", sobject="Account")

    words = f"Employees: value outside of valid range on numeric field: {written}"
    assert bulk.failures(job) == [f"NUMBER_OUTSIDE_VALID_RANGE:{words}:NumberOfEmployees --"]
