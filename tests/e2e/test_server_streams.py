"""Bodies and answers as streams, in a C application: filters, errors, backpressure."""

import gzip
import os
import random
import re
import socket
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Server, eventually
from http_wire import Wire, chunked, request

CODINGS = ["gzip", "deflate", "br", "zstd"]
CHUNKED = "Transfer-Encoding: chunked"
MORE_THAN_A_PIPE = 1_000_000

# The generator of 50 MB and its slow readers: 200 of them by hand, see docs/streams.md.
READERS = int(os.environ.get("READERS", "40"))
TICKS = int(os.environ.get("TICKS", "20"))
TICK = 0.05
GENERATED = 50_000_000
WATERMARK = 64 * 1024


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def server(serve: Callable[..., Server], c_app: Callable[[str], str], store: Path) -> Server:
    return serve("--workers", "1", c_app("streams"), env={"STORE": str(store)})


def text(size: int) -> bytes:
    noise = random.Random(1)
    return b"".join(b"%d green rooms\n" % noise.randrange(1000) for _ in range(size // 14))


def post(target: str, body: bytes, *fields: str) -> bytes:
    return request(target, *fields, method="POST", body=body)


# ---- through filters ----


def test_an_upload_is_decoded_into_a_file(wire, store):
    plain = text(3_000_000)
    wire.send(post("/upload/gzip/5000000", gzip.compress(plain)) + request("/count"))
    assert wire.answer().text == str(len(plain))
    assert store.read_bytes() == plain
    assert wire.answer().status == 200


def test_a_chunked_upload_is_decoded_as_well(wire, store):
    plain = text(300_000)
    coded = zlib.compress(plain)
    body = chunked(*(coded[at : at + 777] for at in range(0, len(coded), 777)))
    wire.send(post("/upload/deflate/5000000", body, CHUNKED) + request("/count"))
    assert wire.answer().text == str(len(plain))
    assert store.read_bytes() == plain
    assert wire.answer().status == 200


@pytest.mark.parametrize("coding", CODINGS)
def test_a_file_is_encoded_into_an_answer_and_back(wire, store, coding):
    plain = text(MORE_THAN_A_PIPE)
    store.write_bytes(plain)
    coded = wire.ask(f"/download/{coding}").body
    assert len(coded) < len(plain) // 2
    wire.send(post(f"/decode/{coding}", coded) + request("/count"))
    assert wire.answer().body == plain
    assert wire.answer().status == 200


def test_others_read_what_is_encoded(wire, store):
    store.write_bytes(text(100_000))
    assert gzip.decompress(wire.ask("/download/gzip").body) == text(100_000)
    assert zlib.decompress(wire.ask("/download/deflate").body) == text(100_000)


def test_a_file_goes_into_an_answer_with_its_length(wire, store):
    store.write_bytes(text(MORE_THAN_A_PIPE))
    answer = wire.ask("/download")
    assert answer.fields["content-length"] == str(len(text(MORE_THAN_A_PIPE)))
    assert answer.body == text(MORE_THAN_A_PIPE)
    assert wire.ask("/download", method="HEAD").fields["content-length"] == str(len(answer.body))
    assert wire.ask("/count").status == 200


def test_an_empty_body_is_copied(wire):
    wire.send(post("/echo", b"") + request("/count"))
    assert wire.answer().body == b""
    assert wire.answer().status == 200


def test_a_body_is_echoed_while_it_comes(wire):
    wire.send(post("/echo", b"3\r\none\r\n", CHUNKED))
    wire.head()
    assert wire.chunks(3) == b"one"
    wire.send(b"3\r\ntwo\r\n")
    assert wire.chunks(3) == b"two"
    wire.send(b"0\r\n\r\n")
    assert wire.chunks() == b""


# ---- what goes wrong ----


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"this is no gzip", 400, "EPROTO"),
        (gzip.compress(text(10_000))[:-5], 400, "ENODATA"),
        (b"", 400, "ENODATA"),
        (gzip.compress(bytes(10_000_001)), 413, "EFBIG"),
    ],
    ids=["no gzip", "cut short", "empty", "too large"],
)
def test_what_cannot_be_decoded_is_answered_and_leaves_nothing(wire, store, body, status, error):
    wire.send(post("/upload/gzip/10000000", body) + request("/count"))
    answer = wire.answer()
    assert (answer.status, answer.text) == (status, error)
    assert not store.exists()
    assert wire.answer().status == 200


