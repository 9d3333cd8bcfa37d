"""Files that may change while they are in use."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

# Seconds for which they are not looked at again: that takes a system call each.
_STALE_MAX = 0.1

# Its time, size and inode; None: it cannot be looked at.
State = tuple[int, int, int] | None


class Files:
    """A change is noticed by time, size or inode, within a tenth of a second."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = tuple(paths)
        self._states: tuple[State, ...] = ()
        self._looked = 0.0

    def states(self) -> tuple[State, ...]:
        now = time.monotonic()
        if now - self._looked > _STALE_MAX:
            self._states = tuple(map(_state, self._paths))
            self._looked = now
        return self._states


def _state(path: str) -> State:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
