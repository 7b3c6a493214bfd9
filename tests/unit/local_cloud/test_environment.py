"""A missing Python is told in one sentence, and a filled environment is left alone."""

import hashlib
import shutil
import subprocess

import pytest

from local.paths import ROOT

TOOLS = ("bash", "cat", "dirname", "flock", "mkdir", "sha256sum")


@pytest.fixture
def project(tmp_path):
    (tmp_path / "local").mkdir()
    (tmp_path / "requirements").mkdir()
    shutil.copy(ROOT / "local" / "environment.sh", tmp_path / "local")
    (tmp_path / "requirements" / "dev.txt").write_text("")
    # A path on which no Python can be found, whatever the machine has.
    (tmp_path / "tools").mkdir()
    for tool in TOOLS:
        (tmp_path / "tools" / tool).symlink_to(shutil.which(tool))
    return tmp_path


def prepare(project, name):
    return subprocess.run(
        [project / "local" / "environment.sh", name],
        env={"PATH": str(project / "tools"), "HOME": str(project), "PYTHON": "/no/such/python"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_missing_python_is_told_with_what_to_do(project):
    """Nothing else is printed and nothing is left behind."""
    done = prepare(project, "dev")

    assert done.returncode == 1
    assert "Python 3.13 is missing: install it" in done.stderr
    assert not (project / ".venv" / ".requirements.sha256").exists()


def test_an_unknown_environment_is_told_with_the_known_ones(project):
    """A typo ends at once."""
    done = prepare(project, "prod")

    assert done.returncode != 0
    assert "no environment called 'prod'; name dev, emulator, runtime or sam" in done.stderr


def test_an_environment_filled_from_the_same_requirements_is_left_alone(project):
    """The second start of anything is fast."""
    (project / ".venv" / "bin").mkdir(parents=True)
    python = project / ".venv" / "bin" / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    mark = hashlib.sha256(b"").hexdigest()
    (project / ".venv" / ".requirements.sha256").write_text(f"{mark}  -\n")

    done = prepare(project, "dev")

    assert (done.returncode, done.stderr) == (0, "")
