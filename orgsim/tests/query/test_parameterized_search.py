"""Searches given as parameters or as JSON."""

import pytest

PATH = "/parameterizedSearch"


def found(answer: dict) -> list[tuple[object, ...]]:
    """Each record's type and its values."""
    return [
        (record["attributes"]["type"], *(v for k, v in record.items() if k != "attributes"))
        for record in answer["searchRecords"]
    ]


def test_a_word_alone_finds_ids_of_every_object(people):
    answer = people.ask(f"{PATH}?q=elm", version="64.0")

    assert [kind for kind, _ in found(answer)] == ["Account", "Contact"]
    record = answer["searchRecords"][0]
    assert record["attributes"]["url"] == f"/services/data/v64.0/sobjects/Account/{record['Id']}"


GETS = [
    pytest.param("q=elm&sobject=Account&Account.fields=name,phone",
                 [("Account", "Elm", "(415) 555-1213")], id="fields_of_an_object"),
    pytest.param("q=elm&sobject=Contact&sobject=Account&fields=LastName&Account.fields=Name",
                 [("Contact", "Elm"), ("Account", "Elm")], id="repeated_objects"),
    pytest.param("q=elm&sobject=Contact,Account&Contact.fields=LastName&Account.fields=Name",
                 [("Contact", "Elm"), ("Account", "Elm")], id="listed_objects"),
    pytest.param("q=4155551212&in=phone&sobject=Contact&fields=LastName", [("Contact", "Nora")],
                 id="group"),
    pytest.param("q=4155551212&in=NAME&sobject=Contact&fields=LastName", [], id="other_group"),
    pytest.param("q=nora&sobject=Contact&fields=LastName&Contact.where=Phone+%3D+null",
                 [("Contact", "nora")], id="filter"),
    pytest.param("q=nora&sobject=Contact&fields=LastName&Contact.orderBy=CreatedDate+desc"
                 "&Contact.limit=1", [("Contact", "Nora")], id="order_and_limit"),
    pytest.param("q=nora&sobject=Contact&fields=LastName&Contact.orderBy=CreatedDate+desc&offset=1",
                 [("Contact", "nora")], id="offset"),
    pytest.param("q=nora&sobject=Contact&fields=toLabel(LeadSource),Account.Name&overallLimit=0",
                 [], id="no_rows_wanted"),
    pytest.param("q=elm&sobject=Contact&fields=LastName&spellCorrection=false&updateTracking=true",
                 [("Contact", "Elm")], id="what_changes_nothing"),
    pytest.param("q=elm&sobject=Contact&fields=LastName&shoes=1&Contact.shoes=1&_=17&a.b=c",
                 [("Contact", "Elm")], id="what_is_unknown"),
    pytest.param("q=elm&sobject=Contact&fields=LastName&Account.limit=many",
                 [("Contact", "Elm")], id="what_is_of_an_object_that_is_not_searched"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), GETS)
def test_get_searches_as_its_parameters_say(people, query, expected):
    assert expected == found(people.ask(f"{PATH}/?{query}"))


def test_post_searches_as_its_body_says(people):
    body = {
        "q": "4155551212", "in": "PHONE", "fields": ["id", "Phone"], "overallLimit": 10,
        "sobjects": [
            {"name": "Lead", "fields": ["Company"]},
            {"name": "contact", "fields": ["LastName"], "where": "Account.Name = 'Oak'",
             "orderBy": "LastName", "limit": 20},
        ],
    }  # fmt: skip

    assert found(people.ask(PATH, body)) == [("Lead", "Pell & Co"), ("Contact", "Nora")]


def test_post_passes_over_what_its_body_has_besides(people):
    one = {"name": "Contact", "fields": ["LastName"], "shoes": 1, "sizes": {"eu": [42]}}
    body = {"q": "elm", "sobjects": [one], "shoes": 1, "spellCorrection": False}

    assert found(people.ask(PATH, body)) == [("Contact", "Elm")]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"defaultLimit": 1}, ["Contact", "Account"]),
        ({"defaultLimit": "1"}, ["Contact", "Account"]),
        ({"overallLimit": 1}, ["Contact"]),
        ({}, ["Contact", "Contact", "Account"]),
    ],
    ids=["each", "each_as_text", "all", "none"],
)
def test_limits_hold_for_each_object_or_for_all(people, limits, expected):
    sobjects = [{"name": "Contact"}, {"name": "Account"}]
    body = {"q": "nora OR oak", "sobjects": sobjects, **limits}

    kinds = [kind for kind, *_ in found(people.ask(PATH, body))]
    assert expected == kinds


