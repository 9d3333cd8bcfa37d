"""wsgi.input: reading the body of a request."""

import json
import socket

import pytest

BODY = b"line one\nline two\n\nlast"
LINES = ["line one\n", "line two\n", "\n", "last"]


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "wsgi_body:app")


def chunks(body: bytes, size: int = 4):
    """An iterable, which http.client sends with Transfer-Encoding: chunked."""
    return (body[at : at + size] for at in range(0, len(body), size))


@pytest.mark.parametrize("framing", [lambda body: body, chunks], ids=["length", "chunked"])
@pytest.mark.parametrize("path, found", [
    ("/read", "line one\nline two\n\nlast"),
    ("/read-none", "line one\nline two\n\nlast"),
    ("/read-huge", "line one\nline two\n\nlast"),
    ("/read-5", "line "),
    ("/read-0", ""),
    ("/pieces", ["line one\nline two\n\nlast"]),
    ("/readline", ["line one\n", "lin", "e two\n"]),
    ("/readlines", LINES),
    ("/readlines-hint", LINES[:1]),
    ("/iterate", LINES),
    ("/mixed", ["line one\n", "line", " two\n\nlast", "", ""]),
    ("/ignore", "ignored"),
])
def test_a_body_is_read_as_a_file(server, framing, path, found):
    assert json.loads(server.request("POST", path, body=framing(BODY)).body) == found


@pytest.mark.parametrize("path, found", [
    ("/read", ""),
    ("/read-5", ""),
    ("/readline", ["", "", ""]),
    ("/readlines", []),
    ("/iterate", []),
])
def test_without_a_body_there_is_nothing_to_read(server, path, found):
    assert json.loads(server.get(path).body) == found


@pytest.mark.parametrize("framing", [lambda body: body, chunks], ids=["length", "chunked"])
def test_a_large_body_arrives_whole(server, framing):
    body = b"".join(b"%07d\n" % number for number in range(400_000))
    payload = framing(body) if framing is not chunks else chunks(body, 100_000)
    assert json.loads(server.request("POST", "/read", body=payload).body) == body.decode()


def test_reading_stops_at_the_end_of_the_body(server):
    """What follows is the next request, and is answered as that."""
    one = b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    with server.connect() as connection:
        connection.sendall(one + one.replace(b"abc", b"xyz"))
        answers = b""
        while answers.count(b"HTTP/1.1 200") < 2 or not answers.endswith(b'"xyz"'):
            received = connection.recv(65536)
            assert received, answers
            answers += received
    assert answers.index(b'"abc"') < answers.index(b'"xyz"')


def test_a_body_is_awaited(server):
    """The application waits in read() until the rest has come."""
    with server.connect() as connection:
        connection.sendall(b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
        assert server.get("/ignore").status == 200
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.settimeout(10)
        connection.sendall(b"def")
        assert connection.recv(65536).endswith(b'"abcdef"')


def test_100_continue_is_sent_when_the_body_is_asked_for(server):
    head = b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head % b"/read")
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert connection.recv(65536).endswith(b'"abc"')


def test_100_continue_is_not_sent_when_the_body_is_not_asked_for(server):
    head = b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head % b"/ignore")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_client_that_leaves_is_a_connection_error_and_no_trouble(server):
    with server.connect() as connection:
        connection.sendall(b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        server.wait_for_output("reading failed: ConnectionResetError")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
    assert server.get("/ignore").status == 200
    assert "Traceback" not in server.output()


def test_a_malformed_chunk_is_an_os_error(server):
    with server.connect() as connection:
        connection.sendall(
            b"POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
        )
        server.wait_for_output("reading failed: OSError")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
    assert server.get("/ignore").status == 200
    assert "Traceback" not in server.output()


def test_another_error_after_a_malformed_chunk_is_the_applications(server):
    with server.connect() as connection:
        connection.sendall(
            b"POST /other-error HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 500 ")
    server.wait_for_output("FileNotFoundError")


def test_a_body_that_does_not_come_is_a_timeout(serve):
    server = serve("--workers", "1", "--body-timeout", "0.2", "wsgi_body:app")
    with server.connect() as connection:
        connection.sendall(b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
        server.wait_for_output("reading failed: TimeoutError")
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
    assert "Traceback" not in server.output()
