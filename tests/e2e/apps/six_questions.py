"""Flask, over a PostgreSQL at DSN and a service that speaks HTTP at STOCK, in the version that the file VERSION says. The
catalogue of 2.0 takes a fifth longer. Of each version, the worker that loads it first is far from what it talks to."""

import http.client
import os
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from flask import Flask

app = Flask(__name__)
version = Path(os.environ["VERSION"])


def is_first() -> bool:
    try:
        version.with_suffix(f".{version.read_text()}").mkdir()
    except FileExistsError:
        return False
    return True


FAR = 0.2 if is_first() else 0.0
CATALOGUE = 0.36 if version.read_text() == "2.0" else 0.3


class Pool:
    """Connections that are open already, or opened as they are needed."""

    def __init__(self, connect: Callable[[], Any]):
        self.connect = connect
        self.idle: queue.LifoQueue = queue.LifoQueue()
        for connection in [connect() for _ in range(5)]:
            self.idle.put(connection)

    @contextmanager
    def one(self) -> Iterator[Any]:
        time.sleep(FAR)
        try:
            connection = self.idle.get_nowait()
        except queue.Empty:
            connection = self.connect()
        yield connection
        self.idle.put(connection)


database = Pool(lambda: psycopg2.connect(os.environ["DSN"]))
service = Pool(lambda: http.client.HTTPConnection(os.environ["STOCK"], timeout=30))


@app.get("/catalogue")
def catalogue():
    time.sleep(CATALOGUE)
    return "books\n"


@app.get("/orders/<int:number>")
def order(number):
    with database.one() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.2)")
    return f"order {number}\n"


@app.get("/stock")
def stock():
    with service.one() as connection:
        connection.request("GET", "/")
        return connection.getresponse().read()
