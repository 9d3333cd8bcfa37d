"""What requests in flight are at: greenroom top, greenroom stacks."""

import os
import pty
import re
import select
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import eventually

APP = "inspected:app"
OTHER_SCREEN, FIRST_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"


@pytest.fixture
def control(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
def server(serve, control: Path):
    return serve("--workers", "1", "--access-log", "off", "--control", str(control),
                 "--graceful-timeout", "0", APP)


@pytest.fixture
def tell(greenroom, control: Path) -> Callable[..., subprocess.CompletedProcess]:
    return lambda *words: greenroom(*words, "--control", str(control))


@pytest.fixture
def silent():
    """An upstream that accepts, and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def begin(server, request):
    """begin("/rest"): a request that is not waited for."""

    def send(target: str) -> None:
        client = server.connect()
        request.addfinalizer(client.close)
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    return send


def seen(tell, *words: str, until: str) -> str:
    """What the command says, once it matches."""
    def said() -> str | None:
        done = tell(*words)
        return done.stdout if re.search(until, done.stdout, re.M) else None

    return str(eventually(said, f"{words} says {until}"))


def test_top_says_of_each_request_what_it_waits_for(begin, tell, silent: int):
    for target in ("/rest", "/lock", f"/ask?{silent}"):
        begin(target)
    said = seen(tell, "top", until=rf"waits for 127\.0\.0\.1:{silent} +\S+ \d+\.\d s +GET /ask\?{silent} ")
    assert re.search(r"^ +0 +\d+\.\d s +sleeps for \d+\.\d s more +sleep \d+\.\d s +GET /rest +127\.0\.0\.1 +\S+-\d+$", said, re.M)
    assert re.search(r"waits for a lock +\w+ \d+\.\d s +GET /lock ", said)
    assert re.match(r" *slot +pid +state ", said)


def test_stacks_tell_where_each_request_is_in_its_code(begin, tell):
    begin("/rest")
    said = seen(tell, "stacks", until="GET /rest")
    head, inner, outer = said.splitlines()
    assert re.fullmatch(r"worker 0 \(pid \d+\): GET /rest \(\S+, from 127\.0\.0\.1\), for \d+\.\d s, sleeps for .*:", head)
    assert re.fullmatch(r" +.*/inspected\.py:\d+ rest", inner)
    assert re.fullmatch(r" +.*/inspected\.py:\d+ app", outer)


def test_stacks_do_not_command_the_terminal(begin, tell):
    begin("/odd")
    said = seen(tell, "stacks", until="GET /odd")
    assert "\x1b" not in said and re.search(r"^    .{1,2}\[31mb:1 <module>$", said, re.M)


def test_stacks_of_one_request_or_one_worker(server, begin, tell):
    begin("/rest")
    begin("/lock")
    said = seen(tell, "stacks", until="GET /lock")
    found = re.search(r"GET /lock \((\S+),", said)
    assert found
    assert "GET /rest" not in tell("stacks", found[1]).stdout
    assert "GET /lock" in tell("stacks", found[1]).stdout
    [pid] = server.worker_pids()
    assert "GET /rest" in tell("stacks", str(pid)).stdout


@pytest.mark.parametrize("word, why", [
    ("nobody-1", "no request in flight has that id"),
    ("1", "no worker has that process id"),
])
def test_stacks_of_what_is_not_there_fail(server, tell, word: str, why: str):
    done = tell("stacks", word)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"greenroom: {why}\n")


def test_a_worker_that_cannot_answer_is_named(server, begin, tell):
    begin("/hold")
    eventually(lambda: "does not answer" in tell("stacks").stdout, "a worker does not answer", 20)


def test_requests_on_os_threads_are_told_too(serve, control: Path, tell):
    server = serve("--workers", "1", "--concurrency", "threads:2", "--access-log", "off", "--control",
                   str(control), "--graceful-timeout", "0", APP)
    with server.connect() as client:
        client.sendall(b"GET /lock HTTP/1.1\r\nHost: x\r\n\r\n")
        assert "runs on an OS thread" in seen(tell, "top", until="GET /lock")
        seen(tell, "stacks", until=r"inspected\.py:\d+ app")


def read_until(terminal: int, what: bytes) -> bytes:
    said = b""
    deadline = time.monotonic() + 10
    while what not in said and time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            said += os.read(terminal, 65536)
    assert what in said, said
    return said


def test_top_gives_the_terminal_back(server, control: Path):
    terminal, follower = pty.openpty()
    program = Path(os.environ.get("GREENROOM_BUILD", "build")) / "greenroom"
    top = subprocess.Popen([program, "top", "--control", control], stdin=follower, stdout=follower)
    os.close(follower)
    try:
        assert read_until(terminal, b"is doing").startswith(OTHER_SCREEN)
        os.write(terminal, b"q")
        read_until(terminal, FIRST_SCREEN)
        assert top.wait(10) == 0
    finally:
        top.kill()
        top.wait()
        os.close(terminal)
