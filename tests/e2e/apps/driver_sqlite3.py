"""sqlite3, with the database DATABASE."""

import os
import sqlite3
import threading
from contextlib import closing

from functions import application

counting = threading.Lock()
released = threading.Event()
state = {"holding": False, "asked": 0, "written": 0}


def connect():
    return closing(sqlite3.connect(os.environ["DATABASE"], timeout=9, isolation_level=None))


with connect() as database:
    database.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY)")


def count(name):
    with counting:
        state[name] += 1


def hold():
    """Has the write lock until it is told to release it."""
    with connect() as connection:
        connection.execute("BEGIN IMMEDIATE")
        state["holding"] = True
        released.wait(9)
        connection.execute("COMMIT")


def release():
    released.set()


def write():
    with connect() as connection:
        count("asked")
        connection.execute("BEGIN IMMEDIATE")
        found = connection.execute("INSERT INTO visits DEFAULT VALUES RETURNING id").fetchone()[0]
        connection.execute("COMMIT")
        count("written")
        return found


def progress():
    return state


app = application(hold, release, write, progress)
