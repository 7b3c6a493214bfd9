"""Which records the conditions of a query find."""

from dataclasses import replace

import pytest

FILTERS = [
    pytest.param("Name = 'OAK foods'", ["Oak Foods"], id="text_ignores_case"),
    pytest.param("Name != 'Oak Foods'", ["elm trading"], id="unequal_excludes_the_value"),
    pytest.param("Phone != '1'", ["elm trading", "Oak Foods"], id="unequal_finds_nulls"),
    pytest.param("NOT Phone = '1'", ["elm trading", "Oak Foods"], id="not_finds_nulls"),
    pytest.param(
        "NOT (Phone LIKE '1%' OR NumberOfEmployees > 9)", ["elm trading"], id="not_of_a_group"
    ),
    pytest.param("Phone = null", ["elm trading", "Oak Foods"], id="null_is_a_value"),
    pytest.param("Phone = ''", ["elm trading", "Oak Foods"], id="empty_text_is_null"),
    pytest.param("Phone != null", [], id="not_null"),
    pytest.param("Phone < null", [], id="nothing_is_below_null"),
    pytest.param("NumberOfEmployees >= 7", ["elm trading", "Oak Foods"], id="numbers_from"),
    pytest.param("NumberOfEmployees < 40.0", ["elm trading"], id="numbers_compare_across_forms"),
    pytest.param("NumberOfEmployees > -1e3", ["elm trading", "Oak Foods"], id="exponents"),
    pytest.param("NumberOfEmployees <> 7", ["Oak Foods"], id="unequal_in_its_other_form"),
    pytest.param("AnnualRevenue = 1000.5", ["Oak Foods"], id="currency"),
    pytest.param(
        "AnnualRevenue < 99999999999999999999999999", ["Oak Foods"], id="enormous_numbers"
    ),
    pytest.param("IsDeleted = false", ["elm trading", "Oak Foods"], id="booleans"),
    pytest.param("IsDeleted IN (true)", [], id="boolean_in_a_list"),
    pytest.param("Name IN ('ELM TRADING', 'x')", ["elm trading"], id="in_ignores_case"),
    pytest.param("Name NOT IN ('elm trading')", ["Oak Foods"], id="not_in"),
    pytest.param("Phone NOT IN ('x')", ["elm trading", "Oak Foods"], id="not_in_finds_nulls"),
    pytest.param("Phone IN (null, 'x')", ["elm trading", "Oak Foods"], id="null_in_a_list"),
    pytest.param("Name LIKE 'OAK%'", ["Oak Foods"], id="like_ignores_case"),
    pytest.param("Name LIKE '%trad_ng'", ["elm trading"], id="like_one_character"),
    pytest.param("(Name LIKE 'e%' AND (NOT (Name LIKE '%x')))", ["elm trading"], id="nesting"),
    pytest.param("Name > 'f'", ["Oak Foods"], id="text_order_ignores_case"),
    pytest.param("Owner.IsActive = true", ["elm trading", "Oak Foods"], id="parent_field"),
    pytest.param("Parent.IsDeleted = false", ["elm trading", "Oak Foods"], id="missing_parent"),
    pytest.param("Account.Name = 'Oak Foods'", ["Oak Foods"], id="field_after_the_object"),
    pytest.param("Id = '{oak}'", ["Oak Foods"], id="long_id"),
    pytest.param("Id IN ('{oak:.15}', '{elm}')", ["elm trading", "Oak Foods"], id="short_id"),
    pytest.param(
        "Id IN (SELECT AccountId FROM Contact WHERE FirstName = 'nora')",
        ["Oak Foods"],
        id="semi_join",
    ),
    pytest.param(
        "Id NOT IN (SELECT AccountId FROM Contact)", ["elm trading"], id="anti_join_skips_nulls"
    ),
]


@pytest.mark.parametrize(("condition", "expected"), FILTERS)
def test_a_condition_finds_the_accounts_it_describes(query_org, condition, expected):
    found = query_org.values(f"SELECT Name FROM Account WHERE {condition} ORDER BY Name")

    assert expected == found


CONTACT_FILTERS = [
    pytest.param("LastName = 'øST'", ["Øst"], id="text_beyond_ascii_ignores_case"),
    pytest.param("LastName IN ('ØST', 'O\\'Lone')", ["O'Lone", "Øst"], id="mixed_list"),
    pytest.param("LastName LIKE 'ø%'", ["Øst"], id="like_beyond_ascii"),
    pytest.param("LastName LIKE '100\\% \\_s%'", ["100% _Sure"], id="escaped_wildcards"),
    pytest.param("LastName LIKE '100\\_%'", [], id="escaped_wildcard_is_literal"),
    pytest.param("LastName = 'O\\u0027Lone'", ["O'Lone"], id="unicode_escape"),
    pytest.param("Phone LIKE '%22%11%00%3%'", ["O'Lone", "Øst"], id="digits_across_punctuation"),
    pytest.param("Account.Name != null", ["100% _Sure", "Øst"], id="parent_not_null"),
    pytest.param("Account.Name = null", ["O'Lone"], id="missing_parent_is_null"),
]


