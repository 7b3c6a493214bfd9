"""Asks a tenant's org in somebody's name who waits for the answer."""

from collections.abc import Callable

from switchhook.domain.connection import Grant
from switchhook.domain.errors import SessionExpired
from switchhook.usecases.org.grants import current_grant
from switchhook.usecases.record.waiting import renew
from switchhook.usecases.record.world import World


def ask[T](tenant: str, question: Callable[[Grant], T], world: World) -> T:
    """The answer of the tenant's org; where the session has ended, it is renewed once and asked again.

    Raises:
        NeedsReconnect: the tenant is not connected, or its grant is gone.
        SessionExpired: the renewed session was refused too.
        SwitchhookError: whatever the question raises.
    """
    grant = _grant(tenant, world)
    try:
        return question(grant)
    except SessionExpired:
        renew(grant, world)
    return question(_grant(tenant, world))


def _grant(tenant: str, world: World) -> Grant:
    return current_grant(
        tenant, connections=world.connections, cipher=world.cipher, memory=world.grants
    )
