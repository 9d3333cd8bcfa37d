"""Requests that are at this and that for as long as they are let."""

import re
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
    """C code that keeps the interpreter's lock, for minutes."""
    re.match("(a+)+$", "a" * 32 + "b")


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
