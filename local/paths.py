"""Where things lie on disk: the project, its environments, and the home of one local cloud."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
BUILD = ROOT / ".aws-sam" / "build"
ORGSIM_SOURCE = ROOT / "orgsim" / "src"
DEV_PYTHON = ROOT / ".venv" / "bin" / "python"
EMULATOR_PYTHON = LOCAL / "emu" / "bin" / "python"
RUNTIME_PYTHON = LOCAL / "rt" / "bin" / "python"
SAM = LOCAL / "sam" / "bin" / "sam"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The folder of one local cloud: what it remembers, and what it says about itself."""

    folder: Path
    state_file: Path

    @property
    def emulator_state(self) -> Path:
        """Holds the emulator's tables, queues, secrets and functions."""
        return self.folder / "state"

    @property
    def org_state(self) -> Path:
        """Holds the simulated org's records and its CA."""
        return self.folder / "org"

    @property
    def layers(self) -> Path:
        """Holds a copy of each deployed layer, which a later build cannot pull away."""
        return self.folder / "layers"

    @property
    def logs(self) -> Path:
        """Holds what the processes print."""
        return self.folder / "log"

    @property
    def lock(self) -> Path:
        """Is held by the process that runs the cloud."""
        return self.folder / "supervisor.lock"

    @property
    def running_file(self) -> Path:
        """Tells, while the cloud runs, by which process and at which addresses."""
        return self.folder / "running.json"

    @property
    def ports_file(self) -> Path:
        """Remembers the ports of the last run, so that addresses outlive a restart."""
        return self.folder / "ports.json"


#: The home of `make up` and `make demo`.
DEFAULT_HOME = Home(folder=LOCAL, state_file=ROOT / "local" / "state.json")


def home_in(folder: Path) -> Home:
    """Returns a home that shares nothing with the one of `make up`."""
    return Home(folder=folder, state_file=folder / "state.json")
