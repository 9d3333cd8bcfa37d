"""Processes that have run out of descriptors."""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import eventually


def cpu_ticks(pid: int) -> int:
    """What it has used so far, in user and kernel mode: see SC_CLK_TCK of sysconf(3)."""
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))


@contextmanager
def without_descriptors(pid: int, let_in: Callable[[int], object]) -> Iterator[None]:
    """let_in connects so many clients, who stay."""
    def held() -> list[int]:
        return [int(fd) for fd in os.listdir(f"/proc/{pid}/fd")]

    before = len(held())
    let_in(10)
    eventually(lambda: len(held()) == before + 10, "all let in")
    highest = max(held())
    let_in(highest + 1 - len(held()))
    eventually(lambda: len(held()) == highest + 1, "no gap below the highest")
    limit = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + 1, limit[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
