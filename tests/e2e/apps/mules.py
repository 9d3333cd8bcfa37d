"""An application with functions for mules."""

import os
import time


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()}".encode()]


def wait():
    """Waits for something that never comes, as a consumer of an empty queue does."""
    print(f"waiting in {os.getpid()}", flush=True)
    try:
        while True:
            time.sleep(100)
    finally:
        print("cleaned up", flush=True)


def fail():
    raise LookupError("no such table")


def end():
    print("done", flush=True)
