"""--bind ADDRESS?proxy=on: connections that begin with the PROXY protocol."""

import json
import socket
import struct

import pytest
from http_wire import Wire, request
from proxies import CLIENT, PROXY, haproxy  # noqa: F401
from tls_client import TlsWire, bind, context

TRUSTED = "127.0.0.1,127.0.0.5"
LINE = b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n"


def binary(command: int = 0x21, transport: int = 0x11, tlvs: bytes = b"") -> bytes:
    addresses = socket.inet_aton("192.0.2.7") + socket.inet_aton("192.0.2.1")
    addresses += struct.pack("!HH", 56324, 443)
    rest = addresses + tlvs
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", command, transport, len(rest)) + rest


@pytest.fixture
def serve_behind(serve):
    def serve_behind(*options: str, app: str = "wsgi_environ:app"):
        return serve("--workers", "1", "--trusted-proxies", TRUSTED, "--bind",
                     "127.0.0.1:0?proxy=on", *options, app)

    return serve_behind


def environ_on(wire: Wire, *fields: str) -> dict:
    answer = wire.ask("/", *fields)
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


def assert_believed(environ: dict) -> None:
    assert (environ["REMOTE_ADDR"], environ["REMOTE_PORT"]) == ("192.0.2.7", "56324")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("192.0.2.1", "443")


@pytest.fixture
def server(serve_behind):
    return serve_behind()


@pytest.mark.parametrize("header", [LINE, binary(), binary(tlvs=bytes(65000))], ids=len)
def test_both_versions_name_the_client(server, header):
    with Wire(server.port) as wire:
        wire.send(header)
        assert_believed(environ_on(wire))
        assert_believed(environ_on(wire))  # of the connection, not of one request
    server.wait_for_output(r': 192\.0\.2\.7 "')


def test_it_may_come_in_pieces(server):
    for header in (LINE, binary(tlvs=b"\x04\0\x03abc")):
        with Wire(server.port) as wire:
            wire.send_slowly(header + request("/"))
            assert_believed(json.loads(wire.answer().body))


def test_it_may_come_together_with_the_first_requests(server):
    with Wire(server.port) as wire:
        wire.send(binary() + 2 * request("/"))
        assert_believed(json.loads(wire.answer().body))
        assert_believed(json.loads(wire.answer().body))


def test_a_client_that_the_proxy_does_not_know_has_no_address_and_is_not_trusted(server):
    for header in (b"PROXY UNKNOWN\r\n", binary(transport=0)):
        with Wire(server.port) as wire:
            wire.send(header)
            environ = environ_on(wire, "X-Forwarded-For: 10.0.0.1")
        assert environ["REMOTE_ADDR"] == ""
        assert environ["SERVER_NAME"] == "127.0.0.1"


def test_a_proxy_that_speaks_for_itself_is_the_peer(server):
    with Wire(server.port) as wire:
        wire.send(binary(command=0x20))
        assert environ_on(wire)["REMOTE_ADDR"] == "127.0.0.1"


def test_the_client_is_believed_only_if_it_is_a_proxy_too(server):
    for source, believed in ((b"192.0.2.7", "192.0.2.7"), (b"127.0.0.5", "198.51.100.1")):
        with Wire(server.port) as wire:
            wire.send(LINE.replace(b"192.0.2.7", source))
            assert environ_on(wire, "X-Forwarded-For: 198.51.100.1")["REMOTE_ADDR"] == believed


@pytest.mark.parametrize(
    "sent",
    [request("/"), LINE[:-2] + b"\n", b"PROXY TCP4 a b 1 2\r\n", binary(command=0x22),
     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PROXY UNKNOWN " + bytes(200)],
)
def test_what_is_malformed_costs_its_own_connection_alone(server, sent):
    with Wire(server.port) as other:
        other.send(LINE)
        with Wire(server.port) as wire:
            wire.send(sent)
            with pytest.raises((ConnectionResetError, AssertionError)):
                wire.head()
            assert wire.received == b""
        assert_believed(environ_on(other))
    server.wait_for_output("does not begin with the PROXY protocol")


def test_a_peer_that_is_not_trusted_is_closed(serve):
    server = serve("--workers", "1", "--trusted-proxies", "10.0.0.0/8,unix", "--bind",
                   "127.0.0.1:0?proxy=on", "wsgi_environ:app")
    with Wire(server.port) as wire:
        wire.send(LINE + request("/"))
        with pytest.raises((ConnectionResetError, AssertionError)):
            wire.head()
    server.wait_for_output("not a trusted proxy's")


@pytest.mark.parametrize("part", [LINE[:20], binary()[:14], binary(tlvs=bytes(500))[:100]], ids=len)
def test_a_header_that_stays_unfinished_is_closed_without_a_word(serve_behind, part):
    server = serve_behind("--head-timeout", "0.2")
    with Wire(server.port) as wire:
        wire.send(part)
        assert wire.rest() == b""


def test_other_sockets_of_the_server_do_not_want_it(serve_behind):
    server = serve_behind("--bind", "127.0.0.1:0")
    with Wire(int(server.urls[1].rpartition(":")[2])) as wire:
        assert environ_on(wire)["REMOTE_ADDR"] == "127.0.0.1"
    with Wire(int(server.urls[1].rpartition(":")[2])) as wire:
        wire.send(LINE)
        assert wire.answer().status == 400


@pytest.mark.parametrize("version", ["send-proxy", "send-proxy-v2"])
@pytest.mark.parametrize("mode", ["tcp", "http"])
def test_haproxy(server, haproxy, version, mode):  # noqa: F811
    proxy = haproxy(f"127.0.0.1:{server.port} {version}", mode=mode)
    environ = proxy.environ(X_Forwarded_For="10.9.9.9", X_Forwarded_Proto="https")
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == (CLIENT, "http")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == (PROXY, str(proxy.port))


def test_haproxy_checks_that_the_server_is_alive(serve_behind, haproxy):  # noqa: F811
    server = serve_behind()
    check = "check inter 50 send-proxy-v2 check-send-proxy"
    proxy = haproxy(f"127.0.0.1:{server.port} {check}\n    option httpchk")
    server.wait_for_output(r': 127\.0\.0\.1 "OPTIONS ')
    assert proxy.environ()["REMOTE_ADDR"] == CLIENT


@pytest.mark.parametrize("version", ["send-proxy", "send-proxy-v2"])
def test_it_comes_before_tls(serve, haproxy, certificates, version):  # noqa: F811
    server = serve("--workers", "1", "--trusted-proxies", TRUSTED, "--bind",
                   bind(certificates, proxy="on"), "wsgi_environ:app")
    proxy = haproxy(f"127.0.0.1:{server.port} {version}", mode="tcp")
    with TlsWire(proxy.port, context=context(certificates.ca)) as wire:
        environ = environ_on(wire)
        port = wire.stream.getsockname()[1]
    assert (environ["REMOTE_PORT"], environ["SERVER_PORT"]) == (str(port), str(proxy.port))
    assert environ["wsgi.url_scheme"] == "https"


def test_wrong_addresses_are_told(greenroom):
    def complaint(*options: str) -> str:
        done = greenroom("serve", *options, "wsgi_environ:app")
        assert done.returncode == 2
        return done.stderr

    assert "needs --trusted-proxies" in complaint("--bind", ":0?proxy=on")
    assert "neither on nor off" in complaint("--bind", ":0?proxy=yes")
