"""Limits of bodies and connections: at each, beyond it, and what is told of it."""

import os
import signal
import socket
import threading
import time

import pytest
from conftest import eventually
from http_wire import Wire, chunked, request
from tls_client import TlsWire, bind, context

CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture
def limited(serve, app):
    """Starts one worker with the given options."""

    def start(*options: str, app: str = app):
        return serve("--workers", "1", "--access-log", "off", *options, app)

    return start


def stopped(server) -> str:
    """What a server has logged once it has ended."""
    server.process.terminate()
    server.process.wait(20)
    return server.output()


def test_a_body_may_be_as_large_as_the_limit(limited):
    server = limited("--max-body-size", "100")
    with Wire(server.port) as wire:
        assert wire.ask("/read", method="POST", body=b"x" * 99).text == "99 bytes\n"
        assert wire.ask("/read", method="POST", body=b"x" * 100).text == "100 bytes\n"
        answer = wire.ask("/read", method="POST", body=b"x" * 101)
        assert (answer.status, answer.closes) == (413, True)
    assert "limits met: max-body-size 1\n" in stopped(server)


def test_a_chunked_body_may_be_as_large_as_the_limit(limited):
    server = limited("--max-body-size", "100")
    with Wire(server.port) as wire:
        for sizes in [(99,), (100,), (50, 50)]:
            body = chunked(*(b"x" * size for size in sizes))
            answer = wire.ask("/read", CHUNKED, method="POST", body=body)
            assert answer.text == f"{sum(sizes)} bytes\n"
        answer = wire.ask("/read", CHUNKED, method="POST", body=chunked(b"x" * 60, b"x" * 41))
        assert answer.text == "EFBIG\n"
        assert wire.rest() == b""
    assert "limits met: max-body-size 1\n" in stopped(server)


def test_who_asks_before_it_sends_is_told_without_a_continue(limited):
    server = limited("--max-body-size", "100")
    with Wire(server.port) as wire:
        wire.send(request("/read", "Expect: 100-continue", "Content-Length: 101", method="POST"))
        assert wire.answer().status == 413


def test_a_wsgi_application_that_lets_it_pass_has_413_answered(limited):
    server = limited("--max-body-size", "4", app="wsgi_body:app")
    with Wire(server.port) as wire:
        wire.send(request("/read", CHUNKED, method="POST", body=chunked(b"hello")))
        assert wire.answer().status == 413
    assert "Traceback" not in server.output()


def test_no_limit_of_a_body_is_no_limit(limited):
    server = limited("--max-body-size", "0")
    with Wire(server.port) as wire:
        wire.send(request("/ignore", f"Content-Length: {2**63 - 1}", method="POST"))
        assert wire.answer().status == 200


def trickle(wire: Wire, pause: float, over: threading.Event) -> None:
    while not over.wait(pause):
        try:
            wire.send(b"x")
        except OSError:
            return


@pytest.mark.parametrize("rate, outcome", [("1000", "ETIMEDOUT\n"), ("0", "60 bytes\n")])
def test_a_body_that_trickles_in_is_given_up_where_a_rate_is_asked_for(limited, rate, outcome):
    """Some 50 bytes per second, none of them later than the body timeout."""
    server = limited("--body-timeout", "0.6", "--min-body-rate", rate)
    over = threading.Event()
    with Wire(server.port) as wire:
        wire.send(request("/read", "Content-Length: 60", method="POST"))
        sender = threading.Thread(target=trickle, args=(wire, 0.02, over))
        sender.start()
        try:
            assert wire.answer().text == outcome
        finally:
            over.set()
            sender.join()


def test_a_body_that_comes_fast_enough_may_pause_again_and_again(limited):
    server = limited("--body-timeout", "0.5", "--min-body-rate", "1000")
    with Wire(server.port) as wire:
        wire.send(request("/read", "Content-Length: 4000", method="POST"))
        for _ in range(4):
            time.sleep(0.3)  # the pauses are what is tested: 1.2 s of them in all
            wire.send(b"x" * 1000)
        assert wire.answer().text == "4000 bytes\n"


def test_the_last_request_of_a_connection_is_told_so(limited):
    server = limited("--keep-alive-requests", "3")
    with Wire(server.port) as wire:
        assert [wire.ask("/").closes for _ in range(3)] == [False, False, True]
        assert wire.rest() == b""
    with Wire(server.port) as wire:
        wire.send(request("/") * 4)
        assert [wire.answer().closes for _ in range(3)] == [False, False, True]
        assert wire.rest() == b""


def test_the_last_request_is_the_last_when_its_answer_is_begun_again(limited, c_app):
    server = limited("--keep-alive-requests", "1", app=c_app("streams"))
    with Wire(server.port) as wire:
        answer = wire.ask("/break")
        assert (answer.status, answer.closes) == (500, True)


in_one_piece = pytest.mark.without_faults(
    "short", "eagain",
    reason="who is turned away is told at once and in one piece, or not to the end",
)


def assert_turned_away(port: int, status: int) -> None:
    with Wire(port) as wire:
        answer = wire.answer()  # before it has asked for anything
        assert (answer.status, answer.closes) == (status, True)
        assert answer.fields["retry-after"] == "1"
        wire.send(request("/"))
        assert wire.rest() == b""


def served_again(port: int) -> bool:
    """Who comes while many are still being told is closed at once."""
    with Wire(port) as wire:
        try:
            wire.send(request("/"))
            return wire.more() and wire.answer().status == 200
        except ConnectionError:
            return False


