"""Thousands of keep-alive connections held by one thread: each sends one request at a time.

wrk counts what a server does per second; a crowd knows what became of each single request.
"""

import errno
import re
import select
import socket
import time
from collections import Counter

IP_BIND_ADDRESS_NO_PORT = 24  # ip(7)
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Crowd:
    def __init__(self, port: int, size: int, source: str = "") -> None:
        """source is the address that its connections come from, "" for what the kernel chooses."""
        self.address = ("127.0.0.1", port)
        self.source = (source, 0)
        self.size = size
        self.members: dict[int, socket.socket] = {}
        self.poll = select.epoll()
        self.answered = 0
        self.failures: Counter[str] = Counter()

    def __enter__(self) -> "Crowd":
        try:
            for _ in range(self.size):
                member = self.enter()
                member.setblocking(False)
                self.members[member.fileno()] = member
                self.poll.register(member, select.EPOLLIN)
        except BaseException:
            self.__exit__()
            raise
        return self

    def enter(self) -> socket.socket:
        """The port is chosen for the pair of addresses, of which there are more than of ports."""
        member = socket.socket()
        member.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        member.bind(self.source)
        member.settimeout(30)
        member.connect(self.address)
        return member

    def __exit__(self, *_: object) -> None:
        for member in self.members.values():
            member.close()
        self.poll.close()

    def ask(self, path: str) -> None:
        """One request on each connection, without waiting for the answers."""
        request = f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
        for member in self.members.values():
            member.send(request)

    def wait(self, timeout: float) -> float:
        """Until each member has its answer or has failed; returns the seconds it took."""
        started = time.monotonic()
        pending = {descriptor: b"" for descriptor in self.members}
        while pending and (left := started + timeout - time.monotonic()) > 0:
            for descriptor, _ in self.poll.poll(left, maxevents=1024):
                if descriptor in pending:
                    self.read(descriptor, pending)
        self.failures["timeout"] += len(pending)
        return time.monotonic() - started

    def read(self, descriptor: int, pending: dict[int, bytes]) -> None:
        member = self.members[descriptor]
        try:
            data = member.recv(65536)
        except OSError as error:
            data = b""
            self.failures[errno.errorcode.get(error.errno or 0, "error")] += 1
        else:
            if not data:
                self.failures["closed"] += 1
        if not data:
            del pending[descriptor], self.members[descriptor]
            member.close()
            return
        pending[descriptor] += data
        if is_complete(pending[descriptor]):
            self.count(pending.pop(descriptor))

    def count(self, answer: bytes) -> None:
        if answer.startswith(b"HTTP/1.1 200"):
            self.answered += 1
        else:
            self.failures[answer.partition(b"\r\n")[0].decode(errors="replace")] += 1


def is_complete(answer: bytes) -> bool:
    """Whether the head and the body that its Content-Length announces are there."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    length = CONTENT_LENGTH.search(head)
    return length is not None and len(body) >= int(length[1])
