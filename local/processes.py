"""Starts, watches and stops the processes of the local cloud, and finds ports for them."""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from local.paths import ROOT

POLL_S = 0.05
LOG_TAIL_LINES = 15
#: prctl(2): the signal a process gets when its parent dies.
PR_SET_PDEATHSIG = 1


class LocalCloudError(Exception):
    """Says what of the local cloud failed and what to do about it."""


def free_port(preferred: int | None = None) -> int:
    """Returns the preferred port when nobody listens on it, else any free one."""
    if preferred is not None and is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Says whether a server could listen on the port of this machine's loopback address."""
    with socket.socket() as probe:
        # As servers do: a connection of an earlier run that is still closing does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def demand_port(port: int) -> int:
    """Returns the port.

    Raises:
        LocalCloudError: something else listens on it.
    """
    if not is_free(port):
        raise LocalCloudError(
            f"Port {port} is taken: stop what listens on it or choose another one with PORT=."
        )
    return port


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    ends_with_us: bool = True,
) -> subprocess.Popen[bytes]:
    """Starts a process in a session of its own, so that a terminal's Ctrl-C does not reach it.

    All it prints goes into the log. On Linux it is told to end when its starter dies, however that
    happens, unless it is meant to outlive it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent if ends_with_us else None,  # noqa: PLW1509  # no threads yet
        )


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until(
    ready: Callable[[], bool],
    *,
    process: subprocess.Popen[bytes],
    log: Path,
    what: str,
    within_s: float,
) -> None:
    """Waits for a started process to become ready.

    Raises:
        LocalCloudError: it ended or was not ready in time; the message carries the end of its log.
    """
    deadline = time.monotonic() + within_s
    while not ready():
        if process.poll() is not None:
            raise LocalCloudError(f"{what} ended at its start. The end of {log}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise LocalCloudError(f"{what} was not ready within {within_s:g} s; see {log}.")
        time.sleep(POLL_S)


def tail(log: Path) -> str:
    """Returns the last lines of a log."""
    if not log.exists():
        return ""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LOG_TAIL_LINES:])


def is_alive(pid: int | None) -> bool:
    """Says whether a process lives; no process at all counts as one that never ends."""
    if pid is None:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def stop(process: subprocess.Popen[bytes], *, within_s: float) -> None:
    """Asks a child to end and insists after a while; a child that is gone already is fine."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(within_s)


def hold(lock: Path) -> IO[bytes] | None:
    """Takes a lock that lives as long as the returned file is open, or returns None when it is held.

    A process proves with it that it lives; unlike a process id it cannot be mistaken for another's.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    file = lock.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def is_held(lock: Path) -> bool:
    """Says whether a living process holds the lock."""
    file = hold(lock)
    if file is None:
        return True
    file.close()
    return False


@contextlib.contextmanager
def exclusively(lock: Path) -> Iterator[None]:
    """Waits for the lock and holds it while the block runs."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def stop_holder(pid: int, lock: Path, *, within_s: float) -> None:
    """Ends the process that holds the lock, and waits until it has let go.

    Raises:
        LocalCloudError: it still holds it after the time.
    """
    deadline = time.monotonic() + within_s
    if is_held(lock):
        os.kill(pid, signal.SIGTERM)
    while is_held(lock):
        if time.monotonic() > deadline:
            raise LocalCloudError(
                f"The local cloud (process {pid}) did not stop in {within_s:g} s."
            )
        time.sleep(POLL_S)
