"""The access log, and how connections spread over workers."""

import os
import re
import resource
import signal
import time
from pathlib import Path

import pytest
from conftest import eventually
from http_wire import Wire, request

LINE = re.compile(
    r'^(?P<peer>\S+) - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "(?P<request>[^"]*)" '
    r"(?P<status>\d{3}) (?P<bytes>\d+) (?P<us>\d+) (?P<id>\S+)$"
)


def logged(path, count):
    """The first count lines of a log, as matches of LINE."""
    lines = eventually(
        lambda: path.exists() and (found := path.read_text().splitlines())[count - 1 :] and found,
        f"{count} lines in {path}",
    )
    return [LINE.match(line) for line in lines]


def test_a_request_is_one_line(serve, app, tmp_path):
    log = tmp_path / "access.log"
    server = serve("--workers", "1", "--access-log", str(log), app)
    server.get("/sleep/20?x=1")
    server.get("/nowhere")
    slept, missing = logged(log, 2)
    assert slept["peer"] == "127.0.0.1"
    assert slept["request"] == "GET /sleep/20?x=1 HTTP/1.1"
    assert (slept["status"], slept["bytes"]) == ("200", "6")
    assert 20_000 <= int(slept["us"]) < 5_000_000
    assert missing["status"] == "404"


def test_what_a_client_sends_cannot_fake_a_line(serve, app, tmp_path):
    log = tmp_path / "access.log"
    server = serve("--workers", "1", "--access-log", str(log), app)
    with Wire(server.port) as wire:
        wire.ask('/"quoted"\\')
    with Wire(server.port) as wire:
        wire.send(b"no request\r\n\r\n")
        wire.rest()
    odd, refused = logged(log, 2)
    assert odd["request"] == r"GET /\x22quoted\x22\x5c HTTP/1.1"
    assert (refused["request"], refused["status"]) == ("-", "400")


def test_no_line_is_lost_when_the_server_stops(serve, app, tmp_path):
    log = tmp_path / "access.log"
    server = serve("--workers", "2", "--access-log", str(log), app)
    for _ in range(20):
        with Wire(server.port) as wire:
            wire.send(request("/") * 20)
            for _ in range(20):
                wire.answer()
    assert server.stop() == 0
    assert all(logged(log, 400))


def test_a_log_that_nobody_reads_any_more_holds_up_nobody_and_goes_on_with_the_next_reader(
    serve, app, tmp_path
):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    server = serve("--workers", "1", "--access-log", str(fifo), app)
    os.close(reader)
    server.get("/unheard")
    server.wait_for_output("the access log cannot be written: Broken pipe")
    os.kill(server.worker_pids()[0], signal.SIGKILL)
    eventually(lambda: answers(server), "a new worker")
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    server.get("/heard")
    text = b""

    def heard():
        nonlocal text
        try:
            text += os.read(reader, 65536)
        except BlockingIOError:
            pass
        return b"GET /heard HTTP" in text

    eventually(heard, "a line")
    os.close(reader)
    server.wait_for_output(r"lines lost, as the access log could not be written: \d+ .Broken pipe")


def answers(server):
    try:
        return server.get("/").text == "hello\n"
    except OSError:
        return False


def sockets_of(pid):
    count = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += entry.readlink().name.startswith("socket:")
        except FileNotFoundError:
            pass
    return count


@pytest.mark.without_faults(
    "handoff", reason="a worker that is late is taken for one that hangs, and the others take more"
)
def test_connections_spread_evenly_over_workers(serve, app):
    server = serve("--workers", "2", "--access-log", "off", app)
    before = [sockets_of(pid) for pid in server.worker_pids()]
    wires = [Wire(server.port) for _ in range(200)]
    for wire in wires:
        wire.ask("/")
    after = [sockets_of(pid) for pid in server.worker_pids()]
    for wire in wires:
        wire.stream.close()
    shares = [now - then for now, then in zip(after, before, strict=True)]
    assert sum(shares) == 200
    assert min(shares) >= 80


@pytest.mark.without_faults("emfile", reason="no connection is accepted for a while")
def test_a_stopped_worker_does_not_slow_down_the_others(serve, app):
    server = serve("--workers", "2", "--access-log", "off", app)
    stopped, other = server.worker_pids()
    for pid in stopped, other:
        os.kill(pid, signal.SIGSTOP)
    try:
        wires = [Wire(server.port) for _ in range(900)]
        for wire in wires:
            wire.send(request("/"))
        began = time.monotonic()
        os.kill(other, signal.SIGCONT)
        for wire in wires:
            assert wire.answer().text == "hello\n"
        assert time.monotonic() - began < 0.8  # not a millisecond each
    finally:
        os.kill(stopped, signal.SIGCONT)
    for wire in wires:
        wire.stream.close()


def test_an_application_cannot_close_what_the_server_has_open(serve, app, tmp_path):
    log = tmp_path / "access.log"
    server = serve("--workers", "1", "--access-log", str(log), app)
    with Wire(server.port) as wire:
        pid = wire.ask("/pid").text
        assert wire.ask("/close_all").text == "hello\n"
        assert wire.ask("/pid").text == pid
    assert server.get("/pid").text == pid
    assert all(logged(log, 4))
    assert server.stop() == 0


def test_a_worker_that_has_lost_its_sockets_all_the_same_is_replaced(serve, app):
    server = serve("--workers", "1", "--access-log", "off", app)
    (worker,) = server.worker_pids()
    with Wire(server.port) as wire:
        wire.send(request("/close_raw"))
        server.wait_for_output("handler of /close_raw returned")
        with Wire(server.port):
            server.wait_for_output("a listening socket is lost: Bad file descriptor")
    server.wait_for_output(f"worker 0 .pid {worker}. exited with code 1; starting another")
    eventually(lambda: answers(server), "a new worker")


def test_a_worker_without_descriptors_says_so_and_recovers(serve, app):
    server = serve("--workers", "1", "--access-log", "off", app)
    (worker,) = server.worker_pids()
    limits = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (40, limits[1]))
    wires = [Wire(server.port) for _ in range(60)]
    server.wait_for_output("cannot accept connections for now: Too many open files")
    for wire in wires[:50]:
        wire.stream.close()
    assert wires[-1].ask("/").text == "hello\n"
    assert server.output().count("cannot accept") < 5
