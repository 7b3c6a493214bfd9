"""A process that dies at any effect neither loses a file nor attaches it twice (SH-1)."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from builders.chat_files import PNG, Desk, a_file
from switchhook.domain.activity import State
from switchhook.domain.errors import OutcomeUnknown
from switchhook.usecases.record.world import World

pytestmark = pytest.mark.rule("SH-1", "CX-56")

COMPUTATIONS = {"numbers", "reader", "clock", "timing", "holder", "grants"}
MORE_THAN_ALL = 60


class DiedError(BaseException):
    """The process is gone; nothing may catch this."""


class Countdown:
    """Dies at the n-th effect, before or after it takes place."""

    def __init__(self, effects: int, *, after: bool) -> None:
        self.left, self.after, self.has_died = effects, after, False

    def around(self, effect: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*args: object, **kwargs: object) -> Any:
            self.left -= 1
            if self.left == 0 and not self.after:
                self._die()
            try:
                return effect(*args, **kwargs)
            finally:
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


def mortal(world: World, countdown: Countdown) -> World:
    ports = {
        spec.name: MortalPort(getattr(world, spec.name), countdown)
        for spec in fields(world)
        if spec.name not in COMPUTATIONS
    }
    grants = replace(
        world.grants,
        connections=ports["connections"],
        tokens=MortalPort(world.grants.tokens, countdown),
    )
    return replace(world, **ports, grants=grants)


def run_until_death(desk: Desk, countdown: Countdown) -> None:
    ports = replace(
        desk.ports,
        fetcher=MortalPort(desk.web, countdown),
        store=MortalPort(desk.store, countdown),
    )
    try:
        desk.run(mortal(desk.office.new_world("mortal"), countdown), ports)
    except DiedError:
        return


def expect_each_file_once(desk: Desk) -> None:
    assert desk.states == ["stored"] * 3
    assert sorted(path for _, path, _ in desk.store.kept) == sorted(
        file.path for file in desk.files
    )
    assert (desk.head.state, desk.head.due_at) == (State.LOGGED, None)


def a_desk() -> Desk:
    return Desk(a_file(1), a_file(2), whole_transcript="Ada: hello")


@pytest.mark.parametrize("after", [False, True], ids=["before_the_effect", "after_the_effect"])
@pytest.mark.parametrize("lost_answers", [0, 1], ids=["clean", "with_a_lost_answer"])
def test_wherever_a_process_dies_each_file_is_attached_once(*, after: bool, lost_answers: int):
    deaths = 0
    for effects in range(1, MORE_THAN_ALL):
        desk = a_desk()
        desk.store.lost_answers += [OutcomeUnknown("no answer")] * lost_answers
        countdown = Countdown(effects, after=after)

        run_until_death(desk, countdown)
        desk.live_on()

        expect_each_file_once(desk)
        deaths += countdown.has_died
        if not countdown.has_died:
            break
    assert deaths > 15


def test_two_processes_at_once_attach_each_file_once():
    """The second one runs whole whenever the first is about to upload."""
    desk = a_desk()
    other = desk.office.new_world("other")
    real = desk.store.upload
    inside = []

    def upload(*args):
        if not inside:
            inside.append(True)
            desk.office.clock.forward(0)
            desk.run(other)
            inside.pop()
        return real(*args)

    desk.store.upload = upload

    desk.run()
    desk.live_on()

    expect_each_file_once(desk)
    assert {content for _, _, content in desk.store.kept} == {PNG.content, b"Ada: hello"}
