"""Telephone numbers: what is one, which digits denote it, and what to search for."""

import re

import pytest

from builders.stored_numbers import NEAR, SAME
from builders.stored_numbers import STORED as OF_TEN_COUNTRIES
from switchhook.adapters.phone import NumberPlan
from switchhook.domain.facts.people import is_same_number

ADA = "+14155550100"
LONDON = "+442079460018"
VIENNA = "+4312345678"


def parse(raw, *regions):
    return NumberPlan().parse(raw, regions=regions or ("US",))


@pytest.mark.parametrize(
    ("raw", "region", "e164"),
    [
        pytest.param("+14155550100", "DE", ADA, id="E.164"),
        pytest.param("(415) 555-0100", "US", ADA, id="the tenant's national format"),
        pytest.param("415.555.0100", "US", ADA, id="dots"),
        pytest.param("1-415-555-0100", "US", ADA, id="with the trunk prefix"),
        pytest.param("14155550100", "DE", ADA, id="a lost plus"),
        pytest.param("tel:+1-415-555-0100", "US", ADA, id="a tel URI"),
        pytest.param("(415) 555-0100 x12", "US", ADA, id="an extension behind x"),
        pytest.param("+1 415 555 0100 ext. 12", "US", ADA, id="an extension behind ext."),
        pytest.param("+1 415 555 0100;ext=12", "US", ADA, id="an extension as a parameter"),
        pytest.param(
            "\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff10\uff11\uff10\uff10",
            "US",
            ADA,
            id="full-width digits",
        ),
        pytest.param("011 44 20 7946 0018", "US", LONDON, id="dialled from America"),
        pytest.param("00442079460018", "US", LONDON, id="00 where it is not the prefix"),
        pytest.param("+44 (0)20 7946 0018", "US", LONDON, id="the (0) habit"),
        pytest.param("442079460018", "AT", LONDON, id="a lost plus that a long plan could swallow"),
        pytest.param("4312345678", "AT", VIENNA, id="a plus lost at home"),
        pytest.param("49711123456", "DE", "+49711123456", id="a plus lost, not an area of 4971"),
        pytest.param("04971 123456", "DE", "+494971123456", id="the area of 4971"),
        pytest.param("9198765432", "IN", "+919198765432", id="a mobile that begins like the code"),
        pytest.param("391 234 5678", "IT", "+393912345678", id="no trunk prefix, so no lost plus"),
        pytest.param("0043 1 2345678", "DE", VIENNA, id="00 as the prefix"),
        pytest.param("01 2345678", "AT", VIENNA, id="a national number of a long plan"),
        pytest.param("06 1234 5678", "IT", "+390612345678", id="Italy keeps its zero"),
        pytest.param("011 15-2345-6789", "AR", "+5491123456789", id="an Argentine mobile"),
        pytest.param("+52 1 55 1234 5678", "US", "+525512345678", id="Mexico's old mobile 1"),
        pytest.param("0 21 11 98765-4321", "BR", "+5511987654321", id="Brazil with a carrier"),
        pytest.param("+800 1234 5678", "US", "+80012345678", id="a number of no country"),
    ],
)
def test_a_number_is_read_as_its_country_writes_it(raw, region, e164):
    assert parse(raw, region).e164 == e164


@pytest.mark.rule("XB-15", "PC-4")
@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(None, id="nothing"),
        pytest.param("", id="an empty text"),
        pytest.param("+", id="a plus alone"),
        pytest.param("anonymous", id="anonymous"),
        pytest.param("Private Number", id="private"),
        pytest.param("RESTRICTED", id="restricted"),
        pytest.param("unknown", id="unknown"),
        pytest.param("withheld", id="withheld"),
        pytest.param("+266696687", id="anonymous typed on a keypad"),
        pytest.param("1-800-FLOWERS", id="letters for digits"),
        pytest.param("sip:ann@pbx.example.com", id="a SIP address"),
        pytest.param("14155550100@pbx.example.com", id="a SIP user of digits"),
        pytest.param("14155550100@10.0.0.1", id="a SIP user at an address"),
        pytest.param("201", id="an extension"),
        pytest.param("20100", id="a long extension"),
        pytest.param("555-0100", id="a local number without its area"),
        pytest.param("+1415555010", id="a digit too few"),
        pytest.param("+141555501000", id="a digit too many"),
        pytest.param("+999123456789", id="a country that is none"),
        pytest.param("00000000000000000000000000", id="zeros"),
        pytest.param("+" + "9" * 300, id="digits without end"),
        pytest.param("\x00\ud800", id="no characters"),
    ],
)
def test_what_is_no_full_number_is_not_read(raw):
    assert parse(raw) is None


