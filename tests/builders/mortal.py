"""Processes that die at the n-th effect, before or after it takes place."""

from collections.abc import Callable, Sequence
from typing import Any

from fakes.office import Office
from fakes.world import ports_of, with_ports
from switchhook.ports.ledger import Ledger, LedgerWrite
from switchhook.usecases.record.world import World

COMPUTATIONS = {"numbers", "reader", "clock", "timing", "holder", "cipher", "limits"}


class DiedError(BaseException):
    """The process is gone; nothing may catch this."""


class Countdown:
    """Dies at the n-th effect, before or after it takes place."""

    def __init__(self, effects: int, *, after: bool) -> None:
        self.left, self.after = effects, after
        self.has_died = False

    def around(self, effect: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*args: object, **kwargs: object) -> Any:
            self.left -= 1
            if self.left == 0 and not self.after:
                self._die()
            try:
                return effect(*args, **kwargs)
            finally:
                # Also where the effect's answer is an error: nobody is left to read it.
                if self.left == 0:
                    self._die()

        return dying

    def _die(self) -> None:
        self.has_died = True
        raise DiedError


class MortalPort:
    def __init__(self, real: object, countdown: Countdown) -> None:
        self._real, self._countdown = real, countdown

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        return self._countdown.around(found) if callable(found) else found


class MortalLedger:
    """A ledger whose n-th commit is the last thing its process does, `applied` or not."""

    def __init__(self, real: Ledger, dies_at: int, *, applied: bool) -> None:
        self.read, self.head, self.holds = real.read, real.head, real.holds
        self._real, self._left, self._applied = real, dies_at, applied

    def commit(self, write: LedgerWrite) -> None:
        self._left -= 1
        if self._left or self._applied:
            self._real.commit(write)
        if not self._left:
            raise DiedError


def mortal(world: World, countdown: Countdown) -> World:
    ports = {
        name: MortalPort(port, countdown)
        for name, port in ports_of(world).items()
        if name not in COMPUTATIONS
    }
    return with_ports(world, **ports)


def deliver_and_die(office: Office, calls: Sequence[str], *, dies_at: int, applied: bool) -> None:
    """Deliver calls to a worker that dies at its n-th commit; a second takes over, a third finishes."""
    ledger = MortalLedger(office.ledger, dies_at, applied=applied)
    office.world = with_ports(office.world, ledger=ledger)
    for call in calls:
        try:
            office.deliver(call_id=call)
        except DiedError:
            office.world = office.new_world("worker-2")
            office.deliver(call_id=call)
    office.world = office.new_world("worker-3")
    office.pass_time(1500, step_s=10)
