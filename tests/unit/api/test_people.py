"""An admin keeps the list of agents, own numbers and internal domains; it comes back as it was written."""

import pytest

from switchhook.domain.facts.people import ListedAgent
from switchhook.domain.tenants import PeopleList

ANN = {
    "id": "17",
    "email": "ann@example.com",
    "name": "Ann Agent",
    "extension": "201",
    "salesforce_user_id": "005000000000001AAA",
}


def put(call, tenant, body):
    return call("PUT", f"{tenant.path}/people", body, key=tenant.admin)


def get(call, tenant):
    return call("GET", f"{tenant.path}/people", key=tenant.admin)


def test_people_are_empty_until_set(call, tenant):
    assert get(call, tenant).json == {"agents": [], "own_numbers": [], "internal_domains": []}


def test_the_list_comes_back_as_it_was_written_and_can_be_sent_again(call, tenant):
    body = {
        "agents": [ANN],
        "own_numbers": ["(415) 555-0199", "+44 20 7946 0018"],
        "internal_domains": ["Example.com"],
    }

    written = put(call, tenant, body)

    assert written.status == 200
    assert written.json == {**body, "internal_domains": ["example.com"]}
    assert get(call, tenant).json == written.json
    assert put(call, tenant, written.json).json == written.json


def test_own_numbers_are_kept_in_e164_beside_what_was_written(call, world, tenant):
    put(call, tenant, {"own_numbers": ["(415) 555-0199", "+1 415 555 0199", "+44 20 7946 0018"]})

    assert world.table.people[tenant.id] == PeopleList(
        own_numbers_raw=("(415) 555-0199", "+1 415 555 0199", "+44 20 7946 0018"),
        own_numbers_e164=("+14155550199", "+442079460018"),
    )


def test_national_own_numbers_are_those_of_the_tenants_region(call, world, tenant):
    call("PATCH", f"{tenant.path}/settings", {"default_region": "GB"}, key=tenant.admin)

    put(call, tenant, {"own_numbers": ["020 7946 0018"]})

    assert world.table.people[tenant.id].own_numbers_e164 == ("+442079460018",)


def test_a_number_that_is_none_is_422_naming_its_position_and_nothing_is_changed(
    call, world, tenant
):
    put(call, tenant, {"agents": [ANN]})

    answer = put(call, tenant, {"own_numbers": ["+14155550199", "anonymous", "12"]})

    assert answer.status == 422
    assert list(answer.error["fields"]) == ["own_numbers.1", "own_numbers.2"]
    assert "anonymous" not in answer.text
    assert world.table.people[tenant.id].agents == (ListedAgent(**ANN),)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        pytest.param({"agents": [{}]}, "agents.0", id="nobody"),
        pytest.param(
            {"agents": [{"salesforce_user_id": "005000000000001"}]}, "agents.0", id="only_a_target"
        ),
        pytest.param({"agents": [ANN, {"email": "ann"}]}, "agents.1.email", id="no_address"),
        pytest.param(
            {"agents": [{**ANN, "salesforce_user_id": "003000000000001"}]},
            "agents.0.salesforce_user_id",
            id="no_user",
        ),
        pytest.param({"agents": [{**ANN, "id": 17}]}, "agents.0.id", id="number_for_text"),
        pytest.param({"agents": [{**ANN, "phone": "1"}]}, "agents.0.phone", id="unknown_name"),
        pytest.param({"agents": "ann"}, "agents", id="no_list"),
        pytest.param({"agents": None}, "agents", id="null_list"),
        pytest.param({"own_numbers": [14155550199]}, "own_numbers.0", id="number_is_no_text"),
        pytest.param({"internal_domains": ["a b"]}, "internal_domains.0", id="no_domain"),
        pytest.param({"internal_domains": ["@x.com"]}, "internal_domains.0", id="no_domain_at"),
        pytest.param({"numbers": []}, "numbers", id="unknown_list"),
    ],
)
def test_people_that_cannot_be_taken_are_422_naming_each(call, world, tenant, body, named):
    answer = put(call, tenant, body)

    assert answer.status == 422
    assert list(answer.error["fields"]) == [named]
    assert world.table.people == {}


def test_a_put_replaces_the_whole_list(call, tenant):
    put(call, tenant, {"agents": [ANN], "own_numbers": ["+14155550199"]})

    assert put(call, tenant, {}).json == {"agents": [], "own_numbers": [], "internal_domains": []}


def test_an_agent_may_be_known_by_one_field_alone(call, tenant):
    answer = put(call, tenant, {"agents": [{"extension": "201"}]})

    assert answer.json["agents"] == [
        {
            "id": None,
            "email": None,
            "name": None,
            "extension": "201",
            "salesforce_user_id": None,
        }
    ]
