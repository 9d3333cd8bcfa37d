"""Recursion through C code, without an end: what CPython's own limits have to stop."""

import ctypes
import sqlite3


def sort():
    """As deep as the lists: sorted() calls its key, which calls sorted()."""

    def norm(value):
        return sorted(value, key=norm) and 0 if isinstance(value, list) else 0

    nested = []
    for _ in range(100_000):
        nested = [nested]
    try:
        norm(nested)
    finally:
        while nested:  # its parts one by one: freeing it at once would recurse as well
            nested = nested[0]


def sqlite():
    """sqlite makes an OperationalError of the RecursionError."""
    database = sqlite3.connect(":memory:")

    def again():
        return database.execute("SELECT again()").fetchone()[0]

    database.create_function("again", 0, again)
    again()


def callback():
    """ctypes drops what a callback raises."""
    numbers = (ctypes.c_int * 2)(2, 1)
    qsort = ctypes.CDLL(None).qsort
    depth = 0

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    def compare(left, right):
        nonlocal depth
        depth += 1
        qsort(numbers, 2, ctypes.sizeof(ctypes.c_int), compare)
        return 0

    qsort(numbers, 2, ctypes.sizeof(ctypes.c_int), compare)
    raise RecursionError(f"stopped at depth {depth}")


FUNCTIONS = {"/sort": sort, "/sqlite": sqlite, "/callback": callback}


def app(environ, start_response):
    FUNCTIONS.get(environ["PATH_INFO"], str)()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"alive"]
