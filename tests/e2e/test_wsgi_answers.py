"""start_response, bodies and close() (PEP 3333)."""

import http.client
import re

import pytest
from apps.wsgi_answers import BIG
from conftest import eventually


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "wsgi_answers:app")


def assert_failed(server, path: str, error: str) -> None:
    """The client is told no more than that, the log has it all, and the worker goes on."""
    response = server.get(path)
    assert (response.status, response.text) == (500, "Internal Server Error\n")
    server.wait_for_output(error)
    assert server.get("/one").text == "one piece"


def assert_cut_short(server, path: str, received: bytes) -> None:
    with pytest.raises(http.client.IncompleteRead) as caught:
        server.get(path)
    assert caught.value.partial == received
    assert server.get("/one").text == "one piece"


# --- Bodies ---


@pytest.mark.parametrize("path, body", [
    ("/one", b"one piece"),
    ("/several", b"several pieces"),
    ("/none", b""),
    ("/sized", b"only one"),
    ("/declared", b"declared"),
])
def test_a_body_of_known_length_has_content_length(server, path, body):
    response = server.get(path)
    assert (response.status, response.body) == (200, body)
    assert response.headers["Content-Length"] == str(len(body))
    assert "Transfer-Encoding" not in response.headers


def test_a_long_list_has_content_length_too(server):
    response = server.get("/big_list")
    assert response.headers["Content-Length"] == str(2 * len(BIG))
    assert response.body == BIG * 2


def test_a_generator_is_sent_in_chunks(server):
    response = server.get("/generator")
    assert response.text == "first second"
    assert response.headers["Transfer-Encoding"] == "chunked"


def test_start_response_may_be_called_by_the_iterator(server):
    response = server.get("/lazy_start")
    assert (response.status, response.text) == (202, "late")


def test_write_goes_before_what_is_returned(server):
    assert server.get("/writer").text == "written, returned"


@pytest.mark.parametrize("path", ["/one", "/generator", "/declared", "/several", "/file"])
def test_head_has_no_body(server, path):
    response = server.request("HEAD", path)
    assert (response.status, response.body) == (200, b"")
    assert server.get("/one").text == "one piece"


def test_head_that_is_answered_with_nothing_tells_no_length(server):
    """What GET would get is not known."""
    head = server.request("HEAD", "/nothing").headers
    assert "Content-Length" not in head and "Transfer-Encoding" not in head
    assert server.get("/nothing").headers["Content-Length"] == "0"


def test_no_content_has_no_length(server):
    response = server.get("/no_content")
    assert (response.status, response.body) == (204, b"")
    assert "Content-Length" not in response.headers


def test_reasons_are_the_applications_own(server):
    with server.connect() as connection:
        connection.sendall(b"GET /reason HTTP/1.1\r\nHost: a\r\n\r\n")
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert (response.status, response.reason) == (299, "Whatever you like")


def test_header_values_are_latin1(server):
    assert server.get("/latin1").headers["X-Name"] == "Bj\xf6rn"


def test_fields_may_be_repeated(server):
    assert server.get("/cookies").headers.get_all("Set-Cookie") == ["a=1", "b=2"]


def test_fields_about_the_connection_are_dropped_with_one_warning(server):
    for _ in range(2):
        response = server.get("/headers/connection")
        assert (response.status, response.text) == (200, "accepted")
        assert response.headers["X-Kept"] == "yes"
        assert "Connection" not in response.headers and "Keep-Alive" not in response.headers
    server.get("/one")
    server.wait_for_output("GET /one ")
    assert server.output().count("the application sets Connection") == 1
    assert "the application sets keep-alive" not in server.output()


def test_head_of_a_declared_body_that_is_not_produced_is_no_mistake(server):
    assert server.request("HEAD", "/too_short_written").status == 200
    assert "ValueError" not in server.output()


# --- Files ---


def test_a_file_is_sent_from_its_position(server):
    response = server.get("/file")
    assert response.body == BIG
    assert response.headers["Content-Length"] == str(len(BIG))


def test_a_file_is_sent_as_far_as_declared(server):
    assert server.get("/file_part").text == "0123"


def test_what_only_looks_like_a_file_is_read(server):
    assert server.get("/file_in_memory").text == "from memory" * 1000


def test_a_file_whose_descriptor_has_other_bytes_is_read(server):
    assert server.get("/file_of_gzip").text == "unpacked" * 1000


@pytest.mark.parametrize("path, text", [
    ("/file_subclassed", "QUIET"),
    ("/file_subclassed?buffered", "QUIET"),
    ("/file_with_raw", "not the file"),
])
def test_a_file_with_a_read_of_its_own_is_read(server, path, text):
    assert server.get(path).text == text


