"""Starts, stops and empties the local cloud: `python -m local.cloud up|down|reset|status`."""

import argparse
import os
import shutil
import sys

from local import build, provision
from local.emptying import empty
from local.paths import DEFAULT_HOME, DEV_PYTHON, Home
from local.processes import (
    LocalCloudError,
    demand_port,
    exclusively,
    free_port,
    is_held,
    start,
    stop_holder,
    wait_until,
)
from local.progress import Progress, progress_on_stderr
from local.state import Ports, Running, State, read_ports, read_running, write_ports

START_LIMIT_S = 120
STOP_LIMIT_S = 60
MAX_PORT = 65535


def up(
    progress: Progress,
    *,
    home: Home = DEFAULT_HOME,
    port: int | None = None,
    ends_with: int | None = None,
) -> State:
    """Starts what is not running, deploys what changed, and returns the addresses.

    Calling it again gives the same state. `port` is the API's; without it the last run's ports are
    taken again while they are free. The cloud stays until `down`, or until process `ends_with` ends.

    Raises:
        LocalCloudError: the port is taken, the build failed, or a process did not start.
    """
    with exclusively(home.folder / "up.lock"):
        build.prepare(progress)
        running = find_running(home)
        if running is None:
            return _start(progress, home, port, ends_with)
        if port is not None and running.state.api != f"http://localhost:{port}":
            raise LocalCloudError(
                f"The local cloud already runs at {running.state.api}: `make down` before PORT={port}."
            )
        return _bring_up_to_date(progress, home, running)


def down(*, home: Home = DEFAULT_HOME) -> bool:
    """Stops the cloud and keeps what it stored; returns whether it was running.

    Raises:
        LocalCloudError: it did not stop in time.
    """
    running = find_running(home)
    if running is None:
        return False
    stop_holder(running.pid, home.lock, within_s=STOP_LIMIT_S)
    return True


def reset(*, home: Home = DEFAULT_HOME) -> None:
    """Empties the cloud and the org; addresses and keys of a running one stay as they are.

    Raises:
        LocalCloudError: the org refused.
    """
    running = find_running(home)
    if running is not None:
        empty(running.state)
        return
    for folder in (home.emulator_state, home.org_state, home.layers, home.folder / "tmp"):
        shutil.rmtree(folder, ignore_errors=True)
    home.state_file.unlink(missing_ok=True)


def find_running(home: Home = DEFAULT_HOME) -> Running | None:
    """Returns the cloud that runs in the home, or None."""
    if is_held(home.lock) and home.running_file.exists():
        return read_running(home.running_file)
    return None


def _start(progress: Progress, home: Home, port: int | None, ends_with: int | None) -> State:
    write_ports(home.ports_file, _choose_ports(read_ports(home.ports_file), port))
    progress("starting the emulator and the org")
    log = home.logs / "supervisor.log"
    command = [
        str(DEV_PYTHON), "-m", "local.supervisor",
        "--home", str(home.folder),
        "--state-file", str(home.state_file),
    ]  # fmt: skip
    if ends_with is not None:
        command += ["--ends-with", str(ends_with)]
    home.running_file.unlink(missing_ok=True)
    supervisor = start(command, log=log, environment=os.environ, ends_with_us=False)
    wait_until(
        home.running_file.exists,
        process=supervisor,
        log=log,
        what="The local cloud",
        within_s=START_LIMIT_S,
    )
    # It outlives us on purpose; without this, Python would warn about a child left running.
    supervisor.returncode = 0
    state = read_running(home.running_file).state
    progress(f"the local cloud answers at {state.api}")
    return state


def _choose_ports(last: Ports | None, api: int | None) -> Ports:
    if last is None:
        first = free_port() if api is None else demand_port(api)
        return Ports(
            api=first,
            aws=free_port(),
            org_https=free_port(),
            org_http=free_port(),
            org_control=free_port(),
        )
    return Ports(
        api=free_port(last.api) if api is None else demand_port(api),
        aws=free_port(last.aws),
        org_https=free_port(last.org_https),
        org_http=free_port(last.org_http),
        org_control=free_port(last.org_control),
    )


def _bring_up_to_date(progress: Progress, home: Home, running: Running) -> State:
    built_from = build.built_from()
    state = running.state
    if built_from != running.built_from:
        progress("deploying what changed")
        deployment = provision.deploy_stack(home, state.addresses)
        # A changed template may have made new keys.
        state = provision.introduce(deployment, state.addresses)
        Running(pid=running.pid, built_from=built_from, state=state).write(home.running_file)
        home.state_file.write_text(state.to_json() + "\n", encoding="utf-8")
    return state


def main() -> int:
    """Runs one command; standard output carries its result only, steps go to standard error."""
    parser = argparse.ArgumentParser(prog="python -m local.cloud", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "reset", "status"])
    command = parser.parse_args().command
    try:
        _run(command)
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run(command: str) -> None:
    if command == "up":
        print(up(progress_on_stderr(), port=_wanted_port()).to_json())
    elif command == "down":
        print("stopped" if down() else "nothing was running", file=sys.stderr)
    elif command == "reset":
        reset()
        print("the local cloud and the org are empty", file=sys.stderr)
    else:
        running = find_running()
        print("down" if running is None else running.state.to_json())


def _wanted_port() -> int | None:
    wanted = os.environ.get("PORT", "")
    if not wanted:
        return None
    if not wanted.isdecimal() or not 0 < int(wanted) <= MAX_PORT:
        raise LocalCloudError(f"PORT={wanted} is no port: give a number from 1 to {MAX_PORT}.")
    return int(wanted)


if __name__ == "__main__":
    sys.exit(main())
