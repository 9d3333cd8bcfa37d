"""Requests and answers over TLS: what holds for plain connections holds for these."""

import os
import shlex
import socket
import ssl
import subprocess

import pytest
from conftest import APPS
from http_wire import TIMEOUT, Wire, chunked, request
from tls_client import HANDSHAKE, TlsWire, bind, client, server, start  # noqa: F401

APPLICATION_DATA = b"\x17\x03\x03"


@pytest.fixture
def wire(server, client):
    with TlsWire(server.port, context=client) as wire:
        yield wire


def test_the_address_is_announced_as_https(server):
    assert server.url == f"https://127.0.0.1:{server.port}"


def test_a_request_is_answered(wire):
    assert wire.ask("/").text == "hello\n"


def test_the_scheme_is_https(wire):
    assert wire.ask("/scheme").text == "https"


def test_a_connection_answers_one_request_after_the_other(wire):
    assert [wire.ask("/").text for _ in range(50)] == ["hello\n"] * 50


def test_a_request_may_come_in_records_of_one_byte(wire):
    wire.send_slowly(request("/"))
    assert wire.answer().text == "hello\n"


def test_pipelined_requests_are_answered_in_order(wire):
    wire.send(b"".join(request(f"/show/{n}") for n in range(200)))
    assert [wire.answer().status for _ in range(200)] == [200] * 200


def test_requests_in_many_records_of_one_segment_are_answered(server, client):
    """The last of them lie in the buffer of the library when the socket has no news left."""
    with TlsWire(server.port, context=client) as wire:
        wire.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        for _ in range(30):
            wire.send(request("/"))
        wire.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
        assert [wire.answer().text for _ in range(30)] == ["hello\n"] * 30


@pytest.mark.parametrize("size", [0, 1, 500, 4000, 16384, 16385, 100_000, 3_000_000])
def test_answers_of_any_size_arrive_whole(wire, size):
    assert wire.ask(f"/large/{size}").body == b"x" * size


@pytest.mark.parametrize("size", [1, 16384, 10_000_000])
def test_bodies_go_both_ways_at_once(wire, size):
    """Each side waits for the other one to read."""
    body = os.urandom(size)
    wire.send_and_receive(request("/echo", "Connection: close", method="POST", body=body))
    answer = wire.answer()
    assert (answer.status, answer.body) == (200, body)


def test_a_chunked_body_is_read(wire):
    wire.send(request("/read", "Transfer-Encoding: chunked", method="POST"))
    wire.send(chunked(b"a" * 70_000, b"b" * 20_000))
    assert wire.answer().text == "90000 bytes\n"


def test_a_slow_reader_holds_the_writer_up_and_nobody_else(server, client):
    with TlsWire(server.port, context=client) as slow, \
            TlsWire(server.port, context=client) as other:  # fmt: skip
        slow.send(request("/large/30000000"))
        assert slow.head().status == 200
        assert other.ask("/").text == "hello\n"
        left = 30_000_000 - len(slow.received)
        while left:
            piece = slow.stream.recv(65536)
            assert piece == b"x" * len(piece) != b""
            left -= len(piece)


def test_the_end_is_announced(wire):
    wire.send(request("/", "Connection: close"))
    assert wire.answer().text == "hello\n"
    wire.stream.suppress_ragged_eofs = False
    assert wire.stream.recv(1) == b""


def test_an_idle_connection_is_closed_with_an_announcement(start, client):
    server = start("--keep-alive-timeout", "0.2")
    with TlsWire(server.port, context=client) as wire:
        wire.stream.suppress_ragged_eofs = False
        assert wire.ask("/").text == "hello\n"
        assert wire.stream.recv(1) == b""


def test_an_answer_that_ends_with_the_connection_and_is_cut_short_is_not_taken_for_whole(wire):
    wire.send(request("/abort", version="1.0"))
    wire.stream.suppress_ragged_eofs = False
    with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
        while wire.stream.recv(65536):
            pass


