"""wrk as the load generator, and one measurement of one server."""

import json
import statistics
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.processes import Daemon, MemoryWatch, cpu_seconds

SCRIPT = Path(__file__).with_name("wrk.lua")
LATENCIES = ("min", "p50", "p90", "p99", "p999", "max", "mean", "stdev")


@dataclass(frozen=True)
class Load:
    """connections which each send the next request as soon as they have the answer."""

    connections: int
    duration: float  # seconds
    threads: int = 1
    warm_up: float = 2.0  # seconds
    timeout: float = 60.0  # seconds, longer than any latency to be told from an error


@dataclass
class Measurement:
    """Latencies in ms; CPU and memory are those of the server and all its children."""

    name: str
    requests: int
    duration: float  # seconds
    latency: dict[str, float]
    errors: dict[str, int]
    cpu: float  # seconds
    peak_pss_kib: int

    @property
    def rate(self) -> float:
        return self.requests / self.duration

    @property
    def cpu_us(self) -> float:
        """Server CPU per request, in microseconds."""
        return self.cpu / self.requests * 1e6 if self.requests else float("inf")

    @property
    def rate_per_cpu(self) -> float:
        """Requests per second of CPU time of the server."""
        return self.requests / self.cpu if self.cpu else 0.0

    @property
    def error_count(self) -> int:
        return sum(self.errors.values())

    def as_json(self) -> dict:
        return {**asdict(self), "rate": self.rate, "cpu_us": self.cpu_us}


def wrk(url: str, load: Load, duration: float) -> dict:
    whole_seconds = max(1, round(duration))  # wrk takes no others
    command = ["wrk", "-t", str(load.threads), "-c", str(load.connections),
               "-d", f"{whole_seconds}s", "--timeout", f"{load.timeout:g}s", "-s", str(SCRIPT), url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def wait_until_quiet(server: Daemon, period: float = 0.5, timeout: float = 20.0) -> None:
    """Until the server has worked off what its warm-up left queued: it hardly uses the CPU."""
    deadline = time.monotonic() + timeout
    used, before = cpu_seconds(server.pids()), -1.0
    while used - before > 0.04 * period and time.monotonic() < deadline:
        time.sleep(period)
        used, before = cpu_seconds(server.pids()), used


def measure(name: str, server: Daemon, path: str, load: Load) -> Measurement:
    """Warms the running server up, then loads it."""
    url = f"http://127.0.0.1:{server.port}{path}"
    if load.warm_up:
        wrk(url, load, load.warm_up)
        wait_until_quiet(server)
    with MemoryWatch(server, period=0.5) as memory:
        cpu_before = cpu_seconds(server.pids())
        result = wrk(url, load, load.duration)
        cpu = cpu_seconds(server.pids()) - cpu_before
    return Measurement(
        name=name,
        requests=result["requests"],
        duration=result["duration_us"] / 1e6,
        latency={key: result[key] / 1000 for key in LATENCIES},
        errors={kind: count for kind, count in result["errors"].items() if count},
        cpu=cpu,
        peak_pss_kib=memory.peak_kib,
    )


def merge(rounds: list[Measurement]) -> Measurement:
    """One measurement of several rounds: sums; extremes of extremes; medians of percentiles."""
    combine = {"min": min, "max": max}
    errors: dict[str, int] = {}
    for measurement in rounds:
        for kind, count in measurement.errors.items():
            errors[kind] = errors.get(kind, 0) + count
    return Measurement(
        name=rounds[0].name,
        requests=sum(one.requests for one in rounds),
        duration=sum(one.duration for one in rounds),
        latency={
            key: combine.get(key, statistics.median)(one.latency[key] for one in rounds)
            for key in LATENCIES
        },
        errors=errors,
        cpu=sum(one.cpu for one in rounds),
        peak_pss_kib=max(one.peak_pss_kib for one in rounds),
    )
