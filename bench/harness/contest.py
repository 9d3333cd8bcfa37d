"""Measures servers one after the other, in rounds, so that no one has the quiet minutes alone."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from harness.load import Load, Measurement, measure, merge
from harness.processes import Daemon, StartFailed, free_port
from harness.servers import Server
from harness.table import number

Outcome = TypeVar("Outcome")


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


def each(servers: Sequence[Server], try_out: Callable[[Server], Outcome]) -> list[Outcome]:
    """What try_out makes of each server; those that do not start are named and left out."""
    outcomes = []
    for server in servers:
        try:
            outcomes.append(try_out(server))
        except StartFailed as error:
            print(f"{server.name} is left out: {error}", file=sys.stderr)
    return outcomes


def contest(servers: Sequence[Server], path: str, load: Load, rounds: int = 1) -> list[Measurement]:
    """Each server measured for load.duration in all."""
    load = replace(load, duration=load.duration / rounds)

    def measure_once(server: Server) -> Measurement:
        with running(server) as daemon:
            measurement = measure(server.name, daemon, path, load)
        progress(measurement)
        return measurement

    measured: dict[str, list[Measurement]] = {}
    for _ in range(rounds):
        for measurement in each(servers, measure_once):
            measured.setdefault(measurement.name, []).append(measurement)
    return [merge(ones) for ones in measured.values()]


def progress(one: Measurement) -> None:
    print(f"  {one.name:22} {number(one.rate):>8} requests/s"
          f"  p99 {number(one.latency['p99'], 1):>8} ms  {one.error_count} errors", file=sys.stderr)
