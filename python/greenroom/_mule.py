"""The life of a mule: a process that calls a function of the application instead of serving it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

import _greenroom

FAILED = 1

_pid = os.getpid()
_told = False
_overdue = False


def run(function: Callable[[], object], fail: Callable[[BaseException, str], None]) -> int:
    """Calls the function once it is its turn. Returns the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _told_to_end)
    try:
        _greenroom.wait_for_call()
        function()
    except SystemExit as error:
        if not _told:
            raise
    except BaseException as error:
        fail(error, f"{sys.argv[0]} failed")
        return FAILED
    return 0


def _told_to_end(number: int, frame: FrameType | None) -> None:
    global _told, _overdue
    if os.getpid() != _pid:  # a child that was forked is told as any program is
        raise SystemExit(128 + number)
    first, _told = not _told, True
    takes_messages = _greenroom.end_messages()  # and is told to end where it does
    if takes_messages and first:
        threading.Thread(target=_end_overdue, daemon=True).start()
    if (first and not takes_messages) or _overdue:
        _overdue = False
        raise SystemExit(0)


def _end_overdue() -> None:
    global _overdue
    time.sleep(_greenroom.graceful_timeout() / 1e9)
    _overdue = True
    signal.raise_signal(signal.SIGTERM)
