"""What of a chat is written into which field, and what is not."""

import pytest

from builders.calls import the_settings
from switchhook.domain.errors import Rejected
from switchhook.domain.facts.fields import STANDARD_FIELDS, FieldFacts
from switchhook.domain.fields.mapping import (
    USUAL,
    applicable,
    check_mapping,
    mapped,
    person_account_field,
    value_of,
)
from switchhook.domain.fields.values import converted
from switchhook.domain.settings.reading import resolve, to_json, validate
from switchhook.domain.settings.values import SOURCES, Constant, types_of

OWN = {"preset": "standard", "default_region": "US", "time_zone": "UTC"}


def problems(mapping):
    return validate({**OWN, "chats": {"mapping": mapping}})


def described(*facts):
    return {one.name: one for one in facts}


@pytest.mark.parametrize(
    ("object_type", "field", "source"),
    [
        pytest.param("Lead", "LastName", "visitor.name", marks=pytest.mark.rule("CX-37")),
        pytest.param("Contact", "LastName", "visitor.name", marks=pytest.mark.rule("CX-37")),
        pytest.param("Lead", "Email", "visitor.email", marks=pytest.mark.rule("CX-38")),
        pytest.param("Contact", "Email", "visitor.email", marks=pytest.mark.rule("CX-38")),
        pytest.param("Lead", "Phone", "visitor.phone", marks=pytest.mark.rule("CX-39")),
        pytest.param("Contact", "Phone", "visitor.phone", marks=pytest.mark.rule("CX-39")),
        pytest.param("Lead", "Company", "visitor.company", marks=pytest.mark.rule("CX-40")),
        pytest.param("Case", "SuppliedName", "visitor.name", marks=pytest.mark.rule("CX-42")),
        pytest.param("Case", "SuppliedEmail", "visitor.email", marks=pytest.mark.rule("CX-43")),
        pytest.param("Case", "SuppliedPhone", "visitor.phone", marks=pytest.mark.rule("CX-44")),
        pytest.param(
            "Case", "SuppliedCompany", "visitor.company", marks=pytest.mark.rule("CX-40", "CX-45")
        ),
        pytest.param("Case", "Subject", "subject", marks=pytest.mark.rule("CX-46", "CX-47")),
        pytest.param("Task", "Subject", "subject", marks=pytest.mark.rule("CX-46", "CX-47")),
        pytest.param("Case", "Description", "description", marks=pytest.mark.rule("CX-48")),
        pytest.param("Task", "Description", "description", marks=pytest.mark.rule("CX-48")),
    ],
)
def test_the_usual_mapping_is_the_table_of_the_rules(object_type, field, source):
    assert USUAL[object_type][field] == source


@pytest.mark.rule("CX-40", "CX-45")
def test_neither_a_contact_nor_a_task_has_a_company():
    assert "Company" not in USUAL["Contact"]
    assert "visitor.company" not in USUAL["Task"].values()


def test_the_usual_mapping_writes_only_into_fields_that_take_it():
    for object_type, fields in USUAL.items():
        assert check_mapping({object_type: fields}, STANDARD_FIELDS) == {}


@pytest.mark.rule("CX-20", "CX-22")
def test_the_tenant_s_own_mapping_is_kept_as_it_was_given():
    own = {
        "Lead": {"LeadSource": {"value": "Chat"}, "Plan__c": "custom_fields.Plan"},
        "Case": {"Rating__c": "rating"},
    }

    settings = the_settings(chats={"mapping": own})

    assert settings.chats.mapping["Lead"]["LeadSource"] == Constant(value="Chat")
    assert to_json(settings)["chats"]["mapping"] == own


def test_without_an_own_mapping_there_is_none():
    assert the_settings().chats.mapping == {}


