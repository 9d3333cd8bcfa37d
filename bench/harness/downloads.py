"""100 downloads of a large file, each by a client that takes 100 KB/s, beside 50 clients of the
application: what these wait for their answers, without and with the downloads; one worker.
"""

import select
import socket
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path

from harness.beside import ACTIVE, in_turn, publish, variants
from harness.contest import Options, each
from harness.report import Report

CLIENTS = 100
RATE = 100_000  # bytes a second
TICKS = 10  # a second
SIZE = 64 << 20
SECONDS = 5.0
REQUEST = b"GET /files/large.bin HTTP/1.1\r\nHost: bench\r\n\r\n"


def begin(port: int) -> socket.socket:
    """Its buffer is small, so that the server is waited for by what it sends, and not by that."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RATE)
    client.settimeout(30)
    client.connect(("127.0.0.1", port))
    client.sendall(REQUEST)
    if not client.recv(12).startswith(b"HTTP/1.1 200"):
        raise OSError("the file is not there")
    return client


def take(client: socket.socket) -> None:
    if select.select([client], [], [], 0)[0] and not client.recv(RATE // TICKS):
        raise OSError("a download has ended")


def download(port: int, ready: Event, over: Event) -> None:
    clients = [begin(port) for _ in range(CLIENTS)]
    ready.set()
    due = time.monotonic()
    while not over.is_set():
        for client in clients:
            take(client)
        due += 1 / TICKS
        time.sleep(max(0.0, due - time.monotonic()))


def run(options: Options) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        Path(directory).chmod(0o755)
        with (Path(directory) / "large.bin").open("wb") as file:
            file.truncate(SIZE)
        servers = variants(15_000, "--static", f"/files={directory}", nginx_files=directory)
        results = each(options.selected(servers), in_turn(download, options.seconds(SECONDS)))
    publish(Report("downloads", "Slow downloads", " ".join((__doc__ or "").split())),
            f"{CLIENTS} slow downloads beside {ACTIVE} others", results)
