"""What the README shows to copy works as shown."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from orgsim.loading import generate
from orgsim.server import OrgServer

pytestmark = pytest.mark.org

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text()
PLUGIN = ("-p", "orgsim.pytest_plugin")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
SIMPLE_SALESFORCE = [code for code in PYTHON if "simple_salesforce" in code]


def run(*arguments, folder, **environment):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT / "src"), "PYTEST_ADDOPTS": "", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_server_as_a_context_prints_its_addresses(tmp_path):
    """The shortest program there is."""
    program = next(code for code in PYTHON if "with OrgServer()" in code)

    printed = run("-c", program, folder=tmp_path)

    assert (printed.returncode, printed.stderr) == (0, "")
    assert re.fullmatch(r"https://localhost:\d+ /\S+/ca\.pem\n", printed.stdout)


def test_the_example_for_pytest_passes_as_it_stands(tmp_path):
    """One test in a project of its own, with the plugin that installing orgsim brings."""
    (tmp_path / "test_example.py").write_text(next(code for code in PYTHON if "def test_" in code))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    told = run("-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGIN, ".", folder=tmp_path)

    assert told.returncode == 0, told.stdout + told.stderr
    assert "1 passed" in told.stdout


@pytest.fixture(scope="module")
def org():
    """An org as the first commands start it, but on free ports."""
    with OrgServer(password="sesame", proxy_port=0) as server:
        yield server


@pytest.mark.parametrize("program", SIMPLE_SALESFORCE, ids=["by_a_token", "by_a_password"])
def test_the_programs_for_simple_salesforce_count_the_contacts(org, tmp_path, program):
    """With the CA, and with the proxy where the log-in host is a fixed one."""
    org.org.reset()
    generate(org.org.store, {"Contact": 25})
    here = org.addresses

    printed = run(
        *("-c", program.replace("http://localhost:8444", here.control_url)),
        folder=tmp_path,
        REQUESTS_CA_BUNDLE=here.ca_file,
        HTTPS_PROXY=here.proxy_url,
    )

    assert (printed.stdout, printed.returncode) == ("25\n", 0), printed.stderr


def test_every_option_of_the_command_is_explained(tmp_path):
    """In the table of options, and none that there is not."""
    usage = run("-m", "orgsim", "--help", folder=tmp_path).stdout
    known = set(re.findall(r"--[a-z-]+", usage)) - {"--help"}
    table = re.search(r"\| option \| meaning \|\n(.*?)\n\n", README, re.DOTALL)

    assert set(re.findall(r"`(--[a-z-]+)", table.group(1))) == known
