"""Bodies of requests: framing, 100-continue, and what happens to those that nobody reads."""

import time

import pytest
from http_wire import Wire, chunked, request

CHUNKED = "Transfer-Encoding: chunked"


def post(target: str, *fields: str, body: bytes) -> bytes:
    return request(target, *fields, method="POST", body=body)


@pytest.mark.parametrize("size", [1, 100, 4096, 100_000, 3_000_000])
def test_a_counted_body_is_read_to_its_last_byte_and_no_further(wire, size):
    wire.send(post("/read", body=b"b" * size) + request("/"))
    assert wire.answer().text == f"{size} bytes\n"
    assert wire.answer().text == "hello\n"


@pytest.mark.parametrize("size", [1, 100, 4096, 100_000, 3_000_000])
def test_a_chunked_body_is_read_to_its_last_byte_and_no_further(wire, size):
    body = chunked(b"b" * (size // 2 + 1), b"c" * (size // 2 + 1))
    wire.send(post("/read", CHUNKED, body=body) + request("/"))
    assert wire.answer().text == f"{2 * (size // 2 + 1)} bytes\n"
    assert wire.answer().text == "hello\n"


def test_chunks_may_arrive_byte_by_byte(wire):
    body = b"5;extension=1\r\nhello\r\n" + chunked(b" there")[:-2] + b"Trailer: x\r\n\r\n"
    wire.send_slowly(post("/echo", CHUNKED, body=body) + request("/"))
    assert wire.answer().text == "hello there"
    assert wire.answer().text == "hello\n"


def test_a_head_that_fills_the_buffer_leaves_room_for_chunks(wire):
    for size in range(1300, 2000, 50):
        wire.send(post("/echo", CHUNKED, "Cookie: " + "c" * size, body=b""))
        time.sleep(0.002)
        wire.send(chunked(b"x" * 5000) + request("/"))
        assert wire.answer().body == b"x" * 5000
        assert wire.answer().text == "hello\n"


def test_a_body_is_echoed_while_it_comes(wire):
    wire.send(post("/echo", CHUNKED, body=b"3\r\none\r\n"))
    wire.head()
    assert wire.chunks(3) == b"one"
    wire.send(b"3\r\ntwo\r\n")
    assert wire.chunks(3) == b"two"
    wire.send(b"0\r\n\r\n")
    assert wire.chunks() == b""


def test_continue_is_said_when_the_body_is_asked_for(wire):
    wire.send(post("/read", "Expect: 100-continue", "Content-Length: 5", body=b""))
    assert wire.take_through(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.send(b"12345")
    assert wire.answer().text == "5 bytes\n"
    assert wire.ask("/").text == "hello\n"


def test_continue_is_not_said_when_nobody_asks_and_the_connection_ends(wire):
    wire.send(post("/ignore", "Expect: 100-continue", "Content-Length: 5", body=b""))
    answer = wire.answer()
    assert (answer.text, answer.closes) == ("hello\n", True)
    assert wire.rest() == b""


def test_a_streamed_answer_that_leaves_the_body_unread_says_that_it_is_the_last(wire):
    wire.send(post("/pieces/1/0", "Expect: 100-continue", "Content-Length: 5", body=b""))
    answer = wire.answer()
    assert (answer.text, answer.closes) == ("piece 0\n", True)
    assert wire.rest() == b""


def test_continue_is_not_said_to_a_client_that_did_not_wait(wire):
    wire.send(post("/read", "Expect: 100-continue", body=b"12345"))
    assert wire.answer().text == "5 bytes\n"


def test_a_small_body_that_nobody_reads_is_skipped(wire):
    wire.send(post("/ignore", body=b"x" * 60_000) + request("/"))
    assert not wire.answer().closes
    assert wire.answer().text == "hello\n"
    wire.send(post("/ignore", CHUNKED, body=chunked(b"x" * 60_000)) + request("/"))
    assert wire.answer().text == wire.answer().text == "hello\n"


def test_a_large_body_that_nobody_reads_ends_the_connection_without_a_reset(wire):
    wire.send(post("/ignore", body=b"x" * 2_000_000))
    answer = wire.answer()
    assert (answer.text, answer.closes) == ("hello\n", True)
    assert wire.rest() == b""


def test_an_unread_body_that_does_not_come_is_not_waited_for_long(wire):
    wire.send(post("/ignore", "Content-Length: 5", body=b""))
    assert wire.answer().text == "hello\n"
    assert wire.rest() == b""


def test_an_unread_body_that_drips_is_given_up(wire):
    wire.send(post("/ignore", "Content-Length: 5000", body=b""))
    assert wire.answer().text == "hello\n"
    wire.stream.settimeout(0.05)
    began = time.monotonic()
    while True:
        assert time.monotonic() < began + 9
        try:
            wire.send(b"x")
            if not wire.more():
                break
        except TimeoutError:
            continue
        except ConnectionError:
            break


@pytest.mark.parametrize(
    "fields, body, error",
    [
        (("Content-Length: 50",), b"short", "ECONNRESET"),
        ((CHUNKED,), b"5\r\nshort", "ECONNRESET"),
        ((CHUNKED,), b"zz\r\n", "EPROTO"),
        ((CHUNKED,), b"5\r\nlonger than that\r\n0\r\n\r\n", "EPROTO"),
    ],
)
def test_a_body_that_is_no_body_fails_the_read(wire, fields, body, error):
    wire.send(post("/read", *fields, body=b"") + body)
    wire.end_sending()
    assert wire.answer().text == f"{error}\n"
    assert wire.rest() == b""


def test_a_body_that_stops_coming_times_out(serve, app):
    server = serve("--workers", "1", "--body-timeout", "0.3", app)
    with Wire(server.port) as wire:
        wire.send(post("/read", "Content-Length: 50", body=b"") + b"begin")
        assert wire.answer().text == "ETIMEDOUT\n"
        assert wire.rest() == b""


def test_large_bodies_flow_both_ways_at_once(wire):
    size, block = 8_000_000, b"z" * 65536
    wire.send(post("/echo", f"Content-Length: {size}", body=b""))
    wire.stream.setblocking(False)
    sent, body, tail = 0, 0, b""
    deadline = time.monotonic() + 30
    while not tail.endswith(b"\r\n0\r\n\r\n"):
        assert time.monotonic() < deadline
        try:
            if sent < size:
                sent += wire.stream.send(block[: size - sent])
        except BlockingIOError:
            pass
        try:
            data = wire.stream.recv(1 << 20)
            assert data
            body += data.count(b"z")
            tail = (tail + data)[-7:]
        except BlockingIOError:
            time.sleep(0.0005)
    assert body == size
