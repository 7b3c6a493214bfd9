"""Ports and locks of the local cloud tell the truth about who uses them."""

import socket
import sys
import threading

import pytest

from local.processes import (
    LocalCloudError,
    demand_port,
    exclusively,
    free_port,
    hold,
    is_alive,
    is_free,
    is_held,
    start,
    stop,
    wait_until,
)


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_that_is_taken_is_refused_with_a_way_out(taken_port):
    """One sentence, with the port and what to do."""
    with pytest.raises(LocalCloudError, match=f"Port {taken_port} is taken: .* PORT="):
        demand_port(taken_port)


def test_a_preferred_port_is_given_up_when_taken(taken_port):
    """Addresses outlive a restart where they can, and a start never fails for them."""
    port = free_port(taken_port)

    assert port != taken_port
    assert is_free(port)


def test_a_preferred_port_is_kept_when_free():
    """So that hook addresses and redirects stay valid."""
    port = free_port()

    assert free_port(port) == port


def test_a_lock_is_held_until_it_is_let_go(tmp_path):
    """It proves that a cloud runs, which a process id cannot."""
    lock = tmp_path / "lock"

    assert not is_held(lock)
    holder = hold(lock)
    assert holder is not None
    assert is_held(lock)
    assert hold(lock) is None
    holder.close()
    assert not is_held(lock)


def test_two_preparations_never_overlap(tmp_path):
    """The second waits for the first."""
    order = []

    def prepare():
        with exclusively(tmp_path / "lock"):
            order.append("second")

    with exclusively(tmp_path / "lock"):
        second = threading.Thread(target=prepare)
        second.start()
        order.append("first")
    second.join(timeout=10)

    assert order == ["first", "second"]


def test_a_process_that_ends_at_its_start_shows_the_end_of_its_log(tmp_path):
    """The reason stands there, not in the caller's hands."""
    log = tmp_path / "log"
    process = start(
        [sys.executable, "-c", "raise SystemExit('no such thing')"], log=log, environment={}
    )

    with pytest.raises(LocalCloudError, match=r"The thing ended at its start.*\nno such thing"):
        wait_until(lambda: False, process=process, log=log, what="The thing", within_s=20)


def test_a_process_that_never_answers_is_given_up(tmp_path):
    """A start has an end."""
    log = tmp_path / "log"
    process = start([sys.executable, "-c", "input()"], log=log, environment={})

    with pytest.raises(LocalCloudError, match=r"ended|was not ready within 0 s"):
        wait_until(lambda: False, process=process, log=log, what="The thing", within_s=0)
    stop(process, within_s=10)


def test_a_stopped_process_is_gone(tmp_path):
    """Stopping waits for the end."""
    code = "import time\nwhile True: time.sleep(1)"
    process = start([sys.executable, "-c", code], log=tmp_path / "log", environment={})
    assert is_alive(process.pid)

    stop(process, within_s=10)

    assert not is_alive(process.pid)
    assert is_alive(None)
