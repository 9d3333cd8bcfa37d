"""The interpreter of a worker begins and ends as every interpreter does."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import APPS, eventually


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "--graceful-timeout", "5", "wsgi_lifecycle:app")


def test_the_application_is_imported_from_the_current_directory(server):
    assert server.get("/").text == f"['wsgi_lifecycle:app'] {APPS}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_end_is_orderly_and_quiet(server, number):
    assert server.get("/").status == 200
    server.signal(number)
    assert server.wait() == 0
    assert "atexit ran" in server.output()
    assert "Traceback" not in server.output() and "KeyboardInterrupt" not in server.output()


def test_ctrl_c_reaches_the_workers_too(server):
    """A terminal sends it to the whole process group."""
    assert server.get("/").status == 200
    os.killpg(server.pid, signal.SIGINT)
    assert server.wait() == 0
    assert "atexit ran" in server.output()
    assert "Traceback" not in server.output()


def test_threads_are_joined_at_the_end(server):
    assert server.get("/thread").status == 200
    assert server.stop() == 0
    assert server.output().index("thread ended") < server.output().index("atexit ran")


def test_a_request_in_flight_is_answered_before_the_end(server):
    with ThreadPoolExecutor(1) as clients:
        answer = clients.submit(server.get, "/sleep")
        server.wait_for_output("sleeping$")
        assert server.stop() == 0
        assert answer.result().status == 200
    assert "atexit ran" in server.output()


def test_a_request_that_hangs_does_not_prevent_the_end(serve):
    server = serve("--workers", "1", "--graceful-timeout", "0.3", "wsgi_lifecycle:app")
    with server.connect() as connection:
        connection.sendall(b"GET /hang HTTP/1.1\r\nHost: a\r\n\r\n")
        server.wait_for_output("hanging$")
        assert server.stop() == 0


def test_signal_handlers_run_on_the_main_thread(server):
    os.kill(server.worker_pids()[0], signal.SIGUSR1)
    server.wait_for_output("handler ran MainThread$")
    assert server.get("/").status == 200


def test_a_signal_handler_that_raises_is_reported_and_ends_nothing(server):
    before = server.worker_pids()
    with ThreadPoolExecutor(1) as clients:
        answer = clients.submit(server.get, "/sleep")
        server.wait_for_output("sleeping$")
        os.kill(before[0], signal.SIGUSR2)
        server.wait_for_output("error greenroom: a signal handler failed$")
        server.wait_for_output("^    ValueError: in a signal handler$")
        assert answer.result().status == 200
    assert server.worker_pids() == before


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGALRM])
def test_a_signal_handler_that_asks_to_leave_lets_requests_be_answered(server, number):
    before = server.worker_pids()
    with ThreadPoolExecutor(1) as clients:
        answer = clients.submit(server.get, "/sleep")
        server.wait_for_output("sleeping$")
        os.kill(before[0], number)
        assert answer.result().status == 200
    server.wait_for_output("atexit ran$")
    eventually(lambda: set(server.worker_pids()) - set(before), "another worker")
    assert "Traceback" not in server.output()
