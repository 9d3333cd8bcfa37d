"""Tells the log how its requests and its process end."""

import atexit
import re
import time

atexit.register(print, "atexit ran")


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
    if path == "/busy":
        print("busy")
        re.match("(a+)+$", "a" * 22 + "b")
    return [path.encode()]
