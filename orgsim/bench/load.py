"""Measures the simulated org alone: `python bench/load.py [RECORDS]` prints one table.

The org is a process of its own. Its requests per second and core are what it answered by the processor
time it took, so that the clients, which share the machine, do not count.
"""

import json
import os
import platform
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote, urlsplit

SOURCE = Path(__file__).resolve().parents[1] / "src"
RECORDS = 1_000_000
STARTS, WARM_UP, REQUESTS, CLIENTS, HELD = 5, 200, 4_000, 4, 20
LINE_TIMEOUT_S, LOAD_TIMEOUT_S = 60, 900
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
KIB_PER_MIB = 1024
# As the org makes up its contacts: these go round, every fifth number has spaces in it.
FIRST_NAMES = ("ada", "bela", "chloe", "dario", "edda", "femi", "greta", "hugo", "ines", "jonas")
AREAS = (415, 212, 312, 617, 206, 303, 512, 404, 713, 202)
WRITTEN_FORMS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table: what was measured, the value with its unit, and how."""

    what: str
    value: str
    how: str


class Line:
    """One kept connection that reads no more of an answer than it must."""

    def __init__(self, url: str, ca_file: str, token: str) -> None:
        """Connect; `token` goes with every request."""
        address = urlsplit(url)
        plain = socket.create_connection((address.hostname, address.port), LINE_TIMEOUT_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        secure = ssl.create_default_context(cafile=ca_file)
        self.socket = (
            secure.wrap_socket(plain, server_hostname=address.hostname)
            if address.scheme == "https"
            else plain
        )
        self._read = self.socket.makefile("rb")
        self._headers = f"Host: {address.netloc}\r\nAuthorization: Bearer {token}\r\n"

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        """Return the body of a good answer; anything else ends the measurement."""
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\n{self._headers}Content-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        self.socket.sendall(head.encode() + content)
        status = self._read.readline()
        headers = dict(self._header_lines())
        answer = self._body(headers)
        assert status.startswith(b"HTTP/1.1 2"), (path, status, answer[:500])
        return answer

    def close(self) -> None:
        """Hang up."""
        self._read.close()
        self.socket.close()

    def _header_lines(self) -> Iterator[tuple[bytes, bytes]]:
        while (line := self._read.readline()) not in {b"\r\n", b""}:
            name, _, value = line.partition(b":")
            yield name.lower(), value.strip()

    def _body(self, headers: dict[bytes, bytes]) -> bytes:
        if b"content-length" in headers:
            return self._read.read(int(headers[b"content-length"]))
        if headers.get(b"transfer-encoding") != b"chunked":
            return b""
        parts: list[bytes] = []
        while size := int(self._read.readline(), 16):
            parts.append(self._read.read(size))
            self._read.readline()
        self._read.readline()
        return b"".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A running org as a process, from outside."""

    pid: int
    addresses: dict[str, str]
    token: str
    started_s: float

    def line(self, door: str = "instance_url") -> Line:
        """Return a connection to one of the org's addresses."""
        return Line(self.addresses[door], self.addresses["ca_file"], self.token)

    def control(self, method: str, resource: str, body: object = None) -> bytes:
        """Ask the control plane."""
        line = self.line("control_url")
        line.socket.settimeout(LOAD_TIMEOUT_S)
        try:
            return line.ask(method, f"/_org/{resource}", body)
        finally:
            line.close()

    def processor_s(self) -> float:
        """Return the processor time that the org has taken so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def memory_mib(self, what: str = "VmRSS") -> float:
        """Return the memory it occupies, `VmHWM` for the most it ever did."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(what)) / KIB_PER_MIB


