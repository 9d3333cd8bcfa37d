"""A small HTTP/1.1 client for asyncio, for drivers that send all sorts of requests at a bounded rate.

It sits beside the server on the same cores, so it does no more than they need. It believes what the
server says: for what a server may get wrong on the wire there are the tests.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


@dataclass(frozen=True)
class Head:
    status: int
    fields: dict[str, str]  # names in lower case

    @property
    def keeps_alive(self) -> bool:
        return self.fields.get("connection", "").lower() != "close"


class Connection:
    """One request after the other. Raises OSError and asyncio.IncompleteReadError."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int, receive_buffer: int | None = None) -> "Connection":
        """receive_buffer: bytes that the kernel keeps for us, so that a slow reader is felt."""
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        except BaseException:
            connection.close()
            raise
        return cls(*await asyncio.open_connection(sock=connection))

    def close(self) -> None:
        self.writer.close()

    def abort(self) -> None:
        """Hangs up at once, as a client that is gone does."""
        self.writer.transport.abort()

    @property
    def is_usable(self) -> bool:
        return not (self.writer.is_closing() or self.reader.at_eof())

    async def send(self, method: str, path: str, *fields: str, body: bytes = b"") -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: bench", *fields]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await self.writer.drain()

    async def send_chunks(self, path: str, chunks: Iterable[bytes], pause: float) -> None:
        await self.send("POST", path, "Transfer-Encoding: chunked")
        for chunk in chunks:
            self.writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            await self.writer.drain()
            await asyncio.sleep(pause)
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def head(self) -> Head:
        text = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *fields = text.rstrip().split("\r\n")
        pairs = (field.split(":", 1) for field in fields)
        return Head(int(status.split()[1]),
                    {name.lower(): value.strip() for name, value in pairs})

    async def pieces(self, head: Head) -> AsyncIterator[bytes]:
        """The body as it comes; what has not been read yet, the server has to keep."""
        if head.fields.get("transfer-encoding") == "chunked":
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                yield (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readexactly(2)
            return
        left = int(head.fields["content-length"])
        while left:
            piece = await self.reader.readexactly(min(left, 16384))
            left -= len(piece)
            yield piece

    async def receive(self) -> Answer:
        head = await self.head()
        body = b"".join([piece async for piece in self.pieces(head)])
        if not head.keeps_alive:
            self.close()
        return Answer(head.status, body)


class Visitor:
    """Asks one server; on one connection, or on a new one for each request."""

    def __init__(self, port: int, keep_alive: bool = True) -> None:
        self.port = port
        self.keep_alive = keep_alive
        self.connection: Connection | None = None

    async def connect(self) -> Connection:
        if not self.connection or not self.connection.is_usable:
            self.leave()
            self.connection = await Connection.open(self.port)
        return self.connection

    def leave(self) -> None:
        if self.connection:
            self.connection.close()
            self.connection = None

    async def ask(self, path: str, body: bytes = b"") -> Answer:
        connection = await self.connect()
        fields = [] if self.keep_alive else ["Connection: close"]
        await connection.send("POST" if body else "GET", path, *fields, body=body)
        answer = await connection.receive()
        if not self.keep_alive:
            self.leave()
        return answer
