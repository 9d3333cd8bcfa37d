"""Who is believed about the client, and what: --trusted-proxies, --proxy-headers, --mount."""

import json
import socket

import pytest
from http_wire import Answer, Wire

LOCAL = "127.0.0.0/8,10.0.0.0/8,2001:db8::/32"


@pytest.fixture
def ask(serve):
    """Sends a request with these fields, on a connection of its own, to a server with these
    options, which is started once."""
    servers = {}

    def ask(*fields: str, options: tuple[str, ...] = ("--trusted-proxies", LOCAL),
            target: str = "/a", host: str | None = "inner:8000", version: str = "1.1") -> Answer:
        if options not in servers:
            servers[options] = serve("--workers", "1", *options, "wsgi_environ:app")
        server = servers[options]
        lines = [f"GET {target} HTTP/{version}", *([f"Host: {host}"] if host else []), *fields]
        with Wire(server.port) as wire:
            wire.send("\r\n".join([*lines, "", ""]).encode("latin-1"))
            return wire.answer()

    return ask


def environ(answer: Answer) -> dict:
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


def refusal(answer: Answer) -> str:
    assert answer.status == 400
    return answer.text


FORWARDED = ("--trusted-proxies", LOCAL, "--proxy-headers", "forwarded")


def test_nobody_is_believed_by_default(ask):
    fields = ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https", "X-Forwarded-Port: 81",
              "X-Forwarded-Host: example.org", "X-Forwarded-Prefix: /shop",
              "Forwarded: for=192.0.2.8;proto=https;host=a"]
    found = environ(ask(*fields, options=()))
    assert found["REMOTE_ADDR"] == found["SERVER_NAME"] == "127.0.0.1"
    assert found["SERVER_PORT"] == environ(ask(options=()))["SERVER_PORT"]
    assert (found["wsgi.url_scheme"], found["SCRIPT_NAME"]) == ("http", "")
    assert found["HTTP_HOST"] == "inner:8000"
    assert found["HTTP_X_FORWARDED_FOR"] == "192.0.2.7"


def test_a_peer_of_another_network_is_not_believed_however_malformed_its_fields(ask):
    fields = "X-Forwarded-For: nonsense", "X-Forwarded-Proto: ftp", "X-Forwarded-Port: 0"
    found = environ(ask(*fields, options=("--trusted-proxies", "10.0.0.0/8,::1,unix")))
    assert found["REMOTE_ADDR"] == "127.0.0.1"


def test_the_client_is_the_last_in_the_list_who_is_no_trusted_proxy(ask):
    for sent, address, port in [
        ("192.0.2.7", "192.0.2.7", "0"),
        ("192.0.2.7:4711", "192.0.2.7", "4711"),
        ("[2001:dba::1]:4711", "2001:dba::1", "4711"),
        ("2001:dba::1", "2001:dba::1", "0"),
        ("192.0.2.66, 192.0.2.7, 10.0.0.1", "192.0.2.7", "0"),
        ("<script>, unknown, 192.0.2.7,10.0.0.1 , 2001:db8::5", "192.0.2.7", "0"),
        ("10.0.0.9, 10.0.0.1", "10.0.0.9", "0"),
        ("192.0.2.7, unknown, 10.0.0.1", "", "0"),
        ("_hidden", "", "0"),
        (", 192.0.2.7", "192.0.2.7", "0"),
    ]:
        found = environ(ask(f"X-Forwarded-For: {sent}"))
        assert (found["REMOTE_ADDR"], found["REMOTE_PORT"]) == (address, port)


def test_the_list_goes_on_in_the_field_before(ask):
    found = environ(ask("X-Forwarded-For: 192.0.2.66, 192.0.2.7", "X-Forwarded-For: 10.0.0.1"))
    assert found["REMOTE_ADDR"] == "192.0.2.7"


def test_a_proxy_that_speaks_for_itself_keeps_its_address(ask):
    assert environ(ask())["REMOTE_ADDR"] == "127.0.0.1"


def test_there_are_64_proxies_at_most(ask):
    chain = ", ".join(["192.0.2.7", *["10.0.0.1"] * 63])
    assert environ(ask(f"X-Forwarded-For: {chain}"))["REMOTE_ADDR"] == "192.0.2.7"
    assert "malformed" in refusal(ask(f"X-Forwarded-For: {chain}, 10.0.0.1"))


def test_a_malformed_address_from_a_trusted_proxy_is_refused(ask):
    for sent in ["nonsense", "192.0.2.256", "192.0.2.7:0", "[::1", "192.0.2.7, 10.0.0.", "a,10.0.0.1"]:
        assert "X-Forwarded-For is malformed" in refusal(ask(f"X-Forwarded-For: {sent}"))


