"""How late a sleeper of 1 ms is woken beside threads that keep its worker busy, and what those get done.

The hogs compute in Python, in C without the GIL (pbkdf2, numpy), block where no hook reaches (fread of a
FIFO), or write and fsync. gunicorn's threads are the kernel's own. Each figure is of one worker. Then 100
clients, 200 requests/s together that sleep for 10 ms each, without and with a request that computes.
"""

import asyncio
import json
import urllib.request
from dataclasses import asdict, dataclass

from harness import servers
from harness.client import Visitor
from harness.contest import Options, each, running
from harness.report import Report, Section
from harness.servers import Server
from harness.steady import steadily
from harness.table import Table, number

KINDS = ["python", "pbkdf2", "numpy", "fifo", "fsync"]
HOGS = [0, 1, 2, 4]
SECONDS = 3.0
APP = "hogs:app"
CLIENTS = 100
PERIOD = 0.5  # seconds between the requests of a client


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
    requests: dict[str, dict]  # of the clients: alone, and beside a request that computes


def ask(port: int, kind: str, hogs: int, seconds: float) -> Beside:
    url = f"http://127.0.0.1:{port}/?kind={kind}&hogs={hogs}&seconds={seconds}"
    with urllib.request.urlopen(url, timeout=seconds + 60) as answer:
        return Beside(kind, hogs, **json.load(answer))


async def clients(port: int, hog: bool, seconds: float) -> dict:
    """How long the clients waited for their answers."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    waits = asyncio.create_task(steadily(port, "/nap", CLIENTS, PERIOD, over))
    if hog:
        answer = await Visitor(port).ask(f"/compute?seconds={seconds}")
        if answer.status != 200:
            raise OSError(f"the hog was answered with {answer.status}")
    return (await waits).as_json()


def try_out(seconds: float):
    def measure(server: Server) -> Lateness:
        with running(server) as daemon:
            found = [ask(daemon.port, kind, hogs, seconds)
                     for kind in KINDS for hogs in (HOGS if kind == KINDS[0] else HOGS[1:])]
            asked = {name: asyncio.run(clients(daemon.port, name == "beside", 3 * seconds))
                     for name in ("alone", "beside")}
        return Lateness(server.name, found, asked)

    return measure


def rows(one: Lateness) -> list[list[str]]:
    alone = {beside.kind: beside.turns_per_second for beside in one.beside if beside.hogs == 1}
    return [[one.name, "none" if not beside.hogs else f"{beside.hogs} x {beside.kind}",
             number(beside.p50, 2), number(beside.p99, 2), number(beside.max, 1),
             number(beside.turns_per_second, 1),
             number(beside.turns_per_second / alone[beside.kind], 2)] for beside in one.beside]


def request_rows(one: Lateness) -> list[list[str]]:
    return [[one.name, name, number(waits["requests"]), number(waits["errors"]),
             *(number(waits[key], 1) for key in ("p50", "p99", "max"))]
            for name, waits in one.requests.items()]


def run(options: Options) -> None:
    variants = [servers.greenroom("greenroom", APP, 1),
                servers.gunicorn_gthread("gunicorn-gthread", APP, 1, 8)]
    results = each(options.selected(variants), try_out(options.duration or SECONDS))
    report = Report("fairness", "Beside hogs", " ".join((__doc__ or "").split()))
    table = Table(["variant", "beside", "late p50 ms", "p99", "max", "turns/s of the hogs",
                   "of one"],
                  [row for one in results for row in rows(one)])
    report.sections.append(Section("A sleeper of 1 ms", table))
    table = Table(["variant", "a Python hog", "requests", "errors", "p50 ms", "p99", "max"],
                  [row for one in results for row in request_rows(one)])
    report.sections.append(Section(f"{CLIENTS} clients of requests that sleep for 10 ms", table))
    report.data["variants"] = {one.name: asdict(one) for one in results}
    report.publish()
