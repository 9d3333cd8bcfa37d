"""What `threading` makes of the threads that answer requests, which it has not started itself."""

from __future__ import annotations

import os
import sys
import threading


def adopt() -> None:
    """Makes the calling thread one that a thread pool could have.

    `threading` takes those that it does not know for daemons. The threads that the application
    starts in a request would inherit that and be dropped at the end instead of joined.
    """
    threading.current_thread()._daemonic = False


def mend_forks() -> None:
    """Lets children that were forked in a request end as scripts do.

    Up to some release of 3.12 the shutdown of `threading` fails in them, since their main thread is
    one that it has not started (CPython issue 102512).
    """
    if sys.version_info < (3, 13):
        # Registered after the hook of threading itself, so it runs after it.
        os.register_at_fork(after_in_child=_become_main)


def _become_main() -> None:
    thread = threading.main_thread()
    if isinstance(thread, threading._DummyThread):
        thread.__class__ = threading._MainThread
        thread._name = "MainThread"
        thread._set_tstate_lock()
