"""How late a sleeper of 1 ms is woken beside threads that keep its worker busy, and what those get done.

The hogs compute in Python, in C without the GIL (pbkdf2, numpy), block where no hook reaches (fread of a
FIFO), or write and fsync. gunicorn's threads are the kernel's own. Each figure is of one worker.
"""

import json
import urllib.request
from dataclasses import asdict, dataclass

from harness import servers
from harness.contest import Options, each, running
from harness.report import Report, Section
from harness.servers import Server
from harness.table import Table, number

KINDS = ["python", "pbkdf2", "numpy", "fifo", "fsync"]
HOGS = [0, 1, 2, 4]
SECONDS = 3.0
APP = "hogs:app"


@dataclass
class Beside:
    kind: str
    hogs: int
    p50: float  # ms late
    p99: float
    max: float
    wakes: int
    turns_per_second: float  # of all hogs


@dataclass
class Lateness:
    name: str
    beside: list[Beside]


def ask(port: int, kind: str, hogs: int, seconds: float) -> Beside:
    url = f"http://127.0.0.1:{port}/?kind={kind}&hogs={hogs}&seconds={seconds}"
    with urllib.request.urlopen(url, timeout=seconds + 60) as answer:
        return Beside(kind, hogs, **json.load(answer))


def try_out(seconds: float):
    def measure(server: Server) -> Lateness:
        with running(server) as daemon:
            found = [ask(daemon.port, kind, hogs, seconds)
                     for kind in KINDS for hogs in (HOGS if kind == KINDS[0] else HOGS[1:])]
        return Lateness(server.name, found)

    return measure


def rows(one: Lateness) -> list[list[str]]:
    return [[one.name, "none" if not beside.hogs else f"{beside.hogs} x {beside.kind}",
             number(beside.p50, 2), number(beside.p99, 2), number(beside.max, 1),
             number(beside.turns_per_second, 1)] for beside in one.beside]


def run(options: Options) -> None:
    variants = [servers.greenroom("greenroom", APP, 1),
                servers.gunicorn_gthread("gunicorn-gthread", APP, 1, 8)]
    results = each(options.selected(variants), try_out(options.duration or SECONDS))
    report = Report("fairness", "Beside hogs", " ".join((__doc__ or "").split()))
    table = Table(["variant", "beside", "late p50 ms", "p99", "max", "turns/s of the hogs"],
                  [row for one in results for row in rows(one)])
    report.sections.append(Section("A sleeper of 1 ms", table))
    report.data["variants"] = {one.name: asdict(one) for one in results}
    report.publish()