def test_a_client_that_leaves_in_the_midst_of_its_upload_breaks_the_copy(server, store):
    with Wire(server.port) as wire:
        coded = gzip.compress(text(100_000))
        wire.send(post("/upload/gzip/10000000", b"", f"Content-Length: {len(coded)}"))
        wire.send(coded[: len(coded) // 2])
        wire.end_sending()
        assert wire.answer().text == "ECONNRESET"
    assert not store.exists()


def test_an_answer_that_breaks_off_can_be_told_from_one_that_ends(wire):
    wire.send(request("/break?started"))
    assert wire.head().status == 200
    assert wire.rest() == b"4\r\nhalf\r\n"


def test_an_answer_that_breaks_before_it_begins_can_be_another(wire):
    answer = wire.ask("/break")
    assert answer.status == 500
    assert "x-first" not in answer.fields
    assert wire.ask("/count").status == 200


def test_damage_behind_what_has_been_sent_cuts_the_answer_short(wire):
    coded = gzip.compress(text(MORE_THAN_A_PIPE))
    wire.send(post("/decode/gzip", coded[:-1] + b"\1"))
    assert wire.head().status == 200
    assert not wire.rest().endswith(b"0\r\n\r\n")


# ---- backpressure ----


def count(server: Server) -> tuple[int, int]:
    """How many bytes all generators have produced, and how many generators there are."""
    produced, generating = server.get("/count").text.split()
    return int(produced), int(generating)


def test_a_generated_answer_comes_whole(wire):
    size = 8192 * 500
    assert wire.ask(f"/generated/{size}").body == bytes(size)


def test_a_generator_ends_when_its_reader_leaves(server):
    with Wire(server.port) as wire:
        wire.send(request("/generated/1000000000"))
        wire.take(100_000)
        eventually(lambda: count(server)[1] == 1, "the generator runs")
    eventually(lambda: count(server)[1] == 0, "the generator has ended")


def resident(pid: int) -> int:
    """Bytes of memory that are the process's own."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(re.search(r"^RssAnon:\s+(\d+) kB", status, re.M)[1])


def socket_room() -> int:
    """How much a Unix socket takes before its writer has to wait."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        return ours.send(bytes(GENERATED))


def test_slow_readers_slow_the_generator_down(serve, c_app, tmp_path):
    path = tmp_path / "socket"
    listen = ["--bind", "127.0.0.1:0", "--bind", f"unix:{path}"]
    server = serve("--workers", "1", "--access-log", "off", *listen, c_app("streams"))
    (worker,) = server.worker_pids()
    before, room = resident(worker), socket_room()
    readers = [socket.socket(socket.AF_UNIX) for _ in range(READERS)]
    taken = 0
    try:
        for reader in readers:
            reader.connect(str(path))
            reader.sendall(request(f"/generated/{GENERATED}"))
        for _ in range(TICKS):
            began = time.monotonic()
            taken += sum(len(reader.recv(1024)) for reader in readers)
            produced, generating = count(server)
            assert generating == READERS
            assert produced - taken <= READERS * (WATERMARK + room)
            assert resident(worker) - before <= READERS * 2 * WATERMARK + 4_000_000
            time.sleep(max(0, began + TICK - time.monotonic()))
        assert produced >= READERS * WATERMARK
    finally:
        for reader in readers:
            reader.close()
    eventually(lambda: count(server)[1] == 0, "the generators have ended")
