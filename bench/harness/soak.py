"""Everything mixed against one server with two workers: requests that do nothing, call a service of
100 ms by requests.Session, query PostgreSQL by psycopg2, run programs, start threads, take turns by
locks, conditions and queues, compute in C and in Python, upload, download, read slowly, hang up in the
middle, raise, and miss their deadline.

Every answer is checked. Each second the anonymous memory, the proportional set size, the descriptors and
the threads of the kernel of each worker are noted. What must stay flat is the anonymous memory: the worker's
own, which others do not change by mapping the same files. "Grown" is the median of the last tenth over that
of the first, after a fifth of the time for warming up.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from harness import servers
from harness.contest import Options, running
from harness.postgres import environment, postgresql
from harness.processes import Daemon, children, cpu_seconds, descriptors, memory_kib, tasks
from harness.report import Report, Section
from harness.soak_clients import KINDS, Kind, Tally, be_all
from harness.svg import Curve, timeline
from harness.table import Table, number

SECONDS = 600.0
WORKERS = 2
REQUEST_TIMEOUT = 10  # seconds
PERIOD = 1.0  # seconds between two samples
WARM_UP = 0.2  # of the samples


@dataclass
class Sample:
    at: float  # seconds since the start
    anonymous_kib: int
    pss_kib: int
    descriptors: int
    tasks: int


@dataclass
class Worker:
    pid: int
    samples: list[Sample] = field(default_factory=list)

    def ends(self, key: str) -> tuple[float, float]:
        """The medians of the first and the last tenth after the warm-up."""
        values = [getattr(sample, key) for sample in self.samples]
        values = values[int(len(values) * WARM_UP) :]
        tenth = max(1, len(values) // 10)
        return statistics.median(values[:tenth]), statistics.median(values[-tenth:])


@dataclass
class Soak:
    kinds: list[Kind]
    workers: list[Worker]
    tally: Tally
    seconds: float = 0.0
    server_cpu: float = 0.0  # seconds
    driver_cpu: float = 0.0
    lost_workers: int = 0


def take_samples(workers: Sequence[Worker], at: float) -> None:
    for worker in workers:
        memory = (memory_kib([worker.pid], field) for field in ("Anonymous", "Pss"))
        worker.samples.append(Sample(at, *memory, descriptors(worker.pid), tasks(worker.pid)))


async def sample(workers: Sequence[Worker], seconds: float) -> None:
    """Once per PERIOD; raises OSError when a worker is gone."""
    began = time.monotonic()
    while (at := time.monotonic() - began) < seconds:
        await asyncio.to_thread(take_samples, workers, at)
        await asyncio.sleep(PERIOD)


def workers_of(daemon: Daemon) -> list[int]:
    """All of them, which are there soon after the first listens."""
    deadline = time.monotonic() + daemon.start_timeout
    while len(pids := children(daemon.pid)) < WORKERS and time.monotonic() < deadline:
        time.sleep(0.02)
    return pids


async def soak(daemon: Daemon, kinds: list[Kind], seconds: float) -> Soak:
    result = Soak(kinds, [Worker(pid) for pid in workers_of(daemon)], Tally())
    over = asyncio.Event()
    clients = asyncio.create_task(be_all(daemon.port, kinds, over, result.tally))
    began, cpu, own = time.monotonic(), cpu_seconds(daemon.pids()), time.process_time()
    try:
        await sample(result.workers, seconds)
    except OSError as error:
        print(f"a worker is gone: {error}", file=sys.stderr)
    result.seconds = time.monotonic() - began
    result.server_cpu = cpu_seconds(daemon.pids()) - cpu
    result.driver_cpu = time.process_time() - own
    result.lost_workers = len({worker.pid for worker in result.workers} - set(children(daemon.pid)))
    over.set()
    await clients
    return result


def answer_table(one: Soak) -> Table:
    tally = one.tally
    return Table(["requests", "clients", "answered", "a second", "errors"],
                 [[kind.name, number(kind.clients), number(tally.answered[kind.name]),
                   number(tally.answered[kind.name] / one.seconds, 1),
                   number(tally.errors_of(kind.name))] for kind in one.kinds]
                 + [["all", number(sum(kind.clients for kind in one.kinds)),
                     number(tally.answered.total()),
                     number(tally.answered.total() / one.seconds, 1),
                     number(tally.errors.total())]])


def worker_table(one: Soak) -> Table:
    rows = []
    for index, worker in enumerate(one.workers, start=1):
        first, last = worker.ends("anonymous_kib")
        shared = (number(kib / 1024, 1) for kib in worker.ends("pss_kib"))
        counts = (" - ".join(map(number, worker.ends(key))) for key in ("descriptors", "tasks"))
        rows.append([f"worker {index}", number(first / 1024, 1), number(last / 1024, 1),
                     f"{last / first - 1:+.1%}", " - ".join(shared), *counts])
    return Table(["", "anonymous MiB, first", "last", "grown", "PSS MiB", "descriptors",
                  "kernel threads"], rows)


def picture(one: Soak) -> str:
    curves = [Curve(f"worker {index}", [(sample.at, sample.anonymous_kib / 1024)
                                        for sample in worker.samples])
              for index, worker in enumerate(one.workers, start=1)]
    return timeline("Anonymous memory of the workers under everything mixed", "MiB", curves,
                    mark=one.seconds * WARM_UP, mark_label="warmed up")


def publish(one: Soak) -> None:
    report = Report("soak", "Everything mixed", " ".join((__doc__ or "").split()))
    report.sections += [Section("Memory, descriptors, threads", worker_table(one), picture(one)),
                        Section("Answers", answer_table(one))]
    if one.tally.errors:
        report.sections.append(Section("Errors", Table(
            ["requests", "what", "count"],
            [[kind, what, number(count)] for (kind, what), count in one.tally.errors.items()])))
    report.data |= {
        "seconds": one.seconds, "server_cpu": one.server_cpu, "driver_cpu": one.driver_cpu,
        "lost_workers": one.lost_workers, "answered": dict(one.tally.answered),
        "errors": one.tally.errors.total(),
        "workers": [{**{key: worker.ends(key)
                        for key in ("anonymous_kib", "pss_kib", "descriptors", "tasks")},
                     "samples": [asdict(sample) for sample in worker.samples]}
                    for worker in one.workers],
    }
    report.publish()


def run(options: Options) -> None:
    kinds = [kind for kind in KINDS if options.wants(kind.name)]
    with postgresql() as database, running(servers.upstream_100ms()) as upstream:
        server = servers.greenroom(
            "greenroom", "soak:app", WORKERS, "--request-timeout", str(REQUEST_TIMEOUT),
            UPSTREAM=f"127.0.0.1:{upstream.port}", **environment(database.port))
        with running(server) as daemon:
            result = asyncio.run(soak(daemon, kinds, options.seconds(SECONDS)))
            if result.tally.errors or result.lost_workers:
                print(daemon.output_end(), file=sys.stderr)
    publish(result)
