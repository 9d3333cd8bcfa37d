"""The control socket, and the commands that use it: status, reload, stop."""

import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import eventually
from descriptors import cpu_ticks, without_descriptors

APP = "supervised:app"


@pytest.fixture
def control(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
def server(serve, control: Path):
    return serve("--workers", "2", "--access-log", "off", "--control", str(control), APP)


@pytest.fixture
def tell(greenroom, control: Path) -> Callable[..., subprocess.CompletedProcess]:
    """tell("status"): what the server of this test says to it."""
    return lambda command: greenroom(command, "--control", str(control))


def connect(path: Path) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(10)
    peer.connect(str(path))
    return peer


def say(path: Path, request: bytes) -> bytes:
    """Returns all that comes until the server closes."""
    with connect(path) as peer, peer.makefile("rb") as answer:
        peer.sendall(request)
        return answer.read()


def status_of_workers(tell) -> list[dict[str, str]]:
    done = tell("status")
    assert (done.returncode, done.stderr) == (0, "")
    head, *lines = [re.split(r"  +", line.strip()) for line in done.stdout.splitlines()]
    assert head == ["slot", "pid", "state", "since", "requests", "connections", "in flight"]
    return [dict(zip(head, line)) for line in lines]


def test_status_tells_of_each_worker(server, tell):
    for _ in range(3):
        server.get("/pid")
    eventually(lambda: sum(int(row["requests"]) for row in status_of_workers(tell)) >= 3, "all are over, not only answered")
    rows = status_of_workers(tell)
    assert [row["slot"] for row in rows] == ["0", "1"]
    assert {int(row["pid"]) for row in rows} == set(server.worker_pids())
    assert {row["state"] for row in rows} == {"serving"}
    assert sum(int(row["requests"]) for row in rows) == 3


def test_reload_says_when_it_is_done(server, tell):
    before = server.worker_pids()
    done = tell("reload")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"reloaded in \d+\.\d s\n", done.stdout)
    assert not set(before) & {int(pid) for pid in re.findall(r"^ +\d+ +(\d+)  serving", tell("status").stdout, re.M)}


def test_status_tells_of_a_worker_that_leaves_beside_the_one_that_serves(serve, control, tell):
    server = serve("--workers", "1", "--control", str(control), APP)
    [old] = server.worker_pids()
    with server.crowd(1, "/nap/1.5"):
        server.wait_for_output("napping")
        assert tell("reload").returncode == 0
        rows = [line.split() for line in tell("status").stdout.splitlines()[1:]]
        states = {int(row[1]): row[2] for row in rows}
        assert len(rows) == 2 and set(states) == set(server.worker_pids())
        assert states.pop(old) == "leaving"
        assert list(states.values()) == ["serving"]
        assert [row[-1] for row in rows if row[2] == "leaving"] == ["1"]
    eventually(lambda: len(tell("status").stdout.splitlines()) == 2, "the old one gone")


def test_reload_says_why_the_new_code_cannot_be_loaded(serve, tell, control, tmp_path):
    (tmp_path / "greenroom.yaml").write_text(f"app: {APP}\n")
    env = {"PYTHONPATH": str(Path(__file__).parent / "apps")}
    serve("--workers", "1", "--control", str(control), cwd=tmp_path, env=env)
    (tmp_path / "greenroom.yaml").write_text("app: no_such_module:app\n")
    done = tell("reload")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.match(r"greenroom: worker 0 \(pid \d+\) exited with code 2: there is no module no_such",
                    done.stderr)
    (tmp_path / "greenroom.yaml").write_text("slice: long\n")
    done = tell("reload")
    assert done.returncode == 1
    assert done.stderr.startswith("greenroom: greenroom.yaml:1: slice must be")


def test_stop_returns_when_the_server_has_ended(server, tell, control):
    done = tell("stop")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert server.wait(timeout=1) == 0
    assert not control.exists()


