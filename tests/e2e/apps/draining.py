"""Tells the log how its requests and its process end."""

import atexit
import re
import threading
import time

import greenroom

atexit.register(print, "atexit ran")


tidying = threading.Lock()


def be_tidy():
    """Takes a quarter of a second to clean up, one after the other."""
    try:
        print("working")
        time.sleep(30)
    finally:
        with greenroom.shield(), tidying:
            time.sleep(0.25)
        print("tidied up")


def stream():
    try:
        while True:
            yield b"piece\n"
            time.sleep(30)
    finally:
        print("iterable closed")


def app(environ, start_response):
    path = environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/stream":
        return stream()
    if path == "/nap":
        print("napping")
        time.sleep(30)
    if path == "/tidy":
        be_tidy()
    if path == "/busy":
        print("busy")
        re.match("(a+)+$", "a" * 22 + "b")
    return [path.encode()]
