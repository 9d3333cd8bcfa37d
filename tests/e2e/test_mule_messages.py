"""Messages from requests to mules, and back."""

import signal
import time

import pytest
from conftest import eventually


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "--mule", "mules:consume", "mules:post")


def mule_of(server) -> int:
    return max(server.worker_pids())


def test_a_message_reaches_one_mule_or_all(serve):
    server = serve("--workers", "1", "--mule", "mules:consume", "--mule", "mules:consume", "mules:post")
    assert server.get("/send?one").text == "sent"
    server.wait_for_output(r"\[mule 0\] info stdout: got one of 3$")
    assert server.get("/all?each").text == "sent"
    server.wait_for_output(r"\[mule 0\] info stdout: got each of 4$")
    server.wait_for_output(r"\[mule 1\] info stdout: got each of 4$")
    assert not server.find_all(r"\[mule 1\] info stdout: got one")


def test_a_call_brings_the_reply_be_it_empty(server):
    assert server.get("/call?hello").text == "HELLO"
    assert server.get("/call?").text == ""


@pytest.mark.parametrize("payload", ["die", "forget"])
def test_a_call_whose_mule_dies_or_forgets_it_fails_at_once(server, payload):
    assert server.get(f"/call?{payload}").text.startswith("ConnectionResetError: ")
    assert server.get("/call?again").text == "AGAIN"


def test_what_is_sent_while_there_is_no_mule_waits_for_the_next(server):
    for _ in range(2):
        server.get("/send?die")
        server.get("/send?kept")
    eventually(lambda: len(server.find_all(r"got kept of 4$")) == 2, "both", timeout=20)


def test_a_mule_that_is_replaced_finishes_its_message_and_leaves_the_rest_to_the_next(server):
    assert server.get("/send?slow").text == "sent"
    server.wait_for_output(r"got slow of 4$")
    server.get("/send?rest")
    server.signal(signal.SIGHUP)
    server.wait_for_output(r"got rest of 4$", timeout=20)
    server.wait_for_output(r"no more messages$")
    assert server.find_all(r"info stdout: (got .*)$") == ["got slow of 4", "got rest of 4"]


def test_a_server_that_stops_has_its_mules_empty_their_queues(server):
    for _ in range(3):
        server.get("/send?slow")
    assert server.stop() == 0
    assert len(server.find_all(r"got slow of 4$")) == 3
    assert server.find_all(r"no more messages$")


def test_a_message_has_64_kib_at_most(server):
    assert server.get("/large?65536").text == "sent"
    server.wait_for_output(r"of 65536$")
    assert server.get("/large?65537").text == "ValueError: a message has 64 KiB at most"


def test_a_queue_is_bounded(serve):
    server = serve("--workers", "1", "--mule", "mules:sleep", "mules:post")
    assert 100 < int(server.get("/fill").text) < 100000


def test_a_mule_that_is_not_there_is_an_error(serve):
    server = serve("--workers", "1", "mules:post")
    assert server.get("/send?x").text == "ValueError: there is no mule 0; there are none"


def test_messages_in_c(serve, c_app):
    app = c_app("mule")
    server = serve("--workers", "1", "--mule", f"{app}:consume", app)
    assert server.get("/").text == "from C"
    server.wait_for_output(r"\[mule 0\] info stdout: got hello$")
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 15