def test_a_wrapped_file_is_closed(server):
    assert server.get("/file_closing").text == "loud"
    server.wait_for_output("file closed$")


# --- close() ---


def test_close_is_called_once_at_the_end(server):
    assert server.get("/closing").text == "ab"
    server.wait_for_output("closed$")
    assert server.output().count("closed\n") == 1


def test_close_is_called_after_an_error(server):
    assert_failed(server, "/closing_after_error", "ZeroDivisionError")
    server.wait_for_output("closed$")


# --- exc_info ---


def test_exc_info_replaces_status_and_fields_before_the_head_is_out(server):
    response = server.get("/replaced")
    assert (response.status, response.text) == (503, "replaced")
    assert response.headers["X-Second"] == "yes" and "X-First" not in response.headers


def test_exc_info_is_raised_once_the_head_is_out(server):
    assert_cut_short(server, "/too_late", b"begun")
    server.wait_for_output(r"KeyError: 'too late'")


# --- What an application does wrong ---


@pytest.mark.parametrize("path, error", [
    ("/raises", "ZeroDivisionError: on purpose"),
    ("/raises_exit", "SystemExit: 3"),
    ("/twice", "AssertionError: start_response was called a second time"),
    ("/silent", "AssertionError: the application did not call start_response"),
    ("/returns_none", "TypeError: the application returned None"),
    ("/returns_text", "TypeError: the body must consist of bytes, not str"),
    ("/yields_text", "TypeError: the body must consist of bytes, not str"),
    ("/too_long", "ValueError: the body is longer than .* 3 bytes"),
    ("/status/bytes", "TypeError: the status must be a str"),
    ("/status/number", "TypeError: the status must be a str"),
    ("/status/no-reason", "ValueError: the status must be three digits"),
    ("/status/interim", "ValueError: the status must be three digits from 200"),
    ("/status/control", "ValueError: the status must be .* without control characters"),
    ("/status/not-latin1", "UnicodeEncodeError: 'latin-1'"),
    ("/headers/tuple", "TypeError: the header fields must be a list"),
    ("/headers/triple", "TypeError: a header field must be a tuple of two str"),
    ("/headers/list-item", "TypeError: a header field must be a tuple of two str"),
    ("/headers/number", "TypeError: a header field must be a tuple of two str"),
    ("/headers/bytes", "TypeError: a header field must be a tuple of two str"),
    ("/headers/name", "ValueError: not a valid header field: 'X A': 'b'"),
    ("/headers/empty-name", "ValueError: not a valid header field: ''"),
    ("/headers/control", "ValueError: not a valid header field: 'X-A'"),
    ("/headers/not-latin1", "UnicodeEncodeError: 'latin-1'"),
    ("/headers/hop-by-hop", "ValueError: 'Upgrade' is a hop-by-hop header field"),
    ("/headers/transfer-encoding", "ValueError: 'Transfer-Encoding' is a hop-by-hop"),
    ("/headers/bad-length", "ValueError: not a valid header field: 'Content-Length'"),
])
def test_a_mistake_is_answered_500_and_explained_in_the_log(server, path, error):
    assert_failed(server, path, error)


@pytest.mark.parametrize("path, error", [
    ("/raises_in_stream", "ZeroDivisionError: half way"),
    ("/too_short", "ValueError: the body is shorter than .* 10 bytes"),
    ("/too_short_written", "ValueError: the body is shorter than .* 10 bytes"),
    ("/too_short_file", "ValueError: the body is shorter than .* 10 bytes"),
])
def test_an_error_once_the_head_is_out_cuts_the_answer_short(server, path, error):
    assert_cut_short(server, path, b"begun" if "stream" in path else b"short")
    server.wait_for_output(error)


def test_a_traceback_is_under_its_request_and_begins_in_the_application(server):
    server.get("/raises?a=b")
    server.wait_for_output("ZeroDivisionError: on purpose")
    trace = server.output()[server.output().index("GET /raises?a=b failed") :]
    lines = trace.splitlines()
    assert lines[1] == "    Traceback (most recent call last):"
    assert re.match(r'      File ".*/wsgi_answers.py", line \d+, in app$', lines[2])


def test_what_is_kept_of_a_request_is_of_no_use_afterwards(server):
    assert server.get("/kept").text == "kept"
    eventually(  # a client may have the answer before the request is over
        lambda: server.get("/kept").text == "the request is over", "what is kept is of no use"
    )
