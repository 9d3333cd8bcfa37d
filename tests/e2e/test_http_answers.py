"""Answers: framing, what the server adds, and what it does with handlers that break the rules."""

import email.utils
import socket
import time

import pytest
from http_wire import request


@pytest.fixture(scope="module")
def payload(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "payload"
    path.write_bytes(bytes(range(256)) * 20_000)
    return path


@pytest.fixture
def server(serve, c_app, payload):
    return serve("--workers", "1", "--access-log", "off", c_app("answers"),
                 env={"FILE_TO_SEND": str(payload)})


def test_a_short_answer_is_counted_and_dated(wire):
    answer = wire.ask("/")
    assert (answer.status, answer.reason, answer.text) == (200, "OK", "hello\n")
    assert answer.fields["content-length"] == "6"
    assert answer.fields["content-type"] == "text/plain"
    date = email.utils.parsedate_to_datetime(answer.fields["date"])
    assert abs(date.timestamp() - time.time()) < 3
    assert "connection" not in answer.fields


def test_an_answer_does_not_say_which_software_it_is_from(wire):
    for target in ("/", "/nowhere"):
        assert "server" not in wire.ask(target).fields


@pytest.mark.parametrize("size", [0, 1, 300, 5000, 1_000_000])
def test_bodies_of_any_size_arrive(wire, size):
    assert wire.ask(f"/large/{size}").body == b"x" * size


def test_pieces_are_chunked_for_http_1_1(wire):
    answer = wire.ask("/pieces/3/0")
    assert answer.fields["transfer-encoding"] == "chunked"
    assert answer.text == "piece 0\npiece 1\npiece 2\n"
    assert wire.ask("/").status == 200


def test_pieces_end_with_the_connection_for_http_1_0(wire):
    wire.send(request("/pieces/3/0", "Connection: keep-alive", version="1.0"))
    answer = wire.answer()
    assert "transfer-encoding" not in answer.fields
    assert answer.closes
    assert answer.text == "piece 0\npiece 1\npiece 2\n"


def test_a_piece_leaves_as_it_is_written(wire):
    wire.send(request("/pieces/2/400"))
    wire.take_through(b"piece 0\n")
    began = time.monotonic()
    wire.take_through(b"piece 1\n")
    assert time.monotonic() - began > 0.2


@pytest.mark.parametrize("target", ["/", "/pieces/3/0", "/counted?whole", "/large/5000", "/file"])
def test_head_is_get_without_the_body(wire, target):
    wire.send(request(target, method="HEAD") + request("/"))
    head = wire.answer("HEAD")
    assert wire.answer().text == "hello\n"
    get = wire.ask(target)
    framing = ("content-length", "transfer-encoding", "content-type")
    assert {name: head.fields.get(name) for name in framing} == {
        name: get.fields.get(name) for name in framing
    }


@pytest.mark.parametrize("code", [204, 304])
def test_a_status_without_a_body_has_none(wire, code):
    wire.send(request(f"/status/{code}") + request("/"))
    answer = wire.answer()
    assert answer.status == code
    assert "content-length" not in answer.fields
    assert wire.answer().text == "hello\n"


def test_a_declared_length_replaces_chunks(wire):
    answer = wire.ask("/counted?whole")
    assert "transfer-encoding" not in answer.fields
    assert answer.text == "1234567890"


def test_a_body_shorter_than_declared_ends_the_connection(wire):
    wire.send(request("/counted"))
    assert wire.head().fields["content-length"] == "10"
    assert wire.rest() == b"12345"


def test_an_aborted_answer_has_no_end(wire):
    wire.send(request("/abort"))
    wire.head()
    assert wire.rest() == b"4\r\nhalf\r\n"


def test_an_aborted_answer_that_ends_with_the_connection_ends_with_a_reset(wire):
    wire.send(request("/abort", version="1.0"))
    with pytest.raises(ConnectionResetError):
        wire.head()
        wire.rest()


def test_a_handler_that_says_nothing_is_answered_for_and_logged(server, wire):
    assert wire.ask("/nothing").status == 500
    assert wire.ask("/").status == 200
    server.wait_for_output(r"error greenroom \S+: the handler of /nothing returned without an answer")


def test_a_head_alone_is_an_answer(wire):
    answer = wire.ask("/head_only")
    assert (answer.status, answer.reason, answer.body) == (202, "Fine", b"")
    assert answer.fields["content-length"] == "0"


def test_a_file_is_sent_from_where_it_is_told(wire, payload):
    content = payload.read_bytes()[1:]
    answer = wire.ask("/file")
    assert answer.fields["content-length"] == str(len(content))
    assert answer.body == content
    answer = wire.ask("/file?chunked")
    assert answer.body == b"before" + content
    assert wire.ask("/").status == 200


def test_a_head_of_any_size_is_sent(wire):
    answer = wire.ask("/verbose")
    assert answer.fields["x-field-199"] == "v" * 50
    assert answer.text == "verbose\n"


def test_the_request_is_told_as_it_was_sent(wire):
    answer = wire.ask("/show/a%20b/c?x=%31&y", "X-Odd:   padded  ", "x-odd: again", method="PURGE")
    lines = answer.text.splitlines()
    assert lines[:6] == [
        "method=PURGE", "target=/show/a%20b/c?x=%31&y", "path=/show/a b/c", "query=x=%31&y",
        "rest=a b/c", "minor=1",
    ]  # fmt: skip
    assert lines[6] == "peer=127.0.0.1"
    assert lines[-3:] == ["Host: test", "X-Odd: padded", "x-odd: again"]


def test_unknown_paths_and_methods_are_told_apart(wire):
    assert wire.ask("/nowhere").status == 404
    answer = wire.ask("/echo")
    assert (answer.status, answer.fields["allow"]) == (405, "POST")
    answer = wire.ask("/", method="DELETE")
    assert (answer.status, answer.fields["allow"]) == (405, "GET, HEAD")
    assert wire.ask("/%zz").status == 400
    assert wire.ask("/").status == 200


def test_calls_out_of_order_or_out_of_range_fail_and_harm_nothing(server, wire):
    assert wire.ask("/misuse").text == "1234567890"[:7]
    said = server.wait_for_output("misuse: .*(\n    .*)*")[0]
    results = [line.split() for line in said.removeprefix("misuse: ").split("\n") if line]
    assert [error for _, error in results] == [
        "EINVAL", "EINVAL", "EINVAL", "EINVAL", "EINVAL", "-",
        "EINVAL", "EINVAL", "EINVAL", "EPERM", "EPERM", "EINVAL", "-", "-", "EINVAL",
        "EMSGSIZE", "EMSGSIZE", "EALREADY", "EALREADY", "EALREADY", "-", "EALREADY",
    ]  # fmt: skip
    assert wire.ask("/").status == 200


def test_a_deadline_cuts_a_wait_short_and_does_not_outlive_its_request(wire):
    assert wire.ask("/deadline").text == "0 -1 ETIMEDOUT\n"
    assert wire.ask("/deadline").text == "0 -1 ETIMEDOUT\n"


def test_a_client_that_leaves_within_a_file_does_not_end_the_worker(server, wire):
    pid = server.get("/pid").text
    wire.send(request("/file"))
    wire.take(100_000)
    wire.end_sending()
    wire.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wire.stream.close()
    server.wait_for_output("file ended: E(PIPE|CONNRESET)")
    assert server.get("/pid").text == pid
