"""Requests that hang their worker, and some that merely keep it busy."""

import ctypes
import hashlib
import os
import re
import threading
import time


def hold():
    """C code that has the GIL and goes on for years."""
    print("hanging")
    re.match(r"(a+)+$", "a" * 64 + "b")


def wait_with_the_gil():
    """C code that waits, and keeps the GIL: whoever could wake it waits for that."""
    print("hanging")
    ctypes.PyDLL(None).pause()


def compute():
    until = time.monotonic() + 1
    while time.monotonic() < until:
        sum(range(1000))


def compute_in_c():
    """Without the GIL."""
    until = time.monotonic() + 1
    while time.monotonic() < until:
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 200_000)


def wait_for_a_lock():
    print("waiting")
    threading.Event().wait()


def compute_for_ever():
    print("computing")
    while True:
        sum(range(1000))


ROUTES = {
    "/hold": hold,
    "/wait-with-the-gil": wait_with_the_gil,
    "/compute": compute,
    "/compute-in-c": compute_in_c,
    "/wait-for-a-lock": wait_for_a_lock,
    "/compute-for-ever": compute_for_ever,
    "/": lambda: None,
}


def app(environ, start_response):
    ROUTES[environ["PATH_INFO"]]()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
