"""Compression of answers (--compress on)."""

import gzip
import itertools
import random
import zlib

import brotli
import pytest
import zstandard
from apps.compressed import text_of
from http_wire import Wire, request

DECODE = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    None: bytes,
}
BODY = text_of(20000)
ALL = "Accept-Encoding: gzip, deflate, br, zstd"


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "--compress", "on", "compressed:app")


def coding_of(answer) -> str | None:
    return answer.fields.get("content-encoding")


def plain(answer) -> bytes:
    return DECODE[coding_of(answer)](answer.body)


def test_it_is_off_by_default(serve):
    server = serve("--workers", "1", "compressed:app")
    with Wire(server.port) as wire:
        answer = wire.ask("/whole", ALL)
    assert coding_of(answer) is None and "vary" not in answer.fields
    assert answer.body == BODY


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_what_arrives_is_what_was_sent(wire, coding):
    for path, length in itertools.product(
        ("whole", "pieces", "list", "counted", "file"), (1024, 20000, 262144, 262145, 1_000_000)
    ):
        answer = wire.ask(f"/{path}?length={length}", f"Accept-Encoding: {coding}")
        assert coding_of(answer) == coding
        assert answer.fields["vary"] == "Accept-Encoding"
        assert plain(answer) == text_of(length), (path, length)
        assert len(answer.body) < length


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_what_cannot_be_compressed_arrives_as_well(wire, coding):
    answer = wire.ask("/noise", f"Accept-Encoding: {coding}")
    assert plain(answer) == random.Random(1).randbytes(20000)


def test_a_body_that_is_known_has_a_length(wire):
    assert "content-length" in wire.ask("/whole?length=262144", ALL).fields
    assert "content-length" not in wire.ask("/whole?length=262145", ALL).fields
    assert "content-length" not in wire.ask("/counted", ALL).fields


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_an_http_1_0_client_is_told_the_end_by_the_end(server, coding):
    with Wire(server.port) as wire:
        wire.send(request("/pieces", f"Accept-Encoding: {coding}", version="1.0"))
        answer = wire.answer()
    assert coding_of(answer) == coding and plain(answer) == BODY


