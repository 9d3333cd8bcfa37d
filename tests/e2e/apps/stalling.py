"""Code that keeps the worker: in C with the GIL, in C without it, and in Python."""

import hashlib
import re
import threading
import time

SLOW_TO_MATCH = "a" * 22 + "b"
LESS_SLOW = SLOW_TO_MATCH[4:]


def with_the_gil() -> None:
    re.match("(a+)+$", SLOW_TO_MATCH)


def a_moment_with_it() -> None:
    re.match("(a+)+$", LESS_SLOW)


def without_the_gil() -> None:
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 600_000)


def in_python() -> None:
    sum(number for number in range(3_000_000))


def lateness(hog) -> float:
    """The worst lateness, in ms, of a sleeper of 1 ms beside two threads of hog."""
    hogs = [threading.Thread(target=hog) for _ in range(2)]
    for thread in hogs:
        thread.start()
    worst = 0.0
    while any(thread.is_alive() for thread in hogs):
        before = time.monotonic()
        time.sleep(0.001)
        worst = max(worst, time.monotonic() - before - 0.001)
    return worst * 1000


HOGS = {"/with": with_the_gil, "/moment": a_moment_with_it, "/without": without_the_gil, "/python": in_python}


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/lateness":
        body = b"%f" % lateness(without_the_gil)
    else:
        HOGS[path]()
        body = b"done"
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
