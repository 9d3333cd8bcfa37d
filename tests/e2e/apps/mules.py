"""An application with functions for mules."""

import os
import signal
import time

from greenroom import mules


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


def post(environ, start_response):
    """/send and /call with a payload as the query, /all: what becomes of it."""
    what, payload = environ["PATH_INFO"], environ["QUERY_STRING"].encode()
    start_response("200 OK", [("Content-Type", "text/plain")])
    try:
        if what == "/call":
            return [mules.call(payload, to="mules:consume", timeout=10)]
        if what == "/large":
            payload = bytes(int(payload))
        if what == "/fill":
            return [str(fill()).encode()]
        mules.send(payload, to=None if what == "/all" else 0)
        return [b"sent"]
    except Exception as error:
        return [f"{type(error).__name__}: {error}".encode()]


def fill() -> int:
    for count in range(100000):
        try:
            mules.send(b"", to=0, timeout=0)
        except TimeoutError:
            return count
    return -1


def consume():
    for message in mules.messages():
        print(f"got {message.payload[:20].decode()} of {len(message.payload)}", flush=True)
        if message.payload == b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        if message.payload == b"slow":
            time.sleep(0.5)
        if message.payload == b"forget":
            del message
            continue
        message.reply(message.payload.upper())
    print("no more messages", flush=True)


def sleep():
    while True:
        time.sleep(100)
