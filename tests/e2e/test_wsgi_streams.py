"""Answers that are produced while they are sent."""

import socket

import pytest
from conftest import eventually


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "wsgi_streams:app")


def small_window(server) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    connection.settimeout(10)
    connection.connect(("127.0.0.1", server.port))
    return connection


def produced(server) -> int:
    return int(server.get("/count").text)


def stalled_at(server) -> int:
    """How much has been produced once a hundred other requests have not made it more."""
    at, unchanged = produced(server), 0
    while unchanged < 100:
        before, at = at, produced(server)
        unchanged = unchanged + 1 if at == before else 0
    return at


def test_a_generator_does_not_run_ahead_of_its_reader(server):
    with small_window(server) as reader:
        reader.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        eventually(lambda: produced(server) > 0, "a first piece")
        before = stalled_at(server)
        assert before < 16 << 20, "more than the kernel's buffers hold"
        received = 0
        while received < before + (1 << 20):
            received += len(reader.recv(1 << 20))
        assert produced(server) > before


def test_pieces_are_sent_before_the_next_one_is_asked_for(server):
    """A conversation: each line is answered before the next one is sent."""
    with server.connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for line in [b"one\n", b"two\n", b"three\n"]:
            connection.sendall(b"%x\r\n%s\r\n" % (len(line), line))
            received = b""
            while line.upper() not in received:
                received += connection.recv(65536)
        connection.sendall(b"0\r\n\r\n")
        assert connection.recv(65536) == b"0\r\n\r\n"


def test_a_generator_is_closed_when_the_client_leaves(server):
    with small_window(server) as reader:
        reader.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        reader.recv(1000)
    server.wait_for_output("generator closed$")
    assert server.get("/count").status == 200
    assert "Traceback" not in server.output()


@pytest.mark.parametrize("path, stream", [
    ("/forking", b"1\r\nA\r\n1\r\nB\r\n1\r\nC\r\n0\r\n\r\n"),
    ("/forking_at_close", b"1\r\nA\r\n1\r\nB\r\n0\r\n\r\n"),
])
def test_a_child_forked_while_a_body_is_produced_has_no_part_in_it(server, path, stream):
    with server.connect() as connection:
        connection.sendall(
            b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % path.encode()
        )
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert received.partition(b"\r\n\r\n")[2] == stream
    assert server.get("/count").status == 200
