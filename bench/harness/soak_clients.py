"""The clients of the soak: each kind sends one sort of request to bench/apps/soak.py, again and again
with pauses, and knows the right answer.
"""

import asyncio
import hashlib
import random
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from harness.client import Answer, Connection, Visitor

TIMEOUT = 60.0  # seconds for one visit
PIECE = bytes(range(256)) * 64
PBKDF2 = hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 100_000).hex().encode()


class Wrong(Exception):
    """An answer that should have been another."""


def expect(answer: Answer, body: bytes | None, status: int = 200) -> None:
    """body None: any."""
    if answer.status != status:
        raise Wrong(f"status {answer.status}")
    if body is not None and answer.body != body:
        raise Wrong(f"body {answer.body[:40]!r}")


Visit = Callable[[Visitor], Awaitable[None]]


def asks(path: str, body: bytes | None, status: int = 200) -> Visit:
    async def visit(visitor: Visitor) -> None:
        expect(await visitor.ask(path), body, status)

    return visit


def asks_for_echo(path: str) -> Visit:
    async def visit(visitor: Visitor) -> None:
        text = f"{random.getrandbits(64):x}"
        expect(await visitor.ask(f"{path}?text={text}"), text.encode())

    return visit


async def uploads(visitor: Visitor) -> None:
    body = random.randbytes(random.randint(1, 200_000))
    expect(await visitor.ask("/upload", body), b"%d" % zlib.crc32(body))


async def uploads_in_chunks(visitor: Visitor) -> None:
    connection = await visitor.connect()
    chunks = [random.randbytes(random.randint(1, 20_000)) for _ in range(10)]
    await connection.send_chunks("/upload", chunks, pause=0.02)
    expect(await connection.receive(), b"%d" % zlib.crc32(b"".join(chunks)))


@asynccontextmanager
async def stranger(visitor: Visitor) -> AsyncIterator[Connection]:
    """A connection of one's own, with small buffers, which ends in the middle of what it does."""
    connection = await Connection.open(visitor.port, receive_buffer=65536)
    try:
        yield connection
    finally:
        connection.abort()


async def read_pieces(connection: Connection, most: int, pause: float) -> int:
    """Reads so many pieces of a download at most; returns how many bytes they were."""
    size = 0
    head = await connection.head()
    if head.status != 200:
        raise Wrong(f"status {head.status}")
    async for piece in connection.pieces(head):
        if piece != PIECE:
            raise Wrong("a piece with other bytes")
        size += len(piece)
        most -= 1
        if not most:
            break
        await asyncio.sleep(pause)
    return size


def downloads(pieces: int, pause: float) -> Visit:
    async def visit(visitor: Visitor) -> None:
        async with stranger(visitor) as connection:
            await connection.send("GET", f"/download?pieces={pieces}")
            size = await read_pieces(connection, pieces, pause)
            if size != pieces * len(PIECE):
                raise Wrong(f"{size} bytes")

    return visit


async def hangs_up_reading(visitor: Visitor) -> None:
    async with stranger(visitor) as connection:
        await connection.send("GET", "/download?pieces=1000")
        await read_pieces(connection, random.randint(1, 50), 0)


async def hangs_up_waiting(visitor: Visitor) -> None:
    async with stranger(visitor) as connection:
        await connection.send("GET", "/wait")
        await asyncio.sleep(random.uniform(0, 0.2))


async def hangs_up_sending(visitor: Visitor) -> None:
    async with stranger(visitor) as connection:
        await connection.send("POST", "/upload", "Content-Length: 100000")
        connection.writer.write(random.randbytes(random.randint(0, 50_000)))
        await connection.writer.drain()
        await asyncio.sleep(random.uniform(0, 0.2))


@dataclass(frozen=True)
class Kind:
    name: str
    visit: Visit
    clients: int
    pause: float  # seconds between two visits, on average


KINDS = [
    Kind("hello", asks("/hello", b"Hello, World!"), 20, 0.2),
    Kind("upstream", asks("/upstream", b'{"answer":42}\n'), 20, 0.4),
    Kind("query", asks_for_echo("/query"), 20, 0.4),
    Kind("process", asks_for_echo("/process"), 4, 0.5),
    Kind("threads", asks("/threads", b"285"), 4, 0.5),
    Kind("locks", asks("/locks", b"alone"), 8, 0.4),
    Kind("pbkdf2", asks("/pbkdf2", PBKDF2), 2, 1.0),
    Kind("compute", asks("/compute", b"44999850000"), 2, 1.0),
    Kind("wait", asks("/wait", b"waited"), 10, 0.4),
    Kind("upload", uploads, 4, 0.5),
    Kind("upload in chunks", uploads_in_chunks, 4, 0.5),
    Kind("download", downloads(20, 0), 4, 0.5),
    Kind("slow reader", downloads(100, 0.02), 4, 0.5),
    Kind("hang up reading", hangs_up_reading, 2, 0.5),
    Kind("hang up waiting", hangs_up_waiting, 4, 0.5),
    Kind("hang up sending", hangs_up_sending, 4, 0.5),
    Kind("raise", asks("/raise", None, 500), 2, 0.5),
    Kind("raise plainly", asks("/raise_plain", None, 500), 2, 0.5),
    Kind("late", asks("/late", None, 504), 4, 0.5),
]


@dataclass
class Tally:
    """By name of the kind; errors by what went wrong as well."""

    answered: Counter[str] = field(default_factory=Counter)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)

    def errors_of(self, name: str) -> int:
        return sum(count for (kind, _), count in self.errors.items() if kind == name)


async def visit_once(kind: Kind, visitor: Visitor, tally: Tally) -> None:
    try:
        await asyncio.wait_for(kind.visit(visitor), TIMEOUT)
        tally.answered[kind.name] += 1
    except (Wrong, OSError, EOFError, TimeoutError) as error:
        tally.errors[kind.name, f"{type(error).__name__}: {error}"] += 1
        visitor.leave()


async def be_client(port: int, kind: Kind, keep_alive: bool, over: asyncio.Event,
                    tally: Tally) -> None:
    visitor = Visitor(port, keep_alive)
    while not over.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), random.uniform(0, 2 * kind.pause))
            break
        await visit_once(kind, visitor, tally)
    visitor.leave()


async def be_all(port: int, kinds: Sequence[Kind], over: asyncio.Event, tally: Tally) -> None:
    """Every second client keeps its connection."""
    await asyncio.gather(*(be_client(port, kind, bool(turn % 2), over, tally)
                           for kind in kinds for turn in range(kind.clients)))
