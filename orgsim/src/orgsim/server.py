"""Serves an org on three ports, https, its plain twin and the control plane, and through a proxy."""

import asyncio
import contextlib
import json
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from orgsim.app import OrgApp
from orgsim.exchange import Exchange
from orgsim.org import Org
from orgsim.proxy import SALESFORCE_HOSTS, SalesforceProxy
from orgsim.settings import Settings
from orgsim.tls import make_certificates

__all__ = ["Addresses", "OrgServer"]

_HOST = "127.0.0.1"
_THREADS = 8
_KEEP_ALIVE_S = 75
_START_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 5.0

type Door = Literal["https", "http", "control"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a running org is found and who may log in."""

    login_url: str
    instance_url: str
    http_url: str
    control_url: str
    ca_file: str
    username: str
    password: str
    proxy_url: str | None = None

    def as_json(self) -> str:
        """Return the addresses as one JSON object, that of the proxy only if there is one."""
        return json.dumps({k: v for k, v in asdict(self).items() if v is not None})


class _Protocol(H11Protocol):
    """HTTP/1.1 that lets the application reach its connection, in order to cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class OrgServer:
    """A simulated org behind its own threads; a context manager that starts and stops it.

    `port` 0 means a free one; only with a `proxy_port` is there a proxy. Without `state_dir` the
    certificates live in a temporary directory that `stop` removes; without `database` the records
    live in memory; without `password` the org makes one up, or keeps the one it has.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        http_port: int = 0,
        control_port: int = 0,
        proxy_port: int | None = None,
        state_dir: Path | None = None,
        database: Path | None = None,
        settings: Settings | None = None,
        password: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Bind the ports, so that the addresses are known before the server runs."""
        self._cleanup = contextlib.ExitStack()
        self._sockets: Mapping[Door, socket.socket] = {
            "https": self._bind(port),
            "http": self._bind(http_port),
            "control": self._bind(control_port),
        }
        self._proxy_socket = None if proxy_port is None else self._bind(proxy_port)
        if state_dir is None:
            state_dir = Path(
                self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="orgsim-"))
            )
        # The key of a certificate for Salesforce's hosts lies about only where a proxy needs it.
        hosts = () if proxy_port is None else SALESFORCE_HOSTS
        self._certificates = make_certificates(state_dir, hosts)
        self.org = Org(database, settings, clock)
        if password is not None:
            self.org.store.use_password(password)
        self.proxy = SalesforceProxy(self._port("https"))
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="orgsim")
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="orgsim", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    @property
    def addresses(self) -> Addresses:
        """Where this org is found."""
        https = f"https://localhost:{self._port('https')}"
        return Addresses(
            login_url=https,
            instance_url=https,
            http_url=f"http://localhost:{self._port('http')}",
            control_url=f"http://localhost:{self._port('control')}",
            ca_file=str(self._certificates.ca_file),
            username=self.org.username,
            password=self.org.password,
            proxy_url=self._proxy_url,
        )

    def start(self) -> Addresses:
        """Serve until `stop`; returns when requests are answered."""
        self._thread.start()
        if not self._started.wait(_START_TIMEOUT_S):
            raise TimeoutError(f"the org did not start within {_START_TIMEOUT_S} s")
        return self.addresses

    def stop(self) -> None:
        """Stop answering, end every wait and close the database; calling it twice is harmless."""
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(_STOP_TIMEOUT_S)
        self._threads.shutdown()
        self.org.close()
        self._cleanup.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _bind(self, port: int) -> socket.socket:
        # Naming the protocol makes asyncio send small answers at once (TCP_NODELAY).
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._cleanup.callback(listener.close)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        return listener

    @property
    def _proxy_url(self) -> str | None:
        if self._proxy_socket is None:
            return None
        return f"http://localhost:{self._proxy_socket.getsockname()[1]}"

    def _port(self, door: Door) -> int:
        port: int = self._sockets[door].getsockname()[1]
        return port

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        addresses = self.addresses
        exchange = Exchange(self.org, {"https": addresses.instance_url, "http": addresses.http_url})
        servers = {
            door: uvicorn.Server(
                self._config(OrgApp(exchange, door, self._threads, self._stopping), door)
            )
            for door in self._sockets
        }
        tasks = [
            asyncio.create_task(server.serve(sockets=[self._sockets[door]]))
            for door, server in servers.items()
        ]
        while not all(s.started for s in servers.values()):  # noqa: ASYNC110 # uvicorn has no event
            await asyncio.sleep(0.005)
        async with self._proxying():
            self._started.set()
            await self._stopping.wait()
        for server in servers.values():
            server.should_exit = server.force_exit = True
        for server in servers.values():
            for connection in list(server.server_state.connections):
                connection.transport.abort()
        await asyncio.wait(tasks, timeout=_STOP_TIMEOUT_S)

    @contextlib.asynccontextmanager
    async def _proxying(self) -> AsyncIterator[None]:
        """Take a proxy's connections, if there is one, while the block runs."""
        if self._proxy_socket is None:
            yield
            return
        proxy = await asyncio.start_server(self.proxy.take, sock=self._proxy_socket)
        try:
            yield
        finally:
            proxy.close()

    def _config(self, app: OrgApp, door: Door) -> uvicorn.Config:
        secure = door == "https"
        return uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            ssl_certfile=self._certificates.certificate_file if secure else None,
            ssl_keyfile=self._certificates.key_file if secure else None,
        )
