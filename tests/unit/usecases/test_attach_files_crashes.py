"""A process that dies at any effect neither loses a file nor attaches it twice (SH-1)."""

from dataclasses import replace

import pytest

from builders.chat_files import PNG, Desk, a_file
from builders.mortal import Countdown, DiedError, MortalPort, mortal
from switchhook.domain.activity import State
from switchhook.domain.errors import NotDelivered, OutcomeUnknown, SessionExpired

pytestmark = pytest.mark.rule("SH-1", "CX-56")

MORE_THAN_ALL = 60


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
@pytest.mark.parametrize(
    ("lost_answers", "setbacks", "more_deaths_than"),
    [
        pytest.param([], [], 15, id="clean"),
        pytest.param([OutcomeUnknown("no answer")], [], 15, id="with_a_lost_answer"),
        pytest.param([], [NotDelivered("no connection")], 7, id="set_back_by_the_org"),
        pytest.param([], [SessionExpired("expired")], 15, id="set_back_by_the_session"),
    ],
)
def test_wherever_a_process_dies_each_file_is_attached_once(
    lost_answers, setbacks, more_deaths_than, *, after: bool
):
    deaths = 0
    for effects in range(1, MORE_THAN_ALL):
        desk = a_desk()
        desk.store.lost_answers += lost_answers
        desk.store.next_uploads += setbacks
        countdown = Countdown(effects, after=after)

        run_until_death(desk, countdown)
        desk.live_on()

        expect_each_file_once(desk)
        deaths += countdown.has_died
        if not countdown.has_died:
            break
    assert deaths > more_deaths_than


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
