"""1,000 times subprocess.run(["true"]) from 100 requests at once in one worker, while others are served.

The others: 50 clients that ask for next to nothing, 200 requests/s together, without and with the
subprocesses. In the end no child may be left, dead or alive, and no descriptor. CPython holds the GIL
from vfork to exec, so whoever else wants to run has to wait for it, on the kernel's threads as well.
"""

import asyncio
import time
from dataclasses import asdict, dataclass

from harness import servers
from harness.client import Visitor
from harness.contest import Options, each, running
from harness.processes import Daemon, children, descriptors
from harness.report import Report, Section
from harness.servers import Server
from harness.steady import Waits, ask, steadily
from harness.table import Table, number

APP = "subprocesses:app"
THREADS = 200
AT_ONCE = 100
EACH = 10
CLIENTS = 50
PERIOD = 0.25  # seconds between the requests of a client
ALONE = 5.0  # seconds without subprocesses
SETTLE = 10.0  # seconds at most for the worker to close what its clients have closed


@dataclass
class Outcome:
    name: str
    ran: int
    errors: int
    seconds: float
    alone: dict
    beside: dict
    children_left: int
    descriptors_grown: int


async def run_programs(port: int, each: int) -> Waits:
    async def visit() -> None:
        visitor = Visitor(port)
        for _ in range(each):
            await ask(visitor, "/run", waits)
        visitor.leave()

    waits = Waits()
    await asyncio.gather(*(visit() for _ in range(AT_ONCE)))
    return waits


async def try_out(
    port: int, seconds: float, each: int = EACH,
) -> tuple[Waits, Waits, Waits, float]:
    """The waits alone, beside the subprocesses, those of the subprocesses, and their seconds."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    alone = await steadily(port, "/", CLIENTS, PERIOD, over)
    over.clear()
    others = asyncio.create_task(steadily(port, "/", CLIENTS, PERIOD, over))
    began = time.monotonic()
    ran = await run_programs(port, each)
    took = time.monotonic() - began
    over.set()
    return alone, await others, ran, took


def settled_descriptors(pid: int) -> int:
    """How many are open, once that has been the same for a second or SETTLE seconds have passed."""
    deadline = time.monotonic() + SETTLE
    count, since = descriptors(pid), time.monotonic()
    while time.monotonic() < min(since + 1, deadline):
        time.sleep(0.05)
        if (now := descriptors(pid)) != count:
            count, since = now, time.monotonic()
    return count


def measure(name: str, daemon: Daemon, seconds: float) -> Outcome:
    asyncio.run(try_out(daemon.port, 0.5, each=1))  # imports, pools
    (worker,) = children(daemon.pid)
    before = settled_descriptors(worker)
    alone, beside, ran, took = asyncio.run(try_out(daemon.port, seconds))
    after = settled_descriptors(worker)
    return Outcome(name, len(ran.times), sum(ran.errors.values()), took, alone.as_json(),
                   beside.as_json(), len(children(worker)), after - before)


def run(options: Options) -> None:
    def try_server(server: Server) -> Outcome:
        with running(server) as daemon:
            return measure(server.name, daemon, options.duration or ALONE)

    variants = [servers.greenroom("greenroom", APP, 1),
                servers.gunicorn_gthread(f"gunicorn-gthread-{THREADS}", APP, 1, THREADS)]
    results = each(options.selected(variants), try_server)
    report = Report("subprocesses", "Subprocesses under load", " ".join((__doc__ or "").split()))
    report.sections += [
        Section("subprocess.run", Table(
            ["variant", "collected", "errors", "seconds", "children left", "descriptors left"],
            [[one.name, number(one.ran), number(one.errors), number(one.seconds, 1),
              number(one.children_left), number(one.descriptors_grown)] for one in results])),
        Section("The other requests", Table(
            ["variant", "subprocesses", "requests", "errors", "p50 ms", "p99", "max"],
            [[one.name, name, number(waits["requests"]), number(waits["errors"]),
              *(number(waits[key], 1) for key in ("p50", "p99", "max"))]
             for one in results for name, waits in (("none", one.alone), ("beside", one.beside))])),
    ]
    report.data["variants"] = {one.name: asdict(one) for one in results}
    report.publish()
