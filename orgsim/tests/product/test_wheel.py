"""The wheel alone, in an environment that knows nothing of this checkout."""

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
import requests

pytestmark = pytest.mark.org

PROJECT = Path(__file__).resolve().parents[2]
PIP = (sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", "--quiet")
CLEAN = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
A_TEST = """
import requests


def test_the_org_is_there(fresh_org):
    assert requests.get(fresh_org.addresses.http_url + "/services/data", timeout=10).ok
"""
A_CONFTEST = """
import pytest


@pytest.fixture(scope="session")
def org_settings():
    return {"api_limit": 7}
"""
A_TEST_OF_SETTINGS = """
def test_the_org_is_set_up(fresh_org):
    assert fresh_org.org.store.settings.api_limit == 7
"""


def run(*command, folder):
    done = subprocess.run(
        [*map(str, command)], cwd=folder, env=CLEAN, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Where the programs lie of an environment with the wheel and, beside it, what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    offline = ("--no-deps", "--no-index")
    run(*PIP, "wheel", *offline, "--no-build-isolation", "-w", folder, PROJECT, folder=folder)
    [wheel] = folder.glob("orgsim-*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    run(*PIP, "--python", python, "install", *offline, wheel, folder=folder)
    where = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder="/")
    ours = sysconfig.get_path("purelib")
    (Path(where.strip()) / "dependencies.pth").write_text(f"{ours}\n", encoding="utf-8")
    return python.parent


def test_the_command_explains_itself_by_its_own_name(programs, tmp_path):
    """It is imported from the environment and from nowhere else."""
    assert run(programs / "orgsim", "--help", folder=tmp_path).startswith("usage: orgsim ")
    where = "import orgsim.server; print(orgsim.server.__file__)"
    found = run(programs / "python", "-c", where, folder=tmp_path)
    assert Path(found.strip()).is_relative_to(programs.parent)


def test_the_command_serves_an_org(programs, tmp_path):
    """One answer over https is enough: everything it needs is in the wheel."""
    command = [programs / "orgsim", "--state-dir", tmp_path / "state"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=CLEAN, stdout=subprocess.PIPE, text=True
    ) as org:
        told = json.loads(org.stdout.readline())
        token = requests.post(f"{told['control_url']}/_org/token", timeout=10).json()
        answer = requests.get(
            f"{told['instance_url']}/services/data/v62.0/query",
            params={"q": "SELECT Name FROM Organization"},
            headers={"Authorization": f"Bearer {token['access_token']}"},
            verify=told["ca_file"],
            timeout=10,
        )
        org.terminate()

    assert [row["Name"] for row in answer.json()["records"]] == ["Orgsim Example Ltd"]
    assert org.returncode == 0


def test_a_conftest_says_how_every_tests_org_is_set_up(programs, tmp_path):
    """By a fixture that takes the place of the plugin's."""
    (tmp_path / "conftest.py").write_text(A_CONFTEST)
    (tmp_path / "test_org.py").write_text(A_TEST_OF_SETTINGS)

    told = run(programs / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path)

    assert "1 passed" in told


@pytest.mark.parametrize(
    "conftest",
    ["", 'pytest_plugins = ["orgsim.pytest_plugin"]\n'],
    ids=["by_being_installed", "and_once_if_a_conftest_names_it_too"],
)
def test_pytest_finds_the_fixtures(programs, tmp_path, conftest):
    """Nothing has to be imported."""
    (tmp_path / "conftest.py").write_text(conftest)
    (tmp_path / "test_org.py").write_text(A_TEST)

    told = run(programs / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path)

    assert "1 passed" in told


def test_types_and_licence_are_in_it(programs):
    """Checkers of types read the marker, people the licence."""
    [info] = programs.parent.rglob("orgsim-*.dist-info")

    assert (info.parent / "orgsim" / "py.typed").exists()
    metadata = (info / "METADATA").read_text(encoding="utf-8")
    assert "License-Expression: Apache-2.0\n" in metadata
    assert "Requires-Python: >=3.12\n" in metadata
    assert "Apache License" in (info / "licenses" / "LICENSE").read_text(encoding="utf-8")
