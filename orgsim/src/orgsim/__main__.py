"""Runs a simulated org alone: `orgsim`, or `python -m orgsim`."""

import argparse
import json
import signal
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from orgsim.faults import FaultError
from orgsim.loading import LoadError, generate, load
from orgsim.org import Org
from orgsim.server import OrgServer
from orgsim.settings import Settings
from orgsim.settings_reading import SettingsError, merge_settings

_DATABASE = "org.sqlite"
_KEPT_IN = Path(".orgsim")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """What an org starts with: settings, records, records to make up."""

    settings: Settings | None
    records: object
    generate: object


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal; prints one JSON object with the addresses when ready."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        server = _server(options)
    except (SettingsError, LoadError, FaultError, OSError, ValueError) as error:
        print(f"orgsim cannot start: {error}", file=sys.stderr)
        return 2
    with server:
        written = server.addresses.as_json()
        print(written, flush=True)
        if options.ready_file is not None:
            options.ready_file.write_text(written + "\n")
        stop.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="orgsim", description="Runs a simulated Salesforce org on this machine."
    )
    parser.add_argument("--port", type=int, default=0, help="https port (default: a free one)")
    parser.add_argument("--http-port", type=int, default=0, help="port of the plain-http twin")
    parser.add_argument("--control-port", type=int, default=0, help="port of the control plane")
    parser.add_argument(
        "--proxy-port", type=int, help="port of a CONNECT proxy that leads Salesforce's hosts here"
    )
    parser.add_argument("--password", help="every user's password (default: one is made up)")
    parser.add_argument(
        "--state-dir",
        type=Path,
        help="where certificates and, with --file, the records live"
        f" (default: a folder that goes with the process, with --file {_KEPT_IN})",
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--memory", action="store_true", help="keep records in memory (default)")
    kind.add_argument("--file", action="store_true", help=f"keep records in STATE_DIR/{_DATABASE}")
    parser.add_argument(
        "--seed", type=Path, help='JSON file: {"settings": {}, "records": [], "generate": {}}'
    )
    parser.add_argument(
        "--schema", type=Path, help='JSON file of custom things: {"objects": [], "fields": []}'
    )
    parser.add_argument("--faults", type=Path, help="JSON file: a list of faults to set at once")
    parser.add_argument("--ready-file", type=Path, help="write the printed JSON here as well")
    return parser


def _server(options: argparse.Namespace) -> OrgServer:
    """Return the server with its seed and faults in place; raises what main reports."""
    seed = _read_seed(options.seed)
    state_dir: Path | None = options.state_dir or (_KEPT_IN if options.file else None)
    if state_dir is not None:
        state_dir.mkdir(parents=True, exist_ok=True)
    database = state_dir / _DATABASE if state_dir is not None and options.file else None
    first_time = database is None or not database.exists()
    with ExitStack() as unless_ready:
        server = OrgServer(
            port=options.port,
            http_port=options.http_port,
            control_port=options.control_port,
            proxy_port=options.proxy_port,
            state_dir=state_dir,
            database=database,
            settings=seed.settings,
            password=options.password,
        )
        unless_ready.callback(server.stop)
        _begin(server.org, seed if first_time else replace(seed, records=[], generate={}), options)
        unless_ready.pop_all()
    return server


def _begin(org: Org, seed: Seed, options: argparse.Namespace) -> None:
    """Give an org what its files say; raises what main reports."""
    schema = options.schema
    added = {} if schema is None else {"custom_schema": json.loads(schema.read_text())}
    org.begin_with(merge_settings(org.store.settings, added))
    load(org.store, seed.records)
    generate(org.store, seed.generate)
    if options.faults is not None:
        org.faults.add(json.loads(options.faults.read_text()))


def _read_seed(path: Path | None) -> Seed:
    """Return the seed in a file; raises ValueError for unknown keys, SettingsError for its settings."""
    content = {} if path is None else json.loads(path.read_text())
    if not isinstance(content, dict) or set(content) - {"settings", "records", "generate"}:
        raise ValueError(f"{path} has to be an object with settings, records and generate")
    settings = content.get("settings")
    return Seed(
        settings=None if settings is None else merge_settings(Settings(), settings),
        records=content.get("records", []),
        generate=content.get("generate", {}),
    )


if __name__ == "__main__":
    sys.exit(main())
