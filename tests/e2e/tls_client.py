"""Clients that speak TLS, for tests of how the server does, and the server of most of them."""

import select
import socket
import ssl
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from http_wire import TIMEOUT, Wire

HANDSHAKE = b"\x16\x03\x01"  # how a record of one begins
IGNORE_UNEXPECTED_EOF = 0x80  # of OpenSSL; Python sets it, and names it from 3.12 on


def bind(*pairs: object, **parameters: object) -> str:
    """The value of --bind for certificates of the services' Authority."""
    query = [(name, path) for pair in pairs
             for name, path in [("cert", pair.certificate), ("key", pair.key)]]  # fmt: skip
    return "tls://127.0.0.1:0?" + urllib.parse.urlencode([*query, *parameters.items()])


def context(ca: Path, **options: object) -> ssl.SSLContext:
    """Of a client that trusts ca; options are attributes of the context."""
    made = ssl.create_default_context(cafile=ca)
    made.check_hostname = False
    made.options &= ~IGNORE_UNEXPECTED_EOF
    for name, value in options.items():
        setattr(made, name, value)
    return made


@dataclass
class TlsWire(Wire):
    """A connection whose handshake has been made."""

    context: ssl.SSLContext = field(kw_only=True)
    name: str | None = "127.0.0.1"
    session: ssl.SSLSession | None = None

    def __post_init__(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)
        try:
            self.stream = self.context.wrap_socket(
                plain, server_hostname=self.name, session=self.session
            )
        except BaseException:
            plain.close()
            raise

    def send_and_receive(self, data: bytes) -> None:
        """Reads until the peer closes, while it sends."""
        left, received = memoryview(data), []
        self.stream.setblocking(False)
        while True:
            try:
                left = left[self.stream.send(left[:65536]) :] if left else left
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            try:
                if not (piece := self.stream.recv(65536)):
                    break
                received.append(piece)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                writers = [self.stream] if left else []
                assert any(select.select([self.stream], writers, [], TIMEOUT)), "nothing moves"
        self.stream.settimeout(TIMEOUT)
        self.received += b"".join(received)

    def names(self) -> set[str]:
        """Those that the server's certificate is for."""
        return {name for _, name in self.stream.getpeercert()["subjectAltName"]}


@pytest.fixture
def start(serve, app, certificates):
    """Starts a worker: start("--option", "value", application="module:app")."""

    def start(*options, application=app, **keywords):
        address = ["--bind", bind(certificates)]
        return serve("--workers", "1", "--access-log", "off", *address, *options, application,
                     **keywords)  # fmt: skip

    return start


@pytest.fixture
def server(start):
    return start()


@pytest.fixture
def client(certificates):
    return context(certificates.ca)