def test_scheme_host_and_port_are_those_that_the_client_used(ask):
    found = environ(ask("X-Forwarded-Proto: https", "X-Forwarded-Host: example.org"))
    assert found["wsgi.url_scheme"] == "https"
    assert (found["SERVER_NAME"], found["SERVER_PORT"]) == ("example.org", "443")
    assert found["HTTP_HOST"] == "example.org"


def test_a_port_is_that_of_the_host_or_said_or_that_of_the_scheme(ask):
    for fields, host, server in [
        (["Proto: https"], "inner:8000", ("inner", "8000")),
        (["Host: a:81", "Port: 82"], "a:81", ("a", "81")),
        (["Host: a", "Port: 82"], "a:82", ("a", "82")),
        (["Host: a:", "Port: 82"], "a:82", ("a", "82")),
        (["Host: [::1]:", "Port: 82"], "[::1]:82", ("::1", "82")),
        (["Host: a", "Port: 80"], "a", ("a", "80")),
        (["Host: a", "Port: 443", "Proto: https"], "a", ("a", "443")),
        (["Host: a", "Port: 80", "Proto: https"], "a:80", ("a", "80")),
        (["Host: [::1]:81"], "[::1]:81", ("::1", "81")),
    ]:
        found = environ(ask(*[f"X-Forwarded-{field}" for field in fields]))
        assert found["HTTP_HOST"] == host
        assert (found["SERVER_NAME"], found["SERVER_PORT"]) == server


def test_a_host_that_is_said_is_there_without_host(ask):
    found = environ(ask("X-Forwarded-Host: example.org", host=None, version="1.0"))
    assert (found["HTTP_HOST"], found["SERVER_NAME"]) == ("example.org", "example.org")


def test_without_any_host_the_server_is_the_connections(ask):
    plain = environ(ask(host=None, version="1.0"))
    found = environ(ask("X-Forwarded-Proto: https", host=None, version="1.0"))
    assert found["wsgi.url_scheme"] == "https"
    for key in ("SERVER_NAME", "SERVER_PORT"):
        assert found[key] == plain[key]
    assert "HTTP_HOST" not in found


def test_malformed_fields_of_a_trusted_proxy_are_refused(ask):
    for field, complaint in [
        ("Proto: ftp", "Proto is neither http nor https"),
        ("Proto: https, http", "Proto is neither http nor https"),
        ("Proto: https\r\nX-Forwarded-Proto: https", "Proto is neither http nor https"),
        ("Proto:", "Proto is neither http nor https"),
        ("Host: a, b", "Host is malformed"),
        ("Host: user@a", "Host is malformed"),
        ("Host: a:99999", "Host is malformed"),
        ("Host:", "Host is malformed"),
        ("Port: 0", "Port is not a port"),
        ("Port: 80, 80", "Port is not a port"),
        ("Prefix: shop", "Prefix is malformed"),
        ("Prefix: //evil.example", "Prefix is malformed"),
        ("Prefix: /a/../b", "Prefix is malformed"),
        ("Prefix: /%zz", "Prefix is malformed"),
        ("Prefix: /%2Fevil.example", "Prefix is malformed"),
        ("Prefix: /a, /b", "Prefix is malformed"),
    ]:
        assert f"X-Forwarded-{complaint}" in refusal(ask(f"X-Forwarded-{field}"))


def test_a_prefix_becomes_the_script_name(ask):
    found = environ(ask("X-Forwarded-Prefix: /a%20shop/"))
    assert (found["SCRIPT_NAME"], found["PATH_INFO"]) == ("/a shop", "/a")


def test_only_one_kind_of_fields_is_believed(ask):
    x, forwarded = "X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.8"
    assert environ(ask(x, forwarded))["REMOTE_ADDR"] == "192.0.2.7"
    assert environ(ask(x, forwarded, options=FORWARDED))["REMOTE_ADDR"] == "192.0.2.8"
    assert environ(ask(x, options=FORWARDED))["REMOTE_ADDR"] == "127.0.0.1"
    off = (*FORWARDED[:3], "off")
    assert environ(ask(x, forwarded, options=off))["REMOTE_ADDR"] == "127.0.0.1"


def test_forwarded_tells_all_of_it(ask):
    found = environ(ask('Forwarded: for="[2001:dba::1]:4711";proto=https;host="example.org:8443"',
                        options=FORWARDED))
    assert (found["REMOTE_ADDR"], found["REMOTE_PORT"]) == ("2001:dba::1", "4711")
    assert (found["SERVER_NAME"], found["SERVER_PORT"]) == ("example.org", "8443")
    assert (found["wsgi.url_scheme"], found["HTTP_HOST"]) == ("https", "example.org:8443")


