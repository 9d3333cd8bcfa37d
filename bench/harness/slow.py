"""5,000 clients that send the head of a request at one byte a second, as an attack or a very bad network
does, beside 50 that do not: what the few wait for their answers, without and with the many; one
worker. Who is closed, because its head took too long, comes back at once.
"""

import select
import socket
import time

from harness.beside import ACTIVE, in_turn, publish, variants
from harness.contest import Options, each
from harness.report import Report

CLIENTS = 5_000
SECONDS = 5.0
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


def run(options: Options) -> None:
    results = each(options.selected(variants(nginx_connections=15_000)),
                   in_turn(trickle, options.seconds(SECONDS)))
    publish(Report("slow", "Slow clients", " ".join((__doc__ or "").split())),
            f"{CLIENTS:,} slow clients beside {ACTIVE} others", results)
