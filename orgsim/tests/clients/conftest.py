"""Real client libraries, installed once for each checkout, and the org they talk to.

Each client runs in a process of its own, as its users run it, and tells what became of each of its
operations. Python clients that the project does not depend on live in `.local/clients`, those of
Node in `.local/node`.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from clients.client_org import ClientOrg, run_process
from clients.operations import table
from orgsim.server import OrgServer

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
LOCAL = ROOT / ".local"
INSTALL_LIMIT_S = 300
OLDEST_NODE = 20
type Outcomes = dict[str, str]


@pytest.fixture(scope="session")
def proxied_server() -> Iterator[OrgServer]:
    """One org per test process, with a proxy in front of it."""
    with OrgServer(proxy_port=0) as server:
        yield server


@pytest.fixture
def client_org(proxied_server: OrgServer) -> ClientOrg:
    """The process's org, emptied, with an app and with external ids."""
    proxied_server.org.reset()
    proxied_server.proxy.hosts.clear()
    return ClientOrg(proxied_server)


@pytest.fixture
def run_client(capfd) -> Callable[[str, Sequence[str | Path], Mapping[str, str]], Outcomes]:
    """Runs a client's script, shows the table of its outcomes and gives them."""

    def run(client: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> Outcomes:
        done = run_process(command, environment)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        outcomes = json.loads(done.stdout.splitlines()[-1])
        with capfd.disabled():
            sys.stderr.write(f"\n{table(client, outcomes)}\n")
        return outcomes

    return run


@pytest.fixture(scope="session")
def clients_bin() -> Path:
    """Where the programs of the Python environment with the clients lie."""
    folder = LOCAL / "clients"
    requirements = ROOT / "requirements" / "clients.txt"
    python = folder / "bin" / "python"

    def fill() -> None:
        _installed([sys.executable, "-m", "venv", "--clear", folder], cwd=ROOT)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _installed([*pip, "--no-input", "--require-hashes", "-r", requirements], cwd=ROOT)

    _once(folder, made_from=requirements, fill=fill)
    return folder / "bin"


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where the Node clients lie."""
    folder = LOCAL / "node"
    wanted = HERE / "node" / "package.json"

    def fill() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(wanted, folder)
        _installed(["npm", "install", "--no-package-lock", "--silent"], cwd=folder)

    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    found = version.stdout.strip()
    assert int(found.removeprefix("v").partition(".")[0]) >= OLDEST_NODE, (
        f"Node {found} is too old: install Node {OLDEST_NODE} or newer."
    )
    _once(folder, made_from=wanted, fill=fill)
    return folder / "node_modules"


def _once(folder: Path, *, made_from: Path, fill: Callable[[], None]) -> None:
    """Fill the folder unless it was filled from this very file; other workers wait meanwhile."""
    wanted = hashlib.sha256(made_from.read_bytes()).hexdigest()
    stamp = folder / ".made-from.sha256"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return
        fill()
        stamp.write_text(wanted, encoding="utf-8")


def _installed(command: Sequence[str | Path], *, cwd: Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=INSTALL_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
