"""How a server ends: what is in flight is finished, nothing that was accepted is lost."""

import http.client
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest
from conftest import eventually
from load import Load

APP = "supervised:app"


def in_background(function: Callable[[], object]) -> tuple[threading.Thread, list]:
    """Runs function on a thread; the list gets what it returns or raises."""
    results: list = []

    def run() -> None:
        try:
            results.append(function())
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_ends_when_told(serve, number):
    server = serve("--workers", "2", APP)
    server.signal(number)
    assert server.wait(timeout=5) == 0


def test_ctrl_c_in_a_terminal_reaches_the_whole_group(serve):
    server = serve("--workers", "2", APP)
    os.killpg(server.pid, signal.SIGINT)
    assert server.wait(timeout=5) == 0
    assert "Traceback" not in server.output()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_still_loads_its_application_ends_when_told(serve, number):
    server = serve("--workers", "2", "supervised:slow_to_load()", ready=False)
    server.wait_for_output("loading")
    os.killpg(server.pid, number)
    assert server.wait(timeout=5) == 0
    slow = "the worker was held up"  # by what it imports, where the machine is busy
    said = [line for line in server.output().splitlines() if slow not in line]
    assert len(said) == 1 and said[0].endswith("stderr: loading")


def test_a_request_in_flight_is_finished(serve):
    server = serve("--workers", "1", APP)
    thread, results = in_background(lambda: server.get("/nap/0.5").status)
    server.wait_for_output("napping")
    assert server.stop() == 0
    thread.join()
    assert results == [200]


def test_a_request_that_takes_too_long_is_cancelled(serve):
    server = serve("--workers", "1", "--graceful-timeout", "0.3", APP)
    thread, results = in_background(lambda: server.get("/nap/60"))
    server.wait_for_output("napping")
    began = time.monotonic()
    assert server.stop() == 0
    assert 0.3 <= time.monotonic() - began < 5
    thread.join()
    assert results[0].status == 503


def test_an_impatient_signal_ends_it_at_once(serve):
    """What comes in the first second is taken for an echo; what comes later is not."""
    server = serve("--workers", "1", APP)
    thread, _ = in_background(lambda: server.get("/nap/60"))
    server.wait_for_output("napping")
    began = time.monotonic()

    def ended():
        server.signal(signal.SIGTERM)
        return server.process.poll() is not None

    eventually(ended, "the end")
    assert 1 <= time.monotonic() - began < 5
    assert server.wait() == 0
    thread.join()


def test_the_echo_of_a_signal_kills_nobody(serve):
    """As when timeout(1) signals the group and the server."""
    server = serve("--workers", "1", APP)
    thread, results = in_background(lambda: server.get("/nap/0.3").status)
    server.wait_for_output("napping")
    for _ in range(3):
        server.signal(signal.SIGTERM)
    assert server.wait() == 0
    thread.join()
    assert results == [200]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_no_accepted_request_is_lost_when_it_ends_under_load(serve, end):
    server = serve("--workers", "2", "--access-log", "off", APP)
    load = Load(server.port)
    load.start(clients=24)
    eventually(lambda: load.answered > 300, "300 answers", timeout=20)
    server.signal(end)
    assert server.wait() == 0
    load.join()
    assert load.lost == []
