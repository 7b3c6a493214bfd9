"""How long results are read page by page."""

import re
from urllib.parse import urlencode

import pytest

LOST = (400, "INVALID_QUERY_LOCATOR", "invalid query locator")


def fill(api, count: int):
    for number in range(count):
        api.add("Lead", LastName=f"L{number:04d}", Company="C", Description="long")


def first_page(api, fields: str = "LastName", **headers: str) -> dict:
    query = urlencode({"q": f"SELECT {fields} FROM Lead ORDER BY LastName"})
    return api.ask(f"/query?{query}", **headers)


def locator_of(page: dict) -> str:
    return page["nextRecordsUrl"].rpartition("/")[2]


@pytest.mark.parametrize(
    ("fields", "asked", "expected"),
    [
        pytest.param("Id", None, 2000, id="two_thousand_by_default"),
        pytest.param("Id, Description", None, 1000, id="a_thousand_with_long_text"),
        pytest.param("Id", "batchSize=250", 250, id="as_asked"),
        pytest.param("Id", "batchsize = 1999", 1999, id="as_asked_with_spaces"),
        pytest.param("Id", "batchSize=1", 200, id="never_below_two_hundred"),
        pytest.param("Id", "batchSize=9999", 2000, id="never_above_two_thousand"),
        pytest.param("Description", "batchSize=2000", 1000, id="long_text_wins"),
        pytest.param("Id", "batchSize=many", 2000, id="nonsense_is_not_looked_at"),
    ],
)
def test_a_page_has_the_size_the_org_chooses(many, fields, asked, expected):
    headers = {} if asked is None else {"sforce_query_options": asked}

    assert expected == len(first_page(many, fields, **headers)["records"])


def test_pages_follow_each_other_without_gap(api):
    fill(api, 450)

    page = first_page(api, sforce_query_options="batchSize=200")
    names, sizes = [], []
    while True:
        names += [record["LastName"] for record in page["records"]]
        sizes.append((len(page["records"]), page["totalSize"], page["done"]))
        if page["done"]:
            break
        page = api.ask(page["nextRecordsUrl"].removeprefix("/services/data/v62.0"))
    assert sizes == [(200, 450, False), (200, 450, False), (50, 450, True)]
    assert names == [f"L{number:04d}" for number in range(450)]


def test_a_locator_is_an_id_and_the_offset_of_the_next_page(api):
    fill(api, 201)

    page = first_page(api, sforce_query_options="batchSize=200")
    assert re.fullmatch(r"0r8[0-9A-Za-z]{15}-200", locator_of(page))


def test_a_repeated_query_beside_a_locator_is_not_looked_at(api):
    fill(api, 201)
    locator = locator_of(first_page(api, sforce_query_options="batchSize=200"))

    plain = api.ask(f"/query/{locator}")
    assert plain == api.ask(f"/query/{locator}?q=SELECT+Id+FROM+Account&columns=true")
    assert [record["LastName"] for record in plain["records"]] == ["L0200"]


def test_a_locator_lives_for_two_days(api):
    fill(api, 201)
    locator = locator_of(first_page(api, sforce_query_options="batchSize=200"))

    api.later(days=1, hours=23)
    assert api.ask(f"/query/{locator}")["done"] is True
    api.later(hours=1)
    assert api.refusal(f"/query/{locator}") == LOST


def test_a_locator_belongs_to_the_user_who_asked(api):
    fill(api, 201)
    other = api.add("User", LastName="Wren", Username="wren@oak.example", IsActive=1)
    locator = locator_of(first_page(api, sforce_query_options="batchSize=200"))

    assert api.refusal(f"/query/{locator}", user=other) == LOST


@pytest.mark.parametrize(
    "locator",
    ["0r8000000000000AAA-200", "nonsense", "-", "{key}", "{key}-201", "{key}-²", "{key}-" + "9" * 5000],
    ids=["unknown", "no_locator", "empty", "no_offset", "behind_the_end", "no_digit", "absurd"],
)  # fmt: skip
def test_what_is_no_locator_of_ours_is_refused(api, locator):
    fill(api, 201)
    key = locator_of(first_page(api, sforce_query_options="batchSize=200")).partition("-")[0]

    assert api.refusal(f"/query/{locator.format(key=key)}") == LOST


def test_more_than_two_thousand_groups_are_refused(many):
    query = urlencode({"q": "SELECT LastName, COUNT(Id) FROM Lead GROUP BY LastName"})

    status, code, _ = many.refusal(f"/query?{query}")
    limited = many.ask(f"/query?{query}+LIMIT+2000")
    assert (status, code) == (400, "EXCEEDED_ID_LIMIT")
    assert (limited["totalSize"], limited["done"]) == (2000, True)


def test_explain_says_that_it_is_left_out(api):
    status, code, _ = api.refusal("/query?explain=SELECT+Id+FROM+Lead")

    assert (status, code) == (501, "NOT_IMPLEMENTED")
