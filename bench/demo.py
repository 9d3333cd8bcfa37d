"""What ./demo does once Greenroom is built: 400 requests at once to a blocking Flask app."""

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from harness.processes import Daemon, StartFailed, interruptible, memory_kib, port_is_free

ROOT = Path(__file__).resolve().parent.parent
REQUESTS = 400
WAIT_MS = 100
TIMEOUT = 30.0  # seconds, for a single answer

ROUTES = {
    f"/sleep?ms={WAIT_MS}": f"time.sleep({WAIT_MS / 1000})",
    "/upstream": "requests.get() from a slow service",
    f"/sqlite?ms={WAIT_MS}": "an SQLite query that has to wait",
}


@dataclass
class Wave:
    """What became of requests that were sent at the same time; times in seconds."""

    times: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    wall: float = 0.0
    in_flight: int = 0

    def percentile(self, percent: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


async def ask(
    path: str,
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    wave: Wave,
) -> None:
    """Sends one request on an open connection and waits for the whole answer."""
    reader, writer = streams
    started = time.perf_counter()
    wave.in_flight += 1
    try:
        async with asyncio.timeout(TIMEOUT):
            writer.write(f"GET {path} HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
        status = answer.partition(b"\r\n")[0].decode(errors="replace") or "no answer"
        if status.startswith("HTTP/1.1 200"):
            wave.times.append(time.perf_counter() - started)
        else:
            wave.errors[status] += 1
    except (OSError, TimeoutError) as error:
        wave.errors[type(error).__name__] += 1
    finally:
        wave.in_flight -= 1
        writer.close()


async def send(port: int, paths: list[str]) -> Wave:
    """Opens all connections, then sends all requests at once."""
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in paths]
    wave = Wave()
    started = time.perf_counter()
    await asyncio.gather(
        *(ask(path, streams, wave) for path, streams in zip(paths, connections, strict=True))
    )
    wave.wall = time.perf_counter() - started
    return wave


async def memory_in_flight(server: Daemon) -> float:
    """KiB by which the server grows for each of REQUESTS requests that sleep at the same time."""
    hold = 2.0  # seconds: long enough for all of them to have fallen asleep at three quarters of it
    before = memory_kib(server.pids())
    wave = asyncio.create_task(send(server.port, [f"/sleep?ms={hold * 1000:.0f}"] * REQUESTS))
    await asyncio.sleep(hold * 0.75)
    grown = memory_kib(server.pids()) - before
    await wave
    return grown / REQUESTS


async def seconds_alone(port: int) -> list[float]:
    """How long a request of each kind takes when it is the only one."""
    return [(await send(port, [path])).wall for path in ROUTES]


def show(wave: Wave, counts: list[int], alone: list[float], memory: float) -> None:
    print(f"\n{REQUESTS} requests at once")
    for count, what, seconds in zip(counts, ROUTES.values(), alone, strict=True):
        print(f"  {count:5}  {what:36} {seconds * 1000:4.0f} ms when alone")
    errors = ", ".join(f"{count} x {what}" for what, count in wave.errors.most_common())
    one_by_one = sum(count * seconds for count, seconds in zip(counts, alone, strict=True))
    print(f"""
  answered    {len(wave.times)} of {REQUESTS}; errors: {errors or "none"}
  wall time   {wave.wall:.2f} s (one after the other: {one_by_one:.0f} s)""")
    if wave.times:
        p50, p99 = (wave.percentile(percent) * 1000 for percent in (50, 99))
        print(f"  latency     p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    print(f"  memory      {memory:.0f} KiB for each request in flight", flush=True)


async def run(server: Daemon) -> bool:
    """Sends the requests and prints what happened; True when all were answered."""
    kinds = list(ROUTES)
    await send(server.port, kinds * 4)  # so that each worker has imported what it needs
    memory_each = await memory_in_flight(server)  # first, while nothing is pooled from before
    alone = await seconds_alone(server.port)
    paths = [kinds[i % len(kinds)] for i in range(REQUESTS)]
    wave = await send(server.port, paths)
    show(wave, [paths.count(kind) for kind in kinds], alone, memory_each)
    return len(wave.times) == REQUESTS


def serve_until_interrupted(port: int) -> None:
    print(f"\nServing on http://127.0.0.1:{port} (try /, /json, {', '.join(ROUTES)});"
          " Ctrl-C stops.", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
    print()


def demonstrate(port: int, once: bool, logs: Path) -> int:
    upstream_port = port + 1 if port_is_free(port + 1) else port + 2
    upstream = Daemon(
        [sys.executable, str(ROOT / "bench/harness/upstream.py"), str(upstream_port)],
        upstream_port,
        logs / "upstream.log",
    )
    greenroom = Daemon(
        [str(ROOT / "build/greenroom"), "serve", "--bind", f"127.0.0.1:{port}",
         "--python", sys.executable, "--access-log", "off", "flask_app:app"],
        port,
        logs / "greenroom.log",
        cwd=ROOT / "examples",
        env={"UPSTREAM_URL": f"http://127.0.0.1:{upstream_port}/"},
    )
    with upstream, greenroom:
        print("Started: build/greenroom serve flask_app:app (examples/flask_app.py)")
        all_answered = asyncio.run(run(greenroom))
        if not all_answered:
            print(greenroom.output_end(), file=sys.stderr)
        if not once:
            serve_until_interrupted(port)
    return 0 if all_answered else 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="demo")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args()
    if not port_is_free(options.port):
        print(f"demo: port {options.port} is in use; choose another with --port N.",
              file=sys.stderr)
        return 2
    with interruptible(), tempfile.TemporaryDirectory(prefix="greenroom-demo-") as logs:
        try:
            return demonstrate(options.port, options.once, Path(logs))
        except StartFailed as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main())
