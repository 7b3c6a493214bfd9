"""The process behind `make up`: it runs the emulator and the org, deploys, and turns the caretaker's clock.

It holds the home's lock for as long as it lives, writes `running.json` when everything answers, and on
SIGTERM stops its children so that both save their state.
"""

import argparse
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local import build, provision
from local.aws import clients
from local.deploy import forget_old_layers
from local.emulator_process import await_emulator, endpoint, start_emulator
from local.paths import DEV_PYTHON, ORGSIM_SOURCE, Home
from local.processes import LocalCloudError, hold, is_alive, start, stop, wait_until
from local.state import Addresses, Ports, Running, SalesforceState, State, read_ports

POLL_S = 0.1
START_LIMIT_S = 60
STOP_LIMIT_S = 20


def main() -> None:
    """Runs one local cloud until SIGTERM."""
    arguments = _arguments()
    home = Home(folder=arguments.home, state_file=arguments.state_file)
    lock = hold(home.lock)
    if lock is None:
        raise SystemExit(f"Another local cloud already runs in {home.folder}.")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with lock, ExitStack() as cleanup:
        _run(home, cleanup, lambda: stopped.is_set() or not is_alive(arguments.ends_with))


def _run(home: Home, cleanup: ExitStack, is_over: Callable[[], bool]) -> None:
    ports = read_ports(home.ports_file)
    if ports is None:
        raise LocalCloudError(f"{home.ports_file} is missing: start the cloud with `make up`.")
    built_from = build.built_from()
    forget_old_layers(home.layers)
    emulator = start_emulator(home, aws_port=ports.aws, api_port=ports.api, enforce_iam=True)
    cleanup.callback(stop, emulator, within_s=STOP_LIMIT_S)
    org, ready_file = _start_org(home, ports)
    cleanup.callback(stop, org, within_s=STOP_LIMIT_S)
    await_emulator(home, ports.aws, emulator)
    salesforce = _await_org(home, org, ready_file)
    state = _deploy(home, ports, salesforce)
    cleanup.callback(home.running_file.unlink, missing_ok=True)
    home.state_file.write_text(state.to_json() + "\n", encoding="utf-8")
    cleanup.callback(home.state_file.unlink, missing_ok=True)
    Running(pid=os.getpid(), built_from=built_from, state=state).write(home.running_file)
    _keep_running(state, is_over, children=(emulator, org))


def _start_org(home: Home, ports: Ports) -> tuple[subprocess.Popen[bytes], Path]:
    home.org_state.mkdir(parents=True, exist_ok=True)
    ready_file = home.folder / "org-ready.json"
    ready_file.unlink(missing_ok=True)
    # As a seed, and not only as a setting: the org goes back to its seed's settings when it is reset.
    seed = home.folder / "org-seed.json"
    settings = {"request_limit_s": provision.REQUEST_LIMIT_S}
    seed.write_text(json.dumps({"settings": settings}), encoding="utf-8")
    command: list[str | Path] = [
        DEV_PYTHON, "-m", "orgsim",
        "--port", str(ports.org_https),
        "--http-port", str(ports.org_http),
        "--control-port", str(ports.org_control),
        "--state-dir", home.org_state,
        "--file",
        "--seed", seed,
        "--ready-file", ready_file,
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ORGSIM_SOURCE)}
    return start(command, log=home.logs / "org.log", environment=environment), ready_file


def _await_org(home: Home, org: subprocess.Popen[bytes], ready_file: Path) -> SalesforceState:
    wait_until(
        lambda: _told(ready_file) is not None,
        process=org,
        log=home.logs / "org.log",
        what="The simulated Salesforce org",
        within_s=START_LIMIT_S,
    )
    told = _told(ready_file) or {}
    known = SalesforceState.__dataclass_fields__
    return SalesforceState(**{name: value for name, value in told.items() if name in known})


def _told(ready_file: Path) -> dict[str, str] | None:
    """Returns what the org wrote, or None while it has not finished writing."""
    try:
        told: dict[str, str] = json.loads(ready_file.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return told


def _deploy(home: Home, ports: Ports, salesforce: SalesforceState) -> State:
    addresses = Addresses(
        api=f"http://localhost:{ports.api}",
        aws_endpoint=endpoint(ports.aws),
        salesforce=salesforce,
    )
    return provision.introduce(provision.deploy_stack(home, addresses), addresses)


def _keep_running(
    state: State, is_over: Callable[[], bool], *, children: tuple[subprocess.Popen[bytes], ...]
) -> None:
    """Waits until asked to stop, or until a child is gone, while the caretaker makes its rounds."""
    # A daemon: a round that waits for Salesforce must not keep the cloud from stopping.
    threading.Thread(target=_make_rounds, args=(state,), daemon=True).start()
    while not is_over():
        if any(child.poll() is not None for child in children):
            raise LocalCloudError("The emulator or the org has ended; see their logs.")
        time.sleep(POLL_S)


def _make_rounds(state: State) -> None:
    """Invokes the caretaker every two seconds, one round after the other."""
    deployment = provision.find_deployment(state.aws_endpoint)
    caretaker = deployment.outputs["CaretakerFunctionName"]
    lambda_client = clients(state.aws_endpoint)("lambda")
    event = {"version": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler"}
    while True:
        time.sleep(provision.CARETAKER_INTERVAL_S)
        try:
            lambda_client.invoke(FunctionName=caretaker, Payload=json.dumps(event).encode())
        except (BotoCoreError, ClientError) as error:
            # Whatever is due stays due: the next round finds it.
            print(f"A round of the caretaker failed: {error}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.supervisor", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--state-file", type=Path, required=True)
    parser.add_argument("--ends-with", type=int, help="process id to outlive never")
    return parser.parse_args()


if __name__ == "__main__":
    main()
