"""What the application logs, prints and lets pass, as records of the one log.

The application is not asked to do anything for it. Its records reach the log

- by the handler of ours on the root logger, or in the place of `logging.lastResort`;
- by its own handlers for the standard streams. Which these are is seen when one of them writes:
  `Stream.write` knows its caller, takes the record in the place of the text, and has the handler
  bring its records at once from then on. Its level and its filters hold as before.

A record that comes both ways is one line. Handlers for files and for anything else are left alone.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import sys
import threading
import traceback
from types import FrameType, TracebackType
from typing import Any, TextIO

import _greenroom

LEVELS = {name.lower(): getattr(logging, name)
          for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")}
OWN_LOGGER = "greenroom"

# Of what a line says, and of what every record has.
RESERVED = {"time", "level", "logger", "worker", "pid", "request_id", "trace_id", "message", "exception"}
SEEN = "_greenroom_seen"
USUAL = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName", SEEN}

PARTIAL_MAX = 8192

format_exception = logging.Formatter().formatException
stream_handler_emit = logging.StreamHandler.emit.__code__


def put(level: int, logger: str, message: str, exception: str | None = None) -> None:
    _greenroom.log(level, None, logger, message, exception, None, 0.0)


def put_error(message: str, error: BaseException, trace: TracebackType | None) -> None:
    """Of the server, about the application. trace: the part of the traceback to show."""
    text = "".join(traceback.TracebackException(type(error), error, trace).format())
    put(logging.ERROR, OWN_LOGGER, message, text)


# --- Records ---


class Handler(logging.Handler):
    """Puts records into the log, each once."""

    def createLock(self) -> None:
        self.lock = None  # many threads may put at a time

    def handle(self, record: logging.LogRecord) -> Any:
        passed: Any = self.filter(record)
        if passed:
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        if SEEN in record.__dict__ or _greenroom.log_would_drop(record.levelno):
            return
        record.__dict__[SEEN] = True
        try:
            _greenroom.log(record.levelno, record.levelname.lower(), record.name,
                           record.getMessage(), _exception(record),
                           _members(record) if _greenroom.log_is_json() else None, record.created)
        except Exception:
            self.handleError(record)


def _exception(record: logging.LogRecord) -> str | None:
    if record.exc_info and not record.exc_text:
        record.exc_text = format_exception(record.exc_info)
    return "\n".join(filter(None, (record.exc_text, record.stack_info))) or None


def _members(record: logging.LogRecord) -> str | None:
    extra = record.__dict__.keys() - USUAL
    if not extra:
        return None
    fields = {name + "_" if name in RESERVED else name: record.__dict__[name]
              for name in sorted(extra)}
    try:
        text = json.dumps(fields, default=str, allow_nan=False)
    except (TypeError, ValueError):  # odd keys, a circle, no number
        text = json.dumps({name: repr(value) for name, value in fields.items()})
    return text[1:-1]


handler = Handler()


# --- Streams ---


class Stream(io.TextIOWrapper):
    """A standard stream whose lines are records of a logger of its name.

    What one call writes up to the end of a line is one record, so text of several lines stays
    together. The beginning of a line waits for its end, for each thread on its own.
    """

    def __init__(self, logger: str, level: int, beneath: TextIO) -> None:
        super().__init__(beneath.buffer, "utf-8", "backslashreplace", line_buffering=True)
        self._logger = logger
        self._level = level
        self._partial: dict[int, str] = {}

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        caller = sys._getframe().f_back  # None: C code, in a thread of its own
        if caller is not None and caller.f_code is stream_handler_emit:
            _take_over(caller, self)
            return len(text)
        self._put(text)
        return len(text)

    def _put(self, text: str) -> None:
        me = threading.get_ident()
        beginning = self._partial.pop(me, "")
        whole = beginning + text
        if whole.endswith("\n") or len(beginning) > PARTIAL_MAX:
            put(self._level, self._logger, whole)
        elif whole:
            self._partial[me] = whole

    def forget_partial(self) -> None:
        self._partial.clear()

    def put_partial(self) -> None:
        while self._partial:
            put(self._level, self._logger, self._partial.popitem()[1])


def _take_over(caller: FrameType, stream: Stream) -> None:
    found: logging.StreamHandler[Any] = caller.f_locals["self"]
    handler.emit(caller.f_locals["record"])
    if found.stream is stream and type(found).emit is logging.StreamHandler.emit:
        found.emit = _Bypass(found)  # type: ignore[method-assign]


class _Bypass:
    """The `emit` of a handler that has been taken over, for as long as it has the same stream."""

    def __init__(self, taken: logging.StreamHandler[Any]) -> None:
        self._taken = taken

    def __call__(self, record: logging.LogRecord) -> None:
        if isinstance(self._taken.stream, Stream):
            handler.emit(record)
        else:
            logging.StreamHandler.emit(self._taken, record)


# --- What nobody has caught ---


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    put(logging.CRITICAL, "python", "uncaught exception",
        "".join(traceback.format_exception(kind, error, trace)))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is SystemExit:
        return
    name = args.thread.name if args.thread else "?"
    put(logging.ERROR, "python", f"uncaught exception in thread {name}",
        "".join(traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback)))


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    what = args.err_msg or "exception ignored in"
    put(logging.ERROR, "python", f"{what}: {args.object!r}",
        "".join(traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback)))


# --- Levels ---


def set_levels(levels: str) -> None:
    """As `--log-level` has them: "info,sqlalchemy=debug"."""
    for piece in filter(None, levels.split(",")):
        logger, _, name = piece.rpartition("=")
        logging.getLogger(logger).setLevel(LEVELS[name])


# --- The beginning and the end ---

# Kept: one that the application replaces would close the descriptor beneath, also for what
# replaces it.
streams: list[Stream] = []


def install() -> None:
    """Before the application is loaded."""
    levels, capture = _greenroom.log_settings()
    if not capture:
        return
    streams.append(Stream("stdout", logging.INFO, sys.stdout))
    streams.append(Stream("stderr", logging.WARNING, sys.stderr))
    sys.stdout, sys.stderr = streams
    for stream in streams:  # a line that has been begun is the parent's
        os.register_at_fork(after_in_child=stream.forget_partial)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable
    logging.lastResort = handler  # type: ignore[assignment]
    logging.captureWarnings(True)
    # With no handler of its own, it would be given one that drops everything.
    logging.getLogger("py.warnings").addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    set_levels(levels)
    _greenroom.log_levels_with(set_levels)


def complete() -> None:
    """After it has been loaded, and has set up its own logging."""
    levels, capture = _greenroom.log_settings()
    if not capture:
        return
    set_levels(levels)
    root = logging.getLogger()
    if not any(map(_leads_here, root.handlers)):
        root.addHandler(handler)


def _leads_here(found: logging.Handler) -> bool:
    """Does it bring records to the standard streams, perhaps by a thread that waits for them?"""
    if hasattr(found, "queue"):
        return True
    return isinstance(getattr(found, "stream", None), Stream)


def finish() -> None:
    """The process is about to end."""
    for stream in streams:
        stream.put_partial()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # it may be anything, or None
            stream.flush()
