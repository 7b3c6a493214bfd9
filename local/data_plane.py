"""Runs the emulator alone, without functions, org or permissions, for tests of what talks to AWS.

`python -m local.data_plane --home FOLDER --ends-with PID` holds the home's lock while it lives, writes the
address into `FOLDER/endpoint` when the emulator answers, and ends on SIGTERM or with the given process.
"""

import argparse
import signal
import threading
from pathlib import Path

from local.emulator_process import await_emulator, endpoint, start_emulator
from local.paths import Home, home_in
from local.processes import free_port, hold, is_alive, stop

POLL_S = 0.5
STOP_LIMIT_S = 10


def endpoint_file(home: Home) -> Path:
    """Returns the file that tells the address, once the emulator answers."""
    return home.folder / "endpoint"


def main() -> None:
    """Runs the emulator until it is no longer wanted."""
    parser = argparse.ArgumentParser(prog="python -m local.data_plane", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--ends-with", type=int, required=True)
    arguments = parser.parse_args()
    home = home_in(arguments.home)
    lock = hold(home.lock)
    if lock is None:
        raise SystemExit(f"An emulator already runs in {home.folder}.")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with lock:
        _run(home, stopped, arguments.ends_with)


def _run(home: Home, stopped: threading.Event, ends_with: int) -> None:
    port = free_port()
    emulator = start_emulator(home, aws_port=port, api_port=free_port(), enforce_iam=False)
    try:
        await_emulator(home, port, emulator)
        unfinished = home.folder / "endpoint.new"
        unfinished.write_text(endpoint(port), encoding="utf-8")
        unfinished.replace(endpoint_file(home))
        while not stopped.wait(POLL_S) and is_alive(ends_with):
            pass
    finally:
        stop(emulator, within_s=STOP_LIMIT_S)


if __name__ == "__main__":
    main()
