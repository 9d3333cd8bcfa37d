"""SIGTERM under load: what becomes of the requests. Two workers, requests that sleep for 100 ms.

Half of the clients keep their connection, half make one for each request; they go on until they are
refused. A refused connection is no loss. A request that was sent and not answered in full is.
"""

import os
import signal
import socket
import subprocess
import threading
import time
from dataclasses import asdict, dataclass, field

from harness import servers
from harness.contest import Options, each, running
from harness.crowd import is_complete
from harness.processes import Daemon
from harness.report import Report, Section
from harness.servers import Server
from harness.table import Table, number

CLIENTS = 200
WORKERS = 2
ROUNDS = 5
LOAD_SECONDS = 1.0  # of load before the signal
STOP_TIMEOUT = 40.0  # seconds
REQUEST = b"GET /100 HTTP/1.1\r\nHost: bench\r\n%s\r\n"


@dataclass
class Fate:
    """Requests counted by what became of them."""

    answered: int = 0
    failed: int = 0  # answered, but not with 200
    lost_before: int = 0  # sent before the signal, never answered
    lost_after: int = 0  # sent after it on a connection that was still open, never answered

    def __add__(self, other: "Fate") -> "Fate":
        return Fate(self.answered + other.answered, self.failed + other.failed,
                    self.lost_before + other.lost_before, self.lost_after + other.lost_after)


@dataclass
class Stop:
    """When the signal was sent; None until then."""

    at: float | None = None


@dataclass
class Drain:
    name: str
    fate: Fate = field(default_factory=Fate)
    exit_codes: list[int] = field(default_factory=list)
    slowest_stop: float = 0.0  # seconds from the signal to the end of the server


class Client(threading.Thread):
    def __init__(self, port: int, keep_alive: bool, stop: Stop) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.request = REQUEST % (b"" if keep_alive else b"Connection: close\r\n")
        self.stop = stop
        self.fate = Fate()

    def run(self) -> None:
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            except OSError:
                return
            with connection:
                while self.ask(connection):
                    pass

    def ask(self, connection: socket.socket) -> bool:
        """True when the connection can take another request."""
        sent = time.monotonic()
        answer = b""
        try:
            connection.sendall(self.request)
            while not is_complete(answer):
                data = connection.recv(65536)
                if not data:
                    break
                answer += data
        except OSError:
            pass
        return self.judge(answer, sent)

    def judge(self, answer: bytes, sent: float) -> bool:
        if not is_complete(answer):
            if self.stop.at is None or sent < self.stop.at:
                self.fate.lost_before += 1
            else:
                self.fate.lost_after += 1
            return False
        if answer.startswith(b"HTTP/1.1 200"):
            self.fate.answered += 1
        else:
            self.fate.failed += 1
        return b"\r\nconnection: close" not in answer.lower()


def variants() -> list[Server]:
    app = "wsgi_sleep:app"
    return [
        servers.greenroom("greenroom-wsgi", app, WORKERS),
        servers.greenroom("greenroom-c", "sleep.so", WORKERS),
        servers.gunicorn_gevent("gunicorn-gevent", app, WORKERS),
        servers.gunicorn_aiohttp("gunicorn-aiohttp", "aiohttp_sleep:app", WORKERS),
    ]


def stop_under_load(daemon: Daemon, result: Drain) -> None:
    stop = Stop()
    clients = [Client(daemon.port, bool(turn % 2), stop) for turn in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(LOAD_SECONDS)
    stop.at = time.monotonic()
    os.kill(daemon.pid, signal.SIGTERM)
    try:
        result.exit_codes.append(daemon.process.wait(STOP_TIMEOUT))
    except subprocess.TimeoutExpired:
        daemon.stop()
    result.slowest_stop = max(result.slowest_stop, time.monotonic() - stop.at)
    for client in clients:
        client.join(timeout=5)
        result.fate += client.fate


def drain(server: Server) -> Drain:
    result = Drain(server.name)
    for _ in range(ROUNDS):
        with running(server) as daemon:
            stop_under_load(daemon, result)
    return result


def run(options: Options) -> None:
    results = each(options.selected(variants()), drain)
    report = Report("drain", "SIGTERM under load", " ".join((__doc__ or "").split()))
    table = Table(
        ["variant", "answered", "failed", "lost, sent before", "lost, sent after", "exit codes",
         "slowest stop s"],
        [[one.name, number(one.fate.answered), number(one.fate.failed),
          number(one.fate.lost_before), number(one.fate.lost_after),
          " ".join(map(str, one.exit_codes)), number(one.slowest_stop, 2)] for one in results])
    report.sections.append(
        Section(f"{ROUNDS} times SIGTERM with {CLIENTS} clients at work", table))
    report.data["variants"] = {one.name: asdict(one) for one in results}
    report.publish()
