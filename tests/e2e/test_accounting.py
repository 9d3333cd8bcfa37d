"""Where the time of each request went: the access log."""

import json

import pytest
from conftest import Server

APP = "accounted:app"
PAUSE = 20_000  # us, of the application


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "--log-format", "json", APP)


def record(server: Server, target: str) -> dict:
    """What the log says of the request for target."""
    found = server.wait_for_output(rf'^.*"logger":"access".*"target":"{target}"}}$')
    return json.loads(found[0])


@pytest.mark.parametrize("way, kind", [
    ("/run", "running"),
    ("/sleep", "sleep"),
    ("/lock", "lock"),
    ("/downstream", "downstream"),
])
def test_time_is_counted_by_what_it_was_spent_on(server, way: str, kind: str):
    assert server.get(way).status == 200
    times = record(server, way)["times_us"]
    assert times[kind] >= PAUSE * 0.9
    waits = {name: us for name, us in times.items() if name not in ("running", "queued", "interpreter")}
    assert kind == "running" or max(waits, key=waits.get) == kind


def test_waiting_for_the_client_is_no_downstream(server):
    with server.connect() as client:
        client.sendall(b"POST /client HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                       b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"ab")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
    times = record(server, "/client")["times_us"]
    assert times["client"] > 0 and "downstream" not in times


def test_the_times_of_a_request_are_all_of_it(server):
    for way in ("/run", "/sleep", "/lock", "/downstream"):
        server.get(way)
        said = record(server, way)
        assert sum(said["times_us"].values()) == pytest.approx(said["duration_us"], abs=10)


@pytest.mark.parametrize("where", ["log", "-"])
def test_lines_of_text_say_it_when_asked_to(serve, where: str):
    server = serve("--workers", "1", "--access-log-times", "on", "--access-log", where, APP)
    server.get("/sleep")
    server.wait_for_output(r'"GET /sleep HTTP/1\.1" 200 0 \d+ .*\brunning=\d+ .*\bsleep=[12]\d{4}\b')
