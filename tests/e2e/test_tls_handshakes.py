"""What is agreed upon in a handshake: versions, names, sessions, certificates of clients."""

import os
import signal
import ssl
import subprocess
from contextlib import ExitStack

import pytest
from conftest import eventually
from services import Authority
from tls_client import TlsWire, bind, context

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture
def start(serve, app):
    """Starts a server of certificates: start(certificates, client_ca=...)."""

    def start(*pairs, workers=1, **parameters):
        return serve("--workers", str(workers), "--access-log", "off",
                     "--bind", bind(*pairs, **parameters), app)  # fmt: skip

    return start


@pytest.fixture
def server(start, certificates):
    return start(certificates)


@pytest.fixture
def client(certificates):
    return context(certificates.ca)


def only(version: ssl.TLSVersion) -> dict:
    return {"minimum_version": version, "maximum_version": version}


# --- What is spoken ---


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_both_versions_are_spoken(server, certificates, version):
    with TlsWire(server.port, context=context(certificates.ca, **only(version))) as wire:
        assert wire.stream.version() == version.name.replace("_", ".")
        assert wire.ask("/").text == "hello\n"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_older_versions_are_refused(server, certificates):
    old = context(certificates.ca, **only(ssl.TLSVersion.TLSv1_1))
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        TlsWire(server.port, context=old)
    server.wait_for_output("failed: unsupported protocol; further")