@pytest.mark.rule("CX-20")
@pytest.mark.parametrize(
    ("mapping", "names"),
    [
        pytest.param([], "must be an object", id="a list is no mapping"),
        pytest.param({"Account": {}}, "'Account'", id="a chat writes no accounts"),
        pytest.param({"Lead": "x"}, "Lead", id="an object's fields are an object"),
        pytest.param(
            {"Lead": {"Plan__c": "visitor.shoe_size"}},
            "'visitor.shoe_size'",
            id="a source that no chat has",
        ),
        pytest.param({"Lead": {"Plan__c": "custom_fields."}}, "Lead.Plan__c", id="no label"),
        pytest.param({"Lead": {"Plan c": "rating"}}, "'Lead.Plan c'", id="no field's name"),
        pytest.param({"Case": {"OwnerId": "agent.email"}}, "Case.OwnerId", id="the owner is ours"),
        pytest.param({"Task": {"CallObject": "chat_id"}}, "Task.CallObject", id="the key is ours"),
        pytest.param({"Lead": {"X__c": {"value": 1}}}, "Lead.X__c", id="a constant is a text"),
        pytest.param(
            {"Lead": {"X__c": {"value": "a", "else": "b"}}}, "Lead.X__c", id="and nothing else"
        ),
        pytest.param(
            {"Lead": {f"F{n}__c": "rating" for n in range(101)}}, "at most 100", id="too many"
        ),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_naming_what_is_wrong(mapping, names):
    found = problems(mapping)

    assert list(found) == ["chats.mapping"]
    assert names in found["chats.mapping"]
    with pytest.raises(Rejected):
        resolve({**OWN, "chats": {"mapping": mapping}}, version=1)


@pytest.mark.rule("CX-20", "CX-22")
@pytest.mark.parametrize(
    ("facts", "source", "words"),
    [
        pytest.param(None, "rating", "not a field", id="an unknown field is named"),
        pytest.param(
            FieldFacts(name="F__c", createable=False),
            "rating",
            "cannot be set",
            id="a read-only one",
        ),
        pytest.param(
            FieldFacts(name="F__c", type="boolean"), "visitor.name", "boolean", id="a wrong type"
        ),
        pytest.param(
            FieldFacts(name="F__c", length=3),
            Constant(value="Chat"),
            "holds 3 characters",
            id="a constant that is too long",
        ),
        pytest.param(
            FieldFacts(name="F__c", type="picklist", values=("Web", "Phone"), restricted=True),
            Constant(value="Chat"),
            "Web, Phone",
            id="a constant that the picklist does not have",
        ),
        pytest.param(
            FieldFacts(name="F__c", type="address"), Constant(value="x"), "address", id="no value's"
        ),
    ],
)
def test_what_the_org_would_refuse_is_named_when_it_is_saved(facts, source, words):
    describes = {"Lead": described(facts) if facts else {}}

    found = check_mapping({"Lead": {"F__c": source}}, describes)

    assert list(found) == ["chats.mapping.Lead.F__c"]
    assert words in found["chats.mapping.Lead.F__c"]


@pytest.mark.parametrize(
    ("mapping", "describes"),
    [
        pytest.param({"Lead": {"F__c": "rating"}}, {}, id="objects that are not known"),
        pytest.param({"Lead": {"Email": Constant(value="")}}, {"Lead": {}}, id="fields left alone"),
        pytest.param(
            {"Lead": {"F__c": "custom_fields.Plan"}},
            {"Lead": described(FieldFacts(name="F__c", type="double"))},
            id="values that only a chat brings",
        ),
    ],
)
def test_what_cannot_be_wrong_yet_is_not_judged(mapping, describes):
    assert check_mapping(mapping, describes) == {}


@pytest.mark.rule("CX-20")
def test_a_field_that_is_gone_is_dropped_and_named_and_the_others_are_written():
    stated = (("LastName", "Ada"), ("Gone__c", "x"), ("Fixed__c", "y"), ("Seats__c", "many"))
    describe = described(
        FieldFacts(name="LastName", length=80),
        FieldFacts(name="Fixed__c", createable=True, updateable=False),
        FieldFacts(name="Seats__c", type="double"),
    )

    told = applicable("Lead", stated, describe, is_new=False)

    assert told.fields == {"LastName": "Ada"}
    assert [reason.text.split()[0] for reason in told.dropped] == [
        "Lead.Gone__c",
        "Lead.Fixed__c",
        "Lead.Seats__c",
    ]
    assert {reason.rule for reason in told.dropped} == {"CX-20"}


def test_without_a_describe_only_the_standard_fields_are_written():
    told = applicable("Lead", (("LastName", "Ada"), ("Plan__c", "x")), None, is_new=True)

    assert told.fields == {"LastName": "Ada"}


@pytest.mark.rule("CX-20", "CX-54")
def test_the_tenant_s_mapping_is_laid_over_the_usual_one():
    own = {
        "Lead": {
            "Plan__c": "custom_fields.plan",
            "LeadSource": Constant(value="Chat"),
            "Phone": Constant(value=""),
            "Company": "custom_variables.Firm",
        }
    }
    values = {
        "visitor.name": "Ada",
        "visitor.phone": "+14155550100",
        "visitor.company": "Engines",
        "custom_fields.Plan": "paid",
        "custom_variables.Firm": "Looms",
    }

    assert dict(mapped("Lead", own, values)) == {
        "LastName": "Ada",
        "Company": "Looms",
        "Plan__c": "paid",
        "LeadSource": "Chat",
    }


def test_a_source_without_a_value_is_empty():
    assert value_of("custom_fields.None", {}) == ""
    assert value_of("rating", {}) == ""


@pytest.mark.parametrize(
    ("facts", "text", "expected"),
    [
        pytest.param({"length": 10}, "a long sentence", "a l… [cut]", id="text is cut"),
        pytest.param({}, "=1+1", "'=1+1", id="a formula is made harmless"),
        pytest.param({}, "\t@SUM(A1)", "'@SUM(A1)", id="behind a tab as well"),
        pytest.param({}, "-2+3", "'-2+3", id="a minus as well"),
        pytest.param({}, "+1 (415) 555-0100", "+1 (415) 555-0100", id="a number is no formula"),
        pytest.param({}, "<b>Ada</b>", "\u2039b>Ada\u2039/b>", id="HTML is no markup any more"),
        pytest.param({}, "a < b", "a < b", id="a less-than sign is none"),
        pytest.param({}, "Ann <ann@x.example>", "Ann <ann@x.example>", id="an address is no tag"),
        pytest.param(
            {},
            "<img/onerror=x@x.example>",
            "\u2039img/onerror=x@x.example>",
            id="a tag is no address",
        ),
        pytest.param({}, "Ada\nLovelace", "Ada Lovelace", id="one line"),
        pytest.param({"type": "textarea"}, "=a\n\u202eb", "'=a\nb", id="an area keeps its lines"),
        pytest.param({"type": "email"}, "Ada@example.org", "Ada@example.org", id="an address"),
        pytest.param({"type": "email"}, "=1+1@example", None, id="no address"),
        pytest.param({"type": "email", "length": 5}, "a@example.org", None, id="a long address"),
        pytest.param({"type": "phone", "length": 40}, "+14155550100", "+14155550100", id="a phone"),
        pytest.param({"type": "phone"}, "call me", None, id="no phone"),
        pytest.param(
            {"type": "url"}, "https://x.example/a", "https://x.example/a", id="an address"
        ),
        pytest.param({"type": "url"}, "javascript:alert(1)", None, id="no address of a page"),
        pytest.param({"type": "picklist", "values": ("Web",)}, "WEB", "Web", id="as it is listed"),
        pytest.param({"type": "picklist", "values": ("Web",)}, "Chat", "Chat", id="an open list"),
        pytest.param(
            {"type": "picklist", "values": ("Web",), "restricted": True},
            "Chat",
            None,
            id="a closed",
        ),
        pytest.param(
            {"type": "multipicklist", "values": ("A", "B"), "restricted": True},
            "b, a",
            "B;A",
            id="several choices",
        ),
        pytest.param(
            {"type": "multipicklist", "values": ("A",), "restricted": True},
            "a;c",
            None,
            id="one off",
        ),
        pytest.param({"type": "boolean"}, "Yes", "true", id="yes is true"),
        pytest.param({"type": "boolean"}, "maybe", None, id="maybe is neither"),
        pytest.param({"type": "int"}, " 7 ", "7", id="a whole number"),
        pytest.param({"type": "int"}, "7.5", None, id="no whole number"),
        pytest.param({"type": "double"}, "7.5", "7.5", id="a number"),
        pytest.param({"type": "double"}, "inf", None, id="no number of Salesforce's"),
        pytest.param({"type": "double"}, "7 plans", None, id="no number"),
        pytest.param(
            {"type": "datetime"}, "2026-11-20T16:00:00+01:00", "2026-11-20T15:00:00Z", id="a time"
        ),
        pytest.param({"type": "date"}, "2026-11-20T15:00:00Z", "2026-11-20", id="its day"),
        pytest.param({"type": "date"}, "tomorrow", None, id="no day"),
        pytest.param({"type": "reference"}, "003000000000001AAA", "003000000000001AAA", id="an id"),
        pytest.param({"type": "reference"}, "Ada", None, id="no id"),
        pytest.param({"type": "location"}, "1,2", None, id="a type that nothing is written into"),
    ],
)
def test_a_value_is_written_as_its_field_takes_it(facts, text, expected):
    assert converted(text, FieldFacts(name="F__c", **facts)) == expected


def test_each_source_says_what_it_can_be_written_into():
    assert all("string" in types_of(source) for source in SOURCES)


@pytest.mark.parametrize(
    ("field", "expected"),
    [("Email", "PersonEmail"), ("Phone", "Phone"), ("LastName", "LastName"), ("A__c", "A__pc")],
)
def test_a_person_account_s_fields_have_the_account_s_names(field, expected):
    assert person_account_field(field) == expected
