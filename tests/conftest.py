"""What tests share: one emulator and one deployed cloud for a whole run, an org for each worker process.

Everything is started by the first test that asks for it, whichever worker that runs in, and ended by the
process that started pytest. A test that talks to AWS gets an AWS account of its own, so nothing one test
stores is seen by another.
"""

import functools
import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from local import aws as local_aws
from local import cloud, data_plane
from local import template as templates
from local.build import prepare_environments
from local.paths import DEV_PYTHON, ROOT, Home, home_in
from local.processes import exclusively, is_held, start, stop_holder, wait_until
from local.state import State
from orgsim.server import OrgServer

START_LIMIT_S = 60
STOP_LIMIT_S = 60
TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of pytest: a folder that all its workers know, and the process that outlives them."""

    folder: Path
    controller_pid: int

    @property
    def data_home(self) -> Home:
        return home_in(self.folder / "data")

    @property
    def stack_home(self) -> Home:
        return home_in(self.folder / "stack")


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsAccount:
    """An empty AWS account in the emulator."""

    endpoint: str
    account: str

    def client(self, service: str) -> Any:
        return local_aws.clients(self.endpoint, self.account)(service)

    def session(self) -> boto3.session.Session:
        return boto3.session.Session(
            aws_access_key_id=self.account,
            aws_secret_access_key="test",
            region_name=local_aws.REGION,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The names of the three tables of the template, made in the test's own account."""

    tenant: str
    activity: str
    directory: str


RUN = pytest.StashKey[Run]()


def pytest_configure(config: pytest.Config) -> None:
    told = getattr(config, "workerinput", None)
    if told is None:
        folder = Path(tempfile.mkdtemp(prefix="switchhook-tests-"))
        config.stash[RUN] = Run(folder=folder, controller_pid=os.getpid())
    else:
        config.stash[RUN] = Run(
            folder=Path(told["run_folder"]), controller_pid=told["controller_pid"]
        )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    run = node.config.stash[RUN]
    node.workerinput["run_folder"] = str(run.folder)
    node.workerinput["controller_pid"] = run.controller_pid


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(RUN, None)
    if run is None or hasattr(config, "workerinput"):
        return
    cloud.down(home=run.stack_home)
    if is_held(run.data_home.lock):
        pid = int((run.data_home.folder / "pid").read_text(encoding="utf-8"))
        stop_holder(pid, run.data_home.lock, within_s=STOP_LIMIT_S)
    shutil.rmtree(run.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Run:
    """The run of pytest that this test belongs to."""
    return request.config.stash[RUN]


@pytest.fixture(scope="session")
def emulator(run: Run) -> str:
    """The address of the run's AWS emulator."""
    home = run.data_home
    told = data_plane.endpoint_file(home)
    with exclusively(run.folder / "data.lock"):
        if not told.exists():
            _start_data_plane(run, home, told)
    return told.read_text(encoding="utf-8")


def _start_data_plane(run: Run, home: Home, told: Path) -> None:
    prepare_environments(lambda _: None)
    log = home.logs / "data_plane.log"
    command = [
        str(DEV_PYTHON), "-m", "local.data_plane",
        "--home", str(home.folder),
        "--ends-with", str(run.controller_pid),
    ]  # fmt: skip
    process = start(command, log=log, environment=os.environ, ends_with_us=False)
    (home.folder / "pid").write_text(str(process.pid), encoding="utf-8")
    wait_until(
        told.exists,
        process=process,
        log=log,
        what="The tests' AWS emulator",
        within_s=START_LIMIT_S,
    )
    # It outlives this worker; the controller ends it.
    process.returncode = 0


@pytest.fixture
def aws(emulator: str) -> AwsAccount:
    """An AWS account that no other test uses."""
    return AwsAccount(endpoint=emulator, account=f"{uuid.uuid4().int % 10**12:012}")


@pytest.fixture
def tables(aws: AwsAccount) -> Tables:
    """The template's three tables with their indexes, in the test's own account."""
    dynamodb = aws.client("dynamodb")
    for name, properties in _table_properties().items():
        dynamodb.create_table(TableName=name, **properties)
    return Tables(tenant="TenantTable", activity="ActivityTable", directory="DirectoryTable")


@functools.cache
def _table_properties() -> dict[str, dict[str, Any]]:
    tables = templates.resources_of(templates.read(ROOT / "template.yaml"), "AWS::DynamoDB::Table")
    return {
        name: {key: value for key, value in table["Properties"].items() if key in TABLE_PROPERTIES}
        for name, table in tables.items()
    }


@pytest.fixture(scope="session")
def org(org_server: OrgServer) -> OrgServer:
    """The simulated Salesforce org of this worker, in memory; `fresh_org` is the same one, emptied."""
    return org_server


@pytest.fixture(scope="session")
def stack(run: Run) -> State:
    """The deployed template with emulator, org and caretaker, one for the whole run.

    Its data are shared by all tests of the run: a test makes tenants, hooks and records of its own.
    """
    return cloud.up(lambda _: None, home=run.stack_home, ends_with=run.controller_pid)
