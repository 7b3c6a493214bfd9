"""The Salesforce CLI, as a developer uses it at the prompt, finds nothing missing in the org.

The CLI says that it runs on Node 18 and newer, but the newest `undici` it takes in needs Node 22. It
runs on the Node that the package file names, with its libraries as they are published.
"""

import csv
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from clients.client_org import ClientOrg, run_process
from clients.operations import PASSED, Operations, table

OPERATIONS = (
    "org login access-token",
    "org display",
    "data create record",
    "data query",
    "data get record -w",
    "data update record",
    "data delete record",
    "data import tree",
    "data import bulk",
    "data upsert bulk",
    "data export bulk",
    "data search",
    "data create file",
    "sobject describe",
    "org list limits",
)
ACCOUNTS = 30


class Cli:
    """The command line in a home of its own, logged in to nothing yet."""

    def __init__(self, programs: Path, home: Path, org: ClientOrg):
        self.program = programs / "sf"
        self.home = home
        settings = {"HOME": home, "SF_ACCESS_TOKEN": org.token, "SF_LOG_LEVEL": "fatal"}
        wanted = (
            "SF_AUTOUPDATE_DISABLE",
            # What the updater itself looks at, which outlives the command and asks the network.
            "SF_DISABLE_AUTOUPDATE",
            "SF_DISABLE_LOG_FILE",
            "SF_DISABLE_TELEMETRY",
            "SF_SKIP_NEW_VERSION_CHECK",
            "SF_USE_GENERIC_UNIX_KEYCHAIN",
        )
        self.environment = org.environment(
            **{name: str(value) for name, value in settings.items()},
            **dict.fromkeys(wanted, "true"),
            PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
        )

    def run(self, command: str, *options: str | Path) -> Any:
        """Return the result of a command such as `data query`."""
        done = run_process([self.program, *command.split(), *options, "--json"], self.environment)
        answer = json.loads(done.stdout)
        assert done.returncode == 0, answer.get("message")
        return answer["result"]

    def file(self, name: str, content: str) -> Path:
        path = self.home / name
        path.write_text(content, encoding="utf-8")
        return path


@pytest.fixture
def cli(client_org: ClientOrg, node_modules: Path, tmp_path: Path):
    """The CLI and a home that holds nothing."""
    return Cli(node_modules / ".bin", tmp_path, client_org)


def test_the_salesforce_cli_works_unchanged(cli, client_org, capfd):
    """Each command comes out as it would with Salesforce."""
    operations = Operations()

    with operations.operation("org login access-token"):
        where = client_org.addresses.http_url
        options = ("--no-prompt", "--alias", "oak", "--set-default")
        login = cli.run("org login access-token", "--instance-url", where, *options)
        assert login["username"] == client_org.addresses.username
    with operations.operation("org display"):
        assert cli.run("org display")["connectedStatus"] == "Connected"
    one_record(operations, cli)
    several(operations, cli)
    the_rest(operations, cli)

    with capfd.disabled():
        sys.stderr.write(f"\n{table('Salesforce CLI', operations.outcomes)}\n")
    assert operations.outcomes == dict.fromkeys(OPERATIONS, PASSED)


def one_record(operations: Operations, cli: Cli) -> None:
    named = ("-s", "Account", "-w", "Name='Oak Foods'")
    with operations.operation("data create record"):
        values = "Name='Oak Foods' Site=Quay"
        account_id = cli.run("data create record", "-s", "Account", "-v", values)["id"]
    with operations.operation("data query"):
        text = "SELECT Id, Owner.Name, (SELECT LastName FROM Contacts) FROM Account"
        found = cli.run("data query", "-q", text)
        assert (found["totalSize"], found["records"][0]["Id"]) == (1, account_id)
    with operations.operation("data get record -w"):
        assert cli.run("data get record", *named)["Site"] == "Quay"
    with operations.operation("data update record"):
        changed = cli.run(
            "data update record", "-s", "Account", "-i", account_id, "-v", "Site=Pier"
        )
        assert changed["success"] is True
    with operations.operation("data delete record"):
        assert cli.run("data delete record", *named)["id"] == account_id


def several(operations: Operations, cli: Cli) -> None:
    with operations.operation("data import tree"):
        leaf = {"attributes": {"type": "Contact", "referenceId": "c"}, "LastName": "Leaf"}
        root = {"attributes": {"type": "Account", "referenceId": "a"}, "Name": "Root"}
        content = json.dumps({"records": [{**root, "Contacts": {"records": [leaf]}}]})
        planted = cli.run("data import tree", "-f", cli.file("tree.json", content))
        assert [row["refId"] for row in planted] == ["a", "c"]
    with operations.operation("data import bulk"):
        lines = ["Name,Site", *(f'Bulk {n},"a, b"' for n in range(ACCOUNTS)), ""]
        file = cli.file("accounts.csv", "\n".join(lines))
        done = cli.run("data import bulk", "-f", file, "-s", "Account", "-w", "1")
        assert (done["successfulRecords"], done["failedRecords"]) == (ACCOUNTS, 0)
    with operations.operation("data upsert bulk"):
        file = cli.file("tasks.csv", "Switchhook_Key__c,Subject\nk-1,One\nk-2,Two\n")
        options = ("-s", "Task", "-i", "Switchhook_Key__c", "-w", "1")
        rows = cli.run("data upsert bulk", "-f", file, *options)["records"]["successfulResults"]
        assert {row["Switchhook_Key__c"] for row in rows} == {"k-1", "k-2"}
    with operations.operation("data export bulk"):
        text = "SELECT Id, Site FROM Account WHERE Name LIKE 'Bulk%'"
        out = cli.home / "out.csv"
        cli.run("data export bulk", "-q", text, "--output-file", out, "-r", "csv", "-w", "1")
        with out.open(encoding="utf-8", newline="") as file:
            assert [row["Site"] for row in csv.DictReader(file)] == ["a, b"] * ACCOUNTS


def the_rest(operations: Operations, cli: Cli) -> None:
    with operations.operation("data search"):
        text = "FIND {Leaf} IN NAME FIELDS RETURNING Contact(Id, LastName)"
        [row] = cli.run("data search", "-q", text)["searchRecords"]
        assert row["LastName"] == "Leaf"
    with operations.operation("data create file"):
        made = cli.run("data create file", "-f", cli.file("note.txt", "heard and noted"))
        assert (made["Title"], made["FileExtension"]) == ("note", "txt")
    with operations.operation("sobject describe"):
        assert cli.run("sobject describe", "-s", "Contact")["keyPrefix"] == "003"
    with operations.operation("org list limits"):
        limits = {limit["name"]: limit["max"] for limit in cli.run("org list limits")}
        assert limits["DailyApiRequests"] == 100_000
