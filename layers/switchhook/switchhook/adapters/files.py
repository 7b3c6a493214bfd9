"""Fetches files from addresses that strangers wrote, so that no address leads into our own network.

A name is resolved once; every address it has must be public; the connection goes to the very address
that was looked at, so a second answer of the name changes nothing. https only, port 443 only. No cookie,
no credential and no proxy: an answer is what anybody on the internet would get. A redirect is reported,
not followed: its address is one more that a stranger wrote.

Addresses that carry another one inside (IPv4-mapped, 6to4, Teredo, NAT64) are refused as a whole: no
server of files needs them, and each is a way to write a private address so that it looks public.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import override
from urllib.parse import SplitResult, urljoin, urlsplit

import certifi

from switchhook.domain.chats.files import too_large
from switchhook.domain.errors import Permanent, Retryable
from switchhook.ports.org import FetchedFile, Moved

type Network = IPv4Network | IPv6Network

# The rest of what is not public is known to the standard library (is_global, is_multicast).
_NEVER: tuple[Network, ...] = (
    ip_network("0.0.0.0/8"),
    ip_network("100.64.0.0/10"),
    ip_network("168.63.129.16/32"),  # a cloud's own services, at an address that looks public
    ip_network("169.254.0.0/16"),
    ip_network("192.88.99.0/24"),
    ip_network("240.0.0.0/4"),
    ip_network("::/96"),  # IPv4-compatible
    ip_network("::ffff:0:0/96"),  # IPv4-mapped
    ip_network("::ffff:0:0:0/96"),  # IPv4-translated
    ip_network("64:ff9b::/96"),  # NAT64
    ip_network("64:ff9b:1::/48"),
    ip_network("2001::/23"),  # Teredo and other protocol assignments
    ip_network("2002::/16"),  # 6to4
    ip_network("3fff::/20"),
    ip_network("5f00::/16"),
    ip_network("fc00::/7"),
    ip_network("fe80::/10"),
    ip_network("fec0::/10"),
)


def is_public(address: str, also_refused: Sequence[Network] = ()) -> bool:
    """Whether an IP address is one of the public internet and of none of the networks refused besides.

    What is not an IP address, or names a zone, is not public.
    """
    try:
        read = ip_address(address)
    except ValueError:
        return False
    if isinstance(read, IPv6Address) and read.scope_id is not None:
        return False
    refused = any(_holds(network, read) for network in (*_NEVER, *also_refused))
    return read.is_global and not read.is_multicast and not read.is_reserved and not refused


def _holds(network: Network, address: IPv4Address | IPv6Address) -> bool:
    return network.version == address.version and address in network


CONNECT_TIMEOUT_S = 5.0
USER_AGENT = "Switchhook-Attachments/1"

_HTTPS_PORT = 443
_CHUNK_BYTES = 65_536
_LONGEST_URL = 4_096
_AGAIN_AFTER_S = 60.0
_OK = 200
_MOVED = frozenset({301, 302, 303, 307, 308})
_LATER = frozenset({408, 425, 429})
_FIRST_SERVER_ERROR = 500

type Resolve = Callable[[str, int], Sequence[str]]
type Dial = Callable[[str, int], socket.socket]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchBounds:
    """Where files may be fetched from.

    `local_origin` is one exact `scheme://host:port` more, for a developer's machine; None in every
    deployment. `refused_networks` are the deployment's own, should they have public addresses.
    `ca_file` replaces the certificate authorities that are trusted.
    """

    local_origin: str | None = None
    refused_networks: tuple[Network, ...] = ()
    ca_file: str | None = None


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, IPv4 first; the resolver of the system bounds how long it takes."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found.sort(key=lambda one: one[0] != socket.AF_INET)
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))


def dial(address: str, port: int) -> socket.socket:
    """A connection to one address; the time-out holds for each read and write as well."""
    return socket.create_connection((address, port), timeout=CONNECT_TIMEOUT_S)


class PublicFiles:
    """The port FileFetcher over https.

    Time-outs: connect and each read 5 s, the whole exchange as asked. Retries: none. Errors: `Permanent`
    for what will stay so, `Retryable` for what may pass; no message holds an address.
    """

    def __init__(
        self, bounds: FetchBounds, *, resolver: Resolve = resolve, dialer: Dial = dial
    ) -> None:
        self._bounds = bounds
        self._resolve = resolver
        self._dial = dialer

    def fetch(self, url: str, *, most_bytes: int, within_s: float) -> FetchedFile | Moved:
        """The file, or where it has moved; not a byte more than `most_bytes` is kept.

        Raises:
            Permanent: code `address_refused`, `too_large`, `certificate`, `http_<status>`.
            Retryable: no name, no connection, no complete answer in time, or an answer of "not now".
        """
        ends_at = time.monotonic() + within_s
        parts = _parts(url)
        connection = self._connection(parts)
        try:
            with _ended_at(ends_at, connection):
                connection.request("GET", _target(parts), headers=_headers(parts))
                with connection.getresponse() as answer:
                    got = _read(answer, url, most_bytes)
                connection.check_in_time()
                return got
        except ssl.SSLCertVerificationError:
            raise Permanent(
                "the server's certificate is not valid for its name", code="certificate"
            ) from None
        except ValueError:
            raise _refused("the address is not a web address") from None
        except (OSError, http.client.HTTPException):
            # Their texts may print the address; a cut at the end of the time looks the same.
            raise _not_now("the server could not be reached or did not answer in time") from None
        finally:
            connection.close()

    def _connection(self, parts: SplitResult) -> "_PinnedConnection":
        host = parts.hostname or ""
        if self._bounds.local_origin is not None and _origin(parts) == self._bounds.local_origin:
            tls = self._tls() if parts.scheme == "https" else None
            return _PinnedConnection(host, _port(parts), address=host, tls=tls, dialer=self._dial)
        if parts.scheme != "https" or _port(parts) != _HTTPS_PORT:
            raise _refused("only addresses that begin with https:// and name no port are fetched")
        return _PinnedConnection(
            host, _HTTPS_PORT, address=self._public(host), tls=self._tls(), dialer=self._dial
        )

    def _public(self, host: str) -> str:
        """The address to connect to; one that is not public spoils the name as a whole."""
        try:
            addresses = self._resolve(host, _HTTPS_PORT)
        except (OSError, UnicodeError):
            raise _not_now("the server's name could not be resolved") from None
        refused = self._bounds.refused_networks
        if not addresses or not all(is_public(address, refused) for address in addresses):
            raise _refused("the address is not one of the public internet")
        return addresses[0]

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._bounds.ca_file or certifi.where())
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


class _PinnedConnection(http.client.HTTPConnection):
    """A connection to one address that speaks to, and checks the certificate of, the host named."""

    def __init__(
        self, host: str, port: int, *, address: str, tls: ssl.SSLContext | None, dialer: Dial
    ) -> None:
        super().__init__(host, port)
        self._address = address
        self._dial = dialer
        self._tls = tls
        self.sock: socket.socket | None = None
        self._socket: socket.socket | None = None
        self._over = threading.Event()

    @override
    def connect(self) -> None:
        self.sock = self._dial(self._address, self.port)
        if self._tls is not None:
            # The handshake comes after: a socket that is being wrapped could not be shut down in time.
            self.sock = self._tls.wrap_socket(
                self.sock,
                server_hostname=self.host,
                do_handshake_on_connect=False,
                suppress_ragged_eofs=False,  # else a cut would pass for the end of the file
            )
        # http.client forgets the socket of an answer without a length while it is still being read.
        self._socket = self.sock
        self.check_in_time()
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()

    def check_in_time(self) -> None:
        """Raise TimeoutError when the connection was ended: what came until then is not the whole."""
        if self._over.is_set():
            raise TimeoutError

    def end(self) -> None:
        """End whatever the connection waits for, from another thread."""
        self._over.set()
        if (sock := self._socket) is not None:
            try:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return


@contextmanager
def _ended_at(ends_at: float, connection: _PinnedConnection) -> Iterator[None]:
    """Ends the exchange when its time is over, however slowly the other side keeps sending."""
    timer = threading.Timer(max(0.0, ends_at - time.monotonic()), connection.end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _parts(url: str) -> SplitResult:
    """The address taken apart.

    Raises Permanent for one that two readers could read differently.
    """
    if len(url) > _LONGEST_URL or not url.isprintable() or " " in url or "\\" in url:
        raise _refused("the address is not a web address")
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except (ValueError, UnicodeError):
        raise _refused("the address is not a web address") from None
    if not host or "%" in host or parts.username is not None or parts.password is not None:
        raise _refused("the address is not a web address")
    shown = f"[{host}]" if ":" in host else host
    return parts._replace(
        scheme=parts.scheme.lower(), netloc=shown if port is None else f"{shown}:{port}"
    )


def _port(parts: SplitResult) -> int:
    return parts.port or (_HTTPS_PORT if parts.scheme == "https" else http.client.HTTP_PORT)


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


def _target(parts: SplitResult) -> str:
    path = parts.path or "/"
    safe = path if not parts.query else f"{path}?{parts.query}"
    return "".join(char if char.isascii() else _percent(char) for char in safe)


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))


def _headers(parts: SplitResult) -> dict[str, str]:
    return {
        "Host": parts.netloc,
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def _read(answer: http.client.HTTPResponse, url: str, most_bytes: int) -> FetchedFile | Moved:
    if answer.status in _MOVED and (place := answer.headers.get("Location")):
        return Moved(url=urljoin(url, place))
    if answer.status != _OK:
        words = f"the server answered {answer.status}"
        if answer.status in _LATER or answer.status >= _FIRST_SERVER_ERROR:
            raise _not_now(words)
        raise Permanent(words, code=f"http_{answer.status}")
    if answer.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise Permanent("the server sends it in a compressed form only", code="encoding")
    if (answer.length or 0) > most_bytes:
        raise _too_large(most_bytes)
    content = bytearray()
    while chunk := answer.read1(_CHUNK_BYTES):
        content += chunk
        if len(content) > most_bytes:
            raise _too_large(most_bytes)
    if answer.length:
        raise _not_now("the server's answer was cut")
    return FetchedFile(content=bytes(content), content_type=answer.headers.get("Content-Type"))


def _too_large(most_bytes: int) -> Permanent:
    return Permanent(too_large(most_bytes), code="too_large")


def _refused(why: str) -> Permanent:
    return Permanent(why, code="address_refused")


def _not_now(why: str) -> Retryable:
    return Retryable(why, code="not_fetched", after_s=_AGAIN_AFTER_S)
