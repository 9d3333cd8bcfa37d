"""Handshakes that are slow, fail, or come many at a time, and what others notice of them."""

import os
import select
import signal
import ssl
import subprocess
import time
from contextlib import ExitStack

import pytest
from conftest import eventually
from http_wire import Wire, request
from tls_client import HANDSHAKE, TlsWire, bind, client, server, start  # noqa: F401

def test_plain_http_is_told_that_this_is_https(server):
    with Wire(server.port) as wire:
        answer = wire.ask("/", method="DELETE")
        assert answer.status == 400 and "HTTPS" in answer.text
        assert wire.rest() == b""
    server.wait_for_output("failed: the client speaks plain HTTP; further")


@pytest.mark.parametrize(
    "sent", [b"\0" * 300, HANDSHAKE + b"\x00\x05hello", b"\x80\x2e\x01\x03\x01", b"\n\n\n\n\n\n",
             HANDSHAKE]
)
def test_what_is_no_handshake_costs_its_own_connection(server, client, sent):
    with TlsWire(server.port, context=client) as other, Wire(server.port) as wire:
        wire.send(sent)
        wire.end_sending()
        assert not wire.rest().startswith(b"HTTP")
        assert other.ask("/").text == "hello\n"


def test_a_handshake_may_arrive_byte_by_byte(server, client):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = client.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with Wire(server.port) as wire:
        for _ in range(10):
            try:
                session.do_handshake()
                break
            except ssl.SSLWantReadError:
                wire.send_slowly(outgoing.read())
                assert wire.more()
                incoming.write(wire.take(len(wire.received)))
        session.write(request("/"))
        wire.send(outgoing.read())
        while True:
            assert wire.more()
            incoming.write(wire.take(len(wire.received)))
            try:
                assert session.read().startswith(b"HTTP/1.1 200 OK")
                break
            except ssl.SSLWantReadError:
                pass


def test_a_handshake_takes_no_longer_than_a_head_may(start, client):
    server = start("--head-timeout", "0.3")
    with Wire(server.port) as silent, Wire(server.port) as half:
        half.send(HANDSHAKE)
        assert half.rest() == b""
        server.wait_for_output("failed: it took too long; further")
        silent.stream.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.stream.recv(1)
    with TlsWire(server.port, context=client) as wire:
        assert wire.ask("/").text == "hello\n"


def test_a_request_that_was_refused_leaves_no_deadline_to_a_handshake(start, client):
    """The green thread that has refused it goes on with the next connection that has news."""
    options = ["--request-timeout", "0.3", "--head-timeout", "10", "--bind", "127.0.0.1:0"]
    server = start(*options)
    plain = int(server.urls[1].rpartition(":")[2])
    outgoing = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        client.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="127.0.0.1").do_handshake()
    with Wire(server.port) as slow, Wire(plain) as refused, Wire(plain) as busy:
        assert busy.ask("/").text == refused.ask("/").text == "hello\n"
        os.kill(server.worker_pids()[0], signal.SIGSTOP)  # so that all of it comes at once
        busy.send(request("/") * 50)  # it steps aside after a few, and the others are looked at
        refused.send(b"no request\n\n")
        slow.send(outgoing.read(5))
        os.kill(server.worker_pids()[0], signal.SIGCONT)
        assert refused.answer().status == 400
        time.sleep(0.6)  # twice what a request may take
        slow.send(outgoing.read())
        assert slow.take(2) == HANDSHAKE[:2]


def test_failures_of_a_kind_are_logged_once_and_counted(server):
    for _ in range(3):
        assert b"400" in subprocess.run(
            ["curl", "-s", f"http://127.0.0.1:{server.port}/"], capture_output=True, timeout=20
        ).stdout
    server.stop()
    assert server.output().count("plain HTTP") == 1
    assert "TLS handshakes failed: 3" in server.output()


def test_a_client_that_connects_and_leaves_is_no_failure(server):
    Wire(server.port).stream.close()
    server.stop()
    assert "handshake" not in server.output()


def test_requests_do_not_wait_for_handshakes(serve, app, authority, client):
    """Each of them takes the server milliseconds; it has begun with few when the request comes. We
    may be late to look: then it is done again."""
    slow = authority.issue("slow", "IP:127.0.0.1", kind="slow")
    server = serve("--workers", "1", "--bind", bind(slow), "--bind", "127.0.0.1:0", app)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        client.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1").do_handshake()
    hello = outgoing.read()

    def is_overtaken() -> bool:
        with ExitStack() as wires:
            plain = wires.enter_context(Wire(int(server.urls[1].rpartition(":")[2])))
            shaking = [wires.enter_context(Wire(server.port)) for _ in range(60)]
            for wire in shaking:
                wire.send(hello)
            assert plain.ask("/").text == "hello\n"
            answered, _, _ = select.select([wire.stream for wire in shaking], [], [], 0)
            for wire in shaking:
                assert wire.take(1) == HANDSHAKE[:1]
            return len(answered) < 40

    assert any(is_overtaken() for _ in range(5))


def test_many_handshakes_at_once_all_succeed(server, client):
    wires = [Wire(server.port) for _ in range(60)]
    sessions = []
    for wire in wires:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = client.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        with pytest.raises(ssl.SSLWantReadError):
            session.do_handshake()
        sessions.append((wire, session, incoming, outgoing))
    for wire, _, _, outgoing in sessions:
        wire.send(outgoing.read())
    for wire, session, incoming, _ in sessions:
        def done(wire=wire, session=session, incoming=incoming) -> bool:
            assert wire.more()
            incoming.write(wire.take(len(wire.received)))
            try:
                session.do_handshake()
            except ssl.SSLWantReadError:
                return False
            return True

        eventually(done, "the handshake")
        wire.stream.close()
