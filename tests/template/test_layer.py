"""The layer holds what the functions need beyond the runtime, compiled, for both processors."""

import json
import os
import subprocess
import sys

import pytest

from local.build import prepare
from local.paths import BUILD, ROOT

#: PEP 552: bit 0 says "hash instead of time", bit 1 says "check the source"; 1 is never checked.
UNCHECKED_HASH = 1
LIMIT_MB = 100
PROVIDED_BY_THE_RUNTIME = {"boto3", "botocore", "s3transfer", "awscrt", "OpenSSL", "awslambdaric"}
PLATFORMS = {"arm64": "aarch64", "x86_64": "x86_64"}


@pytest.fixture(scope="module")
def site():
    prepare(lambda _: None)
    return BUILD / "SwitchhookLayer" / "python"


def test_every_module_has_byte_code_that_stays_valid(site):
    """SAM dates every file 1980: byte code that is checked by time would be thrown away at each cold start."""
    sources = {path for path in site.rglob("*.py") if "__pycache__" not in path.parts}
    compiled = list(site.rglob("*.pyc"))

    flags = {int.from_bytes(path.read_bytes()[4:8], "little") for path in compiled}

    assert len(sources) == len(compiled) > 500
    assert flags == {UNCHECKED_HASH}


def test_the_layer_shadows_nothing_of_the_runtime(site):
    """A second botocore under the runtime's boto3 is a pair that nobody tested, and slow to import."""
    packages = {path.name for path in site.iterdir()}

    assert packages & PROVIDED_BY_THE_RUNTIME == set()
    assert "switchhook" in packages


def test_the_layer_is_far_from_the_limit(site):
    """Lambda takes 250 MB of function and layers; cold starts care long before."""
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())

    assert size < LIMIT_MB * 1024 * 1024


def resolve(machine, report):
    """What pip would install for a processor, by name."""
    command = [
        sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--quiet", "--ignore-installed",
        "--disable-pip-version-check", "--no-input", "--require-hashes", "--report", report,
        "--platform", f"manylinux2014_{machine}", "--platform", f"manylinux_2_28_{machine}",
        "--implementation", "cp", "--python-version", "3.13", "--only-binary=:all:",
        "--target", report.parent / "never-made",
        "--requirement", ROOT / "layers" / "switchhook" / "requirements.txt",
    ]  # fmt: skip
    subprocess.run(command, env=os.environ, check=True, timeout=300)
    installed = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {found["metadata"]["name"]: found["metadata"]["version"] for found in installed}


def test_both_processors_get_the_same_versions(tmp_path):
    """What was tested on one is what runs on the other."""
    resolved = {
        architecture: resolve(machine, tmp_path / f"{architecture}.json")
        for architecture, machine in PLATFORMS.items()
    }

    assert resolved["arm64"] == resolved["x86_64"]
    assert "pydantic_core" in {name.replace("-", "_") for name in resolved["arm64"]}
