"""What a slow log costs the requests: one worker, which is asked 500 times a second by 20 clients, and logs
200 lines of 200 bytes for each request, so 100,000 lines a second. They go to a pipe that is read at
once, or to one of which 1,000 lines a second are read, in turns.
"""

import asyncio
import os
import statistics
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import servers
from harness.contest import Options, running
from harness.report import Report, Section
from harness.steady import Waits, steadily
from harness.table import Table, number

CLIENTS = 20
PERIOD = 0.04  # seconds between the requests of a client
LINES = 200  # of a request
SLOW = 1000  # lines a second
SECONDS = 10.0
ROUNDS = 7


class Reader(threading.Thread):
    """Reads a pipe; rate: lines a second at most, 0 for all there is."""

    def __init__(self, path: Path, rate: int) -> None:
        super().__init__(daemon=True)
        os.mkfifo(path)
        self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.rate = rate
        self.lines = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.025 if self.rate else 0.001):
            try:
                data = os.read(self.fd, self.rate * 275 // 40 if self.rate else 1 << 20)
            except BlockingIOError:
                continue
            self.lines += data.count(b"\n")
        os.close(self.fd)


@dataclass
class Round:
    requests: int
    offered: float  # lines a second
    read: float
    p50: float  # ms
    p99: float


@dataclass
class Variant:
    name: str
    rate: int  # lines a second that are read; 0: all
    rounds: list[Round] = field(default_factory=list)

    def median(self, name: str) -> float:
        return statistics.median(getattr(one, name) for one in self.rounds)


async def ask(port: int, seconds: float) -> Waits:
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    return await steadily(port, f"/{LINES}", CLIENTS, PERIOD, over)


def play(variant: Variant, seconds: float) -> None:
    with TemporaryDirectory() as folder:
        pipe = Path(folder) / "log"
        reader = Reader(pipe, variant.rate)
        reader.start()
        with running(servers.greenroom(variant.name, "logs.so", 1, "--log", str(pipe))) as daemon:
            asyncio.run(ask(daemon.port, 1.0))
            before, began = reader.lines, time.monotonic()
            waits = asyncio.run(ask(daemon.port, seconds))
            took = time.monotonic() - began
            read = (reader.lines - before) / took
        reader.over.set()
    variant.rounds.append(Round(len(waits.times), len(waits.times) * LINES / took, read,
                                waits.percentile(50), waits.percentile(99)))


def run(options: Options) -> None:
    variants = [Variant("fast", 0), Variant("slow", SLOW)]
    for _ in range(ROUNDS):
        for variant in variants:
            play(variant, options.seconds(SECONDS))
    report = Report("logs", "A slow log", " ".join((__doc__ or "").split()))
    table = Table(
        ["pipe", "requests", "lines offered/s", "lines read/s", "p50 ms", "p99 ms"],
        [[one.name, *(number(one.median(name), 2 if name.startswith("p") else 0)
                      for name in ("requests", "offered", "read", "p50", "p99"))]
         for one in variants])
    report.sections.append(Section(f"Medians of {ROUNDS} rounds", table))
    report.data["variants"] = {one.name: [asdict(turn) for turn in one.rounds] for one in variants}
    report.publish()
