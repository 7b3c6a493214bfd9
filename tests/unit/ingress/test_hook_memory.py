"""How long, and how many, hooks are remembered."""

from dataclasses import replace
from datetime import timedelta

import pytest

from switchhook.ports.ingress import OpenedHook
from switchhook.runtime.ingress import MOST_HOOKS, RecentHooks
from unit.ingress.world import GENERIC, NOW


def opened(hook_id: str) -> OpenedHook:
    return OpenedHook(hook=replace(GENERIC, id=hook_id), read_at=NOW)


@pytest.mark.parametrize(
    ("age_s", "known"),
    [
        pytest.param(0, True, id="just_read"),
        pytest.param(59.999, True, id="almost_a_minute"),
        pytest.param(60, False, id="a_minute"),
        pytest.param(-1, False, id="from_the_future"),
    ],
)
def test_a_hook_is_remembered_for_a_minute(*, age_s: float, known: bool):
    """A clock that steps back forgets rather than remembering too long."""
    memory = RecentHooks()
    memory.keep(opened("h1"))

    assert known == (memory.recall("h1", now=NOW + timedelta(seconds=age_s)) is not None)


def test_the_hook_kept_longest_makes_room():
    """Memory stays bounded, however many hooks one process serves."""
    memory = RecentHooks()
    for number in range(MOST_HOOKS + 1):
        memory.keep(opened(f"h{number}"))

    assert memory.recall("h0", now=NOW) is None
    assert memory.recall("h1", now=NOW) is not None


def test_permissions_to_read_again_are_bounded_too():
    """Forging for many hooks does not fill the memory."""
    memory = RecentHooks()
    for number in range(MOST_HOOKS + 1):
        assert memory.may_read_again(f"h{number}", now=NOW)

    assert not memory.may_read_again("h1", now=NOW)
    assert memory.may_read_again("h0", now=NOW)


@pytest.mark.parametrize(
    ("after_s", "allowed"), [(0, False), (0.999, False), (1, True), (-5, True)]
)
def test_one_early_read_a_second_for_each_hook(*, after_s: float, allowed: bool):
    """The limit is per hook: one hook's forger does not hold up another's rotation."""
    memory = RecentHooks()
    assert memory.may_read_again("h1", now=NOW)

    assert allowed == memory.may_read_again("h1", now=NOW + timedelta(seconds=after_s))
    assert memory.may_read_again("h2", now=NOW)