@pytest.mark.parametrize("cipher", ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256"])
def test_ciphers_without_forward_secrecy_or_authentication_are_refused(
    server, certificates, cipher
):
    weak = context(certificates.ca, **only(TLS_1_2))
    weak.set_ciphers(cipher)
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        TlsWire(server.port, context=weak)


def test_the_server_chooses_the_cipher(server, certificates):
    def chosen(order: str) -> str:
        client = context(certificates.ca, **only(TLS_1_2))
        client.set_ciphers(order)
        with TlsWire(server.port, context=client) as wire:
            return wire.stream.cipher()[0]

    weak, strong = "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"
    assert chosen(f"{weak}:{strong}") == chosen(f"{strong}:{weak}") == strong


def test_http_1_1_is_agreed_upon_among_others(server, client):
    client.set_alpn_protocols(["h2", "http/1.1"])
    with TlsWire(server.port, context=client) as wire:
        assert wire.stream.selected_alpn_protocol() == "http/1.1"
        assert wire.ask("/").text == "hello\n"


def test_a_client_that_offers_only_other_protocols_is_refused(server, client):
    client.set_alpn_protocols(["h2", "spdy/3"])
    with pytest.raises(ssl.SSLError, match="no application protocol"):
        TlsWire(server.port, context=client)


def test_renegotiation_is_refused(server):
    with subprocess.Popen(
        ["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{server.port}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as asker:  # fmt: skip
        asker.stdin.write(b"R\n")
        asker.stdin.flush()
        output = b""
        while b"no renegotiation" not in output:
            assert (line := asker.stdout.readline()), output
            output += line
        asker.kill()


# --- Names ---


@pytest.fixture(scope="module")
def named(authority):
    return {
        "first": authority.issue("first", "DNS:first.example", "IP:127.0.0.1"),
        "other": authority.issue("other", "DNS:other.example", "DNS:*.wild.example"),
        "exact": authority.issue("exact", "DNS:exact.wild.example"),
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("first.example", "first.example"),
        ("other.example", "other.example"),
        ("OTHER.Example", "other.example"),
        ("any.wild.example", "*.wild.example"),
        ("exact.wild.example", "exact.wild.example"),
        ("a.b.wild.example", "first.example"),
        ("unknown.example", "first.example"),
        (None, "first.example"),
    ],
)
def test_a_client_gets_the_certificate_for_the_name_it_asks_for(start, named, name, expected):
    server = start(*named.values())
    with TlsWire(server.port, context=context(named["first"].ca), name=name) as wire:
        assert expected in wire.names()
        assert wire.ask("/").text == "hello\n"


@pytest.mark.parametrize("name", ["twin.example", None])
@pytest.mark.parametrize("kind", ["ECDSA", "RSA"])
def test_certificates_for_one_name_may_have_keys_of_two_kinds(start, authority, named, name, kind):
    pairs = [authority.issue(f"twin-{k}", "DNS:twin.example", kind=k) for k in ("ec", "rsa")]
    server = start(*pairs, named["other"])
    client = context(authority.ca, **only(TLS_1_2))
    client.set_ciphers(f"ECDHE-{kind}-AES128-GCM-SHA256")
    with TlsWire(server.port, context=client, name=name) as wire:
        assert wire.names() == {"twin.example"}


# --- Sessions ---


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_a_session_is_resumed_by_any_worker_and_by_their_successors(start, certificates, version):
    server = start(certificates, workers=2)
    client = context(certificates.ca, **only(version))
    with TlsWire(server.port, context=client) as wire:
        before = {int(wire.ask("/pid").text)}
        session = wire.stream.session

    def resume(wires: ExitStack) -> int:
        wire = wires.enter_context(TlsWire(server.port, context=client, session=session))
        assert wire.stream.session_reused
        return int(wire.ask("/pid").text)

    def answers(expected: set[int]) -> bool:
        """Connections that stay open go to each in turn."""
        with ExitStack() as wires:
            return {resume(wires) for _ in range(20)} == expected

    before |= set(server.worker_pids())
    eventually(lambda: answers(before), "both workers answer")
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(set(server.worker_pids()) - before) == 2, "successors")
    eventually(lambda: answers(set(server.worker_pids()) - before), "the successors answer")


def test_a_session_of_one_address_is_not_resumed_on_another(serve, app, certificates, client):
    server = serve("--workers", "1", *["--bind", bind(certificates)] * 2, app)
    with TlsWire(server.port, context=client) as wire:
        assert wire.ask("/").text == "hello\n"
        session = wire.stream.session
    other = int(server.urls[1].rpartition(":")[2])
    with TlsWire(other, context=client, session=session) as wire:
        assert not wire.stream.session_reused
        assert wire.ask("/").text == "hello\n"


# --- Certificates of clients ---


@pytest.fixture(scope="module")
def ann(authority):
    return authority.issue("ann", subject="/O=Example/CN=Ann Müller")


def with_certificate(ca, certificates, **options) -> ssl.SSLContext:
    client = context(ca, **options)
    client.load_cert_chain(certificates.certificate, certificates.key)
    return client


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_the_subject_of_a_clients_certificate_is_known(start, certificates, ann, version):
    server = start(certificates, client_ca=ann.ca)
    client = with_certificate(certificates.ca, ann, **only(version))
    with TlsWire(server.port, context=client) as wire:
        assert wire.ask("/client").text == "CN=Ann M\\C3\\BCller,O=Example"
        session = wire.stream.session
    with TlsWire(server.port, context=client, session=session) as wire:
        assert wire.stream.session_reused
        assert wire.ask("/client").text == "CN=Ann M\\C3\\BCller,O=Example"


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_a_client_without_a_certificate_is_refused(start, certificates, version):
    server = start(certificates, client_ca=certificates.ca)
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE|CERTIFICATE_REQUIRED"):
        with TlsWire(server.port, context=context(certificates.ca, **only(version))) as wire:
            wire.ask("/")
    server.wait_for_output("failed: peer did not return a certificate; further")


def test_a_client_may_have_none_where_it_is_only_asked(start, certificates, client):
    server = start(certificates, client_ca=certificates.ca, client="request")
    with TlsWire(server.port, context=client) as wire:
        assert wire.ask("/client").text == "none"


@pytest.mark.parametrize("mode", ["require", "request"])
def test_a_certificate_of_somebody_else_is_refused(start, certificates, tmp_path, mode):
    stranger = Authority(tmp_path).establish()
    mallory = stranger.issue("mallory")
    server = start(certificates, client_ca=certificates.ca, client=mode)
    with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
        with TlsWire(server.port, context=with_certificate(certificates.ca, mallory)) as wire:
            wire.ask("/")
    server.wait_for_output("failed: unable to get local issuer certificate; further")


@pytest.mark.parametrize(("has", "verified"), [(True, "SUCCESS"), (False, "NONE")])
def test_the_environ_says_who_the_client_is(serve, certificates, ann, client, has, verified):
    address = bind(certificates, client_ca=ann.ca, client="request")
    server = serve("--workers", "1", "--bind", address, "wsgi_environ:app")
    if has:
        client = with_certificate(certificates.ca, ann)
    with TlsWire(server.port, context=client) as wire:
        fields = ("SSL-Client-Verify: SUCCESS", "SSL_CLIENT_S_DN: CN=root")
        text = wire.ask("/", *fields).text
    assert f'"SSL_CLIENT_VERIFY": "{verified}"' in text
    assert ('"SSL_CLIENT_S_DN": "CN=Ann' in text) is has
    assert '"wsgi.url_scheme": "https"' in text


def test_without_tls_the_environ_has_no_word_of_certificates(serve):
    server = serve("--workers", "1", "wsgi_environ:app")
    assert '"SSL_CLIENT' not in server.get("/", headers={"SSL-Client-Verify": "SUCCESS"}).text
