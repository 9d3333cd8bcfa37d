"""5,000 clients that send the head of a request at one byte a second, as an attack or a very bad network
does, beside 50 that do not: what the few wait for their answers, without and with the many; one
worker. Who is closed, because its head took too long, comes back at once.
"""

import multiprocessing
import select
import socket
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from harness.beside import COLUMNS, cells, variants
from harness.contest import Options, each, running
from harness.load import Load, Measurement, measure, merge
from harness.report import Report, Section
from harness.servers import Server
from harness.table import Table, number

CLIENTS = 5_000
ACTIVE = 50
SECONDS = 5.0
ROUNDS = 5
TICKS = 100  # a second
HEAD = b"GET / HTTP/1.1\r\nHost: bench\r\nX: " + b"x" * 1000


class Trickle:
    """Clients that take turns: each sends its next byte once a second."""

    def __init__(self, port: int) -> None:
        self.address = ("127.0.0.1", port)
        self.poll = select.epoll()
        self.clients: list[socket.socket] = []
        self.sent = [0] * CLIENTS
        self.slots: dict[int, int] = {}
        for slot in range(CLIENTS):
            self.clients.append(self.enter(slot))

    def enter(self, slot: int) -> socket.socket:
        client = socket.create_connection(self.address, timeout=30)
        client.setblocking(False)
        self.sent[slot] = 0
        self.slots[client.fileno()] = slot
        self.poll.register(client, select.EPOLLIN | select.EPOLLRDHUP)
        return client

    def come_back(self, descriptor: int) -> None:
        slot = self.slots.pop(descriptor)
        self.clients[slot].close()
        self.clients[slot] = self.enter(slot)

    def tick(self, number_of: int) -> None:
        for descriptor, _ in self.poll.poll(0, maxevents=CLIENTS):
            self.come_back(descriptor)
        for slot in range(number_of % TICKS, CLIENTS, TICKS):
            at = self.sent[slot]
            self.sent[slot] += 1
            try:
                self.clients[slot].send(HEAD[at : at + 1])
            except OSError:
                self.come_back(self.clients[slot].fileno())


def trickle(port: int, ready, over) -> None:
    all_of_them = Trickle(port)
    ready.set()
    due = time.monotonic()
    number_of = 0
    while not over.is_set():
        all_of_them.tick(number_of)
        number_of += 1
        due += 1 / TICKS
        time.sleep(max(0.0, due - time.monotonic()))


@contextmanager
def beside(port: int):
    ready, over = multiprocessing.Event(), multiprocessing.Event()
    process = multiprocessing.Process(target=trickle, args=(port, ready, over))
    process.start()
    try:
        if not ready.wait(60):
            raise OSError("the slow clients did not all get in")
        yield
    finally:
        over.set()
        process.join()


@dataclass
class Slow:
    name: str
    alone: dict
    beside: dict


def try_out(seconds: float):
    """The slow ones are there both times, the first time at another server. In turn, as the machine
    is not the same from one minute to the next."""

    def measured(server: Server, port: int, slow_port: int, daemon) -> Measurement:
        with beside(slow_port):
            return measure(server.name, daemon, "/", Load(ACTIVE, seconds))

    def compare(server: Server) -> Slow:
        alone, together = [], []
        with running(server) as daemon, running(server) as other:
            for _ in range(ROUNDS):
                alone.append(measured(server, daemon.port, other.port, daemon))
                together.append(measured(server, daemon.port, daemon.port, daemon))
        return Slow(server.name, merge(alone).as_json(), merge(together).as_json())

    return compare


def row(one: Slow) -> list[str]:
    return [one.name, *cells(one.alone, one.beside), number(sum(one.beside["errors"].values()))]


def run(options: Options) -> None:
    results = each(options.selected(variants(nginx_connections=15_000)), try_out(options.seconds(SECONDS)))
    report = Report("slow", "Slow clients", " ".join((__doc__ or "").split()))
    table = Table(["variant", *COLUMNS, "errors"], [row(one) for one in results])
    report.sections.append(Section(f"{CLIENTS:,} slow clients beside {ACTIVE} others", table))
    report.data["variants"] = {one.name: asdict(one) for one in results}
    report.publish()
