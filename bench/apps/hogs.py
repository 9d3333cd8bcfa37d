"""Threads that keep a worker busy, and one that tells how late it is woken beside them.

GET /?kind=pbkdf2&hogs=4&seconds=3 starts the hogs and a sleeper of 1 ms, and answers with JSON: how
late the sleeper was (ms), and how much the hogs got done. kind: python, pbkdf2, brief, numpy, fifo, fsync.
GET /compute?seconds=3 is itself a hog, in Python; GET /nap sleeps for 10 ms.
"""

import ctypes
import hashlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import parse_qs

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy  # noqa: E402

FIFO_PERIOD = 0.05
NAP = 0.01
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
libc.fclose.argtypes = [ctypes.c_void_p]
libc.fread.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p]

Turn = Callable[[], object]  # one piece of work


@contextmanager
def python() -> Iterator[Turn]:
    yield lambda: sum(range(2000))


@contextmanager
def pbkdf2() -> Iterator[Turn]:
    yield lambda: hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 100_000)


@contextmanager
def brief() -> Iterator[Turn]:
    """As a request does: two milliseconds of C code without the GIL, then a wait."""
    def turn() -> None:
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 8_000)
        time.sleep(0.002)

    yield turn


@contextmanager
def numpy_product() -> Iterator[Turn]:
    matrix = numpy.ones((700, 700))
    yield lambda: matrix @ matrix


def feed(fd: int, stop: threading.Event) -> None:
    while not stop.wait(FIFO_PERIOD):
        os.write(fd, b"x")


@contextmanager
def fifo() -> Iterator[Turn]:
    """fread blocks in a system call that libc makes itself, where no hook reaches."""
    with tempfile.TemporaryDirectory(prefix="bench-hogs-") as directory:
        path = os.path.join(directory, "fifo")
        os.mkfifo(path)
        write_end = os.open(path, os.O_RDWR)
        stream = libc.fopen(path.encode(), b"rb")
        byte = ctypes.create_string_buffer(1)
        stop = threading.Event()
        feeder = threading.Thread(target=feed, args=(write_end, stop))
        feeder.start()
        try:
            yield lambda: libc.fread(byte, 1, 1, stream)
        finally:
            stop.set()
            feeder.join()
            libc.fclose(stream)
            os.close(write_end)


@contextmanager
def fsync() -> Iterator[Turn]:
    with tempfile.TemporaryFile(dir=".") as file:
        data = b"z" * (1 << 20)

        def write() -> None:
            os.pwrite(file.fileno(), data, 0)
            os.fsync(file.fileno())

        yield write


KINDS = {"python": python, "pbkdf2": pbkdf2, "brief": brief, "numpy": numpy_product, "fifo": fifo, "fsync": fsync}


def lateness(seconds: float) -> list[float]:
    """In ms, sorted."""
    late = []
    end = time.monotonic() + seconds
    while (before := time.monotonic()) < end:
        time.sleep(0.001)
        late.append((time.monotonic() - before - 0.001) * 1e3)
    return sorted(late)


def measure(kind: str, hogs: int, seconds: float) -> dict[str, float]:
    stop = threading.Event()
    turns = [0] * hogs

    def work(index: int, turn: Turn) -> None:
        while not stop.is_set():
            turn()
            turns[index] += 1

    with ExitStack() as stack:
        threads = [threading.Thread(target=work, args=(index, stack.enter_context(KINDS[kind]())))
                   for index in range(hogs)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        late = lateness(seconds)
        stop.set()
        for thread in threads:
            thread.join()
        elapsed = time.monotonic() - began
    return {"p50": late[len(late) // 2], "p99": late[int(len(late) * 0.99)], "max": late[-1],
            "wakes": len(late), "turns_per_second": sum(turns) / elapsed}


def compute(seconds: float) -> dict[str, int]:
    end = time.monotonic() + seconds
    turns = 0
    while time.monotonic() < end:
        sum(range(2000))
        turns += 1
    return {"turns": turns}


def nap() -> dict[str, float]:
    time.sleep(NAP)
    return {"slept": NAP}


def answer_to(path: str, asked: dict[str, str]) -> dict:
    seconds = float(asked.get("seconds", "3"))
    if path == "/compute":
        return compute(seconds)
    if path == "/nap":
        return nap()
    return measure(asked.get("kind", "python"), int(asked.get("hogs", "1")), seconds)


def app(environ, start_response):
    asked = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    body = json.dumps(answer_to(environ["PATH_INFO"], asked)).encode()
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]
