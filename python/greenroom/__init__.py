"""What an application can ask of Greenroom while it is served by it.

None of this is needed: blocking code is served as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import _greenroom

from greenroom._accelerate import accelerate
from greenroom._account import Account, Downstream, request_account
from greenroom._metrics import counter, gauge, histogram, meter, timed, timer, timing
from greenroom._scope import Child, Scope, cancel_on_disconnect, is_cancelled, scope, shield

__all__ = [
    "Account", "Child", "Downstream", "Scope", "accelerate", "cancel_on_disconnect", "counter", "deadline",
    "gauge", "histogram", "is_cancelled", "is_green", "meter", "request_account", "scope", "shield",
    "timed", "timer", "timing",
]
__version__: str = _greenroom.version


def is_green() -> bool:
    """Is the caller on a green thread, where blocking calls let others run?"""
    return _greenroom.is_green()


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Bounds how long the block may wait.

    Once `seconds` have passed, each call in the block that would wait for a socket, a pipe or for
    time raises TimeoutError (or what its library makes of ETIMEDOUT). Locks are not bounded, nor is
    computing. Blocks nest: the earliest deadline counts.

    Raises RuntimeError outside of a green thread, ValueError if `seconds` is not positive.
    """
    if not is_green():
        raise RuntimeError("a deadline needs a green thread")
    if not seconds > 0:
        raise ValueError(f"seconds must be positive, not {seconds!r}")
    before = _greenroom.deadline()
    at = _greenroom.now() + min(int(seconds * 1e9), 1 << 62)
    _greenroom.deadline_set(min(at, before) if before else at)
    try:
        yield
    finally:
        _greenroom.deadline_set(before)
