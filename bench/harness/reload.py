"""What reloads, upgrades and deaths of workers cost the requests: two workers, 200 keep-alive connections that
ask without a pause, and 20 reloads, 5 upgrades of the program, or 50 times SIGKILL to one of four workers. A
dead worker takes the requests with it that are inside it; each connection has one. gunicorn is reloaded by SIGHUP as often.
"""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import servers
from harness.contest import Options, running
from harness.load import Load, wrk
from harness.processes import TICKS_PER_SECOND, Daemon, children, descriptors
from harness.report import Report, Section
from harness.servers import BUILD, Server
from harness.table import Table, number

WORKERS, KILLED_WORKERS = 2, 4
CONNECTIONS = 200
RELOADS, UPGRADES, KILLS = 20, 5, 50
TURN = 4.0  # seconds of load at a time
SETTLE = 30.0  # seconds at most, for the last of the old workers to go
GROWN, KILL_PAUSE = 12.0, 1.0  # seconds
GUNICORN_PAUSE = 1.0  # seconds: SIGHUP does not say when it is over


@dataclass
class Outcome:
    name: str
    times: int
    requests: int
    refused: int  # connections
    broken: int  # connections, and with each a request
    not_200: int
    seconds_each: float
    processes_left: int  # more than before
    descriptors_left: int  # in the master


@dataclass
class Asking(threading.Thread):
    """Loads a server until it is over, in turns."""

    port: int

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.requests, self.refused, self.broken, self.not_200 = 0, 0, 0, 0

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        while not self.over.is_set():
            found = wrk(f"http://127.0.0.1:{self.port}/", Load(CONNECTIONS, TURN, timeout=10), TURN)
            errors = found["errors"]
            self.requests += found["requests"]
            self.refused += errors["connect"]
            self.broken += errors["read"] + errors["write"] + errors["timeout"]
            self.not_200 += errors["status"]


@contextmanager
def load_on(daemon: Daemon) -> Iterator[Asking]:
    asking = Asking(daemon.port)
    asking.start()
    time.sleep(1.0)
    yield asking
    asking.over.set()
    asking.join()


def settled(daemon: Daemon, count: int) -> int:
    """How many children the master has more than that, once it has no more or time is up."""
    deadline = time.monotonic() + SETTLE
    while len(children(daemon.pid)) != count and time.monotonic() < deadline:
        time.sleep(0.1)
    return len(children(daemon.pid)) - count


def play(name: str, server: Server, times: int, act: Callable[[Daemon], None]) -> Outcome:
    with running(server) as daemon:
        wrk(f"http://127.0.0.1:{daemon.port}/", Load(CONNECTIONS, 2), 2)
        count = len(children(daemon.pid))
        open_before = descriptors(daemon.pid)
        with load_on(daemon) as asking:
            began = time.monotonic()
            for _ in range(times):
                act(daemon)
            took = time.monotonic() - began
        left = settled(daemon, count)
        return Outcome(name, times, asking.requests, asking.refused, asking.broken, asking.not_200,
                       took / times, left, descriptors(daemon.pid) - open_before)


# ---- what is done to them ----


def reload_greenroom(control: Path) -> Callable[[Daemon], None]:
    def act(daemon: Daemon) -> None:
        subprocess.run([BUILD / "greenroom", "reload", "--control", control], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)

    return act


def upgrade(daemon: Daemon) -> None:
    """It is over when the workers that were there have gone."""
    before = set(children(daemon.pid))
    os.kill(daemon.pid, signal.SIGUSR2)
    deadline = time.monotonic() + SETTLE
    while before & set(children(daemon.pid)) and time.monotonic() < deadline:
        time.sleep(0.02)


def age(pid: int) -> float:
    """Of a process, in seconds."""
    started = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started / TICKS_PER_SECOND


def kill_one(daemon: Daemon) -> None:
    """Of those that have served long enough: one that dies soon is started again later, as in a crash
    loop."""
    while not (grown := [pid for pid in children(daemon.pid) if age(pid) > GROWN]):
        time.sleep(0.1)
    os.kill(random.choice(grown), signal.SIGKILL)
    time.sleep(KILL_PAUSE)


def hang_up(daemon: Daemon) -> None:
    os.kill(daemon.pid, signal.SIGHUP)
    time.sleep(GUNICORN_PAUSE)


def row(one: Outcome) -> list[str]:
    return [one.name, number(one.times), number(one.requests), number(one.refused), number(one.broken),
            number(one.not_200), number(one.seconds_each, 2), number(one.processes_left),
            number(one.descriptors_left)]


def run(options: Options) -> None:
    app = "wsgi_hello:app"
    outcomes = []
    with TemporaryDirectory() as folder:
        control = Path(folder) / "control"
        greenroom = servers.greenroom("greenroom", app, WORKERS, "--control", str(control))
        more = servers.greenroom("greenroom", app, KILLED_WORKERS)
        gunicorn = servers.gunicorn_gevent("gunicorn-gevent", app, WORKERS)
        for name, server, times, act in (
            ("greenroom reload", greenroom, RELOADS, reload_greenroom(control)),
            ("greenroom upgrade", greenroom, UPGRADES, upgrade),
            ("greenroom kill -9", more, KILLS, kill_one),
            ("gunicorn-gevent reload", gunicorn, RELOADS, hang_up),
        ):
            if options.wants(name):
                outcomes.append(play(name, server, times, act))
    report = Report("reload", "Reloads, upgrades, deaths", " ".join((__doc__ or "").split()))
    table = Table(["what", "times", "requests", "refused", "broken", "not 200", "s each",
                   "processes left", "descriptors left"], [row(one) for one in outcomes])
    report.sections.append(Section(f"{CONNECTIONS} connections", table))
    report.data["outcomes"] = {one.name: asdict(one) for one in outcomes}
    report.publish()