def test_the_socket_is_for_its_owner_alone(server, control):
    assert stat.S_IMODE(control.stat().st_mode) == 0o600


def test_without_descriptors_it_waits_for_one(server, control):
    """And does not spin on a peer whom it cannot let in."""
    peers = []
    with without_descriptors(server.pid, lambda count: peers.extend(connect(control) for _ in range(count))):
        peer = connect(control)
        peers.append(peer)
        peer.sendall(b"status\n")
        before = cpu_ticks(server.pid)
        peer.settimeout(0.5)
        with pytest.raises(TimeoutError):
            peer.recv(1)
        assert cpu_ticks(server.pid) - before < 0.1 * os.sysconf("SC_CLK_TCK")
    peer.settimeout(10)
    assert peer.recv(1) == b"|"
    for peer in peers:
        peer.close()


def test_a_server_is_found_by_its_process_id(serve, greenroom, tmp_path):
    """Where nobody has said a place: by the user's runtime directory, or root's."""
    env = {"XDG_RUNTIME_DIR": str(tmp_path)}
    first, second = (serve("--workers", "1", APP, env=env) for _ in range(2))
    done = greenroom("status", "--pid", str(first.pid), env=env)
    assert str(first.worker_pids()[0]) in done.stdout
    done = greenroom("status", env=env)
    assert done.returncode == 2
    assert re.match(r"greenroom: which server\? Name one by --pid PID: \d+, \d+", done.stderr)


def test_it_can_be_turned_off(serve, greenroom, tmp_path):
    server = serve("--workers", "1", "--control", "off", APP)
    done = greenroom("status", "--pid", str(server.pid), env={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert done.returncode == 2
    assert re.fullmatch(r"greenroom: no server answers at \S+: No such file or directory\n", done.stderr)


@pytest.mark.parametrize("arguments, sentence", [
    (["status", "--contol", "x"], "unknown option --contol; did you mean --control?"),
    (["reload", "-f"], "unknown option -f; see greenroom reload --help"),
    (["stop", "now"], "stop does not know what to do with 'now'"),
    (["status", "--pid", "me"], "--pid must be a process id, not 'me'"),
    (["status", "--control"], "--control needs a value"),
    (["status", "--control", "/none"], "no server answers at /none: No such file or directory"),
])
def test_what_cannot_be_is_one_sentence(greenroom, arguments, sentence):
    done = greenroom(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"greenroom: {sentence}\n")


@pytest.mark.parametrize("request_, answer", [
    (b"statsu\n", b"failed unknown command statsu; did you mean status\n"),
    (b"\n", b"failed no command\n"),
    (b"x" * 2000, b"failed the request is too long\n"),
])
def test_a_request_that_is_none_is_refused(server, control, request_, answer):
    assert say(control, request_) == answer


def test_peers_who_say_nothing_or_read_nothing_are_in_nobodys_way(server, control, tell):
    before = len(os.listdir(f"/proc/{server.pid}/fd"))
    peers = [connect(control) for _ in range(12)]
    for peer in peers[::2]:
        peer.sendall(b"status\n" * 100)
    assert tell("status").returncode == 0
    assert server.get("/pid").status == 200
    for peer in peers:
        peer.close()
    eventually(lambda: len(os.listdir(f"/proc/{server.pid}/fd")) == before, "no descriptor left")


def test_who_leaves_while_it_waits_is_forgotten(serve, control, tell):
    server = serve("--workers", "1", "--control", str(control), APP)
    before = len(os.listdir(f"/proc/{server.pid}/fd"))
    os.kill(server.pid, signal.SIGSTOP)
    with connect(control) as peer:
        peer.sendall(b"reload\n")
    os.kill(server.pid, signal.SIGCONT)
    server.wait_for_output(r"reloaded in")
    eventually(lambda: len(os.listdir(f"/proc/{server.pid}/fd")) == before, "no descriptor left")
