"""SIGUSR2: another binary goes on in the same process, with the sockets and the workers."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import eventually, is_alive
from load import Load

TAKEN_OVER = r"greenroom \S+ has taken over$"
DONE = r"reloaded in \d+\.\d s$"


@pytest.fixture
def program(tmp_path: Path, build_dir: Path) -> Path:
    """The path by which the server is started, as a package manager would have it."""
    path = tmp_path / "greenroom"
    path.symlink_to(build_dir / "greenroom")
    return path


def count_threads(server) -> int:
    return len(os.listdir(f"/proc/{server.pid}/task"))


def fill(fifo: int) -> int:
    """Returns how many bytes it took."""
    count = 0
    with suppress(BlockingIOError):
        while True:
            count += os.write(fifo, b"x")
    return count


def drain(fifo: int, filling: int, until: bytes) -> bytes:
    text = b""

    def has_it() -> bool:
        nonlocal text
        with suppress(BlockingIOError):
            text += os.read(fifo, 4096)
        return until in text

    eventually(has_it, until.decode())
    return text[filling:]


def put(program: Path, script: str) -> None:
    """Puts another one there, as a package manager does it."""
    new = program.with_suffix(".new")
    new.write_text(f"#!/bin/sh\n{script}\n")
    new.chmod(0o755)
    new.rename(program)


def upgrade(server) -> None:
    done = len(server.find_all(DONE))
    server.signal(signal.SIGUSR2)
    eventually(lambda: len(server.find_all(DONE)) > done, "an upgrade", timeout=20)


def open_descriptors(server) -> list[str]:
    folder = f"/proc/{server.pid}/fd"
    return [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)]


def test_the_program_that_is_there_now_goes_on(serve, program, build_dir, tmp_path, c_app):
    server = serve("--workers", "2", "--access-log", "off", c_app("plain"), program=program)
    workers, descriptors = server.worker_pids(), open_descriptors(server)
    put(program, f'echo "$1" >>{tmp_path}/runs; exec {build_dir}/greenroom "$@"')
    upgrade(server)
    assert (tmp_path / "runs").read_text() == "check\nserve\n"
    assert server.find_all(TAKEN_OVER)
    assert server.get().text == "hello"
    eventually(lambda: not any(map(is_alive, workers)), "the old workers gone")
    assert len(server.worker_pids()) == 2
    eventually(lambda: len(open_descriptors(server)) == len(descriptors), "as many descriptors")
    assert server.stop() == 0


def test_no_request_is_lost_in_five_upgrades_under_load(serve, c_app):
    server = serve("--workers", "2", "--access-log", "off", c_app("answers"))
    load = Load(server.port, "/sleep/2")
    load.start(clients=24)
    for _ in range(5):
        upgrade(server)
    assert server.stop() == 0
    load.join()
    assert load.lost == []
    assert load.answered > 50


def test_a_request_in_flight_is_answered_and_what_its_worker_says_is_logged(serve, tmp_path):
    log = tmp_path / "app.log"
    server = serve("--workers", "1", "--log", str(log), "supervised:app")
    with server.crowd(1, "/nap/3") as [answer]:
        eventually(lambda: "napping" in log.read_text(), "a request in flight")
        server.signal(signal.SIGUSR2)
        eventually(lambda: "has taken over" in log.read_text(), "the new program", timeout=20)
        assert not answer.done()
    assert answer.result().status == 200
    eventually(lambda: "GET /nap/3" in log.read_text() + server.output(), "its line")


def test_a_program_that_cannot_serve_changes_nothing(serve, program, c_app):
    server = serve("--workers", "1", c_app("plain"), program=program)
    before = server.worker_pids()
    put(program, "exit 3")
    server.signal(signal.SIGUSR2)
    server.wait_for_output(
        r"the upgrade has failed: its check ended with code 3; the old program goes on$")
    assert server.worker_pids() == before
    assert server.get().text == "hello"


def test_a_program_that_is_gone_after_its_check_changes_nothing(serve, program, build_dir, c_app):
    server = serve("--workers", "1", c_app("plain"), program=program)
    descriptors = open_descriptors(server)
    put(program, f'rm "$0"; exec {build_dir}/greenroom "$@"')
    server.signal(signal.SIGUSR2)
    server.wait_for_output(
        r"the upgrade has failed: No such file or directory; the old program goes on$")
    assert server.get().text == "hello"
    assert len(open_descriptors(server)) == len(descriptors)
    server.signal(signal.SIGHUP)
    server.wait_for_output(DONE)


def test_a_log_that_takes_nothing_meanwhile_has_all_that_was_said(
    serve, program, build_dir, c_app, tmp_path
):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    server = serve("--workers", "1", "--log", str(fifo), c_app("plain"), program=program)
    before = count_threads(server)
    filling = fill(reader)
    put(program, f'rm "$0"; exec {build_dir}/greenroom "$@"')
    server.signal(signal.SIGUSR2)
    eventually(lambda: count_threads(server) == before - 1, "a log that waits for its end")
    eventually(lambda: count_threads(server) >= before, "a log that goes on")
    assert count_threads(server) == before
    text = drain(reader, filling, until=b"the old program goes on")
    for line in (b"upgrading: trying", b"upgrading: going on", b"the upgrade has failed"):
        assert text.count(line) == 1
    os.close(reader)


def test_another_shape_of_the_shared_memory_is_refused_in_time(serve, program, build_dir, c_app):
    server = serve("--workers", "1", c_app("plain"), program=program)
    put(program, f'GREENROOM_HANDOVER=0-0 exec {build_dir}/greenroom "$@"')
    server.signal(signal.SIGUSR2)
    server.wait_for_output(r"cannot take over from the version that runs$")
    server.wait_for_output(r"the upgrade has failed: its check ended with code 2; the old program")
    assert server.get().text == "hello"


def test_a_worker_that_writes_where_it_should_not_stops_neither_log_nor_upgrade(serve):
    server = serve("--workers", "1", "supervised:app")
    assert server.get("/corrupt-log").status == 200
    upgrade(server)
    server.wait_for_output(TAKEN_OVER)
