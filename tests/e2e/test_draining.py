"""From the signal to stop to the end: who is told, who is still served, what is cleaned up."""

import os
import signal

import pytest
from conftest import eventually
from http_wire import Wire, request

APP = "draining:app"


@pytest.fixture
def draining(serve):
    """Starts a server of one worker that says at /ready whether it is ready."""

    def start(*options: str):
        return serve("--workers", "1", "--access-log", "off", "--readiness-path", "/ready", *options,
                     APP)

    return start


def test_a_server_says_that_it_is_ready(draining):
    server = draining("--mount", "/shop")
    ready = server.get("/ready")
    assert (ready.status, ready.text) == (200, "ready\n")
    assert ready.headers["Cache-Control"] == "no-store"
    assert server.request("HEAD", "/ready").status == 200
    refused = server.request("POST", "/ready", body=b"x")
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")
    assert server.get("/shop/ready").text == "/ready"


@pytest.mark.parametrize("mode", ["green:1", "threads:1"])
def test_readiness_waits_for_no_turn(draining, mode):
    server = draining("--concurrency", mode, "--graceful-timeout", "0")
    with Wire(server.port) as napper:
        napper.send(request("/nap"))
        server.wait_for_output("napping$")
        assert server.get("/ready").status == 200


def test_a_server_that_is_to_stop_serves_on_as_not_ready_until_it_is_told_again(draining):
    server = draining("--drain-delay", "60")
    with Wire(server.port) as kept:
        assert not kept.ask("/before").closes
        server.signal(signal.SIGTERM)
        eventually(lambda: server.get("/ready").status == 503, "no longer ready")
        assert server.get("/ready").text == "draining\n"
        assert server.get("/new").text == "/new"
        last = kept.ask("/kept")
        assert (last.status, last.closes) == (200, True)
    server.wait_for_output(r"info greenroom: told to stop; draining in 60\.0 s$")
    os.kill(server.worker_pids()[0], signal.SIGKILL)
    assert server.get("/by-another-worker").status == 200

    def ended():
        server.signal(signal.SIGTERM)
        return server.process.poll() is not None

    eventually(ended, "the end, at another signal")
    assert server.wait() == 0
    assert "killing" not in server.output()


def test_the_delay_ends_by_itself(draining):
    server = draining("--drain-delay", "0.1")
    assert server.stop() == 0
    assert "told to stop" in server.output()


def test_ctrl_c_waits_for_no_delay(draining):
    server = draining("--drain-delay", "60")
    server.signal(signal.SIGINT)
    assert server.wait() == 0


@pytest.mark.without_faults("emfile", reason="without a descriptor nobody is taken at the last")
def test_whoever_is_queued_is_served(draining):
    """They connect while the worker is held up, so that it has accepted none of them."""
    server = draining()
    first = Wire(server.port)
    first.send(request("/busy"))
    server.wait_for_output("busy$")
    clients = [Wire(server.port) for _ in range(20)]
    for client in clients:
        client.send(request("/queued"))
    server.signal(signal.SIGTERM)
    answers = [client.answer() for client in [first, *clients]]
    assert [answer.status for answer in answers] == [200] * 21
    assert all(answer.closes for answer in answers[1:])
    assert server.wait() == 0


def test_what_is_left_at_the_graceful_timeout_is_cancelled_and_cleans_up(draining):
    server = draining("--graceful-timeout", "0.1")
    with Wire(server.port) as listener, Wire(server.port) as napper:
        listener.send(request("/stream"))
        assert listener.head().status == 200
        assert listener.chunk() == b"piece\n"
        napper.send(request("/nap"))
        server.wait_for_output("napping$")
        assert server.stop() == 0
        answer = napper.answer()
        assert (answer.status, answer.closes) == (503, True)
    output = server.output()
    assert "the graceful timeout is over: requests cancelled: 2" in output
    assert output.index("iterable closed") < output.index("atexit ran")
    assert "killing" not in output


def test_many_that_are_cancelled_may_clean_up_as_long_as_some_of_them_end(draining):
    server = draining("--graceful-timeout", "0.1")
    with server.crowd(10, "/tidy") as answers:
        eventually(lambda: len(server.find_all("working$")) == 10, "all at work")
        assert server.stop() == 0
        assert [answer.result().status for answer in answers] == 10 * [503]
    assert len(server.find_all("tidied up$")) == 10
    assert server.find_all("atexit ran$") and "killing" not in server.output()