@in_one_piece
@pytest.mark.parametrize("option, status", [
    ("max-connections", 503), ("max-per-address", 429),
])
def test_a_connection_too_many_is_told_so(limited, option, status):
    server = limited(f"--{option}", "3")
    wires = [Wire(server.port) for _ in range(3)]
    assert [wire.ask("/").text for wire in wires] == ["hello\n"] * 3
    assert_turned_away(server.port, status)
    assert_turned_away(server.port, status)
    assert [wire.ask("/").text for wire in wires] == ["hello\n"] * 3
    wires.pop().stream.close()
    eventually(lambda: served_again(server.port), "room for a connection")
    for wire in wires:
        wire.stream.close()
    output = stopped(server)
    assert "connections refused: 1, the last from 127.0.0.1, as 3 are open" in output
    assert f"limits met: {option} " in output


@in_one_piece
def test_other_addresses_have_room_where_one_has_none(limited):
    server = limited("--max-per-address", "1")
    with Wire(server.port) as wire:
        assert wire.ask("/").status == 200
        with socket.create_connection(("127.0.0.1", server.port), 10, ("127.0.0.2", 0)) as other:
            other.sendall(request("/"))
            assert other.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert_turned_away(server.port, 429)


def test_a_unix_socket_has_no_address_to_count_by(limited, tmp_path):
    path = str(tmp_path / "socket")
    limited("--bind", f"unix:{path}", "--max-per-address", "1")
    held = []
    for _ in range(3):
        held.append(socket.socket(socket.AF_UNIX))
        held[-1].settimeout(10)
        held[-1].connect(path)
        held[-1].sendall(request("/"))
        assert held[-1].recv(4096).startswith(b"HTTP/1.1 200 ")
    for one in held:
        one.close()


@in_one_piece
def test_a_storm_of_connections_too_many_leaves_the_others_alone(limited):
    """More at once than are told: the rest are closed."""
    server = limited("--max-connections", "1")
    with Wire(server.port) as wire:
        assert wire.ask("/").status == 200
        storm = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(400)]
        assert wire.ask("/").status == 200
        told = sum(one.recv(1000).startswith(b"HTTP/1.1 503 ") for one in storm)
        assert 256 <= told < 400
        for one in storm:
            one.close()
    eventually(lambda: served_again(server.port), "room for a connection")


def test_each_limit_that_was_met_is_named_at_the_end(limited):
    server = limited("--max-request-line", "100", "--max-headers", "2", "--head-timeout", "0.2",
                     "--body-timeout", "0.2")
    with Wire(server.port) as wire:
        assert wire.ask("/" + "x" * 100).status == 414
    with Wire(server.port) as wire:
        assert wire.ask("/", "X: 1", "Y: 2").status == 431
    with Wire(server.port) as wire:
        wire.send(b"GET / HT")
        assert wire.answer().status == 408
    with Wire(server.port) as wire:
        wire.send(request("/read", "Content-Length: 9", method="POST"))
        assert wire.answer().text == "ETIMEDOUT\n"
    assert ("limits met: max-request-line 1, max-head-size or max-headers 1, head-timeout 1, "
            "body-timeout or min-body-rate 1\n") in stopped(server)


def test_a_handshake_that_takes_too_long_is_no_body(limited, certificates):
    server = limited("--bind", bind(certificates), "--head-timeout", "0.2")
    with Wire(server.port) as wire:
        wire.send(b"\x16\x03\x01")
        assert wire.rest() == b""
    assert "limits met: head-timeout 1\n" in stopped(server)


def test_a_worker_does_not_count_for_the_one_before_it(limited):
    server = limited("--max-request-line", "100")
    with Wire(server.port) as wire:
        assert wire.ask("/" + "x" * 100).status == 414
    os.kill(server.worker_pids()[0], signal.SIGKILL)
    server.wait_for_output("died by SIGKILL; starting another$")
    eventually(lambda: served_again(server.port), "a worker that answers")
    assert "limits met" not in stopped(server)


def proxied(port: int, client: str) -> Wire:
    """A connection that a proxy has made for a client."""
    wire = Wire(port)
    wire.send(f"PROXY TCP4 {client} 192.0.2.1 56324 443\r\n".encode())
    return wire


@in_one_piece
def test_behind_a_proxy_that_says_so_it_is_the_clients_that_are_counted(limited):
    server = limited("--bind", "127.0.0.1:0?proxy=on", "--trusted-proxies", "127.0.0.1",
                     "--max-per-address", "1")
    with proxied(server.port, "192.0.2.7") as one, proxied(server.port, "192.0.2.8") as other:
        assert one.ask("/").status == 200
        assert other.ask("/").status == 200
        with proxied(server.port, "192.0.2.7") as wire:
            answer = wire.answer()
            assert (answer.status, answer.closes) == (429, True)
            assert wire.rest() == b""
        one.stream.close()

        def has_room() -> bool:
            with proxied(server.port, "192.0.2.7") as wire:
                return wire.ask("/").status == 200

        eventually(has_room, "room for a connection")


@in_one_piece
def test_what_has_not_said_whose_connection_it_is_counts_for_no_address(limited):
    server = limited("--bind", "127.0.0.1:0?proxy=on", "--trusted-proxies", "127.0.0.1",
                     "--max-per-address", "1")
    silent = [Wire(server.port) for _ in range(3)]
    with proxied(server.port, "127.0.0.1") as wire:
        assert wire.ask("/").status == 200
        for one in silent:
            one.stream.close()
        with proxied(server.port, "127.0.0.1") as other:
            assert other.answer().status == 429


def test_a_tls_connection_too_many_is_closed(limited, certificates):
    server = limited("--bind", bind(certificates), "--max-connections", "1")
    with TlsWire(server.port, context=context(certificates.ca)) as wire:
        assert wire.ask("/").status == 200
        with socket.create_connection(("127.0.0.1", server.port), 10) as refused:
            assert refused.recv(1) == b""
        assert wire.ask("/").status == 200
