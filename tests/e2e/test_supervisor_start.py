"""How a server starts: what it listens on, and what its workers find around them."""

import http.client
import json
import os
import re
import resource
import socket
import subprocess
import sys

import pytest
from conftest import APPS, eventually

APP = "supervised:app"


def get_from(sock: socket.socket, path: str) -> bytes:
    """One request on a connected socket of any family."""
    with sock:
        sock.settimeout(10)
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        response = http.client.HTTPResponse(sock)
        response.begin()
        return response.read()


def connect_unix(path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(path))
    return sock


def connect_if_heard(path) -> socket.socket | None:
    try:
        return connect_unix(path)
    except (FileNotFoundError, ConnectionRefusedError):
        return None


def surroundings(server) -> dict:
    return json.loads(server.get("/surroundings").body)


def test_one_line_says_what_is_served_and_where(serve):
    server = serve("--workers", "2", APP)
    line = (
        rf"^greenroom \S+: serving {APP} on http://127\.0\.0\.1:\d+"
        rf" with 2 workers \(pid {server.pid}\)$"
    )
    assert re.search(line, server.output(), re.M)
    assert len(server.worker_pids()) == 2


def test_there_is_a_worker_for_each_usable_core(serve):
    server = serve(APP)
    assert len(server.worker_pids()) == len(os.sched_getaffinity(0))


def test_a_c_application_is_served(serve, c_app):
    server = serve("--workers", "2", c_app("plain"))
    assert server.get("/").text == "hello"


def test_several_addresses_are_served_at_once(serve, tmp_path):
    path = tmp_path / "app.sock"
    server = serve("--workers", "1", "--bind", "127.0.0.1:0", "--bind", "localhost:0",
                   "--bind", f"unix:{path}", APP)
    pid = str(server.worker_pids()[0]).encode()
    ports = [int(url.rpartition(":")[2]) for url in server.urls[:2]]
    assert len(set(ports)) == 2
    for port in ports:
        assert get_from(socket.create_connection(("127.0.0.1", port)), "/pid") == pid
    assert get_from(connect_unix(path), "/pid") == pid


def test_ipv6_is_served(serve):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    server = serve("--workers", "1", "--bind", "[::1]:0", APP)
    assert server.url.startswith("http://[::1]:")
    assert get_from(socket.create_connection(("::1", server.port)), "/pid")


def test_a_unix_socket_is_removed_at_the_end(serve, tmp_path):
    path = tmp_path / "app.sock"
    server = serve("--workers", "1", "--bind", f"unix:{path}", APP)
    assert path.is_socket()
    assert server.stop() == 0
    assert not path.exists()


def test_a_unix_socket_that_is_another_servers_now_stays(serve, tmp_path):
    path = tmp_path / "app.sock"
    server = serve("--workers", "1", "--bind", f"unix:{path}", APP)
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        assert server.stop() == 0
        assert path.is_socket()


def test_a_stale_unix_socket_is_replaced(serve, tmp_path):
    path = tmp_path / "app.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
    serve("--workers", "1", "--bind", f"unix:{path}", APP)
    assert get_from(connect_unix(path), "/pid")


def test_a_unix_socket_that_somebody_serves_is_refused(serve, greenroom, tmp_path):
    path = tmp_path / "app.sock"
    serve("--workers", "1", "--bind", f"unix:{path}", APP)
    done = greenroom("serve", "--bind", f"unix:{path}", APP)
    assert done.returncode == 2
    assert done.stderr == f"greenroom: cannot listen on unix:{path}: Address already in use\n"
    assert get_from(connect_unix(path), "/pid")


def test_workers_read_nothing_from_the_terminal(serve):
    assert surroundings(serve("--workers", "1", APP))["stdin"] == ""


def test_workers_may_open_as_many_files_as_the_system_allows(serve):
    soft, hard = surroundings(serve("--workers", "1", APP))["descriptors"]
    assert soft == hard == resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def test_the_application_finds_the_environment_as_its_user_left_it(serve):
    environ = surroundings(serve("--workers", "1", APP, env={"FLAVOUR": "mint"}))["environ"]
    assert environ["FLAVOUR"] == "mint"
    assert "LD_PRELOAD" not in environ
    assert not [name for name in environ if name.startswith("GREENROOM_WORKER")]


def test_a_preload_of_the_users_own_is_kept(serve):
    library = next(line.split()[-1] for line in open("/proc/self/maps") if "/libm.so" in line)
    server = serve("--workers", "1", APP, env={"LD_PRELOAD": library})
    assert surroundings(server)["environ"]["LD_PRELOAD"] == library


def test_the_application_is_imported_from_where_the_server_was_started(serve):
    assert surroundings(serve("--workers", "1", APP))["cwd"] == str(APPS)


def test_programs_that_the_application_runs_get_no_socket_of_ours(serve):
    assert serve("--workers", "1", APP).get("/sockets-of-a-child").text == ""


def test_the_python_of_a_virtual_environment_is_taken(build_dir, greenroom, tmp_path):
    """By way of an interpreter that only tells its name."""
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\necho "greenroom: I am $0" >&2\nexit 2\n')
    python.chmod(0o755)
    done = greenroom("serve", "--bind", "127.0.0.1:0", APP, env={"VIRTUAL_ENV": str(tmp_path)})
    assert (done.returncode, done.stderr) == (2, f"greenroom: I am {python}\n")


def test_python3_is_looked_for_in_path(greenroom, tmp_path):
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\necho "greenroom: I am $0" >&2\nexit 2\n')
    python.chmod(0o755)
    env = {"PATH": f"/none:{tmp_path}:{os.environ['PATH']}", "VIRTUAL_ENV": ""}
    done = greenroom("serve", "--bind", "127.0.0.1:0", APP, env=env)
    assert (done.returncode, done.stderr) == (2, f"greenroom: I am {python}\n")


def test_a_server_started_without_standard_descriptors_serves(build_dir, tmp_path):
    path = tmp_path / "app.sock"
    command = [build_dir / "greenroom", "serve", "--bind", f"unix:{path}", "--workers", "1",
               "--python", sys.executable, APP]
    server = subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command], cwd=APPS)
    try:
        sock = eventually(lambda: connect_if_heard(path), "a server that listens")
        assert get_from(sock, "/surroundings")
    finally:
        server.terminate()
        assert server.wait(timeout=10) == 0
