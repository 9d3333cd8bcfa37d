"""nginx and HAProxy in front of a server, and a client whose address is not theirs."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest
from services import find_program, running, scratch_folder

PROXY, CLIENT = "127.0.0.1", "127.0.0.9"


def free_port() -> int:
    with socket.create_server((PROXY, 0)) as probe:
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Proxy:
    port: int

    def get(self, path: str = "/", **fields: str) -> http.client.HTTPResponse:
        """As a client at CLIENT; fields with "_" for "-". The body has been read into .body."""
        connection = http.client.HTTPConnection(
            PROXY, self.port, timeout=10, source_address=(CLIENT, 0)
        )
        try:
            names = {name.replace("_", "-"): value for name, value in fields.items()}
            connection.request("GET", path, headers=names)
            response = connection.getresponse()
            response.body = response.read()
            return response
        finally:
            connection.close()

    def environ(self, path: str = "/", **fields: str) -> dict:
        response = self.get(path, **fields)
        assert response.status == 200, response.body
        return json.loads(response.body)


def accepts(port: int) -> None:
    socket.create_connection((PROXY, port), timeout=5).close()


NGINX = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            {location}
        }}
    }}
}}
"""

HAPROXY = """
global
    maxconn 64
    hard-stop-after 1s
defaults
    mode {mode}
    timeout connect 5s
    timeout client 10s
    timeout server 10s
frontend in
    bind 127.0.0.1:{port}
    {frontend}
    default_backend out
backend out
    server app {server}
"""


@contextmanager
def proxy_running(program: str, template: str, command: list[str], **words: str) -> Iterator[Proxy]:
    found = find_program(program)
    with scratch_folder() as folder:
        port = free_port()
        config = folder / "proxy.conf"
        config.write_text(template.format(folder=folder, port=port, **words))
        with running([found, *command, config], folder, lambda: accepts(port)):
            yield Proxy(port)


@pytest.fixture
def nginx() -> Iterator:
    """nginx(location): an nginx whose one location has these directives."""
    with ExitStack() as stack:
        yield lambda location: stack.enter_context(
            proxy_running("nginx", NGINX, ["-e", "stderr", "-c"], location=location))


@pytest.fixture
def haproxy() -> Iterator:
    """haproxy(server, frontend, mode): "HOST:PORT options" of the server, lines of the frontend."""
    with ExitStack() as stack:
        yield lambda server, frontend="", mode="http": stack.enter_context(
            proxy_running("haproxy", HAPROXY, ["-db", "-f"], server=server, frontend=frontend,
                          mode=mode))
