"""Handlers that fork: what a child holds, and what it must leave alone."""

import os
import signal

import pytest
from conftest import eventually, is_alive
from http_wire import Wire, request


@pytest.fixture
def server(serve, app):
    return serve("--workers", "1", "--access-log", "off", "--keep-alive-timeout", "0.5", app)


@pytest.fixture
def child(server):
    """A child of the worker that does nothing."""
    pid = int(server.get("/fork").text)
    yield pid
    if is_alive(pid):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_child_ends_when_it_is_told_to(child, number):
    os.kill(child, number)
    eventually(lambda: not is_alive(child), "the end of the child")


def test_a_client_sees_the_end_though_a_child_holds_the_connection(server):
    with Wire(server.port) as wire:
        child = int(wire.ask("/fork").text)
        try:
            assert wire.rest() == b""  # the keep-alive timeout
            assert is_alive(child)
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_client_sees_a_reset_though_a_child_holds_the_connection(server):
    with Wire(server.port) as wire:
        wire.send(request("/fork_and_abort", version="1.0"))
        child = int(server.wait_for_output(r"child (\d+)$")[1])
        try:
            with pytest.raises(ConnectionResetError):
                wire.rest()
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_child_does_not_hold_the_address(server, child):
    assert server.stop() == 0
    assert is_alive(child)
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_a_child_cannot_write_into_the_answer_of_its_parent(server):
    assert server.get("/fork_in_answer").text == "one\nchild: 7\n"
