"""The one statement that a search is: what it looks for, where, and in which order."""

import pytest

from builders.calls import an_org, the_settings
from switchhook.adapters.salesforce.search import SEARCH_TEXT_CHARS, search_text
from switchhook.domain.facts.people import Party, PhoneNumber

ALWAYS = "Id, Name, OwnerId, CreatedDate, LastModifiedDate"
PHONES = {"Account": ("Phone",), "Contact": ("Phone", "MobilePhone"), "Lead": ("Phone",)}
TEXTS = {
    "Account": ("Name",),
    "Contact": ("Email", "Caller_Ref__c", "Fax"),
    "Lead": ("Email", "Caller_Ref__c"),
}


def a_party(*written, key="+14155550100", email=None):
    number = PhoneNumber(
        e164=key,
        country_code="1",
        national="",
        international="",
        written=written,
        digit_forms=frozenset(),
        plus_forms=frozenset(),
    )
    return Party(key=key, number=number if written else None, raw=key, email=email)


ADA = a_party("14155550100", "415 555 0100")


def text_of(*parties, org=None, **matching):
    facts = org or an_org(phone_fields=PHONES, text_fields=TEXTS)
    return search_text(facts, parties, the_settings(matching=matching).matching)


def by(**criteria):
    """Identification as an admin writes it."""
    return {
        "identification": {
            name: [{"by": entry} for entry in entries] for name, entries in criteria.items()
        }
    }


def test_one_statement_searches_every_object_by_every_form():
    org = an_org(phone_fields={"Contact": ("Phone", "MobilePhone"), "Lead": ("Phone",)})

    assert text_of(ADA, org=org) == (
        'FIND {"14155550100" OR "415 555 0100"} IN PHONE FIELDS RETURNING '
        f"Contact({ALWAYS}, Phone, MobilePhone ORDER BY LastModifiedDate DESC, Id LIMIT 50), "
        f"Lead({ALWAYS}, IsConverted, ConvertedContactId, "
        "Phone ORDER BY LastModifiedDate DESC, Id LIMIT 50)"
    )


@pytest.mark.rule("AC-17", "XB-18")
@pytest.mark.parametrize(
    ("tiebreak", "order"),
    [
        pytest.param("last_modified", "LastModifiedDate DESC, Id", id="changed_last"),
        pytest.param("newest_created", "CreatedDate DESC, Id DESC", id="created_last"),
    ],
)
def test_who_wins_a_tie_stands_first_in_a_list_that_ends_somewhere(tiebreak, order):
    assert text_of(ADA, tiebreak=tiebreak).count(f"ORDER BY {order} LIMIT 50") == 3


@pytest.mark.rule("CX-21")
@pytest.mark.parametrize(
    ("party", "criteria", "group", "words"),
    [
        pytest.param(ADA, {}, "PHONE", '"14155550100" OR "415 555 0100"', id="numbers"),
        pytest.param(
            a_party("14155550100", email="ada@example.com"),
            {},
            "ALL",
            '"ada@example.com" OR "14155550100"',
            id="a number and an address",
        ),
        pytest.param(
            a_party(key="ada@example.com", email="ada@example.com"),
            {},
            "EMAIL",
            '"ada@example.com"',
            id="an address alone",
        ),
        pytest.param(
            a_party("14155550100", email="ada@example.com"),
            by(contact=["phone"], lead=["phone"], account=["phone"]),
            "PHONE",
            '"14155550100"',
            id="an address that identifies nobody",
        ),
        pytest.param(
            ADA,
            by(contact=["Caller_Ref__c", "phone"]),
            "ALL",
            '"14155550100" OR "415 555 0100"',
            id="a field of the tenant's own",
        ),
        pytest.param(
            ADA,
            by(contact=["MobilePhone"], lead=["phone"]),
            "PHONE",
            '"14155550100" OR "415 555 0100"',
            id="one phone field of several",
        ),
        pytest.param(
            a_party("14155550100", email="-"),
            {},
            "ALL",
            '"14155550100"',
            id="an address that is none",
        ),
    ],
)
def test_the_smallest_group_of_fields_that_is_enough_is_searched(party, criteria, group, words):
    text = text_of(party, **criteria)

    assert text.startswith(f"FIND {{{words}}} IN {group} FIELDS RETURNING ")


@pytest.mark.rule("CX-21")
def test_only_fields_that_identify_and_can_be_read_are_asked_for():
    text = text_of(ADA, **by(contact=["Caller_Ref__c", "Gone__c"], lead=["Gone__c"], account=[]))

    assert text.endswith(
        f"RETURNING Contact({ALWAYS}, Caller_Ref__c ORDER BY LastModifiedDate DESC, Id LIMIT 50)"
    )


@pytest.mark.rule("CX-21")
@pytest.mark.parametrize(
    ("parties", "org", "criteria"),
    [
        pytest.param((), None, {}, id="nobody"),
        pytest.param((ADA,), an_org(), {}, id="no field is visible"),
        pytest.param((ADA,), None, by(contact=[], lead=[], account=[]), id="nothing identifies"),
        pytest.param(
            (ADA,), None, by(contact=["email"], lead=[], account=[]), id="a number for e-mails"
        ),
    ],
)
def test_where_nothing_can_be_found_nothing_is_searched(parties, org, criteria):
    assert text_of(*parties, org=org, **criteria) is None


@pytest.mark.rule("AC-16")
@pytest.mark.parametrize(
    "person_accounts",
    [pytest.param(True, id="the org has them"), pytest.param(False, id="it has none")],
)
def test_person_account_fields_are_asked_for_only_where_they_exist(person_accounts):
    org = an_org(phone_fields={"Account": ("Phone",)}, person_accounts=person_accounts)

    assert ("PersonContactId" in text_of(ADA, org=org)) is person_accounts


def test_a_long_list_of_numbers_keeps_each_numbers_likeliest_form():
    parties = [a_party(*(f"{i:03} {form} 5550100" for form in range(10))) for i in range(100)]

    text = text_of(*parties)

    found = text[: text.index("}")]
    assert len(found) <= SEARCH_TEXT_CHARS + len("FIND {")
    assert all(f'"{i:03} 0 5550100"' in found for i in range(100))
    assert '"000 9 5550100"' not in found