def end_within_a_record(wire: TlsWire) -> None:
    """The end and the part of the record are one event; the server is to close as well."""
    with socket.socket(fileno=os.dup(wire.stream.fileno())) as plain:
        plain.settimeout(TIMEOUT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        plain.send(APPLICATION_DATA + b"\x00\x40within")
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(65536):
            pass


def test_an_idle_client_that_ends_within_a_record_has_gone(start, client):
    server = start("--keep-alive-timeout", "300")
    with TlsWire(server.port, context=client) as wire:
        assert wire.ask("/").text == "hello\n"
        end_within_a_record(wire)


def test_a_body_that_ends_within_a_record_is_not_waited_for(start, client):
    server = start("--body-timeout", "300")
    with TlsWire(server.port, context=client) as wire:
        expecting = request("/read", "Content-Length: 9", "Expect: 100-continue", method="POST")
        wire.send(expecting)
        assert wire.head().status == 100
        end_within_a_record(wire)


def test_a_drain_finishes_what_is_in_flight(server, client):
    with TlsWire(server.port, context=client) as busy, TlsWire(server.port, context=client) as idle:
        assert idle.ask("/").text == "hello\n"
        busy.send(request("/pieces/5/100"))
        assert busy.head().status == 200
        server.signal(15)
        assert busy.chunks().count(b"piece") == 5
        assert busy.rest() == b""
        idle.stream.suppress_ragged_eofs = False
        assert idle.stream.recv(1) == b""
    assert server.wait() == 0


def test_a_client_that_hangs_up_cancels_its_request(start, client):
    server = start("--cancel-on-disconnect", "on")
    with TlsWire(server.port, context=client) as wire:
        wire.send(request("/flood"))
        assert wire.head().status == 200
    server.wait_for_output("flood ended: E(PIPE|CONNRESET|CANCELED)")


def test_files_are_sent(start, client, tmp_path):
    content = os.urandom(1_000_001)
    (tmp_path / "a.bin").write_bytes(content)
    server = start("--static", f"/files={tmp_path}")
    with TlsWire(server.port, context=client) as wire:
        assert wire.ask("/files/a.bin").body == content
        assert wire.ask("/files/a.bin", "Range: bytes=16383-16385").body == content[16383:16386]
        assert wire.ask("/").text == "hello\n"


def test_a_file_of_the_application_is_sent(start, client, tmp_path):
    (tmp_path / "sent").write_bytes(b"0123456789" * 5000)
    server = start(env={"FILE_TO_SEND": str(tmp_path / "sent")})
    with TlsWire(server.port, context=client) as wire:
        assert wire.ask("/file").body in b"0123456789" * 5000


def test_handlers_on_os_threads_speak_tls(start, client):
    server = start("--concurrency", "threads:2")
    with TlsWire(server.port, context=client) as wire:
        assert wire.ask("/large/300000").body == b"x" * 300_000
        assert wire.ask("/echo", method="POST", body=b"a" * 100_000).body == b"a" * 100_000


@pytest.mark.without_faults("eagain", reason="the answer is not waited for if the socket is full")
def test_the_server_answers_in_place_of_a_late_os_thread(start, client):
    server = start("--concurrency", "threads:1", "--request-timeout", "0.3")
    with TlsWire(server.port, context=client) as wire:
        wire.send(request("/sleep/1000"))
        assert wire.answer().status == 504
        wire.stream.suppress_ragged_eofs = False
        assert wire.stream.recv(1) == b""


def test_an_os_thread_that_waits_for_the_body_is_answered_for(start, client):
    """It is inside a read when the answer is sent."""
    server = start("--concurrency", "threads:1", "--request-timeout", "0.3")
    with TlsWire(server.port, context=client) as wire:
        wire.send(request("/read", "Content-Length: 10", method="POST") + b"half ")
        assert wire.answer().status in (200, 504)


def test_a_plain_listener_stands_beside(start, client):
    server = start("--bind", "127.0.0.1:0")
    port = int(server.urls[1].rpartition(":")[2])
    with TlsWire(server.port, context=client) as wire, Wire(port) as plain:
        assert (wire.ask("/scheme").text, plain.ask("/scheme").text) == ("https", "http")


@pytest.mark.parametrize("scheme", ["https", "HTTPS", "http"])
def test_an_absolute_target_may_name_either_scheme(wire, scheme):
    assert wire.ask(f"{scheme}://test/scheme").text == "https"


def test_https_is_not_to_be_had_without_tls(serve, app):
    server = serve("--workers", "1", "--trusted-proxies", "127.0.0.2", app)
    with Wire(server.port) as wire:
        assert wire.ask("http://test/scheme").text == "http"
        assert [wire.ask(f"{scheme}://test/").status for scheme in ("https", "hTTps")] == [421, 421]
        assert wire.ask("/").status == 200


def test_https_is_to_be_had_by_way_of_a_trusted_proxy(serve, app):
    server = serve("--workers", "1", "--trusted-proxies", "127.0.0.1", app)
    with Wire(server.port) as wire:
        assert wire.ask("https://test/scheme", "X-Forwarded-Proto: https").text == "https"
        assert wire.ask("https://test/scheme", "X-Forwarded-Proto: http").status == 421


def test_the_proxy_protocol_comes_before_tls(serve, certificates, client):
    server = serve("--workers", "1", "--trusted-proxies", "127.0.0.1",
                   "--bind", bind(certificates, proxy="on"), "wsgi_environ:app")  # fmt: skip
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    plain.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.1 4321 443\r\n")
    with client.wrap_socket(plain, server_hostname="127.0.0.1") as stream:
        stream.sendall(request("/", "Connection: close"))
        text = b"".join(iter(lambda: stream.recv(65536), b"")).decode()
    assert '"REMOTE_ADDR": "192.0.2.7"' in text and '"wsgi.url_scheme": "https"' in text


def test_the_proxy_protocol_and_a_handshake_may_come_at_once(serve, app, certificates, client):
    server = serve("--workers", "1", "--trusted-proxies", "127.0.0.1",
                   "--bind", bind(certificates, proxy="on"), app)  # fmt: skip
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = client.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    with Wire(server.port) as wire:
        wire.send(b"PROXY UNKNOWN\r\n" + outgoing.read())
        assert wire.take(1) == HANDSHAKE[:1]


def test_python_speaks_tls_beside_the_server(start, certificates, client):
    """Its module ssl uses the same library."""
    server = start(application="tls_both:app", env={"CA": str(certificates.ca)})
    with TlsWire(server.port, context=client) as wire:
        inner = f"127.0.0.1:{server.port}"
        assert wire.ask(f"/?{inner}").text == "https asked https"


@pytest.fixture(scope="module")
def rekey(tmp_path_factory):
    """Runs the client of apps/tls_rekey.c: rekey(port, "tell" or "ask", how often)."""
    program = tmp_path_factory.mktemp("clients") / "tls_rekey"
    compiler = shlex.split(os.environ.get("CC", "cc"))
    subprocess.run(
        [*compiler, "-D_GNU_SOURCE", APPS / "tls_rekey.c", "-o", program, "-lssl", "-lcrypto"],
        check=True,
    )

    def run(*arguments: object) -> str:
        command = [program, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()

    return run


@pytest.mark.without_faults(
    "eagain", reason="a client that asks for new keys and takes no bytes is not waited for"
)
@pytest.mark.parametrize("kind", ["tell", "ask"])
@pytest.mark.parametrize("count", [1, 3, 20])
def test_a_client_may_change_its_keys(server, rekey, kind, count):
    assert rekey(server.port, kind, count) == "HTTP/1.1 200 OK"


def test_a_client_that_does_nothing_but_change_its_keys_is_not_listened_to(server, client, rekey):
    with TlsWire(server.port, context=client) as other:
        assert rekey(server.port, "tell", 5000) == "closed"
        assert other.ask("/").text == "hello\n"


@pytest.mark.parametrize("first", ["", "import ssl"])
def test_the_library_of_tls_does_not_stand_before_those_of_the_application(
    start, client, tmp_path, first
):
    (tmp_path / "scope.py").write_text(
        f"{first}\nimport ctypes\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    return [str(hasattr(ctypes.CDLL(None), 'SSL_new')).encode()]\n"
    )
    server = start(application="scope:app", cwd=tmp_path)
    with TlsWire(server.port, context=client) as wire:
        assert wire.ask("/").text == "False"
