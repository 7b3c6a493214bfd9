"""Starts the emulator as a process of its own, in its own Python environment."""

import subprocess

import requests

from local.paths import EMULATOR_PYTHON, Home
from local.processes import start, wait_until

START_LIMIT_S = 60
PROBE_TIMEOUT_S = 2


def start_emulator(
    home: Home, *, aws_port: int, api_port: int, enforce_iam: bool
) -> subprocess.Popen[bytes]:
    """Starts the emulator in a clean environment, since its functions inherit all of it."""
    scratch = home.folder / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    home.emulator_state.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AUTH": str(enforce_iam).lower(),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(aws_port),
        "FRONT_PORT": str(api_port),
        "AWS_ENDPOINT_URL": endpoint(aws_port),
        "MINISTACK_REGION": "us-east-1",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.emulator_state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.emulator_state / "s3"),
        # Both would open ports that nobody asked for.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    return start(
        [EMULATOR_PYTHON, "-m", "local.emulator"],
        log=home.logs / "emulator.log",
        environment=environment,
    )


def endpoint(aws_port: int) -> str:
    """Returns the address of every AWS service."""
    return f"http://127.0.0.1:{aws_port}"


def await_emulator(home: Home, aws_port: int, emulator: subprocess.Popen[bytes]) -> None:
    """Waits until the emulator answers.

    Raises:
        LocalCloudError: it ended, or did not answer in time.
    """
    wait_until(
        lambda: _answers(f"{endpoint(aws_port)}/_ministack/health"),
        process=emulator,
        log=home.logs / "emulator.log",
        what="The AWS emulator",
        within_s=START_LIMIT_S,
    )


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=PROBE_TIMEOUT_S).ok
    except requests.RequestException:
        return False
