"""Says things in every way that an application can; what, is in the path."""

import ctypes
import io
import json
import logging
import os
import subprocess
import sys
import threading
import traceback
import urllib.parse
import warnings

log = logging.getLogger("shop.cart")
log_file = logging.getLogger("to.file")

print("said while it was loaded")
log.info("logged while it was loaded")
warnings.warn("warned while it was loaded", stacklevel=1)


def fail(text):
    raise ValueError(text)


def do_log(text):
    log.warning("stock is %s", text, extra={"user": 3, "time": "now", "odd": {1, }})


def do_debug(text):
    log.debug("%s", text)
    logging.getLogger("quiet.deep").info("%s", text)


def do_print(text):
    print(text)
    print("one,", end=" ")
    print("two")
    print("first\nsecond", file=sys.stderr)


def do_order(text):
    for number in range(50):
        log.info("%d a", number)
        print(number, "b")
        print(number, "c", file=sys.stderr)


def do_exception(text):
    try:
        fail(text)
    except ValueError:
        log.exception("it failed")


def do_print_exc(text):
    try:
        fail(text)
    except ValueError:
        traceback.print_exc()


def do_raise(text):
    fail(text)


def do_thread(text):
    thread = threading.Thread(target=fail, args=(text,), name="lorry")
    thread.start()
    thread.join()


def do_unraisable(text):
    class Bad:
        def __del__(self):
            fail(text)

    Bad()


def do_warn(text):
    warnings.warn(text, DeprecationWarning, stacklevel=1)


def do_raw(text):
    """As a C library does."""
    ctypes.CDLL(None).write(2, text.encode() + b"\n", len(text) + 1)


def do_child(text):
    subprocess.run(["sh", "-c", f"echo {text}; echo {text} >&2; (sleep 0.3; echo late {text}) &"],
                   check=True)


def do_fork(text):
    if (pid := os.fork()) == 0:
        log.warning("child %d says %s", os.getpid(), text)
        os._exit(0)
    os.waitpid(pid, 0)


def do_made(text):
    """A record of an odd time, such as other programs may hand on."""
    log.handle(logging.makeLogRecord({"levelno": logging.ERROR, "levelname": "ERROR", "name": "made",
                                      "msg": "at some time", "created": float(text)}))


def do_long(text):
    print("x" * int(text))
    print("after")


def do_wrap(text):
    """As programs do that want an encoding of their own."""
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", line_buffering=True)
    print(text)


def do_nowhere(text):
    sys.stdout = None
    if os.fork() == 0:
        print(text, end="", file=sys.stderr)
        sys.exit(0)
    log.warning("the child exited with %d", os.waitstatus_to_exitcode(os.wait()[1]))


def do_begun(text):
    print(text, end="")
    if os.fork() == 0:
        sys.exit(0)
    os.wait()
    print(" is told once")


def do_exit(text):
    log.warning(text)
    os._exit(3)


def do_abort(text):
    os.write(2, b"last words, ")
    ctypes.CDLL(None).abort()


def do_flood(text):
    for _ in range(int(text)):
        log.info("%s", "x" * 200)


def do_configure(text):
    """Late, as some do it in their first request."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("MINE %(message)s"))
    handler.setLevel(logging.ERROR)
    handler.addFilter(lambda record: "secret" not in record.getMessage())
    own = logging.getLogger("own")
    own.addHandler(handler)
    own.propagate = False
    own.warning("below its level")
    own.error("a secret")
    own.error("told by %s", text)
    own.error("told again by %s", text)
    own.propagate = True
    own.error("told once by %s", text)
    with open(os.devnull, "w") as nowhere:
        handler.setStream(nowhere)
        own.propagate = False
        own.error("told to nobody")


def app(environ, start_response):
    what = environ["PATH_INFO"].strip("/")
    text = urllib.parse.unquote(environ["QUERY_STRING"])
    start_response("200 OK", [("Content-Type", "application/json")])
    if what:
        globals()["do_" + what](text)
    return [json.dumps({"id": environ["greenroom.request_id"]}).encode()]
