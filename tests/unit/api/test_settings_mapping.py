"""Saving a mapping of chats to fields asks the connected org whether it takes them."""

from dataclasses import replace

import pytest

from fakes.cipher import FakeCipher
from fakes.office import connection
from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import BudgetSpent, OutcomeUnknown, Permanent, Retryable
from switchhook.domain.facts.fields import FieldFacts

pytestmark = pytest.mark.rule("CX-20", "CX-22")

FIELDS = {
    "Plan__c": FieldFacts(name="Plan__c", length=10),
    "Score__c": FieldFacts(name="Score__c", type="double"),
    "Total__c": FieldFacts(name="Total__c", createable=False, updateable=False),
    "Tier__c": FieldFacts(
        name="Tier__c", type="picklist", values=("Gold", "Silver"), restricted=True
    ),
}


@pytest.fixture
def org(world, tenant):
    """The tenant's org, connected, with fields of its own on Lead."""
    cipher = FakeCipher()
    world.office.connections.stored[tenant.id] = connection(
        tenant=tenant.id,
        access_ciphertext=cipher.encrypt("access-1", tenant=tenant.id, purpose="access_token"),
        refresh_ciphertext=cipher.encrypt("refresh-1", tenant=tenant.id, purpose="refresh_token"),
    )
    world.office.org.own_fields["Lead"] = FIELDS
    return world.office.org


def save(call, tenant, mapping):
    change = {"chats": {"mapping": mapping}}
    return call("PATCH", f"{tenant.path}/settings", change, key=tenant.admin)


def mapping_of(call, tenant):
    return call("GET", f"{tenant.path}/settings", key=tenant.admin).json["chats"]["mapping"]


@pytest.mark.parametrize(
    ("field", "source", "why"),
    [
        pytest.param(
            "Gone__c",
            "visitor.name",
            "Lead.Gone__c is not a field that the integration user can see.",
            id="unknown",
        ),
        pytest.param(
            "Total__c",
            "visitor.name",
            "Lead.Total__c cannot be set by the integration user.",
            id="read-only",
        ),
        pytest.param(
            "Plan__c",
            {"value": "Enterprise+"},
            "Lead.Plan__c holds 10 characters, and the text has 11.",
            id="too-long",
        ),
        pytest.param(
            "Score__c",
            "visitor.email",
            "Lead.Score__c is of type double, which cannot hold visitor.email.",
            id="wrong-type",
        ),
        pytest.param(
            "Tier__c",
            {"value": "Bronze"},
            "Lead.Tier__c does not take 'Bronze'; it takes: Gold, Silver.",
            id="no-such-choice",
        ),
    ],
)
@pytest.mark.usefixtures("org")
def test_a_field_that_the_org_would_refuse_is_named_and_nothing_is_saved(
    call, world, tenant, field, source, why
):
    refused = save(call, tenant, {"Lead": {field: source, "Email": "visitor.email"}})

    assert refused.status == 422
    assert refused.error["code"] == "invalid_settings"
    assert refused.error["fields"] == {f"chats.mapping.Lead.{field}": why}
    assert len(world.table.settings[tenant.id]) == 1


def test_fields_that_the_org_takes_are_saved_after_one_request_an_object(call, tenant, org):
    mapping = {
        "Lead": {"Plan__c": {"value": "Enterprise"}, "Tier__c": "wrap_up.category"},
        "Case": {"Subject": "topic"},
    }

    answer = save(call, tenant, mapping)

    assert answer.status == 200
    assert mapping_of(call, tenant) == mapping
    assert sorted(org.calls) == ["describe Case", "describe Lead"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"language": "de"}, id="something-else"),
        pytest.param({"chats": {"mode": "manual"}}, id="chats-without-mapping"),
        pytest.param({"chats": {"mapping": None}}, id="no-mapping-any-more"),
        pytest.param({"chats": {"mapping": {"Lead": None}}}, id="an-object-less"),
        pytest.param({"chats": {"mapping": {"Lead": {"Plan__c": None}}}}, id="a-field-less"),
    ],
)
def test_a_change_that_maps_no_field_asks_the_org_nothing(call, tenant, org, change):
    assert save(call, tenant, {"Lead": {"Plan__c": "topic"}}).status == 200
    org.calls.clear()

    answer = call("PATCH", f"{tenant.path}/settings", change, key=tenant.admin)

    assert answer.status == 200
    assert org.calls == []


def test_a_field_that_has_gone_since_does_not_stand_in_the_way_of_another(call, tenant, org):
    assert save(call, tenant, {"Lead": {"Plan__c": "topic"}}).status == 200
    org.own_fields["Lead"] = {"Score__c": FIELDS["Score__c"]}

    answer = save(call, tenant, {"Lead": {"Score__c": "rating"}})

    assert answer.status == 200
    assert mapping_of(call, tenant) == {"Lead": {"Plan__c": "topic", "Score__c": "rating"}}


def test_values_that_no_setting_may_have_are_refused_before_the_org_is_asked(call, tenant, org):
    answer = save(call, tenant, {"Lead": {"OwnerId": "visitor.id"}})

    assert answer.status == 422
    assert org.calls == []


@pytest.mark.parametrize("status", [None, ConnectionStatus.NOT_CONNECTED, ConnectionStatus.BROKEN])
def test_without_a_connected_org_the_mapping_is_taken(call, world, tenant, org, status):
    stored = world.office.connections.stored
    if status is None:
        del stored[tenant.id]
    else:
        stored[tenant.id] = replace(stored[tenant.id], status=status)

    answer = save(call, tenant, {"Lead": {"Gone__c": "topic"}})

    assert answer.status == 200
    assert org.calls == []


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Retryable("busy", code="SERVER_UNAVAILABLE", after_s=5.0), id="busy"),
        pytest.param(OutcomeUnknown("no answer"), id="no-answer"),
        pytest.param(
            BudgetSpent("no requests left"),
            id="budget",
        ),
        pytest.param(Permanent("off", code="API_DISABLED_FOR_ORG"), id="refuses"),
    ],
)
def test_where_salesforce_does_not_answer_the_mapping_is_taken(call, tenant, org, error):
    org.next_reads.append(error)

    answer = save(call, tenant, {"Lead": {"Gone__c": "topic"}})

    assert answer.status == 200
    assert mapping_of(call, tenant) == {"Lead": {"Gone__c": "topic"}}


def test_fields_of_an_object_that_the_integration_user_cannot_see_are_refused(call, tenant, org):
    org.next_reads.append(Permanent("no such object", code="NOT_FOUND"))

    answer = save(call, tenant, {"Lead": {"Plan__c": "topic"}})

    assert answer.status == 422
    assert list(answer.error["fields"]) == ["chats.mapping.Lead.Plan__c"]


def test_an_ended_session_is_renewed_and_the_org_asked_again(call, tenant, org):
    org.good_token = "access-2"

    answer = save(call, tenant, {"Lead": {"Gone__c": "topic"}})

    assert answer.status == 422
    assert org.refreshed_with == ["refresh-1"]


def test_with_too_little_time_left_the_mapping_is_taken_unasked(call, world, tenant, org):
    world.office.clock.left_s = world.office.timing.send_needs_s - 1

    answer = save(call, tenant, {"Lead": {"Gone__c": "topic"}})

    assert answer.status == 200
    assert org.calls == []
