"""The API that each test gets for itself."""

import pytest

from fakes.cipher import FakeCipher
from fakes.office import Office, connection
from unit.api.world import Caller, MadeTenant, World, make_tenant


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def call(world: World) -> Caller:
    return Caller(world)


@pytest.fixture
def tenant(call: Caller) -> MadeTenant:
    return make_tenant(call)


@pytest.fixture
def office(world: World, tenant: MadeTenant) -> Office:
    """The tenant's org and ledger, connected."""
    made = world.office
    own = {"preset": "standard", "default_region": "US", "time_zone": "America/New_York"}
    made.tenants.set_settings(tenant.id, own)
    cipher = FakeCipher()
    made.connections.stored[tenant.id] = world.connections.stored[tenant.id] = connection(
        tenant=tenant.id,
        access_ciphertext=cipher.encrypt("access-1", tenant=tenant.id, purpose="access_token"),
        refresh_ciphertext=cipher.encrypt("refresh-1", tenant=tenant.id, purpose="refresh_token"),
    )
    return made
