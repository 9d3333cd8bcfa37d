"""Requests that only wait: 10 ms and 1 s, at 512 and at 10,000 connections, on two workers.

Then 10,000 requests at once: whether each is answered, and what one costs while it waits. Memory is
the growth of the proportional set size of all processes of the server, connections included.
"""

import time
from dataclasses import asdict, dataclass

from harness import servers
from harness.contest import Options, contest, each, running
from harness.crowd import Crowd
from harness.load import Load, Measurement
from harness.processes import Daemon, memory_kib
from harness.report import (CPU, ERRORS, MEMORY, NAME, P50, P99, RATE, Report, Section,
                            latency_panel, rate_panel, table_of)
from harness.servers import Server
from harness.svg import chart
from harness.table import Table, number

WORKERS = 2
SECONDS = 10.0
CASES = [(10, 512), (10, 10_000), (1000, 512), (1000, 10_000)]  # ms, connections
CROWD = 10_000
SLEEP = "wsgi_sleep:app"
FLASK_SLEEP = "flask_sleep:app"


def coroutine_variants() -> list[Server]:
    return [
        servers.greenroom("greenroom-c", "sleep.so", WORKERS),
        servers.greenroom("greenroom-wsgi", SLEEP, WORKERS),
        servers.gunicorn_aiohttp("gunicorn-aiohttp", "aiohttp_sleep:app", WORKERS),
        servers.gunicorn_gevent("gunicorn-gevent", SLEEP, WORKERS),
    ]


def crowd_variants() -> list[Server]:
    return [*coroutine_variants(),
            servers.greenroom("greenroom-flask", FLASK_SLEEP, WORKERS),
            servers.gunicorn_gevent("gunicorn-gevent-flask", FLASK_SLEEP, WORKERS)]


def variants(connections: int) -> list[Server]:
    """Threads take part where there can be one for each connection."""
    threads = connections // WORKERS
    if threads > 1000:
        return coroutine_variants()
    return [*coroutine_variants(),
            servers.greenroom_threads(f"greenroom-threads-{threads}", SLEEP, WORKERS, threads),
            servers.gunicorn_gthread(f"gunicorn-gthread-{threads}", SLEEP, WORKERS, threads)]


@dataclass
class InFlight:
    """What became of CROWD requests that were sent at once and slept for a second each."""

    name: str
    answered: int
    failures: dict[str, int]
    wall: float  # seconds from the first request sent to the last answer
    kib_each: float  # growth while all of them sleep


def ask_at_once(daemon: Daemon) -> tuple[Crowd, float]:
    with Crowd(daemon.port, CROWD) as crowd:
        started = time.monotonic()
        crowd.ask("/1000")
        crowd.wait(timeout=60)
        return crowd, time.monotonic() - started


def memory_asleep(daemon: Daemon) -> float:
    """KiB for each request, when all have had the time to fall asleep."""
    warm_up(daemon)
    before = memory_kib(daemon.pids())
    with Crowd(daemon.port, CROWD) as crowd:
        crowd.ask("/8000")
        time.sleep(6)
        grown = memory_kib(daemon.pids()) - before
        crowd.wait(timeout=60)
    return grown / CROWD


def warm_up(daemon: Daemon) -> None:
    with Crowd(daemon.port, 20) as crowd:
        crowd.ask("/1")
        crowd.wait(timeout=30)


def in_flight(server: Server) -> InFlight:
    with running(server) as daemon:
        crowd, wall = ask_at_once(daemon)
    with running(server) as daemon:
        kib_each = memory_asleep(daemon)
    failures = {kind: count for kind, count in crowd.failures.items() if count}
    return InFlight(server.name, crowd.answered, failures, wall, kib_each)


def in_flight_table(results: list[InFlight]) -> Table:
    return Table(
        ["variant", "answered", "errors", "wall s", "KiB each"],
        [[one.name, number(one.answered), number(sum(one.failures.values())),
          number(one.wall, 2), number(one.kib_each, 1)] for one in results])


def section(milliseconds: int, connections: int, measurements: list[Measurement]) -> Section:
    title = f"Sleeping {milliseconds} ms, {connections:,} connections"
    picture = chart(f"{title}, {WORKERS} workers", [one.name for one in measurements],
                    [rate_panel(measurements), latency_panel(measurements)])
    columns = [NAME, RATE, P50, P99, ERRORS, CPU, MEMORY]
    return Section(title, table_of(measurements, columns), picture)


def run(options: Options) -> None:
    report = Report("sleep", "Requests that wait", " ".join((__doc__ or "").split()))
    report.data["cases"] = {}
    for milliseconds, connections in CASES:
        load = Load(connections, options.seconds(SECONDS), threads=2)
        chosen = options.selected(variants(connections))
        measurements = contest(chosen, f"/{milliseconds}", load)
        if measurements:
            report.sections.append(section(milliseconds, connections, measurements))
        report.data["cases"][f"{milliseconds}ms-{connections}"] = {
            one.name: one.as_json() for one in measurements
        }
    results = each(options.selected(crowd_variants()), in_flight)
    report.sections.append(
        Section(f"{CROWD:,} requests at once, each sleeping 1 s", in_flight_table(results)))
    report.data["in_flight"] = {one.name: asdict(one) for one in results}
    report.publish()
