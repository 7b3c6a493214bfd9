"""An HTTP CONNECT proxy that stands in for every https host: what it decrypts goes to one org.

Some clients only talk to `https://NAME.my.salesforce.com` or log in at a fixed host. They can be
told of a proxy and of a CA, as behind a company's firewall; nothing in them is changed.
"""

import contextlib
import socket
import socketserver
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = ("login.salesforce.com", "test.salesforce.com", "*.my.salesforce.com")
BUFFER_BYTES = 65536
WAIT_S = 30


class SalesforceProxy(socketserver.ThreadingTCPServer):
    """Takes CONNECT to any of Salesforce's hosts, ends TLS itself, and passes the rest on."""

    daemon_threads = True

    def __init__(self, http_url: str, *, folder: Path):
        """`http_url` is the org's address without TLS; `folder` takes the certificates."""
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.ca_file, chain = _certificates(folder)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain)
        where = urlsplit(http_url)
        self.target = (where.hostname or "localhost", where.port or 80)
        self.hosts: set[str] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that leaves in the middle is no news."""


class _Tunnel(socketserver.BaseRequestHandler):
    server: SalesforceProxy

    def handle(self) -> None:
        self.request.settimeout(WAIT_S)
        host = _host_to_connect(self.request)
        if not any(_matches(host, name) for name in NAMES):
            self.request.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        self.server.hosts.add(host)
        self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with (
            self.server.context.wrap_socket(self.request, server_side=True) as client,
            socket.create_connection(self.server.target, timeout=WAIT_S) as org,
        ):
            answers = threading.Thread(target=_pass_on, args=(org, client), daemon=True)
            answers.start()
            _pass_on(client, org)
            answers.join()


def _host_to_connect(connection: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(BUFFER_BYTES)
        if not received:
            return ""
        head += received
    method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ", 2)
    return target.rpartition(":")[0] if method == "CONNECT" else ""


def _matches(host: str, name: str) -> bool:
    return host == name or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while received := source.recv(BUFFER_BYTES):
            sink.sendall(received)
    # The other direction ends too: its reader sees the end of the stream.
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _certificates(folder: Path) -> tuple[Path, Path]:
    """Write a CA, and a key with a certificate for Salesforce's hosts."""
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A test's proxy")])
    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAMES[0])])
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    ca = (
        _builder(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_may_sign_certificates(), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    hosts = x509.SubjectAlternativeName([x509.DNSName(name) for name in NAMES])
    leaf = (
        _builder(leaf_name, ca_name, key)
        .add_extension(hosts, critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    ca_file, chain = folder / "proxy-ca.pem", folder / "proxy.pem"
    ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain.write_bytes(secret + leaf.public_bytes(serialization.Encoding.PEM))
    return ca_file, chain


def _builder(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _may_sign_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
