"""HTTP/1.1 as bytes on a socket, for tests that send what no client library would."""

import socket
import time
from dataclasses import dataclass, field

TIMEOUT = 10.0


@dataclass
class Answer:
    status: int
    reason: str
    fields: dict[str, str]  # names in lower case
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def closes(self) -> bool:
        return self.fields.get("connection") == "close"


@dataclass
class Wire:
    """A connection on which each byte counts."""

    port: int
    received: bytearray = field(default_factory=bytearray)
    stream: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.stream = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stream.close()

    def send(self, data: bytes) -> None:
        self.stream.sendall(data)

    def send_slowly(self, data: bytes) -> None:
        """One byte in each segment."""
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            self.stream.sendall(bytes([byte]))
            time.sleep(0.0005)

    def ask(
        self, target: str = "/", *fields: str, method: str = "GET", body: bytes = b""
    ) -> Answer:
        self.send(request(target, *fields, method=method, body=body))
        return self.answer(method)

    def end_sending(self) -> None:
        self.stream.shutdown(socket.SHUT_WR)

    def more(self) -> bool:
        data = self.stream.recv(65536)
        self.received += data
        return bool(data)

    def take(self, length: int) -> bytes:
        while len(self.received) < length:
            assert self.more(), f"the stream ended after {self.received!r}"
        data = bytes(memoryview(self.received)[:length])
        del self.received[:length]
        return data

    def take_through(self, mark: bytes) -> bytes:
        while mark not in self.received:
            assert self.more(), f"the stream ended after {self.received!r}"
        return self.take(self.received.index(mark) + len(mark))

    def rest(self) -> bytes:
        """All until the peer closes. A reset raises ConnectionResetError."""
        while self.more():
            pass
        return self.take(len(self.received))

    def head(self) -> Answer:
        first, *lines = self.take_through(b"\r\n\r\n").decode("latin-1").split("\r\n")[:-2]
        _, status, reason = first.split(" ", 2)
        fields = dict(line.split(": ", 1) for line in lines)
        return Answer(int(status), reason, {k.lower(): v for k, v in fields.items()}, b"")

    def answer(self, method: str = "GET") -> Answer:
        answer = self.head()
        if method == "HEAD" or answer.status in (204, 304):
            return answer
        if answer.fields.get("transfer-encoding") == "chunked":
            answer.body = self.chunks()
        elif "content-length" in answer.fields:
            answer.body = self.take(int(answer.fields["content-length"]))
        else:
            answer.body = self.rest()
        return answer

    def chunk(self) -> bytes:
        """The payload of the next chunk; empty for the last."""
        data = self.take(int(self.take_through(b"\r\n"), 16))
        assert self.take(2) == b"\r\n"
        return data

    def chunks(self, length: int | None = None) -> bytes:
        """The payload of all chunks, or of as many as hold length bytes."""
        body = bytearray()
        while (length is None or len(body) < length) and (data := self.chunk()):
            body += data
        return bytes(body)


def request(
    target: str = "/", *fields: str, method: str = "GET", version: str = "1.1", body: bytes = b""
) -> bytes:
    """The bytes of a request; Content-Length is added to a body that has no other framing."""
    lines = [f"{method} {target} HTTP/{version}", "Host: test", *fields]
    if body and not any(field.lower().startswith("transfer-encoding") for field in fields):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
