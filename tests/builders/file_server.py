"""A server of files on this machine, over https with an authority of its own."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from orgsim.tls import Certificates

PUBLIC = "93.184.215.14"


@dataclass
class Page:
    """What the server answers on one path; `pause_s` passes before each byte, `cut` leaves bytes away."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause_s: float = 0.0
    cut: int = 0
    is_chunked: bool = False
    has_length: bool = True


@dataclass
class FileServer:
    """Pages by path, and every request that came for them."""

    port: int
    ca_file: str
    pages: dict[str, Page] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    dialed: list[tuple[str, int]] = field(default_factory=list)

    def dial(self, address: str, port: int) -> socket.socket:
        """Connect to this server whatever the address, and remember which it was."""
        self.dialed.append((address, port))
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    files: FileServer

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.files.seen.append((self.path, headers))
        page = self.files.pages[self.path]
        self.send_response(page.status)
        for name, value in page.headers.items():
            self.send_header(name, value)
        if page.is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif page.has_length:
            self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.close_connection = True
        self._send(page)

    def _send(self, page: Page) -> None:
        body = page.body[: len(page.body) - page.cut]
        if page.is_chunked:
            body = b"%x\r\n%b\r\n" % (len(body), body) + (b"" if page.cut else b"0\r\n\r\n")
        if not page.pause_s:
            self.wfile.write(body)
            return
        for byte in body:
            time.sleep(page.pause_s)
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                return

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is expected here."""


@contextmanager
def serving(certificates: Certificates) -> Iterator[FileServer]:
    """A running server with the certificate for localhost."""
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.certificate_file, certificates.key_file)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    handler.files = FileServer(port=server.server_port, ca_file=str(certificates.ca_file))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield handler.files
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
