"""The checks name, object by object, what the connecting user cannot see or edit."""

from dataclasses import replace

import pytest

from builders.calls import ADMIN
from switchhook.domain.decision import OrgFacts
from switchhook.ports.org import ObjectFacts
from switchhook.usecases.org.checks import WRITTEN_FIELDS, checks_of
from switchhook.usecases.org.survey import OrgSurvey

pytestmark = pytest.mark.rule("CX-5", "SH-11")

PHONES = dict.fromkeys(("Account", "Contact", "Lead"), ("Phone",))


def an_object(name):
    return ObjectFacts(
        name=name,
        fields=frozenset(WRITTEN_FIELDS[name]),
        phone_fields=("Phone",),
        unique_fields=frozenset(),
    )


OBJECTS = {name: an_object(name) for name in WRITTEN_FIELDS}
FACTS = OrgFacts(
    task_statuses=(),
    users_by_email={},
    user_ids=frozenset(),
    connecting_user=ADMIN,
    phone_fields=PHONES,
)


def failed(facts=FACTS, **objects):
    changed = {**OBJECTS, **objects}
    there = {name: found for name, found in changed.items() if found is not None}
    checks = checks_of(OrgSurvey(facts=facts, objects=there))
    return {check.id: check.text for check in checks if not check.ok}


def test_a_user_who_may_do_everything_fails_no_check():
    assert failed() == {}


def test_checks_have_ids_of_their_own():
    ids = [check.id for check in checks_of(OrgSurvey(facts=FACTS, objects=OBJECTS))]

    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.rule("AC-29", "AC-30")
def test_an_admin_is_told_where_calls_show():
    checks = {check.id: check for check in checks_of(OrgSurvey(facts=FACTS, objects=OBJECTS))}

    assert checks["activity_tab"].ok
    assert "Activity tab" in checks["activity_tab"].text


@pytest.mark.parametrize(
    ("objects", "check", "named"),
    [
        pytest.param(
            {"Task": replace(OBJECTS["Task"], createable=False)},
            "creates_tasks",
            "Tasks",
            id="tasks_cannot_be_created",
        ),
        pytest.param(
            {"Task": replace(OBJECTS["Task"], updateable=False)},
            "updates_tasks",
            "Tasks",
            id="tasks_cannot_be_edited",
        ),
        pytest.param(
            {"Task": replace(OBJECTS["Task"], fields=OBJECTS["Task"].fields - {"CallObject"})},
            "task_fields",
            "CallObject",
            id="a_field_is_hidden",
        ),
        pytest.param(
            {"Task": replace(OBJECTS["Task"], closed_fields=frozenset({"CallType"}))},
            "task_fields",
            "CallType",
            id="a_field_is_read_only",
        ),
        pytest.param({"Lead": None}, "creates_people", "see Lead", id="leads_are_hidden"),
        pytest.param(
            {"Contact": replace(OBJECTS["Contact"], createable=False)},
            "creates_people",
            "create Contact",
            id="contacts_cannot_be_created",
        ),
        pytest.param(
            {"Account": replace(OBJECTS["Account"], closed_fields=frozenset({"Phone"}))},
            "creates_people",
            "fill in Phone of Account",
            id="an_accounts_phone_is_read_only",
        ),
        pytest.param({"Case": None}, "cases", "see Case", id="cases_are_hidden"),
        pytest.param(
            {"Case": replace(OBJECTS["Case"], createable=False)},
            "cases",
            "create Case",
            id="cases_cannot_be_created",
        ),
    ],
)
def test_what_is_missing_is_named(objects, check, named):
    found = failed(**objects)

    assert list(found) == [check]
    assert named in found[check]


def test_an_object_whose_phones_are_hidden_is_named():
    found = failed(replace(FACTS, phone_fields={"Contact": ("Phone",)}))

    assert list(found) == ["reads_phone_fields"]
    assert "Account, Lead" in found["reads_phone_fields"] or (
        "Lead, Account" in found["reads_phone_fields"]
    )


def test_sharing_that_hides_records_is_told_with_the_objects():
    found = failed(replace(FACTS, sees_all_records=False), Lead=None)

    text = found["sees_all_records"]
    assert "Account" in text
    assert "Case" in text
    assert "Lead" not in text
    assert "View All Data" in text


def test_a_partner_user_is_told_apart_from_an_internal_one():
    partner = replace(ADMIN, user_type="PowerPartner")
    facts = replace(FACTS, sees_all_records=False, connecting_user=partner)

    assert "PowerPartner" in failed(facts)["sees_all_records"]
    assert "site" not in failed(replace(FACTS, sees_all_records=False))["sees_all_records"]
