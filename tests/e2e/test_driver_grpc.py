"""gRPC as Debian ships it: requests are clients of a server in another process."""

import json
import subprocess
import sys

import pytest
from conftest import APPS, eventually

CROWD = 30


@pytest.fixture(scope="module")
def grpc_port():
    """Of a gRPC server which answers once as many calls are there as each of them says."""
    pytest.importorskip("grpc")
    process = subprocess.Popen(
        [sys.executable, APPS / "driver_grpc_server.py"], stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def server(serve, grpc_port):
    return serve("--workers", "1", "driver_grpc:app", env={"PORT": grpc_port})


@pytest.mark.parametrize("kind, answer", [
    ("unary", "together"),
    ("streaming", ["first", "together", "last"]),
])  # fmt: skip
def test_calls_wait_together(server, kind, answer):
    waiting = f"/waiting?count={CROWD + 1}"
    assert server.get(waiting).text == "0"
    tasks = server.kernel_tasks()  # among them gRPC's own threads
    path = f"/{kind}?count={CROWD + 1}"
    with server.crowd(CROWD, path) as answers:
        eventually(lambda: server.get(waiting).text == str(CROWD), "all wait for the last one")
        assert server.get("/ping").text == '"pong"'
        assert server.kernel_tasks() < tasks + CROWD
        assert json.loads(server.get(path).body) == answer
    assert [json.loads(found.result().body) for found in answers] == [answer] * CROWD


def test_streams_flow_both_ways_beside_each_other(server):
    with server.crowd(CROWD, "/both_ways") as answers:
        pass
    assert {answer.result().text for answer in answers} == {"545000"}, server.output()


def test_a_call_past_its_deadline_ends(server):
    assert server.get("/too_late").text == '"DEADLINE_EXCEEDED"'
