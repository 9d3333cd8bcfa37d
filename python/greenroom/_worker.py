"""The life of a worker: start, load, serve, end."""

from __future__ import annotations

import atexit
import errno
import faulthandler
import os
import signal
import sys
import traceback
from types import TracebackType
from typing import NoReturn

import _greenroom
from greenroom import _accelerate, _loader, _log, _mule, _threads

APP_FAILED = 1
USAGE = 2
INTERRUPTED = 130

WHY_NOT = {
    errno.ENOENT: "boot.py is run by `greenroom serve`, not by hand",
    errno.ENOSYS: "libgreenroom-posix.so is not preloaded into this Python",
}

# What CPython's recursion in C needs before its own limits stop it, by version, in bytes of address
# space; sorted() in its own key needs the most. From 3.14 on it looks at the real bounds of the
# stack.
STACK_SIZES = {(3, 11): 4 << 20, (3, 12): 4 << 20, (3, 13): 8 << 20}
STACK_SIZE = 1 << 19


def main() -> int:
    """Returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)
    # Registered first, so it runs last: threads are preempted until nothing is left to run.
    atexit.register(_greenroom.close)
    try:
        wanted = _greenroom.start(STACK_SIZES.get(sys.version_info[:2], STACK_SIZE))
    except OSError as error:
        if error.errno != errno.ENOTSUP:  # which has been explained
            print(f"greenroom: {WHY_NOT.get(error.errno, error.strerror)}", file=sys.stderr)
        return USAGE
    _log.install()
    atexit.register(_log.finish)
    tidy_environment()
    sys.argv = [wanted]
    try:
        return run(wanted)
    except KeyboardInterrupt:
        return INTERRUPTED


def tidy_environment() -> None:
    """The start has taken the supervisor's variables away; os.environ is a copy from before."""
    for name in ("GREENROOM_WORKER", "LD_PRELOAD"):
        value = _greenroom.environment(name)
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def run(wanted: str) -> int:
    is_mule = _greenroom.mule() >= 0
    if library := _greenroom.accelerated():
        _accelerate.accelerate(library)
    try:
        app = _loader.load_function(wanted) if is_mule else _loader.load(wanted)
    except _loader.NotFound as error:
        return refuse(USAGE, str(error))
    except SystemExit as error:
        return refuse(APP_FAILED, f"{wanted} exited while it was loaded: {error.code}")
    except Exception as error:
        fail(error, f"{wanted} failed while it was loaded")
        _greenroom.failed(traceback.format_exception_only(error)[-1].strip())
        return APP_FAILED
    _log.complete()
    _threads.mend_forks()
    faulthandler.register(_greenroom.stack_signal(), sys.__stderr__, all_threads=True)
    if is_mule:
        return _mule.run(app, fail)
    if _greenroom.wants_routes():
        note_routes(app)
    if (interrupt := _greenroom.interrupt_fd()) >= 0:
        signal.set_wakeup_fd(interrupt, warn_on_full_buffer=False)
    try:
        _greenroom.serve(app, report, leave, _threads.adopt)
    except OSError:  # which has been explained
        return USAGE
    return 0


def note_routes(app: object) -> None:
    from greenroom import _routes

    try:
        for route in _routes.find(app):
            _greenroom.note_route(*map(_routes.plain, route))
        _greenroom.note_mounts(_routes.mounts(app))
    except Exception as error:
        report(error, "listing the routes of the application")


def fail(error: BaseException, what: str) -> None:
    """Logs why there is no worker, the whole of it once while the next ones end in the same way."""
    trace = traceback.TracebackException(type(error), error, users_part(error.__traceback__))
    _greenroom.log_refusal(f"{what}\n{''.join(trace.format()).rstrip()}")


def refuse(code: int, why: str) -> int:
    _greenroom.log_refusal(why)
    _greenroom.failed(why)
    return code


def report(error: BaseException, what: str) -> None:
    """Logs what an application raised, and in what: "GET /pay", "a signal handler"."""
    _log.put_error(f"{what} failed", error, users_part(error.__traceback__))


def leave(error: BaseException | None) -> NoReturn:
    """Ends a child that was forked in a request as if it had been a script."""
    code: object = 0
    if isinstance(error, SystemExit):
        code = error.code or 0
    elif error is not None:
        report(error, "a child that was forked in a request")
        code = 1
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    _log.finish()
    os._exit(code & 0xFF)


def users_part(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from where the user's code begins."""
    at = trace
    while at is not None and is_ours(at):
        at = at.tb_next
    return at


def is_ours(trace: TracebackType) -> bool:
    name = trace.tb_frame.f_globals.get("__name__", "")
    file = trace.tb_frame.f_code.co_filename
    ours = name == "importlib" or name.startswith("greenroom.")
    return ours or file.startswith("<frozen importlib")