def test_national_input_is_not_read_without_a_region():
    assert NumberPlan().parse("(415) 555-0100", regions=()) is None
    assert NumberPlan().parse(ADA, regions=()).e164 == ADA


def test_an_extension_is_told_in_no_format():
    number = parse("+1 415 555 0100,,12#")

    assert (number.e164, number.international) == (ADA, "+1 415-555-0100")


def test_a_number_is_told_in_national_and_international_format():
    number = parse("4155550100")

    assert (number.national, number.international) == ("(415) 555-0100", "+1 415-555-0100")
    assert number.country_code == "1"


STORED = [
    pytest.param(ADA, "US", "+14155550100", id="E.164"),
    pytest.param(ADA, "US", "14155550100", id="no plus"),
    pytest.param(ADA, "US", "4155550100", id="ten digits"),
    pytest.param(ADA, "US", "(415) 555-0100", id="as the user interface writes it"),
    pytest.param(ADA, "US", "415-555-0100", id="hyphens"),
    pytest.param(ADA, "US", "415.555.0100", id="dots"),
    pytest.param(ADA, "US", "+1 (415) 555-0100", id="plus and brackets"),
    pytest.param(ADA, "US", "1-415-555-0100", id="the trunk prefix"),
    pytest.param(ADA, "US", "(415) 5550100", id="half joined"),
    pytest.param(ADA, "US", "+1 4155550100", id="the country apart"),
    pytest.param(ADA, "US", "(415) 555-0100 x12", id="an extension"),
    pytest.param(ADA, "US", "001 415 555 0100", id="as dialled from Europe"),
    pytest.param(ADA, "AT", "(415) 555-0100", id="the caller's country's format"),
    pytest.param(LONDON, "GB", "+44 (0)20 7946 0018", id="the (0) habit"),
    pytest.param(LONDON, "GB", "+44 20 7946 0018", id="international"),
    pytest.param(LONDON, "GB", "020 7946 0018", id="national"),
    pytest.param(LONDON, "GB", "02079460018", id="national in one"),
    pytest.param(LONDON, "GB", "(020) 79460018", id="national half joined"),
    pytest.param(LONDON, "GB", "2079460018", id="a lost zero"),
    pytest.param(LONDON, "GB", "+44 20 79460018", id="international half joined"),
    pytest.param(LONDON, "US", "00442079460018", id="as dialled at home by the caller"),
    pytest.param(LONDON, "US", "020 7946 0018", id="a foreign caller's own format"),
    pytest.param(LONDON, "US", "011 44 20 7946 0018", id="as dialled by the tenant"),
    pytest.param(VIENNA, "AT", "0043 1 2345678", id="00 instead of plus"),
    pytest.param(VIENNA, "AT", "004312345678", id="00 in one"),
    pytest.param(VIENNA, "AT", "01/2345678", id="a slash behind the area"),
    pytest.param("+390612345678", "IT", "06 1234 5678", id="Italy national"),
    pytest.param("+390612345678", "IT", "+39 06 12345678", id="Italy international"),
    pytest.param("+5511987654321", "BR", "(11) 98765-4321", id="Brazil national"),
    pytest.param("+5511987654321", "BR", "011 98765-4321", id="Brazil with its zero"),
    pytest.param("+5491123456789", "AR", "011 15-2345-6789", id="Argentina mobile national"),
    pytest.param("+5491123456789", "AR", "+54 9 11 2345-6789", id="Argentina mobile abroad"),
    pytest.param("+525512345678", "MX", "55 1234 5678", id="Mexico national"),
    pytest.param("+819012345678", "JP", "090-1234-5678", id="Japan national"),
]


@pytest.mark.rule("AC-10")
@pytest.mark.parametrize(("raw", "region", "stored"), STORED)
def test_a_stored_spelling_is_recognised_digit_by_digit(raw, region, stored):
    assert is_same_number(stored, parse(raw, region))


def tokens_of(stored):
    return re.findall(r"\d+", stored)


def is_found(variant, tokens):
    """Tells whether a search for the quoted variant finds the tokens: its words follow one another."""
    words = variant.split()
    return any(tokens[at : at + len(words)] == words for at in range(len(tokens) - len(words) + 1))


