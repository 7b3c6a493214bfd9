"""What is deployed is what was built, with a bootstrap beside it."""

import io
import json
import zipfile

import pytest

from local.deploy import bootstrap_script, function_archive
from local.paths import ROOT
from local.provision import local_parameters
from local.state import (
    Ports,
    Running,
    SalesforceState,
    State,
    read_ports,
    read_running,
    write_ports,
)
from local.template import parameter_defaults, read

SALESFORCE = SalesforceState(
    login_url="https://localhost:1",
    instance_url="https://localhost:1",
    control_url="http://localhost:2",
    ca_file="/ca.pem",
    username="admin@example.com",
    password="secret",
)
STATE = State(
    api="http://localhost:3000",
    salesforce=SALESFORCE,
    operator_key="key",
    aws_endpoint="http://127.0.0.1:4566",
)


@pytest.fixture
def function_folder(tmp_path):
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "handler.pyc").write_bytes(b"old")
    (tmp_path / "handler.py").write_text("handler = None")
    return tmp_path


def test_an_archive_holds_the_code_and_an_executable_bootstrap(function_folder):
    """The emulator starts the bootstrap, which starts AWS's runtime client."""
    archive = zipfile.ZipFile(io.BytesIO(function_archive(function_folder, "#!/bin/sh\n")))

    assert archive.namelist() == ["bootstrap", "handler.py"]
    assert archive.getinfo("bootstrap").external_attr >> 16 == 0o755
    assert archive.read("handler.py") == b"handler = None"


def test_the_same_code_gives_the_same_archive(function_folder):
    """So deploying twice changes nothing."""
    assert function_archive(function_folder, "x") == function_archive(function_folder, "x")


def test_the_bootstrap_hides_the_emulators_settings_and_shows_ours():
    """Functions see what Lambda would give them, and the org's CA."""
    script = bootstrap_script("/layer/python", {"REQUESTS_CA_BUNDLE": "/ca.pem"})

    assert script.startswith("#!/bin/sh\nunset AUTH ")
    assert "export PYTHONPATH='/layer/python'\n" in script
    assert "export REQUESTS_CA_BUNDLE='/ca.pem'\n" in script
    assert script.endswith('-m awslambdaric "$_HANDLER"\n')


def test_local_values_are_parameters_of_the_template():
    """A renamed parameter is found here, not at the start of the cloud."""
    known = read(ROOT / "template.yaml")["Parameters"]

    assert set(local_parameters(STATE.addresses)) <= set(known)


def test_every_parameter_has_a_default():
    """`make deploy` asks for nothing."""
    template = read(ROOT / "template.yaml")

    assert set(parameter_defaults(template)) == set(template["Parameters"])


def test_the_state_has_exactly_the_promised_keys():
    """Tools read what `make up` prints."""
    told = json.loads(STATE.to_json())

    assert list(told) == ["api", "salesforce", "operator_key", "aws_endpoint"]
    assert list(told["salesforce"]) == [
        "login_url",
        "instance_url",
        "control_url",
        "ca_file",
        "username",
        "password",
    ]


def test_what_runs_can_be_read_back(tmp_path):
    """A second `make up` prints the same."""
    running = Running(pid=7, built_from="abc", state=STATE)

    running.write(tmp_path / "running.json")

    assert read_running(tmp_path / "running.json") == running


def test_ports_are_remembered(tmp_path):
    """Addresses outlive a restart."""
    ports = Ports(api=1, aws=2, org_https=3, org_http=4, org_control=5)

    assert read_ports(tmp_path / "ports.json") is None
    write_ports(tmp_path / "ports.json", ports)
    assert read_ports(tmp_path / "ports.json") == ports
