"""What an application finds in environ (PEP 3333, "environ Variables")."""

import http.client
import json
import socket

import pytest
from http_wire import Wire, request


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "wsgi_environ:app")


def environ_of(server, head: str) -> dict:
    """Sends a request head, lines separated by a line break, and returns the environ."""
    with server.connect() as connection:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n")
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.status == 200
        return json.loads(response.read())


def get(server, target: str = "/", *fields: str) -> dict:
    lines = [f"GET {target} HTTP/1.1", "Host: example.org:81", *fields]
    return environ_of(server, "\n".join(lines))


def test_the_request_line_is_there(server):
    environ = get(server, "/a%20b/%C3%A9?x=%201&y")
    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["SCRIPT_NAME"] == ""
    assert environ["PATH_INFO"] == "/a b/\xc3\xa9"
    assert environ["QUERY_STRING"] == "x=%201&y"
    assert environ["REQUEST_URI"] == "/a%20b/%C3%A9?x=%201&y"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"


def test_the_query_string_is_empty_without_one(server):
    assert get(server, "/")["QUERY_STRING"] == ""


def test_http_1_0_is_told_apart(server):
    assert environ_of(server, "GET / HTTP/1.0")["SERVER_PROTOCOL"] == "HTTP/1.0"


def test_methods_are_told_apart(server):
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "get"]
    environs = [environ_of(server, f"{name} / HTTP/1.1\nHost: a") for name in methods]
    assert [environ["REQUEST_METHOD"] for environ in environs] == methods


def test_both_ends_of_the_connection_are_there(server):
    with server.connect() as connection:
        port = connection.getsockname()[1]
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        response = http.client.HTTPResponse(connection)
        response.begin()
        environ = json.loads(response.read())
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("127.0.0.1", str(server.port))
    assert (environ["REMOTE_ADDR"], environ["REMOTE_PORT"]) == ("127.0.0.1", str(port))


def test_a_unix_socket_has_the_defaults_for_an_address(serve, tmp_path):
    path = tmp_path / "socket"
    serve("--workers", "1", "--bind", f"unix:{path}", "wsgi_environ:app")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        response = http.client.HTTPResponse(connection)
        response.begin()
        environ = json.loads(response.read())
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("localhost", "80")
    assert environ["REMOTE_ADDR"] == ""


def test_header_fields_have_the_prefix(server):
    environ = get(server, "/", "User-Agent: test", "x-lower-case: value")
    assert environ["HTTP_HOST"] == "example.org:81"
    assert environ["HTTP_USER_AGENT"] == "test"
    assert environ["HTTP_X_LOWER_CASE"] == "value"


def test_field_values_are_latin1(server):
    assert get(server, "/", "X-Name: Bj\xf6rn")["HTTP_X_NAME"] == "Bj\xf6rn"


def test_long_names_and_values_are_whole(server):
    name, value = "X-" + "n" * 300, "v" * 3000
    environ = get(server, "/", f"{name}: {value}")
    assert environ["HTTP_" + name.upper().replace("-", "_")] == value


def test_more_field_names_than_are_remembered(server):
    for start in range(0, 600, 60):
        fields = [f"X-Field-{number}: {number}" for number in range(start, start + 60)]
        environ = get(server, "/", *fields)
        assert [environ[f"HTTP_X_FIELD_{n}"] for n in range(start, start + 60)] == [
            str(number) for number in range(start, start + 60)
        ]


def test_values_are_those_of_this_request(server):
    """Each is remembered until it changes."""
    for value in ["one", "two", "", "two", "x" * 126, "x" * 127, "one"]:
        assert get(server, "/", f"X-Value: {value}")["HTTP_X_VALUE"] == value


def test_content_type_and_length_have_no_prefix(server):
    head = "POST / HTTP/1.1\nHost: a\nContent-Type: text/plain\nContent-Length: 0"
    environ = environ_of(server, head)
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("text/plain", "0")
    assert "HTTP_CONTENT_TYPE" not in environ and "HTTP_CONTENT_LENGTH" not in environ


def test_content_type_and_length_are_absent_when_not_sent(server):
    environ = get(server)
    assert "CONTENT_TYPE" not in environ and "CONTENT_LENGTH" not in environ


