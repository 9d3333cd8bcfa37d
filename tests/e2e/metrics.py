"""What the tests of metrics share: servers with an admin listener, and how it is asked."""

import http.client
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Response, Server

ADMIN = r"metrics can be read on http://127\.0\.0\.1:(\d+)"


class Local(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


def ask(where: int | Path, path: str, method: str = "GET", **headers: str) -> Response:
    """Of the admin listener on that port, or at that path."""
    connection = (Local(str(where)) if isinstance(where, Path)
                  else http.client.HTTPConnection("127.0.0.1", where, timeout=10))  # fmt: skip
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return Response(response.status, response.headers, response.read())
    finally:
        connection.close()


@pytest.fixture
def meter(serve: Callable[..., Server]) -> Callable[..., Server]:
    """serve, with an admin listener, whose port is the server's attribute admin."""

    def start(*args: str, **options) -> Server:
        server = serve("--admin", "127.0.0.1:0", *args, **options)
        server.admin = int(server.wait_for_output(ADMIN)[1])
        return server

    return start
