"""An admin changes settings by a merge patch; each change is a version of its own."""

from datetime import timedelta

import pytest

from switchhook.domain.settings.reading import resolve, to_json
from unit.api.world import NOW


def patch(call, tenant, change, **kwargs):
    return call("PATCH", f"{tenant.path}/settings", change, key=tenant.admin, **kwargs)


def get(call, tenant):
    return call("GET", f"{tenant.path}/settings", key=tenant.admin).json


def test_settings_are_shown_whole_with_the_values_in_force(call, tenant):
    own = {
        "preset": "standard",
        "default_region": "US",
        "time_zone": "America/New_York",
    }

    assert get(call, tenant) == to_json(resolve(own, version=1))


def test_a_patch_changes_what_it_names_and_nothing_else(call, tenant):
    before = get(call, tenant)

    answer = patch(call, tenant, {"calls": {"workflow": {"missed": "none"}}})

    expected = {**before, "calls": {**before["calls"]}}
    expected["calls"]["workflow"] = {**before["calls"]["workflow"], "missed": "none"}
    assert answer.status == 200
    assert answer.json == expected
    assert get(call, tenant) == expected


def test_null_goes_back_to_the_presets_value(call, tenant):
    before = get(call, tenant)
    patch(call, tenant, {"calls": {"short_call_rule": "none"}, "language": "de"})

    patch(call, tenant, {"calls": {"short_call_rule": None}, "language": None})

    assert get(call, tenant) == before


@pytest.mark.rule("AC-2")
def test_each_change_is_a_version_in_force_from_its_answer_on_and_old_versions_stay(
    call, world, tenant
):
    world.time = NOW + timedelta(hours=1)
    patch(call, tenant, {"language": "de"})
    world.time = NOW + timedelta(hours=2)
    patch(call, tenant, {"language": "en"})

    versions = world.table.settings[tenant.id]
    assert [version.version for version in versions] == [1, 2, 3]
    assert [version.effective_at for version in versions] == [
        NOW,
        NOW + timedelta(hours=1),
        NOW + timedelta(hours=2),
    ]
    assert versions[0].patch == {
        "preset": "standard",
        "default_region": "US",
        "time_zone": "America/New_York",
    }


@pytest.mark.parametrize("change", [{}, {"default_region": "US"}, {"language": None}])
def test_a_change_that_changes_nothing_makes_no_version(call, world, tenant, change):
    assert patch(call, tenant, change).status == 200
    assert len(world.table.settings[tenant.id]) == 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"colour": "red"}, ["colour"], id="unknown"),
        pytest.param({"colour": None}, ["colour"], id="unknown_though_null"),
        pytest.param({"calls": {"colour": 1}}, ["calls.colour"], id="unknown_inside"),
        pytest.param({"calls": 5}, ["calls"], id="group_is_no_object"),
        pytest.param({"preset": "leadx2"}, ["preset"], id="unknown_preset"),
        pytest.param({"preset": None}, ["preset"], id="preset_removed"),
        pytest.param({"default_region": "UK"}, ["default_region"], id="no_region"),
        pytest.param({"time_zone": "Vienna"}, ["time_zone"], id="no_zone"),
        pytest.param({"max_in_flight": 0}, ["max_in_flight"], id="out_of_range"),
        pytest.param({"max_in_flight": True}, ["max_in_flight"], id="flag_for_a_number"),
        pytest.param(
            {"language": "fr", "calls": {"workflow": {"missed": "maybe"}}, "x": 1},
            ["calls.workflow.missed", "language", "x"],
            id="each_is_named",
        ),
        pytest.param({"cors_origins": ["*"]}, ["cors_origins"], id="any_origin"),
    ],
)
def test_what_cannot_be_set_is_422_naming_each_and_nothing_is_changed(
    call, world, tenant, change, named
):
    answer = patch(call, tenant, change)

    assert answer.status == 422
    assert sorted(answer.error["fields"]) == named
    assert all(answer.error["fields"].values())
    assert len(world.table.settings[tenant.id]) == 1


def test_a_change_that_lost_against_another_is_laid_over_the_winner(call, world, tenant):
    world.table.before_write = lambda: patch(call, tenant, {"max_in_flight": 7})

    answer = patch(call, tenant, {"language": "de"})

    assert answer.status == 200
    assert (answer.json["language"], answer.json["max_in_flight"]) == ("de", 7)
    assert len(world.table.settings[tenant.id]) == 3


def test_a_change_gives_up_when_others_keep_winning(call, world, tenant):
    numbers = iter(range(2, 20))

    def win():
        patch(call, tenant, {"max_in_flight": next(numbers)})
        world.table.before_write = win

    world.table.before_write = win

    answer = patch(call, tenant, {"language": "de"})

    assert answer.status == 409
    assert get(call, tenant)["language"] == "en"


@pytest.mark.parametrize("body", [[], "text", 5, True])
def test_a_patch_that_is_no_object_is_422(call, tenant, body):
    answer = patch(call, tenant, body)

    assert answer.status == 422
    assert answer.error["code"] == "invalid_body"


def test_a_tenant_without_settings_is_404(call, world, tenant):
    world.table.settings.clear()

    assert patch(call, tenant, {}).status == 404


def versions(call, tenant, **query):
    return call("GET", f"{tenant.path}/settings/versions", key=tenant.admin, query=query)


def restore(call, tenant, version):
    return call("POST", f"{tenant.path}/settings/restore", {"version": version}, key=tenant.admin)


@pytest.mark.rule("AC-2")
def test_versions_are_listed_newest_first_each_with_what_it_changed(call, world, tenant):
    world.time = NOW + timedelta(hours=1)
    patch(call, tenant, {"calls": {"workflow": {"missed": "none"}}})
    patch(call, tenant, {"preset": "aircall"})

    items = versions(call, tenant).json["items"]

    assert [item["version"] for item in items] == [3, 2, 1]
    assert items[0]["changes"]["calls.short_call_rule"] == {"before": "xbees", "after": "none"}
    assert items[1]["changes"] == {
        "calls.workflow.missed": {"before": "completed", "after": "none"}
    }
    assert items[2]["changes"] == {}
    assert items[1]["effective_at"] == "2026-11-20T16:00:00Z"


def test_a_page_of_versions_tells_of_changes_across_its_border(call, tenant):
    patch(call, tenant, {"language": "de"})

    first = versions(call, tenant, limit="1").json
    second = versions(call, tenant, limit="1", cursor=first["next_cursor"]).json

    assert first["items"][0]["changes"] == {"language": {"before": "en", "after": "de"}}
    assert [item["version"] for item in second["items"]] == [1]
    assert second["next_cursor"] is None


@pytest.mark.rule("AC-2")
def test_restoring_a_version_makes_a_new_one_like_it(call, world, tenant):
    before = get(call, tenant)
    patch(call, tenant, {"language": "de", "calls": {"unknown_number": "lead"}})

    answer = restore(call, tenant, 1)

    assert answer.status == 200
    assert answer.json == before == get(call, tenant)
    assert [one.version for one in world.table.settings[tenant.id]] == [1, 2, 3]


def test_a_version_that_is_not_there_cannot_be_restored(call, world, tenant):
    assert restore(call, tenant, 9).status == 404
    assert restore(call, tenant, 0).status == 422
    assert len(world.table.settings[tenant.id]) == 1
