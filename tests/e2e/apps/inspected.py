"""Requests that are at this and that for as long as they are let."""

import hashlib
import socket
import threading
import time

lock = threading.Lock()
lock.acquire()


def rest():
    time.sleep(60)


def rest_in_a_file_with_an_odd_name():
    exec(compile("rest()", "a\n\x1b[31mb", "exec"))


def ask(port):
    with socket.create_connection(("127.0.0.1", port)) as upstream:
        upstream.recv(1)


def hold():
    """C code that keeps the interpreter's lock."""
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        sorted(range(30_000_000))


def app(environ, start_response):
    what = environ["PATH_INFO"]
    if what == "/rest":
        rest()
    elif what == "/odd":
        rest_in_a_file_with_an_odd_name()
    elif what == "/lock":
        lock.acquire(timeout=60)
    elif what == "/ask":
        ask(int(environ["QUERY_STRING"]))
    elif what == "/hold":
        hold()
    start_response("200 OK", [])
    return [b"done"]