def test_the_client_says_which(wire):
    for accepted, coding in [
        ("", None),
        ("identity", None),
        ("deflate", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("*", "zstd"),
        ("gzip;q=0", None),
        ("gzip;q=0.001", "gzip"),
        ("zstd;q=0.5, br;q=0.7, gzip;q=0.6", "br"),
        ("zstd;q=0, *;q=0.5", "br"),
        ("*;q=0", None),
        ("*;q=0, gzip", "gzip"),
        ("identity;q=0", None),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("identity, gzip;q=0.9", None),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("gzip;q=2", None),
        ("gzip;q=x, br;q=0.3", "br"),
        (",, gzip ;q=1.000 ,", "gzip"),
    ]:
        answer = wire.ask("/whole", f"Accept-Encoding: {accepted}")
        assert coding_of(answer) == coding, accepted
        assert answer.fields["vary"] == "Accept-Encoding"
        assert plain(answer) == BODY
    assert coding_of(wire.ask("/whole")) is None
    two = wire.ask("/whole", "Accept-Encoding: deflate", "Accept-Encoding: gzip")
    assert coding_of(two) == "gzip"


def test_only_types_of_text_are_worth_it(wire):
    for type, worth in [
        ("text/html", True),
        ("TEXT/CSS;charset=utf-8", True),
        ("application/json", True),
        ("application/problem+json ; a=b", True),
        ("image/svg+xml", True),
        ("application/javascript", True),
        ("application/xml", True),
        ("application/wasm", True),
        ("image/png", False),
        ("application/octet-stream", False),
        ("application/zip", False),
        ("video/mp4", False),
        ("text", False),
    ]:
        answer = wire.ask(f"/whole?type={type.replace('+', '%2B').replace(' ', '%20')}", ALL)
        assert (coding_of(answer) is not None) == worth, type
        assert ("vary" in answer.fields) == worth


def test_less_than_1_kib_is_not(wire):
    for path in ("whole", "list", "counted"):
        assert coding_of(wire.ask(f"/{path}?length=1023", ALL)) is None
        assert coding_of(wire.ask(f"/{path}?length=1024", ALL)) == "zstd"


@pytest.mark.parametrize(
    "field",
    ["Answer-Content-Encoding: gzip", "Answer-Content-Range: bytes 0-19999/30000",
     "Answer-Cache-Control: private, No-Transform"],
)
def test_what_must_not_be_changed_is_not(wire, field):
    for path in ("whole", "pieces"):
        answer = wire.ask(f"/{path}", "Accept-Encoding: zstd", field)
        assert coding_of(answer) == ("gzip" if "gzip" in field else None)
        assert answer.body == BODY and "vary" not in answer.fields


def test_parts_are_not_either(wire):
    assert coding_of(wire.ask("/whole?status=206%20Partial", ALL)) is None


def test_answers_without_a_body_have_no_coding(wire):
    for status in ("304%20Not%20Modified", "204%20No%20Content"):
        answer = wire.ask(f"/whole?length=0&status={status}", ALL)
        assert coding_of(answer) is None


@pytest.mark.parametrize("kind", ["text/plain", "image/png"])
@pytest.mark.parametrize("accepted", ["gzip", ""])
def test_a_304_says_of_tag_and_vary_what_the_200_would(wire, kind, accepted):
    fields = [f"Accept-Encoding: {accepted}", 'Answer-Etag: "a"']
    whole = wire.ask(f"/whole?type={kind}", *fields)
    unchanged = wire.ask(f"/whole?length=0&type={kind}&status=304%20Not%20Modified", *fields)
    for name in ("etag", "vary"):
        assert unchanged.fields.get(name) == whole.fields.get(name), name


def test_a_304_without_a_type_is_taken_for_that_of_a_text(serve):
    server = serve("--workers", "1", "--compress", "on", "compressed:unchanged")
    with Wire(server.port) as wire:
        answer = wire.ask("/", ALL)
    assert (answer.fields["etag"], answer.fields["vary"]) == ('W/"a"', "Accept-Encoding")


def test_head_says_what_get_would(wire):
    for field in (ALL, "Accept: a"):
        got = wire.ask("/counted", field, 'Answer-Etag: "a"')
        head = wire.ask("/counted", field, 'Answer-Etag: "a"', method="HEAD")
        for name in ("content-encoding", "vary", "etag", "content-length", "transfer-encoding"):
            assert head.fields.get(name) == got.fields.get(name), name


def test_a_strong_tag_becomes_weak_where_the_body_is_another(wire):
    for sent, accepted, found in [
        ('"abc"', "gzip", 'W/"abc"'),
        ('W/"abc"', "gzip", 'W/"abc"'),
        ('"abc"', "", '"abc"'),
    ]:
        answer = wire.ask("/whole", f"Answer-Etag: {sent}", f"Accept-Encoding: {accepted}",
                          "Answer-X-Behind: it")
        assert answer.fields["etag"] == found
        assert answer.fields["x-behind"] == "it"
        assert plain(answer) == BODY


def test_vary_is_said_once(wire):
    for sent, expected in [
        ("accept-encoding", ["accept-encoding"]),
        ("Cookie, Accept-Encoding", ["Cookie, Accept-Encoding"]),
        ("*", ["*"]),
        ("Cookie", ["Cookie", "Accept-Encoding"]),
    ]:
        wire.send(request("/whole", f"Answer-Vary: {sent}", "Accept-Encoding: gzip"))
        head = wire.take_through(b"\r\n\r\n").decode()
        lines = [line for line in head.split("\r\n") if line.lower().startswith("vary: ")]
        assert [line[6:] for line in lines] == expected
        wire.take(int(head.lower().partition("content-length: ")[2].split()[0]))


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_each_piece_arrives_before_the_next_is_made(server, coding):
    decoder = {"gzip": lambda: zlib.decompressobj(31), "br": brotli.Decompressor,
               "zstd": lambda: zstandard.ZstdDecompressor().decompressobj()}[coding]()
    decode = decoder.process if coding == "br" else decoder.decompress
    with Wire(server.port) as wire:
        wire.send(request("/events?type=text/event-stream", f"Accept-Encoding: {coding}",
                          "Transfer-Encoding: chunked", method="POST"))
        assert coding_of(wire.head()) == coding

        def event() -> bytes:
            found = b""
            while not found.endswith(b"\n\n"):
                size = int(wire.take_through(b"\r\n"), 16)
                found += decode(wire.take(size + 2)[:-2])
            return found

        assert event() == b": hello\n\n"
        for number in range(3):
            wire.send(b"2\r\n%d\n\r\n" % number)
            assert event() == b"data: %d\n\n" % number
        wire.send(b"0\r\n\r\n")
        decode(wire.chunks())
        wire.send(request("/whole"))  # nothing is left over
        assert wire.answer().body == BODY


def test_a_body_that_is_too_short_is_not_ended(server):
    with Wire(server.port) as wire:
        wire.send(request("/counted?off=1", ALL))
        assert not wire.rest().endswith(b"0\r\n\r\n")


def test_a_body_that_is_too_long_is_cut(server):
    with Wire(server.port) as wire:
        wire.send(request("/counted?off=-1", ALL))
        assert not wire.rest().endswith(b"0\r\n\r\n")
    server.wait_for_output("ValueError")


def test_clients_that_leave_leave_nothing_behind(server):
    for _ in range(20):
        with Wire(server.port) as wire:
            wire.send(request("/pieces?length=5000000", ALL))
            wire.head()
    with Wire(server.port) as wire:
        assert plain(wire.ask("/whole", ALL)) == BODY


def test_handlers_in_c_are_compressed_as_well(serve, app):
    server = serve("--workers", "1", "--compress", "on", app)
    with Wire(server.port) as wire:
        for size in (1024, 100_000):
            answer = wire.ask(f"/large/{size}", ALL)
            assert (coding_of(answer), plain(answer)) == ("zstd", b"x" * size)


def test_a_file_that_is_shorter_than_it_was_is_not_taken_for_whole(serve, app, tmp_path):
    (tmp_path / "sent").write_text(random.Random(1).randbytes(500_000).hex())
    env = {"FILE_TO_SEND": str(tmp_path / "sent")}
    server = serve("--workers", "1", "--compress", "on", app, env=env)
    with Wire(server.port) as wire:
        wire.send(request("/short_file", ALL))
        assert coding_of(wire.head()) == "zstd"
        assert not wire.rest().endswith(b"0\r\n\r\n")
    (tmp_path / "sent").write_bytes(b"x" * 2000)
    with Wire(server.port) as wire:  # before anything has been sent
        assert wire.ask("/short_file", ALL).status == 500


def test_on_os_threads_too(serve):
    server = serve("--workers", "1", "--compress", "on", "--concurrency", "threads:2",
                   "compressed:app")
    with Wire(server.port) as wire:
        for path in ("whole", "pieces", "file"):
            assert plain(wire.ask(f"/{path}", ALL)) == BODY


def test_static_files_are_left_as_they_are(serve, tmp_path):
    (tmp_path / "a.txt").write_bytes(BODY)
    server = serve("--workers", "1", "--compress", "on", "--static", f"/={tmp_path}",
                   "compressed:app")
    with Wire(server.port) as wire:
        answer = wire.ask("/a.txt", ALL)
        assert coding_of(answer) is None and answer.body == BODY
        assert not answer.fields["etag"].startswith("W/")
