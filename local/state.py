"""What `make up` tells about a running local cloud, and what a home remembers of it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceState:
    """Where the simulated Salesforce org answers, and who may log in there."""

    login_url: str
    instance_url: str
    control_url: str
    ca_file: str
    username: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the parts of one local cloud answer."""

    api: str
    aws_endpoint: str
    salesforce: SalesforceState


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The addresses and keys of a running local cloud."""

    api: str
    salesforce: SalesforceState
    operator_key: str
    aws_endpoint: str

    @property
    def addresses(self) -> Addresses:
        """Where its parts answer."""
        return Addresses(api=self.api, aws_endpoint=self.aws_endpoint, salesforce=self.salesforce)

    def to_json(self) -> str:
        """Returns the one JSON object that `make up` prints."""
        return json.dumps(asdict(self), indent=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running cloud: the process that holds it, what is deployed, and its state."""

    pid: int
    built_from: str
    state: State

    def write(self, path: Path) -> None:
        """Replaces the file at once, so that a reader never sees half of it."""
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(self)), encoding="utf-8")
        unfinished.replace(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The ports of one local cloud."""

    api: int
    aws: int
    org_https: int
    org_http: int
    org_control: int


def read_running(path: Path) -> Running:
    """Returns what a running cloud wrote about itself."""
    found = json.loads(path.read_text(encoding="utf-8"))
    state = found["state"]
    salesforce = SalesforceState(**state.pop("salesforce"))
    return Running(
        pid=found["pid"],
        built_from=found["built_from"],
        state=State(salesforce=salesforce, **state),
    )


def read_ports(path: Path) -> Ports | None:
    """Returns the ports of the last run, or None before the first."""
    if not path.exists():
        return None
    return Ports(**json.loads(path.read_text(encoding="utf-8")))


def write_ports(path: Path, ports: Ports) -> None:
    """Remembers the ports for the next run."""
    path.write_text(json.dumps(asdict(ports)), encoding="utf-8")
