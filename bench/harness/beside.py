"""One measurement of a few clients by themselves, and one beside many others: what these cost them."""

import multiprocessing
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.synchronize import Event

from harness import servers
from harness.contest import running
from harness.load import Load, Measurement, measure, merge
from harness.report import Report, Section
from harness.servers import Server
from harness.table import Table, number

COLUMNS = ["requests/s alone", "beside", "p99 ms alone", "beside", "change"]
ROUNDS = 5
ACTIVE = 50


def variants(nginx_connections: int, *options: str, nginx_files: str = "") -> list[Server]:
    """options are those of greenroom serve; nginx_files is what nginx has at /files/."""
    return [
        servers.greenroom("greenroom-c", "hello.so", 1, *options),
        servers.greenroom("greenroom-wsgi", "wsgi_hello:app", 1, *options),
        servers.nginx("nginx", 1, 'return 200 "Hello, World!";', connections=nginx_connections,
                      files=nginx_files),
    ]


def change_of_p99(alone: Mapping, beside: Mapping) -> float:
    return beside["latency"]["p99"] / alone["latency"]["p99"] - 1


def cells(alone: Mapping, beside: Mapping) -> list[str]:
    """Of COLUMNS, for measurements as JSON has them."""
    return [*(number(one["rate"]) for one in (alone, beside)),
            *(number(one["latency"]["p99"], 2) for one in (alone, beside)),
            f"{change_of_p99(alone, beside):+.0%}"]


# --- many who are a process of their own ---

Many = Callable[[int, Event, Event], None]  # at a port; tells that it is ready, ends when it is over


@contextmanager
def present(many: Many, port: int):
    ready, over = multiprocessing.Event(), multiprocessing.Event()
    process = multiprocessing.Process(target=many, args=(port, ready, over))
    process.start()
    try:
        if not ready.wait(60):
            raise OSError("the many did not all get in")
        yield
    finally:
        over.set()
        process.join()


@dataclass
class Compared:
    name: str
    alone: dict
    beside: dict

    def row(self) -> list[str]:
        return [self.name, *cells(self.alone, self.beside), number(sum(self.beside["errors"].values()))]


def in_turn(many: Many, seconds: float) -> Callable[[Server], Compared]:
    """The many are there both times, the first time at another server. In turn, as the machine is
    not the same from one minute to the next."""

    def measured(server: Server, port: int, daemon) -> Measurement:
        with present(many, port):
            return measure(server.name, daemon, "/", Load(ACTIVE, seconds))

    def compare(server: Server) -> Compared:
        alone, together = [], []
        with running(server) as daemon, running(server) as other:
            for _ in range(ROUNDS):
                alone.append(measured(server, other.port, daemon))
                together.append(measured(server, daemon.port, daemon))
        return Compared(server.name, merge(alone).as_json(), merge(together).as_json())

    return compare


def publish(report: Report, title: str, results: list[Compared]) -> None:
    table = Table(["variant", *COLUMNS, "errors"], [one.row() for one in results])
    report.sections.append(Section(title, table))
    report.data["variants"] = {one.name: asdict(one) for one in results}
    report.publish()
