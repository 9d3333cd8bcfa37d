"""Under systemd, or what passes for it: told how the server is, and sockets that are there before it."""

import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import APPS, eventually

APP = "supervised:app"


class Manager:
    """What comes in at $NOTIFY_SOCKET."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(10)

    def hear(self) -> dict[str, str]:
        """The next message."""
        lines = self.socket.recv(4096).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(tmp_path / "notify")
    with manager.socket:
        yield manager


def test_the_manager_is_told_of_start_reload_and_stop(serve, manager):
    server = serve("--workers", "1", APP, env={"NOTIFY_SOCKET": str(manager.path)})
    said = manager.hear()
    assert said["READY"] == "1"
    assert said["STATUS"] == f"Serving on {server.url}, workers: 1"
    assert "NOTIFY_SOCKET" not in server.get("/surroundings").text
    server.signal(signal.SIGHUP)
    said = manager.hear()
    assert said["RELOADING"] == "1"
    assert int(said["MONOTONIC_USEC"]) > 0
    assert manager.hear()["READY"] == "1"
    server.signal(signal.SIGTERM)
    assert manager.hear()["STOPPING"] == "1"
    assert server.wait() == 0


def test_a_reload_that_cannot_be_is_over_at_once(serve, manager, tmp_path):
    config = tmp_path / "greenroom.yaml"
    config.write_text("")
    env = {"NOTIFY_SOCKET": str(manager.path), "PYTHONPATH": str(APPS)}
    server = serve("--workers", "1", APP, cwd=tmp_path, env=env)
    manager.hear()
    config.write_text("wrokers: 2\n")
    server.signal(signal.SIGHUP)
    assert manager.hear()["RELOADING"] == "1"
    said = manager.hear()
    assert said["READY"] == "1"
    assert "unknown key wrokers" in said["STATUS"]


def test_a_worker_says_nothing_to_the_manager(serve, manager, tmp_path):
    config = tmp_path / "greenroom.yaml"
    config.write_text(f"app: {APP}\n")
    env = {"NOTIFY_SOCKET": str(manager.path), "PYTHONPATH": str(APPS)}
    server = serve("--workers", "1", cwd=tmp_path, env=env)
    manager.hear()
    config.write_text("app: supervised:false_to_the_manager()\n")
    server.signal(signal.SIGHUP)
    manager.hear()
    assert manager.hear().keys() == {"READY", "STATUS"}


def test_the_watchdog_is_fed(serve, manager):
    serve("--workers", "1", APP,
          env={"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "200000"})
    assert sum("WATCHDOG" in manager.hear() for _ in range(5)) >= 3


@pytest.fixture
def activate(tmp_path: Path, build_dir: Path, serve):
    """activate(port, path, *arguments): the server, with a socket of TCP and one of unix passed."""

    def start(port: int, path: Path, *arguments: str, ready: bool = True):
        program = tmp_path / "activate"
        program.write_text(f"""#!{sys.executable}
import os, socket, sys
tcp = socket.create_server(("127.0.0.1", {port}))
local = socket.create_server({str(path)!r}, family=socket.AF_UNIX)
os.dup2(tcp.fileno(), 13)
os.dup2(local.fileno(), 14)
os.dup2(13, 3)
os.dup2(14, 4)
os.environ |= {{"LISTEN_FDS": "2", "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": "a:b"}}
os.closerange(5, 20)
os.execv("{build_dir}/greenroom", ["{build_dir}/greenroom", *sys.argv[1:]])
""")
        program.chmod(0o755)
        return serve(*arguments, program=program, ready=ready)

    return start


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_sockets_that_are_there_are_used_and_left(activate, tmp_path):
    port, path = free_port(), tmp_path / "app.sock"
    server = activate(port, path, "--workers", "1", "--bind", f"127.0.0.1:{port}", "--bind",
                      f"unix:{path}", APP)
    assert server.urls == [f"http://127.0.0.1:{port}", f"unix:{path}"]
    assert "LISTEN_" not in server.get("/surroundings").text
    server.signal(signal.SIGHUP)
    server.wait_for_output("reloaded in")
    assert server.get("/pid").status == 200
    server.signal(signal.SIGUSR2)
    eventually(lambda: len(server.find_all("reloaded in")) == 2, "an upgrade", timeout=20)
    assert server.get("/pid").status == 200
    assert server.stop() == 0
    assert path.is_socket()


def test_a_socket_that_no_bind_names_is_refused(activate, tmp_path):
    port, path = free_port(), tmp_path / "app.sock"
    server = activate(port, path, "--workers", "1", "--bind", f"127.0.0.1:{port}", APP, ready=False)
    assert server.wait() == 2
    assert f"the service manager has opened unix:{path}, which no bind names" in server.output()
