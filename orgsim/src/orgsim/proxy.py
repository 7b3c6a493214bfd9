"""An HTTP CONNECT proxy at whose other end every host of Salesforce is one org.

Some clients only talk to `https://NAME.my.salesforce.com` or log in at a fixed host. They can be told
of a proxy and of a CA, as behind a company's firewall; nothing in them is changed. The proxy only
passes bytes on: it is the org that ends TLS, with a certificate for those hosts.
"""

import asyncio
import contextlib
from typing import Final

__all__ = ["SALESFORCE_HOSTS", "SalesforceProxy"]

SALESFORCE_HOSTS: Final = (
    *("login.salesforce.com", "test.salesforce.com"),
    *("*.my.salesforce.com", "*.sandbox.my.salesforce.com", "*.develop.my.salesforce.com"),
)
_OWN_HOSTS: Final = ("localhost", "127.0.0.1")
_CHUNK_BYTES = 65_536
_WAIT_S = 30.0
_CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class SalesforceProxy:
    """Takes CONNECT to any of Salesforce's hosts, and to the org itself, and leads it to the org."""

    def __init__(self, org_port: int) -> None:
        """`org_port` is where the org speaks https."""
        self._org_port = org_port
        self.hosts: set[str] = set()
        """Salesforce's hosts that were asked for."""

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of a client to its end; what breaks off in the middle is no news."""
        try:
            with contextlib.suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError):
                await self._serve(reader, writer)
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _WAIT_S)
        method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ", 2)
        if method != "CONNECT" or not self._leads_to_org(target):
            writer.write(_REFUSED)
            await writer.drain()
            return
        from_org, to_org = await asyncio.open_connection("127.0.0.1", self._org_port)
        try:
            writer.write(_CONNECTED)
            async with asyncio.TaskGroup() as directions:
                directions.create_task(_pass_on(reader, to_org))
                directions.create_task(_pass_on(from_org, writer))
        finally:
            to_org.close()

    def _leads_to_org(self, target: str) -> bool:
        host, _, port = target.lower().rpartition(":")
        if host in _OWN_HOSTS:
            return port == str(self._org_port)
        if not any(_matches(host, name) for name in SALESFORCE_HOSTS):
            return False
        self.hosts.add(host)
        return True


def _matches(host: str, name: str) -> bool:
    return host == name or (name.startswith("*.") and host.partition(".")[2] == name[2:])


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass bytes on until the source ends, and tell the sink that it did."""
    with contextlib.suppress(OSError):
        while received := await source.read(_CHUNK_BYTES):
            sink.write(received)
            await sink.drain()
    # Both ways end together: a client that has gone must not leave the org's end open.
    sink.close()
