"""What the end-to-end tests share: the program, and servers that are sure to be gone afterwards.

GREENROOM_BUILD names the build directory (default: build), GREENROOM_POLLER the poller that every
server is started with (default: the program's own). The kernel chooses the ports they listen on.
"""

import http.client
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from http_wire import Wire
from services import (  # noqa: F401
    authority, certificates, mariadb, postgres, redis_socket, service, tls_upstream, upstream,
)

ROOT = Path(__file__).resolve().parents[2]
APPS = Path(__file__).resolve().parent / "apps"
READY = re.compile(
    r"^greenroom \S+: serving .* on (?P<where>.+) with \d+ workers? \(pid \d+\)$", re.M
)

START_TIMEOUT = 20.0
STOP_TIMEOUT = 20.0


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "without_faults(*kinds, reason): cannot hold while GREENROOM_FAULTS injects one of these",
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    injected = set(re.split(r"[,:]", os.environ.get("GREENROOM_FAULTS", "")))
    for marker in item.iter_markers("without_faults"):
        if found := injected.intersection(marker.args):
            pytest.skip(f"under {', '.join(sorted(found))}: {marker.kwargs['reason']}")


def unpacked_pythons() -> list[str]:
    """The newer Pythons that tools/pythons has unpacked."""
    return [str(folder / "usr" / "bin" / f"python{folder.name}")
            for folder in sorted(ROOT.glob("build/pythons/3.*"))]


def eventually(condition: Callable[[], object], what: str, timeout: float = 10.0) -> object:
    """Waits until condition() is true and returns its value; fails after timeout seconds."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout} s: {what}")
        time.sleep(0.005)
    return value


def is_alive(pid: int) -> bool:
    """Is there a process of that id which is not merely waiting to be reaped?"""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def processes_marked(mark: str) -> list[int]:
    """The processes with mark in their environment, given to them or inherited."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environ = (entry / "environ").read_bytes()
        except OSError:
            continue
        if mark.encode() in environ and is_alive(int(entry.name)):
            found.append(int(entry.name))
    return found


