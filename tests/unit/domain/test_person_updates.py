"""What a chat may change of a person who exists already."""

import pytest

from switchhook.domain.chats.revisions import changes, fields_to_read
from switchhook.domain.settings.schema import UpdateExisting

STANDS = {"LastName": "Byron", "Email": "ada@example.org", "Phone": None, "Company": " "}
TOLD = {"LastName": "Ada King", "Email": "ada@example.org", "Phone": "+1", "Company": "Engines"}


@pytest.mark.rule("CX-19", "CX-33", "CX-8")
@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(UpdateExisting.NEVER, {}, id="never changes nothing"),
        pytest.param(
            UpdateExisting.OVERWRITE,
            {"LastName": "Ada King", "Phone": "+1", "Company": "Engines"},
            id="overwrite changes what differs",
        ),
        pytest.param(
            UpdateExisting.FILL_BLANKS,
            {"Phone": "+1", "Company": "Engines"},
            id="fill_blanks changes only what is empty",
        ),
    ],
)
def test_the_policy_decides_what_is_changed(policy, expected):
    assert changes(STANDS, TOLD, policy) == expected


@pytest.mark.rule("CX-19")
@pytest.mark.parametrize("policy", UpdateExisting)
def test_a_blank_value_never_erases(policy):
    assert changes(STANDS, {"LastName": " ", "Email": ""}, policy) == {}


@pytest.mark.rule("CX-59")
@pytest.mark.parametrize("policy", UpdateExisting)
def test_the_owner_is_never_changed(policy):
    assert changes({"OwnerId": None}, {"OwnerId": "005000000000002AAA"}, policy) == {}


@pytest.mark.rule("CX-37")
@pytest.mark.parametrize(
    ("first", "whole", "expected"),
    [
        pytest.param("Ada", "Ada Byron", {}, id="the same name in two fields is no change"),
        pytest.param("ada", "Ada King", {"LastName": "King"}, id="the first name stands once"),
        pytest.param(None, "Ada King", {"LastName": "Ada King"}, id="without one the whole name"),
        pytest.param("Ad", "Ada King", {"LastName": "Ada King"}, id="half a name is no first name"),
    ],
)
def test_a_whole_name_does_not_repeat_the_record_s_first_name(first, whole, expected):
    stands = {"FirstName": first, "LastName": "Byron"}

    assert changes(stands, {"LastName": whole}, UpdateExisting.OVERWRITE) == expected


@pytest.mark.parametrize(
    ("stands", "told"), [(True, "true"), (5.0, "5"), (5.5, "5.5"), (7, "7"), (" a ", "a")]
)
def test_a_value_that_stands_already_is_not_written_again(stands, told):
    assert changes({"F__c": stands}, {"F__c": told}, UpdateExisting.OVERWRITE) == {}


def test_what_has_to_be_read_is_named_in_a_fixed_order():
    assert fields_to_read({"Phone": "1", "LastName": "x", "OwnerId": "y"}) == (
        "FirstName",
        "LastName",
        "Phone",
    )
    assert fields_to_read({"Phone": "1"}) == ("Phone",)
