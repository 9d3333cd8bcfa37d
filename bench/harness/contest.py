"""Measures servers one after the other, in rounds, so that no one has the quiet minutes alone."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.load import Load, Measurement, measure, merge
from harness.processes import Daemon, StartFailed, free_port
from harness.servers import Server
from harness.table import number


@dataclass(frozen=True)
class Options:
    duration: float | None  # seconds of load for each variant; None: what the experiment says
    only: frozenset[str]  # names of variants; empty: all

    def seconds(self, default: float) -> float:
        return self.duration or default

    def wants(self, name: str) -> bool:
        return not self.only or name in self.only

    def selected(self, servers: Sequence[Server]) -> list[Server]:
        return [server for server in servers if self.wants(server.name)]


@contextmanager
def running(server: Server) -> Iterator[Daemon]:
    """The server on a free port, with a scratch directory that lives as long."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        with server.daemon(free_port(), Path(directory)) as daemon:
            yield daemon


def contest(servers: Sequence[Server], path: str, load: Load, rounds: int = 1) -> list[Measurement]:
    """Each server measured for load.duration in all; those that do not start are left out."""
    load = replace(load, duration=load.duration / rounds)
    measured: dict[str, list[Measurement]] = {server.name: [] for server in servers}
    for turn in range(rounds):
        for server in servers:
            try:
                with running(server) as daemon:
                    measurement = measure(server.name, daemon, path, load)
            except StartFailed as error:
                print(f"{server.name} is left out: {error}", file=sys.stderr)
                continue
            measured[server.name].append(measurement)
            progress(measurement, f"{turn + 1}/{rounds}")
    return [merge(ones) for ones in measured.values() if ones]


def progress(one: Measurement, turn: str) -> None:
    print(f"  {turn}  {one.name:20} {number(one.rate):>8} requests/s"
          f"  p99 {number(one.latency['p99'], 1):>8} ms  {one.error_count} errors", file=sys.stderr)
