"""Applications that let clients write into the head of the answer (CVE-2018-1000164 gunicorn, CVE-2012-2374 and
CVE-2025-67724 tornado, CVE-2020-7695 uvicorn, CVE-2024-24795 uWSGI): they get an error, the client a 500."""

from urllib.parse import quote

import pytest
from http_wire import request

SPLITS = ["\r\nX-Evil: 1", "\nX-Evil: 1", "\rX-Evil: 1", "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "\0X-Evil: 1", "\x0bX-Evil",
          "\x7f", "\u010aX-Evil: 1", "\u0d0aX-Evil: 1", "\u2028X-Evil: 1"]  # fmt: skip


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "--access-log", "off", "wsgi_splitting:app")


def assert_refused(server, wire, place: str, text: str) -> None:
    wire.send(request(f"/{place}?{quote(text)}") + request("/value?fine"))
    first, second = wire.answer(), wire.answer()
    assert (first.status, first.text) == (500, "Internal Server Error\n"), (place, text)
    assert "x-evil" not in first.fields
    assert (second.status, second.fields["x-name"], second.text) == (200, "fine", "answer")


@pytest.mark.parametrize("place", ["reason", "value", "name"])
def test_nothing_that_would_split_the_answer_leaves_the_server(server, wire, place):
    for split in SPLITS:
        assert_refused(server, wire, place, "a" + split)
        assert_refused(server, wire, place, split)
    server.wait_for_output("(ValueError|UnicodeEncodeError): ")


def test_a_name_that_is_no_token_is_refused(server, wire):
    for name in ["", "a b", "a:b", "a\tb", "\xe9", "a(b)", " a", "a "]:
        assert_refused(server, wire, "name", name)
