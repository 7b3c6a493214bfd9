"""A second tenant connects to an org, against a running org: told of or refused, as the operator wants."""

from dataclasses import replace

import pytest

from builders.connecting_admin import Admin, works
from switchhook.domain.connection import ConnectionStatus, SecondTenant
from switchhook.domain.errors import Rejected

pytestmark = [pytest.mark.org, pytest.mark.rule("SH-8")]


@pytest.fixture
def admin(org):
    return Admin(org)


@pytest.fixture
def strict(admin):
    """The operator wants one tenant for each org."""
    admin.world = replace(admin.world, second=SecondTenant.REFUSE)
    return admin


def shared(connection):
    return [check for check in connection.checks if check.id == "org_shared"]


def test_the_first_tenant_of_an_org_is_told_nothing(admin):
    made = admin.arrives()

    assert made.others == ()
    assert shared(made.connection) == []


def test_a_second_tenant_is_connected_and_told_of_the_first_without_its_name(admin):
    admin.connects()

    made = admin.arrives(tenant="t-2")

    (check,) = shared(made.connection)
    assert made.others == ("t-1",)
    assert made.connection.status is ConnectionStatus.CONNECTED
    assert check.ok is False
    assert "t-1" not in check.text
    assert "Lovelace" not in check.text
    assert admin.connections.read("t-2").checks == made.connection.checks


def test_the_warning_stays_when_the_other_checks_cannot_be_made(org, admin):
    admin.connects()
    org.fault("status_503", path="/describe")

    made = admin.arrives(tenant="t-2")

    assert [check.id for check in made.connection.checks] == ["org_shared"]


def test_a_second_tenant_is_refused_and_its_grant_is_revoked(org, strict):
    strict.connects()
    before = len(org.requests_to("/oauth2/revoke"))

    with pytest.raises(Rejected) as refused:
        strict.connects(tenant="t-2")

    org_id = strict.connections.read("t-1").org_id
    assert (refused.value.code, refused.value.status) == ("org_taken", 409)
    assert refused.value.fields == {"tenant": "t-2", "org_id": org_id, "others": ["t-1"]}
    assert "t-1" not in refused.value.message
    assert strict.connections.read("t-2") is None
    assert len(org.requests_to("/oauth2/revoke")) == before + 1
    assert works(org, strict.grant())


def test_a_tenant_that_has_the_org_already_may_connect_again(admin):
    admin.connects()
    admin.connects(tenant="t-2")
    admin.world = replace(admin.world, second=SecondTenant.REFUSE)

    assert admin.arrives(tenant="t-2").others == ("t-1",)


def test_an_org_is_free_again_once_its_tenant_disconnected(strict):
    strict.connects()
    strict.disconnects()

    assert strict.arrives(tenant="t-2").others == ()
