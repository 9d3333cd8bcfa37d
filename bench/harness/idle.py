"""10,000 keep-alive connections that have made one request each and now rest; two workers.

Memory is the growth, for each connection, of the proportional set size of all processes of the
server: user memory. What the kernel keeps for a socket is the same for all of them.
"""

import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from harness import servers
from harness.contest import Options, each, running
from harness.crowd import Crowd
from harness.processes import Daemon, memory_kib
from harness.report import Report, Section
from harness.servers import Server
from harness.table import Table, number

CONNECTIONS = 10_000
BATCH = 100  # requests at a time, so that what is measured is rest and not the rush before it
WORKERS = 2
SETTLE = 2.0  # seconds for the server to give back what it needed for the requests


@dataclass
class Idle:
    name: str
    bytes_each: float
    failures: int


def variants() -> list[Server]:
    hello = "wsgi_hello:app"
    return [
        servers.greenroom("greenroom-wsgi", hello, WORKERS),
        servers.greenroom("greenroom-c", "hello.so", WORKERS),
        servers.nginx("nginx", WORKERS, 'return 200 "Hello, World!";'),
        servers.node("node", "node_hello.js", WORKERS),
        servers.uvicorn("uvicorn-starlette", "starlette_hello:app", WORKERS),
        servers.gunicorn_gevent("gunicorn-gevent", hello, WORKERS),
    ]


def memory_at_rest(daemon: Daemon) -> int:
    time.sleep(SETTLE)
    return memory_kib(daemon.pids())


def rest(server: Server) -> Idle:
    with running(server) as daemon, ExitStack() as open_ones:
        failures = ask_once(daemon, open_ones)  # the first batch warms the server up
        before = memory_at_rest(daemon)
        for _ in range(CONNECTIONS // BATCH):
            failures += ask_once(daemon, open_ones)
        grown = memory_at_rest(daemon) - before
    return Idle(server.name, grown * 1024 / CONNECTIONS, failures)


def ask_once(daemon: Daemon, open_ones: ExitStack, source: str = "") -> int:
    """One request on each of BATCH new connections, which stay open; returns how many failed."""
    crowd = open_ones.enter_context(Crowd(daemon.port, BATCH, source))
    crowd.ask("/")
    crowd.wait(timeout=30)
    return sum(crowd.failures.values())


def run(options: Options) -> None:
    results = each(options.selected(variants()), rest)
    report = Report("idle", "Idle connections", " ".join((__doc__ or "").split()))
    table = Table(["variant", "bytes each", "errors"],
                  [[one.name, number(one.bytes_each), number(one.failures)] for one in results])
    report.sections.append(Section(f"{CONNECTIONS:,} idle keep-alive connections", table))
    report.data["variants"] = {one.name: asdict(one) for one in results}
    report.publish()
