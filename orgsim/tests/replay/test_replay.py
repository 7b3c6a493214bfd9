"""Every kind of exchange that real orgs were seen to have, replayed for its shape."""

import json

import pytest

from replay.exchanges import EXCHANGES
from replay.shapes import ERROR, FIELD_ERROR, ROW, SAVED, check, names
from replay.tally import NOT_APPLICABLE, RECORDED
from rest.conftest import clock, rest, server

__all__ = ["clock", "rest", "server"]

ALWAYS = {"Content-Type", "Sforce-Limit-Info", "Cache-Control", "Vary", "X-Sfdc-Request-Id"}


@pytest.fixture
def ids(rest):
    """Records that the exchanges are about, by the names they have there."""
    made = {"account": rest.create("Account", Name="Oak"), "org": rest.org.store.org_id}
    made["lead"] = rest.create("Lead", LastName="L", Company="Oak")
    rest.call("DELETE", f"/sobjects/Lead/{made['lead']}")
    for email in ("twin@oak.example", "twin@oak.example", "ada@oak.example"):
        made["contact"] = rest.create("Contact", LastName="Ferrer", Email=email)
    return made


def filled(value, ids):
    """The request with the ids that its names stand for."""
    text = json.dumps(value)
    for name, record_id in ids.items():
        text = text.replace(f"{{{name}}}", record_id)
    return json.loads(text)


@pytest.mark.parametrize("name", EXCHANGES)
def test_an_exchange_has_the_shape_it_has_with_a_real_org(rest, ids, name, record_property):
    """Status, headers, and the keys and types of the body."""
    record_property("replayed", f"rest: {name}")
    request, status, shape = EXCHANGES[name]
    method, path, body = filled(request, ids)

    answer = rest.call(method, path, body)

    assert answer.status_code == status, answer.text
    assert (ALWAYS - ({"Content-Type"} if shape is None else set())) <= set(answer.headers)
    assert ("Location" in answer.headers) is (
        name in {"create", "upsert that creates", "upsert that only updates"}
    )
    if shape is None:
        assert answer.content == b""
    else:
        check(answer.json(), shape)


WHO = {"LastName": "F", "Email": "ferrer@oak.example"}
CONTACT = ("POST", "/sobjects/Contact", WHO)


def duplicate(key):
    result = {
        "allowSave": bool,
        "duplicateRule": str,
        "duplicateRuleEntityType": str,
        "errorMessage": str,
        "matchResults": [
            {
                "entityType": str,
                "errors": list,
                "matchEngine": str,
                "matchRecords": [
                    {
                        "additionalInformation": list,
                        "fieldDiffs": list,
                        "matchConfidence": float,
                        "record": {"attributes": ROW, "Id": str},
                    }
                ],
                "rule": str,
                "size": int,
                "success": bool,
            }
        ],
    }
    return [{key: result, "errorCode": str, "message": str}]


RULE = {"object": "Contact", "fields": ["Email"]}
REFUSES = {"object": "Contact", "field": "Email", "op": "contains", "value": "oak", "message": "No"}
KEYED = {"Subject": "x", "Switchhook_Key__c": "k"}

# What the org is told beforehand, the version, the request, the status, the shape.
PREPARED = {
    "duplicates": ({"duplicate_rules": [RULE]}, "60", CONTACT, 400, duplicate("duplicateResult")),
    "duplicates misspelled": (
        {"duplicate_rules": [RULE]},
        "50",
        CONTACT,
        400,
        duplicate("duplicateResut"),
    ),
    "validation rule": ({"validation_rules": [REFUSES]}, "62", CONTACT, 400, FIELD_ERROR),
    "unique value taken": (
        {"external_id_field": True},
        "62",
        ("POST", "/sobjects/Task", KEYED),
        400,
        FIELD_ERROR,
    ),
    "field not writable": (
        {},
        "62",
        ("POST", "/sobjects/Contact", {**WHO, "CreatedById": "005000000000001AAA"}),
        400,
        FIELD_ERROR,
    ),
    "day's calls spent": ({"api_limit": 0}, "62", CONTACT, 403, ERROR),
    "parameterized search": (
        {},
        "62",
        ("GET", "/parameterizedSearch?q=Ferrer&sobject=Contact", None),
        200,
        {"searchRecords": [{"attributes": ROW, "Id": str}]},
    ),
    "parameterized search by post": (
        {},
        "62",
        (
            "POST",
            "/parameterizedSearch",
            {"q": "Ferrer", "sobjects": [{"name": "Contact", "limit": 5}], "in": "ALL"},
        ),
        200,
        {"searchRecords": [{"attributes": ROW, "Id": str}]},
    ),
    "file": (
        {},
        "62",
        (
            "POST",
            "/sobjects/ContentVersion",
            {"Title": "call", "PathOnClient": "call.txt", "VersionData": "aGVsbG8="},
        ),
        201,
        SAVED,
    ),
}


@pytest.mark.parametrize("name", PREPARED)
def test_a_prepared_exchange_has_its_shape(rest, name, record_property):
    """What an admin set up, and what other records are there, decides the answer."""
    record_property("replayed", f"rest: {name}")
    settings, version, (method, path, body), status, shape = PREPARED[name]
    rest.create("Contact", LastName="Ferrer", Email="ferrer@oak.example")
    rest.settings(**settings)
    if "external_id_field" in settings:
        rest.create("Task", **KEYED)

    answer = rest.call(method, rest.base.replace("62", version) + path, body)

    assert answer.status_code == status, answer.text
    check(answer.json(), shape)


