"""Each limit of a request: one below it, at it, one above it; as configured and by default."""

import pytest
from http_wire import Wire, chunked, request

DEFAULTS = {"line": 8190, "fields": 100, "head": 64 * 1024}
SMALL = {"line": 100, "fields": 5, "head": 1000}
SMALL_OPTIONS = ["--max-request-line", "100", "--max-headers", "5", "--max-head-size", "1000"]

KEPT_BODY = 64 * 1024  # of a body that nobody reads; one that is larger ends the connection


@pytest.fixture(params=["small", "default"])
def limited(request, serve, app):
    """A server and its limits."""
    small = request.param == "small"
    options = SMALL_OPTIONS if small else []
    server = serve("--workers", "1", "--access-log", "off", *options, app)
    return server, SMALL if small else DEFAULTS


def with_line_of(length: int) -> bytes:
    head = request("/show/" + "p" * (length - len("GET /show/ HTTP/1.1")))
    assert head.index(b"\r\n") == length
    return head


def with_fields(count: int) -> bytes:
    return request("/show/x", *(f"X-{i}: y" for i in range(count - 1)))  # and Host


def with_head_of(size: int) -> bytes:
    head = request("/show/x", "X: " + "x" * (size - len(request("/show/x", "X: "))))
    assert len(head) == size
    return head


def assert_within(server, data: bytes) -> None:
    with Wire(server.port) as wire:
        wire.send(data + request("/"))
        assert wire.answer().status == 200
        assert wire.answer().text == "hello\n"


def assert_beyond(server, data: bytes, status: int) -> None:
    with Wire(server.port) as other, Wire(server.port) as wire:
        wire.send(data + request("/"))
        answer = wire.answer()
        assert (answer.status, answer.closes) == (status, True)
        assert wire.rest() == b""
        assert other.ask("/").text == "hello\n"


def assert_limit(server, build, limit: int, status: int) -> None:
    assert_within(server, build(limit - 1))
    assert_within(server, build(limit))
    assert_beyond(server, build(limit + 1), status)


def test_a_request_line_may_be_as_long_as_the_limit(limited):
    server, limits = limited
    assert_limit(server, with_line_of, limits["line"], 414)


def test_there_may_be_as_many_fields_as_the_limit(limited):
    server, limits = limited
    assert_limit(server, with_fields, limits["fields"], 431)


def test_a_head_may_be_as_large_as_the_limit(limited):
    server, limits = limited
    assert_limit(server, with_head_of, limits["head"], 431)


@pytest.mark.parametrize("build, name, status", [
    (with_line_of, "line", 414), (with_fields, "fields", 431), (with_head_of, "head", 431),
])
def test_limits_hold_for_heads_that_come_in_pieces(serve, app, build, name, status):
    server = serve("--workers", "1", "--access-log", "off", *SMALL_OPTIONS, app)
    for size, expected in [(SMALL[name], 200), (SMALL[name] + 1, status)]:
        with Wire(server.port) as wire:
            wire.send_slowly(build(size))
            assert wire.answer().status == expected


def unread_body(framing: str, size: int) -> bytes:
    fields = ["Transfer-Encoding: chunked"] if framing == "chunked" else []
    body = chunked(b"x" * size) if framing == "chunked" else b"x" * size
    return request("/ignore", *fields, method="POST", body=body)


@pytest.mark.parametrize("size, kept", [
    (KEPT_BODY - 1, True), (KEPT_BODY, True), (KEPT_BODY + 1, False),
])
def test_a_counted_body_that_nobody_reads_is_skipped_up_to_64_kib(wire, size, kept):
    wire.send(unread_body("counted", size) + request("/"))
    answer = wire.answer()
    assert (answer.text, answer.closes) == ("hello\n", not kept)
    assert wire.rest() == b"" if not kept else wire.answer().text == "hello\n"


@pytest.mark.parametrize("size, status", [
    (4095, "1 bytes\n"), (4096, "1 bytes\n"), (4097, "EPROTO\n"),
])
def test_the_size_line_of_a_chunk_may_have_4_kib(wire, size, status):
    head = request("/read", "Transfer-Encoding: chunked", method="POST")
    line = b"1;" + b"e" * (size - len(b"1;\r\n")) + b"\r\n"
    wire.send(head + line + b"x\r\n0\r\n\r\n")
    assert wire.answer().text == status


@pytest.mark.parametrize("size, status", [
    (8191, "1 bytes\n"), (8192, "1 bytes\n"), (8193, "EPROTO\n"),
])
def test_trailers_may_have_8_kib(wire, size, status):
    head = request("/read", "Transfer-Encoding: chunked", method="POST")
    trailers = b"T: " + b"t" * (size - len(b"T: \r\n\r\n")) + b"\r\n\r\n"
    wire.send(head + b"1\r\nx\r\n0\r\n" + trailers)
    assert wire.answer().text == status
