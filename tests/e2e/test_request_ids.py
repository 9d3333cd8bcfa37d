"""Request ids: taken from trusted proxies, or made; the same in the log and for the application."""

import json
import os
import re
import signal

import pytest
from conftest import eventually
from http_wire import Wire, request

MADE = re.compile(r"[0-9a-f]{16}-[0-9a-f]+")
LOCAL = ("--trusted-proxies", "127.0.0.1")


def logged(server, target: str) -> str:
    """The id in the log line of a request."""
    return server.wait_for_output(rf'info access (\S+): \S+ "GET {target} HTTP/1\.1" ')[1]


def told(server, target: str = "/", **fields: str) -> str:
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    return json.loads(server.get(target, headers=headers).body)["greenroom.request_id"]


@pytest.fixture
def python_server(serve):
    return lambda *options: serve("--workers", "1", *options, "wsgi_environ:app")


def test_a_request_has_an_id_in_environ_and_in_the_log(python_server):
    server = python_server()
    found = told(server, "/a")
    assert MADE.fullmatch(found)
    assert logged(server, "/a") == found


def test_a_handler_in_c_is_told_the_id_of_the_log(serve, app):
    server = serve("--workers", "1", app)
    found = server.get("/id").text
    assert MADE.fullmatch(found)
    assert logged(server, "/id") == found


def test_without_a_log_there_are_ids_too(serve, app):
    assert MADE.fullmatch(serve("--workers", "1", "--access-log", "off", app).get("/id").text)


def test_no_two_requests_have_the_same_id(serve, app):
    """Not those of several workers, of one connection, of another life of a worker."""
    server = serve("--workers", "2", app)
    found = [server.get("/id").text for _ in range(100)]
    with Wire(server.port) as wire:
        found += [wire.ask("/id").text for _ in range(10)]
    before = set(server.worker_pids())
    for pid in before:
        os.kill(pid, signal.SIGTERM)
    eventually(lambda: len(set(server.worker_pids()) - before) == 2, "two other workers")
    found += [server.get("/id").text for _ in range(100)]
    assert len(set(found)) == 210
    assert all(MADE.fullmatch(id) for id in found)


def test_refused_requests_have_one_in_the_log(serve, app):
    server = serve("--workers", "1", app)
    with Wire(server.port) as wire:
        wire.send(b"nonsense\r\n\r\n")
        assert wire.answer().status == 400
    line = server.wait_for_output(r'info access (\S+): \S+ "-" 400 \d+ \d+$')
    assert MADE.fullmatch(line[1])


def test_that_of_a_trusted_proxy_is_taken(python_server):
    server = python_server(*LOCAL)
    for number, id in enumerate(["7", "a-b_c.d/e=f+g:h%", "x" * 128]):
        assert told(server, f"/{number}", X_Request_ID=id) == id
        assert logged(server, f"/{number}") == id


def test_that_of_anybody_else_is_a_field(python_server):
    server = python_server()
    assert MADE.fullmatch(told(server, X_Request_ID="7"))


@pytest.mark.parametrize("ids", [["x" * 129], ["a b"], ['a"b'], ["a\\b"], ["\xe9"], [""], ["a", "b"]])
def test_a_malformed_one_is_replaced(python_server, ids):
    server = python_server(*LOCAL)
    with Wire(server.port) as wire:
        wire.send(request("/", *[f"X-Request-ID: {id}" for id in ids]))
        assert MADE.fullmatch(json.loads(wire.answer().body)["greenroom.request_id"])
