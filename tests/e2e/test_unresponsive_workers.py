"""A worker that hangs is replaced, with its stacks in the log; one that is busy is not."""

import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import eventually, is_alive
from http_wire import Wire, request

APP = "hanging:app"


@pytest.fixture
def hanging(serve):
    def start(*options: str, timeout: str = "0.4"):
        return serve("--workers", "1", "--access-log", "off", "--unresponsive-timeout", timeout,
                     *options, APP)

    return start


@pytest.mark.without_faults("handoff", reason="one that is detached lets the others have their turns")
@pytest.mark.parametrize("path, why, frame", [
    ("/hold?it=1", "nobody has had a turn", "in hold"),
    ("/wait-with-the-gil", "the interpreter's lock could not be had", "in wait_with_the_gil"),
])
def test_a_worker_that_hangs_is_replaced_and_says_where(hanging, path, why, frame):
    server = hanging()
    (before,) = server.worker_pids()
    with Wire(server.port) as client:
        client.send(request(path))
        server.wait_for_output("hanging$")
        began = time.monotonic()
        server.wait_for_output(rf"worker 0 \(pid {before}\) exited with code 3; starting another$")
        assert time.monotonic() - began < 5
    output = server.output()
    assert f"error greenroom: the worker does not respond: {why} for 0.4 s" in output
    assert 'hanging.py", line' in output and frame in output
    where = re.search(r"it is in GET /hold\?it=1; C: .*python3.*libgreenroom", output)
    assert bool(where) == (path == "/hold?it=1")
    assert int(server.get("/").text) != before


def test_threads_of_the_kernel_that_wait_with_the_gil_are_replaced_too(hanging):
    server = hanging("--concurrency", "threads:2")
    with Wire(server.port) as client:
        client.send(request("/wait-with-the-gil"))
        server.wait_for_output("the interpreter's lock could not be had")
        server.wait_for_output("in wait_with_the_gil")
        server.wait_for_output("starting another")


def test_a_worker_that_is_busy_is_left_alone(hanging):
    server = hanging(timeout="0.7")
    before = server.worker_pids()
    with ThreadPoolExecutor(4) as clients:
        paths = ["/compute", "/compute", "/compute-in-c", "/compute-in-c"]
        assert {int(answer.text) for answer in clients.map(server.get, paths)} == set(before)
    assert server.worker_pids() == before
    assert "does not respond" not in server.output()


def test_a_worker_that_is_stopped_is_replaced(hanging):
    """It cannot even notice that it hangs."""
    server = hanging()
    (before,) = server.worker_pids()
    os.kill(before, signal.SIGSTOP)
    server.wait_for_output(rf"worker 0 \(pid {before}\) has shown no sign of life for .* s; killing it$")
    eventually(lambda: not is_alive(before), "the end of the old one")
    assert int(server.get("/").text) != before
