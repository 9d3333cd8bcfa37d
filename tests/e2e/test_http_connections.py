"""Connections as the server keeps them: keep-alive, pipelining, half-closed, too slow, too long."""

import os
import signal
import socket
import time

import pytest
from http_wire import Wire, request

HELLO = request("/")


def test_a_connection_answers_one_request_after_the_other(wire):
    for _ in range(3):
        assert wire.ask("/").text == "hello\n"


def test_a_request_may_arrive_byte_by_byte(wire):
    wire.send_slowly(HELLO)
    assert wire.answer().text == "hello\n"


def test_pipelined_requests_are_answered_in_order(wire):
    count = 100
    wire.send(b"".join(request(f"/show/{i}") for i in range(count)))
    for i in range(count):
        assert f"rest={i}\n" in wire.answer().text


def test_pipelined_requests_may_be_cut_anywhere(wire):
    both = HELLO + request("/show/x")
    for cut in range(1, len(both), 7):
        wire.send(both[:cut])
        time.sleep(0.002)
        wire.send(both[cut:])
        assert wire.answer().text == "hello\n"
        assert "rest=x\n" in wire.answer().text


@pytest.mark.parametrize("size", [1000, 1500, 1800, 2100, 4000, 20_000, 60_000])
def test_heads_of_any_size_below_the_limit_are_understood(wire, size):
    padding = "Cookie: " + "c" * size
    wire.send(request("/", padding) + request("/show/x") + request("/", padding))
    assert wire.answer().text == "hello\n"
    assert "rest=x\n" in wire.answer().text
    assert wire.answer().text == "hello\n"


@pytest.mark.parametrize(
    "data, status",
    [
        (request("/", "Cookie: " + "c" * 70_000), 431),
        (request("/", *(f"X-{i}: y" for i in range(101))), 431),
        (request("/" + "p" * 9000), 414),
        (request("/", version="2.0"), 505),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (request("/", "Content-Length: 3", "Transfer-Encoding: chunked"), 400),
    ],
)
def test_what_cannot_be_answered_is_refused_and_the_connection_closed(wire, data, status):
    wire.send(data)
    answer = wire.answer()
    assert (answer.status, answer.closes) == (status, True)
    assert wire.rest() == b""


def test_a_refusal_reaches_a_client_that_goes_on_sending(wire):
    wire.send(b"nonsense\r\n" + b"x" * 500_000)
    assert wire.answer().status == 400
    assert wire.rest() == b""  # the end, and not a reset


def test_a_client_that_has_ended_its_side_still_gets_all_answers(wire):
    wire.send(HELLO * 3)
    wire.end_sending()
    for _ in range(3):
        assert wire.answer().text == "hello\n"
    assert wire.rest() == b""


def test_half_a_head_and_the_end_is_no_request(wire):
    wire.send(HELLO[:20])
    wire.end_sending()
    assert wire.rest() == b""


def test_the_scheme_of_a_plain_connection_is_http(server):
    assert server.get("/scheme").text == "http"


def test_connection_close_is_honoured(wire):
    answer = wire.ask("/", "Connection: close")
    assert answer.closes
    assert wire.rest() == b""


def test_http_1_0_closes_unless_asked_not_to(server):
    with Wire(server.port) as wire:
        wire.send(request("/", version="1.0"))
        assert wire.answer().closes
        assert wire.rest() == b""
    with Wire(server.port) as wire:
        for _ in range(2):
            wire.send(request("/", "Connection: keep-alive", version="1.0"))
            assert wire.answer().fields["connection"] == "keep-alive"


@pytest.mark.without_faults(
    "enomem", "emfile", reason="its time begins when it is accepted, and what trickles meanwhile adds up"
)
def test_a_slow_head_is_answered_408_however_it_trickles(serve, app):
    server = serve("--workers", "1", "--head-timeout", "0.5", app)
    with Wire(server.port) as wire:
        began = time.monotonic()
        wire.send(b"GET /")  # more and more path
        wire.stream.settimeout(0.05)
        while not wire.received:
            try:
                wire.more()
            except TimeoutError:
                wire.send(b"x")
            assert time.monotonic() < began + 5
        assert wire.answer().status == 408
        assert time.monotonic() > began + 0.4


@pytest.mark.without_faults("eagain", reason="bytes that come a little later come too late")
def test_first_bytes_that_come_as_an_idle_connection_expires_are_no_slow_head(serve, app):
    server = serve("--workers", "1", "--keep-alive-timeout", "0.2", app)
    (worker,) = server.worker_pids()
    with Wire(server.port) as wire:
        wire.ask("/")
        os.kill(worker, signal.SIGSTOP)
        time.sleep(0.3)  # it expires, and nobody sees it
        wire.send(HELLO[:20])
        os.kill(worker, signal.SIGCONT)
        with Wire(server.port) as other:  # by the answer to this the first bytes have been seen
            other.ask("/")
        wire.send(HELLO[20:])
        assert wire.answer().text == "hello\n"


@pytest.mark.parametrize("requests", [0, 1])
def test_an_idle_connection_is_closed_without_a_word(serve, app, requests):
    server = serve("--workers", "1", "--keep-alive-timeout", "0.5", app)
    with Wire(server.port) as wire:
        for _ in range(requests):
            wire.ask("/")
        began = time.monotonic()
        assert wire.rest() == b""
        assert 0.4 < time.monotonic() - began < 5


def test_a_busy_connection_is_not_idle(serve, app):
    server = serve("--workers", "1", "--keep-alive-timeout", "0.2", app)
    with Wire(server.port) as wire:
        assert wire.ask("/sleep/600").text == "hello\n"


def test_many_clients_at_once_are_served_by_one_worker(server):
    wires = [Wire(server.port) for _ in range(300)]
    began = time.monotonic()
    for wire in wires:
        wire.send(request("/sleep/500"))
    for wire in wires:
        assert wire.answer().text == "hello\n"
        wire.stream.close()
    assert time.monotonic() - began < 5


def test_a_client_that_vanishes_ends_the_answer(server, wire):
    wire.send(request("/flood"))
    wire.take(100_000)
    wire.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wire.stream.close()
    server.wait_for_output("flood ended: E(PIPE|CONNRESET)")
    assert server.get("/").text == "hello\n"


def test_a_client_that_does_not_read_holds_up_only_itself_and_is_given_up(serve, app):
    server = serve("--workers", "1", "--write-timeout", "0.5", app)
    with Wire(server.port) as wire:
        wire.send(request("/flood"))
        assert server.get("/").text == "hello\n"
        server.wait_for_output("flood ended: ETIMEDOUT")


def test_a_unix_socket_is_served_like_any_other(serve, app, tmp_path):
    path = str(tmp_path / "socket")
    serve("--workers", "1", "--bind", f"unix:{path}", app)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(path)
        client.sendall(request("/show/x", "Connection: close"))
        received = b""
        while data := client.recv(65536):
            received += data
    assert f"peer=\npeer_port=0\nserver={path}\n".encode() in received


def test_a_wildcard_address_tells_where_the_client_came_in(serve, app):
    server = serve("--workers", "1", "--bind", "0.0.0.0:0", app)
    port = int(server.urls[0].rpartition(":")[2])
    with Wire(port) as wire:
        assert f"server=127.0.0.1\nserver_port={port}\n" in wire.ask("/show/x").text