def test_an_own_limit_wins_over_the_default(people):
    sobjects = [{"name": "Contact", "limit": 2}]

    assert len(found(people.ask(PATH, {"q": "nora", "sobjects": sobjects, "defaultLimit": 1}))) == 2


ONE = {"name": "Contact"}
REFUSALS = [
    pytest.param({}, "MALFORMED_SEARCH", id="no_search_text"),
    pytest.param({"q": "x} RETURNING User(Id"}, "MALFORMED_SEARCH", id="text_that_closes_the_brace"),
    pytest.param({"q": "elm\\"}, "MALFORMED_SEARCH", id="text_that_escapes_the_brace"),
    pytest.param({"q": "*elm"}, "MALFORMED_SEARCH", id="leading_wildcard"),
    pytest.param({"q": "elm", "in": "SHOES"}, "JSON_PARSER_ERROR", id="unknown_group"),
    pytest.param({"q": "elm", "sobjects": ["Contact"]}, "JSON_PARSER_ERROR", id="object_as_text"),
    pytest.param({"q": "elm", "sobjects": [{}]}, "JSON_PARSER_ERROR", id="nameless_object"),
    pytest.param({"q": "elm", "sobjects": [{"name": "Contact(Id), User"}]}, "JSON_PARSER_ERROR",
                 id="name_that_is_more"),
    pytest.param({"q": "elm", "sobjects": [{**ONE, "where": "Id != null) , User(Id"}]},
                 "MALFORMED_SEARCH", id="filter_that_is_more"),
    pytest.param({"q": "elm", "sobjects": [{**ONE, "orderBy": "Id LIMIT 1"}]}, "MALFORMED_SEARCH",
                 id="order_that_is_more"),
    pytest.param({"q": "elm", "sobjects": [{**ONE, "fields": ["Id, Name"]}]}, "MALFORMED_SEARCH",
                 id="field_that_is_more"),
    pytest.param({"q": "elm", "sobjects": [{**ONE, "fields": ["Shoe"]}]}, "INVALID_FIELD",
                 id="unknown_field"),
    pytest.param({"q": "elm", "sobjects": [{"name": "Widget"}]}, "INVALID_TYPE", id="unknown_object"),
    pytest.param({"q": "elm", "fields": ["Id"]}, "JSON_PARSER_ERROR", id="fields_of_no_object"),
    pytest.param({"q": "elm", "offset": 1}, "JSON_PARSER_ERROR", id="offset_of_no_object"),
    pytest.param({"q": "elm", "overallLimit": "many"}, "JSON_PARSER_ERROR", id="limit_in_words"),
    pytest.param({"q": "elm", "overallLimit": True}, "JSON_PARSER_ERROR", id="limit_as_boolean"),
    pytest.param({"q": "elm", "overallLimit": 2001}, "NUMBER_OUTSIDE_VALID_RANGE",
                 id="limit_too_large"),
    pytest.param([], "JSON_PARSER_ERROR", id="list_as_body"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code"), REFUSALS)
def test_what_is_no_search_is_refused(people, body, code):
    status, found_code, sentence = people.refusal(PATH, body)

    assert (400, code) == (status, found_code)
    assert sentence


def test_a_complaint_points_into_the_statement_that_the_parts_make(people):
    body = {"q": "elm", "sobjects": [{"name": "Contact", "where": "Shoe = 'x'"}]}

    _, _, message = people.refusal(PATH, body)
    assert message.startswith("\nFIND {elm} IN ALL FIELDS RETURNING Contact(Id WHERE Shoe = 'x')\n")
    assert "ERROR at Row:1:Column:53\nNo such column 'Shoe' on entity 'Contact'." in message


@pytest.mark.parametrize("name", ["snippet", "metadata", "dataCategory", "division", "networkIds"])
def test_what_is_left_out_says_so(people, name):
    status, code, sentence = people.refusal(PATH, {"q": "elm", name: "x"})

    assert (status, code) == (501, "NOT_IMPLEMENTED")
    assert sentence.startswith(f"{name} of parameterizedSearch")


def test_other_methods_and_older_versions_have_no_such_resource(people):
    assert people.refusal(PATH, method="DELETE")[:2] == (405, "METHOD_NOT_ALLOWED")
    assert people.refusal(f"{PATH}?q=elm", version="35.0")[:2] == (404, "NOT_FOUND")
    assert people.refusal(f"{PATH}/more?q=elm")[:2] == (404, "NOT_FOUND")


def test_sosl_answers_carry_the_version_that_was_asked(people):
    answer = people.ask("/search?q=FIND+%7Belm%7D+RETURNING+Account(Name)", version="60.0")

    assert answer["searchRecords"][0]["attributes"]["url"].startswith("/services/data/v60.0/")
