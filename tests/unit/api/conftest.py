"""The API that each test gets for itself."""

import pytest

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
