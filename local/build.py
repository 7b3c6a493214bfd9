"""Prepares what the local cloud runs on: the Python environments and the built functions and layer."""

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path

from local.paths import BUILD, DEV_PYTHON, LOCAL, ROOT, SAM
from local.processes import LocalCloudError, exclusively, tail
from local.progress import Progress, progress_on_stderr

STAMP = BUILD.parent / "built-from"
SOURCES = ("template.yaml", "functions", "layers")
FIRST_BUILD_LIMIT_S = 600


def prepare(progress: Progress) -> None:
    """Creates missing environments and builds what changed; does nothing when all is there.

    Raises:
        LocalCloudError: Python 3.13 is missing, a package cannot be fetched, or the build fails.
    """
    prepare_environments(progress)
    with exclusively(LOCAL / "build.lock"):
        _build_if_changed(progress)


def prepare_environments(progress: Progress) -> None:
    """Creates the Python environments of the emulator, the runtime and the SAM CLI.

    Raises:
        LocalCloudError: one could not be filled; the reason stands on standard error.
    """
    progress("checking Python environments")
    names = ("emulator", "runtime", "sam")
    done = subprocess.run([ROOT / "local" / "environment.sh", *names], check=False)
    if done.returncode:
        raise LocalCloudError("A Python environment could not be made; the reason stands above.")


def host_architecture() -> str:
    """Returns this machine's processor in AWS's words."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def source_fingerprint() -> str:
    """Returns a value that changes with anything the build is made from."""
    seen = hashlib.sha256(host_architecture().encode())
    for path in _source_files():
        seen.update(str(path.relative_to(ROOT)).encode())
        seen.update(path.read_bytes())
    return seen.hexdigest()


def built_from() -> str:
    """Returns the fingerprint of what lies in the build folder."""
    return STAMP.read_text(encoding="utf-8") if STAMP.exists() else ""


def _source_files() -> list[Path]:
    found = []
    for name in SOURCES:
        source = ROOT / name
        found += [source] if source.is_file() else sorted(source.rglob("*"))
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def _build_if_changed(progress: Progress) -> None:
    wanted = source_fingerprint()
    if built_from() == wanted and BUILD.exists():
        return
    progress("building functions and layer")
    STAMP.unlink(missing_ok=True)
    _sam_build()
    STAMP.write_text(wanted, encoding="utf-8")


def _sam_build() -> None:
    architecture = host_architecture()
    log = LOCAL / "log" / "build.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "ARCH": architecture,
        # Packages change far less often than our own code.
        "LAYER_PACKAGES": str(BUILD.parent / "packages"),
        "SAM_CLI_TELEMETRY": "0",
        # The builder looks for python3.13 on the path.
        "PATH": f"{DEV_PYTHON.parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    command: list[str | Path] = [
        SAM, "build", "--cached", "--parallel", "--build-dir", BUILD,
        "--cache-dir", BUILD.parent / "cache" / architecture,
        "--parameter-overrides", f"Architecture={architecture}",
    ]  # fmt: skip
    with log.open("wb") as output:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT,
            check=False, timeout=FIRST_BUILD_LIMIT_S,
        )  # fmt: skip
    if done.returncode:
        raise LocalCloudError(f"sam build failed. The end of {log}:\n{tail(log)}")


def main() -> int:
    """Prepares everything and says on standard error what it does."""
    try:
        prepare(progress_on_stderr())
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