@pytest.mark.parametrize(("condition", "expected"), CONTACT_FILTERS)
def test_a_condition_finds_the_contacts_it_describes(query_org, condition, expected):
    found = query_org.values(f"SELECT LastName FROM Contact WHERE {condition} ORDER BY LastName")

    assert expected == found


DATES = [
    pytest.param("= YESTERDAY", ["Øst"], id="yesterday"),
    pytest.param("= TODAY", [], id="today_without_deleted_rows"),
    pytest.param("< today", ["100% _Sure", "O'Lone", "Øst"], id="before_a_day"),
    pytest.param(">= LAST_N_DAYS:1", ["Øst"], id="last_n_days_from"),
    pytest.param("= LAST_N_DAYS : 13", ["100% _Sure", "Øst"], id="last_n_days_within"),
    pytest.param("= THIS_WEEK", ["Øst"], id="weeks_begin_on_sunday"),
    pytest.param("= LAST_MONTH", ["100% _Sure"], id="last_month"),
    pytest.param("= THIS_YEAR", ["100% _Sure", "Øst"], id="this_year"),
    pytest.param("!= THIS_YEAR", ["O'Lone"], id="outside_a_year"),
    pytest.param("<= LAST_YEAR", ["O'Lone"], id="up_to_the_end_of_a_period"),
    pytest.param("> LAST_YEAR", ["100% _Sure", "Øst"], id="after_a_period"),
    pytest.param("= N_DAYS_AGO:1", ["Øst"], id="n_days_ago"),
    pytest.param("= LAST_N_MONTHS:1", ["100% _Sure"], id="last_n_months_exclude_this_one"),
    pytest.param("IN (YESTERDAY, LAST_YEAR)", ["O'Lone", "Øst"], id="periods_in_a_list"),
    pytest.param("> 2026-05-12T07:59:59Z", ["Øst"], id="moment_in_utc"),
    pytest.param("= 2026-05-12T10:00:00+02:00", ["Øst"], id="offset_with_colon"),
    pytest.param("= 2026-05-12T08:00:00.000+0000", ["Øst"], id="offset_without_colon"),
    pytest.param("= 2026-05-12T01:00:00-0700", ["Øst"], id="negative_offset"),
    pytest.param("< 2026-05-12T08:00:00.001Z AND CreatedDate > LAST_YEAR", ["100% _Sure", "Øst"],
                 id="milliseconds"),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "expected"), DATES)
def test_a_moment_is_compared_in_utc(query_org, condition, expected):
    found = query_org.values(
        f"SELECT LastName FROM Contact WHERE CreatedDate {condition} ORDER BY Name"
    )

    assert sorted(expected) == sorted(found)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("ActivityDate = 2026-05-13", ["Three"], id="day"),
        pytest.param("ActivityDate = TODAY", ["Three"], id="date_word"),
        pytest.param("ActivityDate > 2026-05-13", [], id="after_the_day"),
        pytest.param("ActivityDate = NEXT_N_DAYS:3", [], id="next_days_exclude_today"),
    ],
)
def test_a_day_has_no_time_zone(query_org, condition, expected):
    assert expected == query_org.values(f"SELECT Subject FROM Task WHERE {condition}")


def test_a_case_sensitive_field_compares_exactly(own_query_org):
    own_query_org.store.configure(replace(own_query_org.store.settings, external_id_field=True))
    own_query_org.add("keyed", "Task", {"Subject": "Keyed", "Switchhook_Key__c": "sh1:aB*c"})

    def found(condition: str) -> int:
        text = f"SELECT count() FROM Task WHERE Switchhook_Key__c {condition}"
        return own_query_org.ask(text).total_size

    assert (found("= 'sh1:aB*c'"), found("= 'SH1:AB*C'")) == (1, 0)
    assert (found("IN ('sh1:aB*c')"), found("IN ('sh1:ab*c')")) == (1, 0)
    assert (found("LIKE 'sh1:aB*_'"), found("LIKE 'SH1%'"), found("LIKE '*'")) == (1, 0, 0)


class TestPrivateSharing:
    """Under private sharing a user without View All Data sees his own records."""

    @pytest.fixture
    def private(self, own_query_org):
        own_query_org.store.configure(replace(own_query_org.store.settings, sharing="private"))
        return own_query_org

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("SELECT Subject FROM Task", ["Two"], id="own_records"),
            pytest.param("SELECT Name FROM Account", [], id="nothing_of_others"),
            pytest.param(
                "SELECT Subject FROM Task WHERE WhoId IN (SELECT Id FROM Lead)",
                [],
                id="semi_joins_obey_too",
            ),
            pytest.param("SELECT Name FROM Profile WHERE Name = 'Limited'", ["Limited"],
                         id="setup_is_public"),
        ],
    )  # fmt: skip
    def test_other_peoples_records_are_hidden(self, private, text, expected):
        assert expected == private.values(text, viewer="wren")

    def test_view_all_data_sees_everything(self, private):
        assert private.ask("SELECT count() FROM Task").total_size == 3
        assert private.ask("SELECT count() FROM Task", viewer="wren").total_size == 1