@contextmanager
def running(*arguments: str) -> Iterator[Measured]:
    """Start `python -m orgsim` in a folder of its own and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="orgsim-bench-") as folder:
        began = time.perf_counter()
        command = [sys.executable, "-m", "orgsim", "--state-dir", folder, *arguments]
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            printed = process.stdout.readline()
            if not printed:
                sys.exit("orgsim did not start; its own sentence stands above")
            addresses = json.loads(printed)
            started_s = time.perf_counter() - began
            org = Measured(pid=process.pid, addresses=addresses, token="", started_s=started_s)
            token = json.loads(org.control("POST", "token"))["access_token"]
            try:
                yield Measured(
                    pid=process.pid, addresses=addresses, token=token, started_s=started_s
                )
            finally:
                process.terminate()


def main(arguments: list[str]) -> int:
    """Measure and print; the table alone goes to standard output."""
    records = int(arguments[0]) if arguments else RECORDS
    found = [_start(), *_requests(), _held()]
    found += _load("memory", records)
    found += _load("file", records)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    columns = [max(len(f.what) for f in found), max(len(f.value) for f in found)]
    for figure in found:
        print(f"{figure.what:{columns[0]}}  {figure.value:{columns[1]}}  {figure.how}")
    return 0


def _start() -> Figure:
    times = []
    for _ in range(STARTS):
        with running() as org:
            times.append(org.started_s)
    return Figure(
        what="start",
        value=f"{median(times):.2f} s",
        how=f"from nothing to the printed addresses, median of {STARTS}",
    )


def _requests() -> Iterator[Figure]:
    with running() as org:
        org.control("POST", "settings", {"api_limit": 10_000_000})
        body = {"generate": {"Contact": 1_000}}
        contact = json.loads(org.control("POST", "load", body))["ids"][0]
        base = "/services/data/v62.0"
        soql = quote(f"SELECT Id, Name FROM Contact WHERE Id = '{contact}'")  # noqa: S608 # an id
        for what, method, path, sent in (
            ("read", "GET", f"{base}/sobjects/Contact/{contact}?fields=Id,Name,Phone", None),
            ("query", "GET", f"{base}/query?q={soql}", None),
            ("create", "POST", f"{base}/sobjects/Task", {"Subject": "Call", "Status": "Completed"}),
        ):
            yield from _rates(org, what, lambda line, m=method, p=path, s=sent: line.ask(m, p, s))


def _rates(org: Measured, what: str, ask: Callable[[Line], bytes]) -> Iterator[Figure]:
    for door, clients in (("instance_url", 1), ("instance_url", CLIENTS), ("http_url", CLIENTS)):
        lines = [org.line(door) for _ in range(clients)]
        _drive(lines[:1], ask, WARM_UP)
        before, began = org.processor_s(), time.perf_counter()
        times = _drive(lines, ask, REQUESTS)
        took, spent = time.perf_counter() - began, org.processor_s() - before
        for line in lines:
            line.close()
        scheme = "https" if door == "instance_url" else "http"
        yield Figure(
            what=f"{what}, {scheme}, {clients} clients" if clients > 1 else f"{what}, {scheme}",
            value=f"{len(times) / spent:,.0f} / s and core",
            how=f"{len(times) / took:,.0f} / s seen, half within {median(times) * 1e3:.1f} ms,"
            f" 99 % within {quantiles(times, n=100)[-1] * 1e3:.1f} ms",
        )


def _drive(lines: list[Line], ask: Callable[[Line], bytes], requests: int) -> list[float]:
    """Share out the requests among the lines; return how long each took."""

    def one(line: Line) -> list[float]:
        times = []
        for _ in range(requests // len(lines)):
            began = time.perf_counter()
            ask(line)
            times.append(time.perf_counter() - began)
        return times

    with ThreadPoolExecutor(len(lines)) as threads:
        return [took for times in threads.map(one, lines) for took in times]


def _held() -> Figure:
    with running() as org:
        fault = {"effect": "slow", "times": HELD, "delay_s": 5}
        org.control("POST", "faults", [{**fault, "match": {"path_regex": "/authorize"}}])
        lines = [org.line("http_url") for _ in range(HELD)]
        for line in lines:
            line.socket.sendall(b"GET /services/oauth2/authorize HTTP/1.1\r\nHost: org\r\n\r\n")
        while b'"status":null' not in org.control("GET", f"requests?since={HELD - 1}"):
            time.sleep(0.01)
        line = org.line()
        times = _drive([line], lambda line: line.ask("GET", "/services/data"), WARM_UP)
        for each in (line, *lines):
            each.close()
    return Figure(
        what=f"answer beside {HELD} held",
        value=f"{median(times) * 1e3:.1f} ms",
        how=f"median of {WARM_UP} https requests while {HELD} others wait",
    )


def _load(kind: str, records: int) -> Iterator[Figure]:
    with running(f"--{kind}") as org:
        org.control("POST", "settings", {"api_limit": 10_000_000})
        empty, began = org.memory_mib(), time.perf_counter()
        org.control("POST", "load", {"generate": {"Contact": records}})
        took = time.perf_counter() - began
        yield Figure(
            what=f"load, {kind}",
            value=f"{took:.1f} s",
            how=f"{records:,} contacts, {records / took:,.0f} / s, memory from {empty:.0f}"
            f" to {org.memory_mib():.0f} MiB, {org.memory_mib('VmHWM'):.0f} at most",
        )
        line = org.line()
        last = records - records % WRITTEN_FORMS - 1
        for what, path in (
            ("SOQL by e-mail", f"/services/data/v62.0/query?q={quote(_by_email(last))}"),
            ("SOSL by number", f"/services/data/v62.0/search?q={quote(_by_phone(last))}"),
        ):
            assert b'"Id"' in line.ask("GET", path), f"{what} finds nothing"
            times = _drive([line], lambda line, p=path: line.ask("GET", p), 20)
            yield Figure(
                what=f"{what}, {kind}",
                value=f"{median(times) * 1e3:.1f} ms",
                how=f"median of 20, among {records:,} contacts",
            )
        line.close()


def _by_email(index: int) -> str:
    return f"SELECT Id FROM Contact WHERE Email = '{FIRST_NAMES[index % 10]}.{index}@example.com'"  # noqa: S608 # made up


def _by_phone(index: int) -> str:
    area, line = AREAS[index // 10_000 % 10], index % 10_000
    return f'FIND {{"{area} 555 {line:04d}"}} IN PHONE FIELDS RETURNING Contact(Id)'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
