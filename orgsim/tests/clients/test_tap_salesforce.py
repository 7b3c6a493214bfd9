"""tap-salesforce, a Singer tap, discovers the org and replicates it, first all and then the changes.

It logs in at `login.salesforce.com` and nowhere else, and finds the org by the answer.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from clients.client_org import APP, ClientOrg, run_process

CONTACTS = 2100
OLD_LEADS = tuple(
    {"LastName": f"Old {day}", "SystemModstamp": f"2026-01-0{day}T08:00:00.000+0000"}
    for day in (1, 2, 3)
)
STREAMS = ("Account", "Contact", "Lead", "Task", "User")


class Tap:
    """The tap's command line with a configuration of its own."""

    def __init__(self, program: Path, folder: Path, environment: dict[str, str]):
        self.program = program
        self.folder = folder
        self.environment = environment
        self.config: dict[str, object] = {}

    def run(self, *arguments: str | Path) -> str:
        command = [self.program, "--config", self.folder / "config.json", *arguments]
        done = run_process(command, self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(self, name: str, content: object) -> Path:
        file = self.folder / name
        file.write_text(json.dumps(content), encoding="utf-8")
        return file

    def discover(self) -> dict[str, Any]:
        return json.loads(self.run("--discover"))

    def replicate(self, catalog: dict[str, Any], state: object = None) -> list[dict[str, Any]]:
        options: list[str | Path] = ["--properties", self.write("catalog.json", catalog)]
        if state is not None:
            options += ["--state", self.write("state.json", state)]
        return [json.loads(line) for line in self.run(*options).splitlines()]


@pytest.fixture
def tap(client_org: ClientOrg, clients_bin, tmp_path):
    """The tap, allowed by the org's admin to read it."""
    environment = client_org.environment(
        HTTPS_PROXY=client_org.addresses.proxy_url,
        NO_PROXY="localhost",
        REQUESTS_CA_BUNDLE=client_org.addresses.ca_file,
    )
    tap = Tap(clients_bin / "tap-salesforce", tmp_path, environment)
    tap.config = {
        "client_id": APP["client_id"],
        "client_secret": APP["client_secret"],
        "refresh_token": client_org.refresh_token(),
        "start_date": "2020-01-01T00:00:00Z",
        "api_type": "REST",
        "select_fields_by_default": True,
    }
    tap.write("config.json", tap.config)
    yield tap
    assert client_org.proxied_hosts == {"login.salesforce.com"}


def test_the_tap_discovers_every_object(tap):
    """Each with a key, and with a replication key where it has one."""
    streams = {entry["stream"]: entry for entry in tap.discover()["streams"]}

    assert set(STREAMS) <= set(streams)
    [root] = [m["metadata"] for m in streams["Contact"]["metadata"] if not m["breadcrumb"]]
    assert root["table-key-properties"] == ["Id"]
    assert root["valid-replication-keys"] == ["SystemModstamp"]
    assert streams["Contact"]["schema"]["properties"]["LastName"] == {"type": ["null", "string"]}


def test_the_tap_replicates_all_and_then_only_the_changes(tap, client_org):
    """Page by page; the second time from the bookmark on, a deleted record included."""
    client_org.control("load", {"generate": {"Contact": CONTACTS}})
    old, gone, _ = client_org.load_leads(*OLD_LEADS)
    catalog = selected(tap.discover())

    first = tap.replicate(catalog)
    state = [message["value"] for message in first if message["type"] == "STATE"][-1]
    client_org.delete("Lead", gone)
    [new] = client_org.load_leads({"LastName": "New"})
    second = tap.replicate(catalog, state)

    assert {"SCHEMA", "RECORD", "STATE"} <= {message["type"] for message in first}
    assert len({row["Id"] for row in rows(first, "Contact")}) == CONTACTS
    assert {old, gone} <= {row["Id"] for row in rows(first, "Lead")}
    changes = {row["Id"]: row["IsDeleted"] for row in rows(second, "Lead")}
    assert old not in changes
    assert (changes[gone], changes[new]) == (True, False)


def test_the_tap_replicates_through_bulk_jobs(tap, client_org):
    """Bulk API 1.0: job information in JSON, that of batches in XML, rows in CSV."""
    client_org.control("load", {"generate": {"Contact": 3}})
    old, _, _ = client_org.load_leads(*OLD_LEADS)
    tap.write("config.json", tap.config | {"api_type": "BULK"})

    messages = tap.replicate(selected(tap.discover()))

    assert len(rows(messages, "Contact")) == 3
    assert old in {row["Id"] for row in rows(messages, "Lead")}


def selected(catalog: dict[str, Any]) -> dict[str, Any]:
    """Choose the streams as a user does, by their metadata, changes by SystemModstamp."""
    choice = {
        "selected": True,
        "replication-method": "INCREMENTAL",
        "replication-key": "SystemModstamp",
    }
    for entry in catalog["streams"]:
        if entry["stream"] in STREAMS:
            next(m for m in entry["metadata"] if not m["breadcrumb"])["metadata"].update(choice)
    return catalog


def rows(messages: list[dict[str, Any]], stream: str) -> list[dict[str, Any]]:
    return [m["record"] for m in messages if m["type"] == "RECORD" and m["stream"] == stream]