FAULTY = {
    "lock_row": (400, FIELD_ERROR),
    "limit_exceeded": (403, ERROR),
    "status_503": (503, ERROR),
}


@pytest.mark.parametrize("effect", FAULTY)
def test_a_faulty_exchange_has_its_shape(rest, effect, record_property):
    """Locks, limits and outages read as they do with a real org."""
    record_property("replayed", f"rest: {effect}")
    status, shape = FAULTY[effect]
    headers = rest.log_in_as_app()
    rest.fault(effect)

    answer = rest.call(*CONTACT, headers=headers)

    assert answer.status_code == status
    check(answer.json(), shape)


LOST = {
    "session lost": ("GET", "/sobjects", {"Authorization": "Bearer x"}, b"", 401),
    "body broken": ("POST", "/sobjects/Contact", {"Content-Type": "application/json"}, b"{}}", 400),
}


@pytest.mark.parametrize("name", LOST)
def test_a_lost_session_and_a_broken_body_have_their_shape(rest, name, record_property):
    """Each with a list of one."""
    record_property("replayed", f"rest: {name}")
    method, path, headers, data, status = LOST[name]

    answer = rest.call(method, path, headers=headers, data=data)

    assert answer.status_code == status
    check(answer.json(), ERROR)


BRIEF = names(
    "activateable associateEntityType associateParentEntity createable custom customSetting"
    " deepCloneable deletable deprecatedAndHidden feedEnabled hasSubtypes isInterface isSubtype"
    " keyPrefix label labelPlural layoutable mergeable mruEnabled name queryable replicateable"
    " retrieveable searchable triggerable undeletable updateable urls"
)
FULL = BRIEF | names(
    "actionOverrides childRelationships compactLayoutable defaultImplementation extendedBy"
    " extendsInterfaces fields implementedBy implementsInterfaces listviewable lookupLayoutable"
    " namedLayoutInfos networkScopeFieldName recordTypeInfos searchLayoutable"
    " sobjectDescribeOption supportedScopes"
)
FIELD = names(
    "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula"
    " cascadeDelete caseSensitive compoundFieldName controllerName createable custom defaultValue"
    " defaultValueFormula defaultedOnCreate dependentPicklist deprecatedAndHidden digits"
    " displayLocationInDecimal encrypted externalId extraTypeInfo filterable filteredLookupInfo"
    " formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText"
    " label length mask maskType name nameField namePointing nillable permissionable"
    " picklistValues polymorphicForeignKey precision queryByDistance referenceTargetField"
    " referenceTo relationshipName relationshipOrder restrictedDelete restrictedPicklist scale"
    " searchPrefilterable soapType sortable type unique updateable writeRequiresMasterRead"
)
ADDRESSES = {"rowTemplate", "describe", "sobject", "compactLayouts", "layouts", "quickActions"}


def test_the_list_of_objects_has_its_shape(rest, record_property):
    """Every object has every key."""
    record_property("replayed", "rest: list of objects")
    body = rest.ask("GET", "/sobjects")

    assert set(body) == {"encoding", "maxBatchSize", "sobjects"}
    assert {frozenset(o) for o in body["sobjects"]} == {BRIEF}
    contact = next(o for o in body["sobjects"] if o["name"] == "Contact")
    assert ADDRESSES | {"listviews", "approvalLayouts"} == set(contact["urls"])


DESCRIBED = ("Account", "Case", "Contact", "Event", "Lead", "Opportunity", "OpportunityContactRole")


@pytest.mark.parametrize("sobject", DESCRIBED)
@pytest.mark.parametrize("person_accounts", [False, True], ids=["plain", "person_accounts"])
def test_a_description_has_its_shape(rest, sobject, person_accounts, record_property):
    """Of the object, of its fields, of the values of its picklists and of its addresses."""
    told = "person account" if person_accounts and sobject == "Account" else sobject
    record_property("replayed", f"rest: description of {told}")
    rest.settings(person_accounts=person_accounts)

    body = rest.ask("GET", f"/sobjects/{sobject}/describe")

    values = [v for f in body["fields"] for v in f["picklistValues"]]
    assert set(body) == FULL
    assert {frozenset(f) for f in body["fields"]} == {FIELD}
    assert {frozenset(v) for v in values} <= {
        frozenset({"active", "defaultValue", "label", "validFor", "value"})
    }
    assert ADDRESSES | {"uiDetailTemplate", "uiEditTemplate", "uiNewRecord"} <= set(body["urls"])


def test_no_recorded_exchange_is_forgotten():
    """Each kind is replayed or is listed with the reason why not."""
    descriptions = len(DESCRIBED) + len(["person account"])
    lists_of_objects = 1
    replayed = len(EXCHANGES) + len(PREPARED) + len(FAULTY) + len(LOST)

    assert (
        replayed + descriptions + lists_of_objects + len(NOT_APPLICABLE["rest"])
        == (RECORDED["rest"])
    )