@pytest.mark.parametrize(("raw", "region", "stored"), STORED)
def test_a_stored_spelling_is_found_where_punctuation_parts_words(raw, region, stored):
    written = parse(raw, region).written

    assert any(is_found(variant, tokens_of(stored)) for variant in written)


@pytest.mark.parametrize("stored", ["+1 (415) 555-0100", "(415) 555-0100", "415.555.0100"])
def test_a_stored_spelling_is_found_where_the_index_joins_digits(stored):
    joined = "".join(tokens_of(stored))
    tokens = {joined, joined[-10:], joined[-7:], joined[-4:]}

    assert tokens & set(parse(ADA).written)


@pytest.mark.parametrize("raw", [ADA, LONDON, VIENNA, "+5491123456789", "+80012345678"])
def test_search_variants_are_few_and_hold_only_digits_and_single_spaces(raw):
    written = parse(raw, "US", "AT", "JP").written

    assert 0 < len(written) <= 24
    assert len(set(written)) == len(written)
    assert all(re.fullmatch(r"\d+( \d+)*", variant) for variant in written)


@pytest.mark.parametrize(
    ("raw", "region", "stored"),
    [
        pytest.param(ADA, "US", "+14155550101", id="another last digit"),
        pytest.param(ADA, "US", "555-0100", id="the last seven digits"),
        pytest.param(ADA, "US", "+44 4155550100", id="the same digits in another country"),
        pytest.param(ADA, "US", "+43 14155550100", id="the digits behind a country code"),
        pytest.param(ADA, "US", "+4155550100", id="a plus before the area"),
        pytest.param(LONDON, "US", "(207) 946-0018", id="the tenant's own number of Maine"),
        pytest.param("+434155550100", "US", "(415) 555-0100", id="Ada's number for a Carinthian"),
        pytest.param("+4343123456", "AT", "+43123456", id="a national form that begins like 43"),
        pytest.param("+74951234567", "RU", "+84951234567", id="8 the trunk prefix, +84 Vietnam"),
        pytest.param(ADA, "US", "", id="nothing"),
        pytest.param(ADA, "US", "call Ada", id="words"),
    ],
)
def test_another_number_is_never_taken_for_it(raw, region, stored):
    assert not is_same_number(stored, parse(raw, region))


def in_country(pairs):
    return [pytest.param(country, form, id=f"{country.region} {form}") for country, form in pairs]


@pytest.mark.rule("AC-10")
@pytest.mark.parametrize(("country", "form"), in_country(SAME))
def test_each_country_writes_its_numbers_in_many_ways(country, form):
    assert is_same_number(form, parse(country.e164, country.region))


@pytest.mark.rule("AC-10")
@pytest.mark.parametrize(("country", "form"), in_country(OF_TEN_COUNTRIES))
def test_each_way_is_found_where_punctuation_parts_words(country, form):
    written = parse(country.e164, country.region).written

    assert any(is_found(variant, tokens_of(form)) for variant in written)


@pytest.mark.rule("AC-10")
@pytest.mark.parametrize(("country", "near"), in_country(NEAR))
def test_a_number_that_only_ends_or_begins_alike_is_somebody_elses(country, near):
    assert not is_same_number(near, parse(country.e164, country.region))


@pytest.mark.rule("AC-10")
@pytest.mark.parametrize(
    ("raw", "region", "stored", "is_same"),
    [
        pytest.param(VIENNA, "AT", "4312345678", True, id="a lost plus at home"),
        pytest.param(VIENNA, "US", "4312345678", False, id="to an American, Manitoba"),
        pytest.param(VIENNA, "US", "+43 1 2345678", True, id="a plus says it"),
        pytest.param(VIENNA, "US", "01 2345678", True, id="as the caller's country writes it"),
        pytest.param("+14312345678", "US", "4312345678", True, id="Manitoba itself"),
    ],
)
def test_digits_without_a_plus_are_first_of_all_the_tenants_own(raw, region, stored, is_same):
    assert is_same_number(stored, parse(raw, region)) is is_same


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        pytest.param("+551187654321", "+5511987654321", id="a Brazilian mobile without its 9"),
        pytest.param("+551123456789", "+551123456789", id="a Brazilian landline"),
        pytest.param("0 21 11 8765-4321", "+5511987654321", id="dialled through a carrier"),
    ],
)
def test_a_number_is_read_in_the_form_now_in_use(raw, e164):
    assert parse(raw, "BR").e164 == e164