def test_repeated_fields_are_joined(server):
    environ = get(server, "/", "Accept: a", "X-Other: o", "accept: b", "ACCEPT: c")
    assert environ["HTTP_ACCEPT"] == "a,b,c"


def test_repeated_cookies_are_joined_as_cookies(server):
    assert get(server, "/", "Cookie: a=1", "Cookie: b=2")["HTTP_COOKIE"] == "a=1; b=2"


def test_names_with_underscore_are_dropped(server):
    environ = get(server, "/", "X-User: real", "X_User: forged", "Content_Length: 5")
    assert environ["HTTP_X_USER"] == "real"
    assert "CONTENT_LENGTH" not in environ and "HTTP_CONTENT_LENGTH" not in environ


def test_dropped_fields_are_counted_and_the_first_is_logged(server):
    for name in ["X_User", "Y_User", "Proxy"]:
        get(server, "/", f"{name}: forged")
    server.stop()
    assert server.output().count("would pass for another") == 1
    server.wait_for_output(r"warning greenroom \S+: the field X_User from 127.0.0.1 would pass for another: dropped")
    server.wait_for_output("warning greenroom: request fields dropped: 3$")


def test_proxy_is_dropped(server):
    """It would be taken for the setting of HTTP clients (CVE-2016-5385)."""
    assert "HTTP_PROXY" not in get(server, "/", "Proxy: http://evil.example")


def test_script_name_is_not_taken_from_the_client(server):
    environ = get(server, "/", "Script-Name: /forged", "SCRIPT_NAME: /forged")
    assert environ["SCRIPT_NAME"] == ""


def test_what_a_proxy_would_say_is_told_and_believed_by_nobody(server):
    said = {
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "443",
        "X-Real-IP": "192.0.2.1",
        "X-Script-Name": "/forged",
        "Forwarded": "for=192.0.2.1;proto=https;host=evil.example",
        "Remote-Addr": "192.0.2.1",
        "Path-Info": "/forged",
    }
    environ = get(server, "/path", *(f"{name}: {value}" for name, value in said.items()))
    assert environ["REMOTE_ADDR"] == environ["SERVER_NAME"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == str(server.port)
    assert environ["wsgi.url_scheme"] == "http"
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", "/path")
    assert environ["HTTP_HOST"] == "example.org:81"
    for name, value in said.items():
        assert environ["HTTP_" + name.upper().replace("-", "_")] == value


def test_a_path_is_decoded_once(server):
    environ = get(server, "/%252e%252e/%2e%2e/%2525%2F?%2541")
    assert environ["PATH_INFO"] == "/%2e%2e/../%25/"
    assert environ["QUERY_STRING"] == "%2541"
    assert environ["REQUEST_URI"] == "/%252e%252e/%2e%2e/%2525%2F?%2541"


@pytest.mark.parametrize("path", ["/%", "/%2", "/%g0", "/%00", "/a%u0041"])
def test_a_path_that_cannot_be_decoded_is_refused(server, path):
    assert server.get(path).status == 400


def test_an_absolute_target_is_taken_apart(server):
    environ = environ_of(server, "GET http://A.example:81/p%20q?r HTTP/1.1\nHost: a.example:81")
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/p q", "r")
    assert environ["HTTP_HOST"] == "a.example:81"
    assert environ["REQUEST_URI"] == "http://A.example:81/p%20q?r"


def test_trailers_are_fields_of_no_request(server):
    post = request("/", "Transfer-Encoding: chunked", method="POST")
    with Wire(server.port) as wire:
        wire.send(post + b"0\r\nX-Trailer: y\r\n\r\n" + request("/"))
        for text in (wire.answer().text, wire.answer().text):
            assert "HTTP_HOST" in text and "TRAILER" not in text


def test_the_wsgi_variables_are_there(server):
    environ = get(server)
    assert environ["wsgi.version"] == [1, 0]
    assert environ["wsgi.url_scheme"] == "http"
    assert environ["wsgi.multithread"] is True
    assert environ["wsgi.multiprocess"] is False
    assert environ["wsgi.run_once"] is False
    assert environ["wsgi.input_terminated"] is True
    assert {"wsgi.input", "wsgi.errors", "wsgi.file_wrapper"} <= environ.keys()


def test_multiprocess_says_whether_there_are_more_workers(serve):
    assert get(serve("--workers", "2", "wsgi_environ:app"))["wsgi.multiprocess"] is True