@dataclass(frozen=True)
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Server:
    """A running `greenroom serve`."""

    process: subprocess.Popen
    log: Path
    mark: str
    urls: list[str] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def url(self) -> str:
        """Of the first address, without a final slash: "http://127.0.0.1:40123"."""
        return self.urls[0]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def output(self) -> str:
        """All that master and workers have written so far, stdout and stderr."""
        return self.log.read_text(errors="replace")

    def worker_pids(self) -> list[int]:
        try:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        except FileNotFoundError:
            return []
        return [int(pid) for pid in children.split() if is_alive(int(pid))]

    def connect(self, timeout: float = 10.0) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def request(self, method: str, path: str = "/", **options) -> Response:
        """On a connection of its own. options as http.client.HTTPConnection.request takes them."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, **options)
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str = "/", **options) -> Response:
        return self.request("GET", path, **options)

    @contextmanager
    def crowd(self, count: int, path: str) -> Iterator[list[Future[Response]]]:
        """count requests for path at once; they are answered when the block is left, at the latest."""
        with ThreadPoolExecutor(count) as clients:
            yield [clients.submit(self.get, path) for _ in range(count)]

    def kernel_tasks(self) -> int:
        """How many tasks the kernel has for the first worker."""
        return len(os.listdir(f"/proc/{self.worker_pids()[0]}/task"))

    def find_all(self, pattern: str) -> list[str]:
        """All matches of a regular expression so far, ^ and $ standing at line ends."""
        return re.findall(pattern, self.output(), re.M)

    def wait_for_output(self, pattern: str, timeout: float = 10.0) -> re.Match:
        """The first match of a regular expression, ^ and $ standing at line ends."""
        search = re.compile(pattern, re.M).search
        deadline = time.monotonic() + timeout
        while not (found := search(self.output())):
            if time.monotonic() > deadline:
                pytest.fail(f"not within {timeout} s: {pattern!r} in\n{self.output()}")
            time.sleep(0.005)
        return found

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self, timeout: float = STOP_TIMEOUT) -> int:
        """Waits for the end of the master; returns its exit code, or minus a signal's number."""
        return self.process.wait(timeout)

    def stop(self) -> int:
        """Stops it as an operator would. Returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            if self.process.poll() is not None:
                pytest.fail(f"the server ended with {self.process.returncode}:\n{self.output()}")
            return READY.search(self.output()) is not None

        eventually(ready, "ready", START_TIMEOUT)
        self.urls = READY.search(self.output())["where"].split(", ")

    def clean_up(self) -> None:
        """Ends what still runs, and complains about processes that the master has left behind."""
        timed_out = False
        if self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                timed_out = True
                self.process.kill()
                self.process.wait()
        # Workers whose master was killed end by themselves.
        deadline = time.monotonic() + 5
        while (left := processes_marked(self.mark)) and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not timed_out, f"the server did not stop:\n{self.output()}"
        assert not left, f"processes were left over: {left}\n{self.output()}"


@pytest.fixture(scope="session")
def build_dir() -> Path:
    directory = Path(os.environ.get("GREENROOM_BUILD", ROOT / "build")).resolve()
    assert (directory / "greenroom").exists(), f"nothing has been built in {directory}"
    return directory


@pytest.fixture
def greenroom(build_dir: Path) -> Callable[..., subprocess.CompletedProcess]:
    """Runs the program to its end: greenroom("serve", "--workers", "0", "app:app", env={...})."""

    def run(*args: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
        return subprocess.run(
            [build_dir / "greenroom", *args],
            env=os.environ | (env or {}),
            cwd=APPS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT,
        )

    return run


def serve_arguments(args: tuple[str, ...]) -> list[str]:
    """What a test leaves open: where to listen, which poller, which Python."""
    given = " ".join(args)
    extra = [] if "--bind" in given else ["--bind", "127.0.0.1:0"]
    if "--python" not in given and not args[-1].endswith(".so"):
        extra += ["--python", sys.executable]
    if "--poller" not in given and "GREENROOM_POLLER" in os.environ:
        extra += ["--poller", os.environ["GREENROOM_POLLER"]]
    return [*extra, *args]


@pytest.fixture
def serve(build_dir: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts `greenroom serve` and waits until it is ready: serve("--workers", "1", "hello:app").

    env is added to the environment; cwd is tests/e2e/apps unless said otherwise; with ready=False
    it does not wait; before is called in the process that is to be the server. Every server is stopped after the test, which fails when a process of it is
    left over.
    """
    servers: list[Server] = []

    def start(
        *args: str, env: dict[str, str] | None = None, cwd: Path = APPS, ready: bool = True,
        before: Callable[[], None] | None = None, program: Path = build_dir / "greenroom",
    ) -> Server:
        mark = f"GREENROOM_TEST={uuid.uuid4()}"
        log = tmp_path / f"server-{len(servers)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [program, "serve", *serve_arguments(args)],
                env=os.environ | (env or {}) | dict([mark.split("=", 1)]),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=before,
            )
        servers.append(Server(process, log, mark))
        if ready:
            servers[-1].wait_until_ready()
        return servers[-1]

    yield start
    for server in servers:
        server.clean_up()


@pytest.fixture(scope="session")
def c_app(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Compiles tests/e2e/apps/NAME.c and returns the path of the shared object."""
    directory = tmp_path_factory.mktemp("c_apps")

    def compile_app(name: str, *options: str) -> str:
        target = directory / f"{name}.so"
        if not target.exists():
            compiler = shlex.split(os.environ.get("CC", "cc"))
            subprocess.run(
                [*compiler, "-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-fPIC", "-shared",
                 "-I", ROOT / "include", APPS / f"{name}.c", "-o", target, *options],
                check=True,
            )
        return str(target)

    return compile_app


@pytest.fixture
def app(c_app: Callable[[str], str]) -> str:
    """The application in C that most tests of the server ask; a module may have another."""
    return c_app("answers")


@pytest.fixture
def server(serve: Callable[..., Server], app: str) -> Server:
    """One worker that serves app; a module may have another."""
    return serve("--workers", "1", "--access-log", "off", app)


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    """A connection to server."""
    with Wire(server.port) as wire:
        yield wire
