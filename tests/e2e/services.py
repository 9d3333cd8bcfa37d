"""Servers that drivers are tested against: databases on unix sockets, and TLS with a CA of its own.

Each is started when a test first asks for it, in a folder of its own, and stopped after the last.
"""

import os
import pwd
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

import pytest

START_TIMEOUT = 30.0
STOP_TIMEOUT = 20.0

Upstream = TypeVar("Upstream", bound=ThreadingHTTPServer)


def find_program(name: str, *folders: str) -> str:
    found = shutil.which(name, path=os.pathsep.join(["/usr/bin", "/usr/sbin", *folders]))
    return found or pytest.skip(f"{name} is not installed")


def unprivileged() -> dict:
    """Options of Popen: databases refuse to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Where an unprivileged server may write; short enough for the path of a unix socket."""
    with tempfile.TemporaryDirectory(prefix="greenroom-", ignore_cleanup_errors=True) as folder:
        if who := unprivileged():
            os.chown(folder, who["user"], who["group"])
        yield Path(folder)


@contextmanager
def running(command: list, folder: Path, answers: Callable[[], object]) -> Iterator[None]:
    """Runs a server within the block, which is entered once answers() does not raise."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, **unprivileged(),
        )  # fmt: skip
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            try:
                answers()
                break
            except Exception:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / "log").read_text()) from None
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


# --- PostgreSQL ---


@dataclass(frozen=True)
class Postgres:
    dsn: str

    def connect(self):
        """A connection of the test's own, in autocommit mode; close it."""
        import psycopg2

        connection = psycopg2.connect(self.dsn)
        connection.autocommit = True
        return closing(connection)

    def ask(self, query: str) -> list[tuple]:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def waiting(self) -> int:
        """How many sessions wait for a lock, of any sort."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return self.ask(query)[0][0]

    def clients(self) -> int:
        """How many sessions there are beside the one that asks."""
        query = "SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend'"
        return self.ask(query)[0][0]

    def sessions(self, query: str) -> int:
        """How many sessions have this as their latest query (LIKE)."""
        found = self.ask("SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        return sum(latest.startswith(query) for (latest,) in found)

    @contextmanager
    def holding(self, statement: str) -> Iterator[Callable[[], None]]:
        """Executes statement in a transaction that is open until the function it yields is called."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(statement)
            yield lambda: cursor.execute("ROLLBACK")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    pytest.importorskip("psycopg2")
    folders = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    initdb, server = (find_program(name, *folders) for name in ("initdb", "postgres"))
    with scratch_folder() as folder:
        subprocess.run(
            [initdb, "-D", folder / "data", "-U", "test", "--auth=trust", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **unprivileged(),
        )  # fmt: skip
        found = Postgres(f"host={folder} user=test dbname=postgres")
        command = [server, "-D", folder / "data", "-k", folder, "-h", "", "-N", "300", "-F"]
        with running(command, folder, lambda: found.ask("SELECT 1")):
            yield found


# --- MariaDB ---


@dataclass(frozen=True)
class MariaDB:
    socket: Path

    def connect(self):
        """A connection of the test's own, in autocommit mode; close it."""
        import MySQLdb

        return closing(MySQLdb.connect(unix_socket=str(self.socket), user="test", autocommit=True))

    def execute(self, query: str) -> tuple[tuple, ...]:
        with self.connect() as connection, closing(connection.cursor()) as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def sessions(self, state: str) -> int:
        """How many sessions are in this state, as SHOW PROCESSLIST has it."""
        found = self.execute("SELECT state FROM information_schema.processlist")
        return sum(name == state for (name,) in found)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """Without tables of users: everybody may do everything."""
    pytest.importorskip("MySQLdb")
    server = find_program("mariadbd")
    with scratch_folder() as folder:
        (folder / "data").mkdir()
        if who := unprivileged():
            os.chown(folder / "data", who["user"], who["group"])
        found = MariaDB(folder / "socket")
        command = [
            server, "--no-defaults", f"--datadir={folder / 'data'}", f"--socket={found.socket}",
            "--skip-networking", "--skip-grant-tables", "--innodb-flush-log-at-trx-commit=0",
            "--innodb-log-file-size=4M", "--max-connections=300",
        ]  # fmt: skip
        with running(command, folder, lambda: found.execute("SELECT 1")):
            found.execute("CREATE DATABASE test")
            yield found


# --- Redis ---


@pytest.fixture(scope="session")
def redis_socket() -> Iterator[Path]:
    """The path at which Redis listens."""
    redis = pytest.importorskip("redis")
    server = find_program("redis-server")
    with scratch_folder() as folder:
        path = folder / "socket"
        command = [server, "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder]
        with running(command, folder, redis.Redis(unix_socket_path=str(path)).ping):
            yield path


# --- TLS ---


@dataclass(frozen=True)
class Certificates:
    ca: Path
    certificate: Path
    key: Path


# Those of RSA take seconds to be found; one of "slow" takes its owner milliseconds for each handshake.
KEYS = {
    "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["-newkey", "rsa:2048"],
    "slow": ["-newkey", "rsa:3072"],
}


@dataclass(frozen=True)
class Authority:
    """A CA that nobody else knows."""

    folder: Path
    name: str = "ca"

    @property
    def ca(self) -> Path:
        return self.folder / f"{self.name}.pem"

    def run(self, *arguments: object) -> None:
        command = ["openssl", "req", "-x509", "-utf8", "-nodes", *arguments]
        subprocess.run(command, check=True, capture_output=True)

    def establish(self) -> "Authority":
        self.run(*KEYS["ec"], "-days", "2", "-subj", f"/CN=Test CA {self.name}",
                 "-out", self.ca, "-keyout", self.folder / f"{self.name}-key.pem")  # fmt: skip
        return self

    def issue(
        self, file: str, *names: str, kind: str = "ec", subject: str = ""
    ) -> Certificates:
        """A certificate for names such as "DNS:a.example" and "IP:127.0.0.1", and its key."""
        certificate, key = self.folder / f"{file}.pem", self.folder / f"{file}-key.pem"
        alternatives = ["-addext", f"subjectAltName={','.join(names)}"] if names else []
        self.run(*KEYS[kind], "-days", "2", "-subj", subject or f"/CN={file}", *alternatives,
                 "-addext", "basicConstraints=critical,CA:FALSE", "-CA", self.ca,
                 "-CAkey", self.folder / f"{self.name}-key.pem", "-out", certificate,
                 "-keyout", key)  # fmt: skip
        return Certificates(self.ca, certificate, key)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority")).establish()


@pytest.fixture(scope="session")
def certificates(authority: Authority) -> Certificates:
    """A certificate for 127.0.0.1."""
    return authority.issue("server", "IP:127.0.0.1", kind="rsa")


class GatheringUpstream(ThreadingHTTPServer):
    """Answers requests for /N "together", N by N; those whose others do not come, "alone"."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, certificates: Certificates | None = None):
        super().__init__(("127.0.0.1", 0), GatheringHandler)
        self.changed = threading.Condition()
        self.waiting = 0
        self.groups = 0
        self.connections = 0
        self.scheme = "https" if certificates else "http"
        if certificates:
            self.speak_tls(certificates)

    def speak_tls(self, certificates: Certificates):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.certificate, certificates.key)
        context.set_alpn_protocols(["http/1.1"])
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def gather(self, count: int) -> str:
        with self.changed:
            group = self.groups
            self.waiting += 1
            if self.waiting == count:
                self.groups, self.waiting = self.groups + 1, 0
                self.changed.notify_all()
            complete = self.changed.wait_for(lambda: self.groups > group, timeout=8)
        return "together" if complete else "alone"

    def handle_error(self, request, client_address):
        pass  # a client that refuses the certificate


class GatheringHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        with self.server.changed:
            self.server.connections += 1

    def do_GET(self):
        if self.path == "/resumed":  # was the session of an earlier connection?
            body = str(self.connection.session_reused).encode()
            self.close_connection = True
        else:
            body = self.server.gather(int(self.path[1:])).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextmanager
def serving(upstream: Upstream) -> Iterator[Upstream]:
    with upstream:
        thread = threading.Thread(target=upstream.serve_forever)
        thread.start()
        yield upstream
        upstream.shutdown()
        thread.join()


@pytest.fixture
def upstream() -> Iterator[GatheringUpstream]:
    with serving(GatheringUpstream()) as server:
        yield server


@pytest.fixture
def tls_upstream(certificates: Certificates) -> Iterator[GatheringUpstream]:
    with serving(GatheringUpstream(certificates)) as server:
        yield server


class Service(BaseHTTPRequestHandler):
    """prepare() comes before each answer."""

    protocol_version = "HTTP/1.1"
    text = b"fine\n"

    def prepare(self):
        pass

    def do_GET(self):
        self.prepare()
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.text)))
        self.end_headers()
        self.wfile.write(self.text)

    def log_message(self, *args):
        pass


@pytest.fixture
def service() -> Iterator[int]:
    """The port of a service that speaks HTTP."""
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Service)) as listener:
        yield listener.server_port
