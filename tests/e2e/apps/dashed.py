"""Requests of which the dashboard tells: /sleep/MICROSECONDS, and /hold, which takes until /release."""

import threading
import time

released = threading.Event()


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/sleep/"):
        time.sleep(int(path.removeprefix("/sleep/")) / 1e6)
    if path == "/hold":
        released.wait()
    if path == "/release":
        released.set()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine\n"]