def test_forwarded_is_believed_where_the_chain_of_proxies_ends(ask):
    found = environ(ask("Forwarded: for=192.0.2.66;host=evil.example, for=192.0.2.7;proto=https",
                        "Forwarded: for=10.0.0.1;proto=http;host=inner", options=FORWARDED))
    assert (found["REMOTE_ADDR"], found["wsgi.url_scheme"]) == ("192.0.2.7", "https")
    assert found["HTTP_HOST"] == "inner:8000"


def test_a_proxy_that_does_not_say_for_whom_has_a_client_without_address(ask):
    assert environ(ask("Forwarded: proto=https", options=FORWARDED))["REMOTE_ADDR"] == ""


def test_a_malformed_forwarded_is_refused(ask):
    for sent in [
        'for="192.0.2.7',
        "for=192.0.2.7;for=192.0.2.8",
        "for=nonsense",
        "proto=ftp",
        'host="a b"',
        'for=x;by=", for=192.0.2.7',
        'for=", for=192.0.2.7;by="x"',
        ",".join(["for=10.0.0.1"] * 65),
    ]:
        assert "Forwarded is malformed" in refusal(ask(f"Forwarded: {sent}", options=FORWARDED))


def test_the_access_log_names_the_client(serve):
    server = serve("--workers", "1", "--trusted-proxies", LOCAL, "wsgi_environ:app")
    server.get("/", headers={"X-Forwarded-For": "192.0.2.7"})
    server.get("/", headers={"X-Forwarded-For": "unknown"})
    server.wait_for_output(r': 192\.0\.2\.7 "')
    server.wait_for_output(r': - "')


def test_a_proxy_on_a_unix_socket_is_trusted_by_name(serve, tmp_path):
    path = tmp_path / "socket"
    serve("--workers", "1", "--trusted-proxies", "unix", "--bind", f"unix:{path}",
          "wsgi_environ:app")
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(10)
        stream.connect(str(path))
        stream.sendall(b"GET / HTTP/1.0\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n")
        body = b"".join(iter(lambda: stream.recv(65536), b"")).partition(b"\r\n\r\n")[2]
    found = json.loads(body)
    assert (found["REMOTE_ADDR"], found["SERVER_NAME"]) == ("192.0.2.7", "localhost")


MOUNTED = ("--mount", "/shop")


def test_a_mounted_application_sees_the_paths_beneath(ask):
    for target, path in [("/shop/a?b", "/a"), ("/shop", ""), ("/shop/", "/"), ("/s%68op/%41", "/A")]:
        found = environ(ask(options=MOUNTED, target=target))
        assert (found["SCRIPT_NAME"], found["PATH_INFO"]) == ("/shop", path)
        assert found["REQUEST_URI"] == target


def test_what_is_not_beneath_is_not_found(ask):
    for target in ["/", "/shops", "/Shop/a", "/shop%2Fa", "/a/shop"]:
        assert ask(options=MOUNTED, target=target).status == 404


def test_a_prefix_stands_before_the_mount(ask):
    found = environ(ask("X-Forwarded-Prefix: /outer", target="/shop/a",
                        options=(*MOUNTED, "--trusted-proxies", LOCAL)))
    assert (found["SCRIPT_NAME"], found["PATH_INFO"]) == ("/outer/shop", "/a")


def test_routes_in_c_begin_beneath_the_mount(serve, app):
    server = serve("--workers", "1", *MOUNTED, app)
    assert server.get("/shop/").text == server.get("/shop").text == "hello\n"
    assert server.get("/").status == 404


def test_a_handler_in_c_is_told_the_url_that_the_client_knows(serve, app):
    server = serve("--workers", "1", *MOUNTED, "--trusted-proxies", LOCAL, app)
    assert server.get("/shop/url").text == f"http://127.0.0.1:{server.port}/shop/url\n"
    fields = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "example.org",
              "X-Forwarded-Prefix": "/outer"}
    answer = server.get("/shop/url", headers=fields)
    assert answer.text == "https://example.org/outer/shop/url\n"


def test_static_files_stay_where_they_are(serve, tmp_path):
    (tmp_path / "file.txt").write_text("static\n")
    server = serve("--workers", "1", *MOUNTED, "--static", f"/assets={tmp_path}", "wsgi_environ:app")
    assert server.get("/assets/file.txt").text == "static\n"


def test_wrong_options_are_told(greenroom):
    def complaint(*options: str) -> str:
        done = greenroom("serve", *options, "wsgi_environ:app")
        assert done.returncode == 2
        return done.stderr

    assert "no address" in complaint("--trusted-proxies", "*")
    assert "behind its prefix" in complaint("--trusted-proxies", "10.0.0.1/8")
    assert "64 networks at most" in complaint("--trusted-proxies", ",".join(["::1"] * 65))
    assert "forwarded or off" in complaint("--proxy-headers", "all")
    for wrong in ("shop", "/shop/", "/", "/a%20b", "//a", "/a?b"):
        assert "must be a path such as /shop" in complaint("--mount", wrong)
