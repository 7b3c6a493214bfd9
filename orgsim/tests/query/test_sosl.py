"""What SOSL searches find, when, and what they are refused with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgsim.errors import ApiError
from orgsim.query.sosl import run_sosl
from orgsim.store import Store

NOW = datetime(2026, 5, 13, 10, 30, tzinfo=UTC)


class Org:
    """A small org whose clock the test moves."""

    def __init__(self, **settings: object):
        self.time = NOW
        self.store = Store(clock=lambda: self.time)
        self.configure(**settings)

    def configure(self, **settings: object):
        self.store.configure(replace(self.store.settings, **settings))

    def add(self, sobject: str, **values: object) -> str:
        return self.store.insert(sobject, values, user_id=self.store.admin_id)

    def update(self, sobject: str, record_id: str, **values: object):
        self.store.update(sobject, record_id, values, user_id=self.store.admin_id)

    def later(self, seconds: float):
        self.time += timedelta(seconds=seconds)

    def search(self, text: str, viewer: str | None = None) -> list[dict[str, object]]:
        return run_sosl(self.store, text, viewer or self.store.admin_id, now=self.time)

    def names(self, text: str, viewer: str | None = None) -> list[object]:
        """The first field of each found record."""
        return [list(record.values())[1] for record in self.search(text, viewer)]


@pytest.fixture(scope="module")
def org():
    org = Org()
    ash = org.add("Account", Name="Ash Bakery", Phone="+44 20 7946 0011", Website="ash.example")
    org.add(
        "Contact",
        FirstName="Mona",
        LastName="Ebbe",
        AccountId=ash,
        Phone="(415) 555-1212",
        MobilePhone="+14155551213",
        Email="mona.ebbe@ash.example",
        Description="prefers Bakery mornings",
    )
    org.add("Contact", FirstName="Óli", LastName="Bakery", Phone="415.555.0000 x12")
    org.add("Lead", LastName="Mona", Company="Elder", Phone="415-555-1212")
    deleted = org.add("Lead", LastName="Mona Gone", Company="Elder")
    org.store.delete("Lead", deleted, user_id=org.store.admin_id)
    yield org
    org.store.close()


WORDS = [
    pytest.param("bakery", ["Mona Ebbe", "Óli Bakery"], id="word_in_any_field"),
    pytest.param("BAKERY", ["Mona Ebbe", "Óli Bakery"], id="case_is_ignored"),
    pytest.param("bakeries", [], id="words_match_whole"),
    pytest.param("bak*", ["Mona Ebbe", "Óli Bakery"], id="star_at_the_end"),
    pytest.param("b*y", ["Mona Ebbe", "Óli Bakery"], id="star_in_the_middle"),
    pytest.param("baker?", ["Mona Ebbe", "Óli Bakery"], id="question_mark_is_one_character"),
    pytest.param("bakery?", [], id="question_mark_is_exactly_one_character"),
    pytest.param("óli", ["Óli Bakery"], id="words_beyond_ascii"),
    pytest.param("mona bakery", ["Mona Ebbe"], id="words_side_by_side_must_all_be_found"),
    pytest.param("mona AND bakery", ["Mona Ebbe"], id="and"),
    pytest.param("ebbe OR óli", ["Mona Ebbe", "Óli Bakery"], id="or"),
    pytest.param("bakery AND NOT mona", ["Óli Bakery"], id="and_not"),
    pytest.param("bakery and not mona", ["Óli Bakery"], id="operators_in_lower_case"),
    pytest.param("óli OR mona AND nobody", ["Óli Bakery"], id="and_before_or"),
    pytest.param("(óli OR mona) AND bakery", ["Mona Ebbe", "Óli Bakery"], id="parentheses"),
    pytest.param('"mona ebbe"', ["Mona Ebbe"], id="phrase"),
    pytest.param('"ebbe mona"', [], id="phrase_keeps_the_order"),
    pytest.param('"ebbe prefers"', [], id="phrase_stays_in_one_field"),
    pytest.param("mona.ebbe@ash.example", ["Mona Ebbe"], id="email_is_a_phrase"),
    pytest.param('"mona\\.ebbe\\@ash\\.example"', ["Mona Ebbe"], id="needless_escapes"),
    pytest.param("ebbe \\+ \\(", ["Mona Ebbe"], id="escaped_punctuation_is_no_word"),
    pytest.param("\\+\\+ab AND NOT \\-\\-", [], id="punctuation_alone_excludes_nothing"),
]


@pytest.mark.parametrize(("text", "expected"), WORDS)
def test_a_search_finds_the_contacts_with_its_words(org, text, expected):
    found = org.names(f"FIND {{{text}}} RETURNING Contact(Name ORDER BY Name)")

    assert expected == found


GROUPS = [
    pytest.param("IN ALL FIELDS", ["Mona Ebbe", "Óli Bakery"], id="all"),
    pytest.param("in name fields", ["Óli Bakery"], id="name"),
    pytest.param("IN EMAIL FIELDS", [], id="email"),
    pytest.param("IN SIDEBAR FIELDS", ["Óli Bakery"], id="sidebar"),
]


@pytest.mark.parametrize(("group", "expected"), GROUPS)
def test_a_group_of_fields_narrows_a_search(org, group, expected):
    assert expected == org.names(f"FIND {{bakery}} {group} RETURNING Contact(Name ORDER BY Name)")


PHONES = [
    pytest.param('"415 555 1212"', True, True, id="grouped_as_stored"),
    pytest.param('"\\(415\\) 555\\-1212"', True, True, id="punctuated_as_stored"),
    pytest.param("4155551212", False, True, id="national_digits"),
    pytest.param("5551212", False, True, id="last_seven"),
    pytest.param("1212", True, True, id="last_four_are_a_word"),
    pytest.param('"\\+1 415 555 1212"', False, False, id="more_digits_than_stored"),
    pytest.param("41555512*", False, False, id="wildcards_look_at_words_only"),
    pytest.param('"1212 415"', False, False, id="words_in_another_order"),
]


@pytest.mark.parametrize("phone_tokens", ["punctuation", "digits"])
@pytest.mark.parametrize(("text", "by_punctuation", "by_digits"), PHONES)
def test_a_stored_phone_is_found_by_its_words_and_under_digits_by_its_suffixes(
    org, phone_tokens, text, by_punctuation, by_digits
):
    """`(415) 555-1212` has the words 415, 555, 1212; `digits` adds 10, 7 and 4 digits."""
    org.configure(phone_tokens=phone_tokens)

    found = org.names(f"FIND {{{text}}} IN PHONE FIELDS RETURNING Contact(Name)")

    expected = by_digits if phone_tokens == "digits" else by_punctuation
    assert (["Mona Ebbe"] if expected else []) == found
    org.configure(phone_tokens="punctuation")


def test_an_e164_number_is_found_by_all_its_digits_and_by_its_national_part_under_digits(org):
    org.configure(phone_tokens="digits")
    found = {
        text: org.names(f"FIND {{{text}}} IN PHONE FIELDS RETURNING Contact(Name)")
        for text in ("14155551213", "4155551213", "155551213")
    }
    org.configure(phone_tokens="punctuation")

    mona = ["Mona Ebbe"]
    assert {"14155551213": mona, "4155551213": mona, "155551213": []} == found


def test_each_object_answers_in_the_order_of_returning(org):
    found = org.search(
        "FIND {mona} RETURNING Lead(Company, Owner.Name), Account, Contact(Id, Account.Name"
        " WHERE Phone LIKE '(415%' ORDER BY LastModifiedDate DESC LIMIT 5 OFFSET 0)"
    )

    lead, contact = found
    assert list(lead) == ["attributes", "Company", "Owner"]
    assert (lead["attributes"]["type"], contact["attributes"]["type"]) == ("Lead", "Contact")
    assert contact["Account"]["Name"] == "Ash Bakery"
    expected = f"/services/data/v62.0/sobjects/Contact/{contact['Id']}"
    assert expected == contact["attributes"]["url"]


def test_without_returning_the_ids_of_every_searchable_object_come_back(org):
    found = org.search("FIND {mona}")

    assert [record["attributes"]["type"] for record in found] == ["Contact", "Lead"]
    assert all(list(record) == ["attributes", "Id"] for record in found)


def test_deleted_records_are_not_found(org):
    assert org.names("FIND {mona} RETURNING Lead(Name)") == ["Mona"]


class TestLag:
    """The index follows the records after `search_lag_s`."""

    @pytest.fixture
    def slow(self):
        org = Org(search_lag_s=60)
        yield org
        org.store.close()

    def test_a_new_record_is_found_after_the_lag(self, slow):
        slow.add("Lead", LastName="Quill", Company="C")
        found = []
        for wait in (0, 59, 1):
            slow.later(wait)
            found.append(slow.names("FIND {quill} RETURNING Lead(Name)"))

        assert found == [[], [], ["Quill"]]

    def test_an_update_keeps_the_old_words_until_the_new_ones_are_visible(self, slow):
        lead = slow.add("Lead", LastName="Quill", Company="C")
        slow.later(60)
        slow.update("Lead", lead, LastName="Rook")

        def found() -> tuple[int, int]:
            return tuple(
                len(slow.search(f"FIND {{{word}}} RETURNING Lead")) for word in ("quill", "rook")
            )

        before = found()
        slow.later(60)
        assert (before, found()) == ((1, 0), (0, 1))

    def test_updates_within_the_lag_never_show_a_version_that_was_replaced(self, slow):
        lead = slow.add("Lead", LastName="Quill", Company="C")
        for name in ("Rook", "Stork"):
            slow.later(10)
            slow.update("Lead", lead, LastName=name)
        seen = []
        for _ in range(12):
            slow.later(10)
            seen.append([n for n in ("quill", "rook", "stork") if slow.search(f"FIND {{{n}}}")])

        assert [len(names) for names in seen[3:6]] == [1, 1, 1]
        assert seen[-1] == ["stork"]
        assert seen[3] == ["quill"]

    def test_a_deleted_record_is_gone_at_once(self, slow):
        lead = slow.add("Lead", LastName="Quill", Company="C")
        slow.later(60)
        slow.store.delete("Lead", lead, user_id=slow.store.admin_id)

        assert slow.search("FIND {quill}") == []

    def test_what_a_rolled_back_transaction_wrote_is_never_found(self, slow):
        def add_and_fail():
            with slow.store.transaction():
                slow.add("Lead", LastName="Quill", Company="C")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            add_and_fail()
        slow.later(120)

        assert slow.search("FIND {quill}") == []


@pytest.fixture(scope="module")
def full():
    org = Org()
    with org.store.transaction():
        for number in range(300):
            org.add("Lead", LastName=f"Finch {number}", Company="C")
        for number in range(10):
            org.add("Account", Name=f"Finch {number}")
    yield org
    org.store.close()


class TestLimits:
    """How many rows a search returns."""

    @pytest.mark.parametrize(
        ("rest", "expected"),
        [
            pytest.param("RETURNING Lead", (250, 0), id="one_object_alone"),
            pytest.param("RETURNING Lead(Id ORDER BY Name)", (300, 0), id="one_ordered_object"),
            pytest.param("RETURNING Lead(Id LIMIT 260)", (260, 0), id="own_limit"),
            pytest.param("RETURNING Lead, Account", (300, 10), id="several_objects"),
            pytest.param("RETURNING Lead, Account LIMIT 8", (4, 4), id="overall_limit_is_shared"),
            pytest.param("RETURNING Lead, Account LIMIT 50", (40, 10), id="unused_share_goes_over"),
            pytest.param("RETURNING Lead, Account LIMIT 0", (0, 0), id="no_row_at_all"),
            pytest.param("LIMIT 30", (20, 10), id="every_object"),
        ],
    )
    def test_rows_are_limited(self, full, rest, expected):
        kinds = [record["attributes"]["type"] for record in full.search(f"FIND {{finch}} {rest}")]

        assert expected == (kinds.count("Lead"), kinds.count("Account"))

    def test_sharing_is_applied_to_what_was_found(self):
        org = Org(sharing="private")
        profile = org.add("Profile", Name="Limited")
        wren = org.add("User", LastName="Wren", Username="w@oak.example", ProfileId=profile)
        org.add("Lead", LastName="Finch 1", Company="C", OwnerId=wren)
        org.add("Lead", LastName="Finch 2", Company="C")
        search = "FIND {finch} RETURNING Lead(Name)"
        found = (org.names(search, viewer=wren), len(org.names(search)))
        org.store.close()

        assert found == (["Finch 1"], 2)

    def test_a_very_long_text_finds_nothing(self, full):
        assert full.search(f"FIND {{finch OR {'a' * 10_000}}} RETURNING Lead") == []

    def test_a_long_text_loses_its_operators(self, full):
        text = "finch OR " + "OR " * 1_500 + "nobody"

        assert full.search(f"FIND {{{text}}} RETURNING Lead") == []


def pointed(text: str, column: int, sentence: str) -> str:
    return f"\n{text}\n{' ' * (column - 1)}^\nERROR at Row:1:Column:{column}\n{sentence}"


POINTED = [
    pytest.param(
        "FIND {+14155551212} RETURNING Lead", "MALFORMED_SEARCH", 6,
        "line 1:6 mismatched character '+' expecting '}'", id="unescaped_plus",
    ),
    pytest.param(
        "FIND {Mona|Ebbe} RETURNING Lead", "MALFORMED_SEARCH", 10,
        "line 1:10 mismatched character '|' expecting '}'", id="unescaped_character_in_a_word",
    ),
    pytest.param(
        'FIND {"(415) 5"} RETURNING Lead', "MALFORMED_SEARCH", 6,
        "line 1:6 mismatched character '\"' expecting '}'",
        id="unescaped_character_in_a_phrase",
    ),
    pytest.param(
        "FIND {*5551212} RETURNING Lead", "MALFORMED_SEARCH", 7, "unexpected token: '*'",
        id="leading_star",
    ),
    pytest.param(
        "FIND {415 ?55} RETURNING Lead", "MALFORMED_SEARCH", 11, "unexpected token: '?'",
        id="leading_question_mark",
    ),
    pytest.param(
        "FIND {(one OR two} RETURNING Lead", "MALFORMED_SEARCH", 18, "unexpected token: '}'",
        id="open_parenthesis",
    ),
    pytest.param(
        "FIND {finch} IN PHONE RETURNING Lead", "MALFORMED_SEARCH", 23,
        "unexpected token: 'RETURNING'", id="missing_fields",
    ),
    pytest.param(
        "FIND {finch} RETURNING Lead(Id WHERE)", "MALFORMED_SEARCH", 37, "unexpected token: ')'",
        id="empty_where",
    ),
    pytest.param(
        "FIND {finch} RETURNING TaskStatus", "INVALID_TYPE", 24,
        "sObject type 'TaskStatus' can not be searched", id="object_that_is_not_indexed",
    ),
    pytest.param(
        "FIND {finch} RETURNING Lead(Id WHERE Description = 'x')", "INVALID_FIELD", 38,
        "field 'Description' can not be filtered in a query call", id="long_text_in_where",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "column", "sentence"), POINTED)
def test_a_complaint_points_into_the_search(org, text, code, column, sentence):
    with pytest.raises(ApiError) as raised:
        org.search(text)

    expected = (400, code, pointed(text, column, sentence))
    assert expected == (raised.value.status, raised.value.code, raised.value.message)


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        pytest.param(
            "FIND {a} RETURNING Lead", 400,
            "search term must be longer than one character: FIND {a}", id="one_character",
        ),
        pytest.param(
            "FIND {5*} RETURNING Lead", 400,
            "search term must be longer than one character: FIND {5*}",
            id="wildcards_do_not_count",
        ),
        pytest.param(
            "FIND finch RETURNING Lead", 400,
            "No search term found. The search term must be enclosed in braces.", id="no_braces",
        ),
        pytest.param(
            "FIND {finch} RETURNING Lead(Id USING ListView=Hot)", 501,
            "USING in SOSL is not part of this simulated org; nothing was done", id="list_views",
        ),
        pytest.param(
            "FIND {finch} RETURNING Lead(Id) WITH SNIPPET", 501,
            "WITH in SOSL is not part of this simulated org; nothing was done", id="snippets",
        ),
    ],
)  # fmt: skip
def test_some_complaints_have_no_snippet(org, text, status, message):
    with pytest.raises(ApiError) as raised:
        org.search(text)

    assert (status, message) == (raised.value.status, raised.value.message)


RESERVED = "?&|!{}[]()^~*:\\\"'+-"


@settings(deadline=None, max_examples=40)
@given(name=st.text(alphabet=RESERVED + "ab1 é", min_size=2, max_size=20))
def test_an_escaped_text_finds_the_record_that_has_it(org, name):
    """Every reserved character may stand in a phrase behind a backslash."""
    if sum(char.isalnum() for char in name) < 2:
        return
    lead = org.add("Lead", LastName=name.strip(), Company="Escapes")
    escaped = "".join(f"\\{char}" if char in RESERVED else char for char in name)

    for group in ("ALL", "NAME"):
        found = org.names(
            f"FIND {{\"{escaped}\"}} IN {group} FIELDS RETURNING Lead(Id WHERE Id = '{lead}')"
        )
        assert [lead] == found
