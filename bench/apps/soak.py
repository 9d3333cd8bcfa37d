"""What applications do, each kind of it behind a path of its own; most answers can be checked.

UPSTREAM is host:port of an HTTP service, PGHOST and its like say where PostgreSQL is.
"""

import hashlib
import itertools
import os
import queue
import subprocess
import threading
import time
import zlib

import requests
from flask import Flask, Response, request
from psycopg2.pool import ThreadedConnectionPool

UPSTREAM = os.environ["UPSTREAM"]
CONNECTIONS = 20  # to the database
PIECE = bytes(range(256)) * 64

flask = Flask(__name__)
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=100))
pool = ThreadedConnectionPool(CONNECTIONS, CONNECTIONS)


@flask.get("/upstream")
def upstream():
    return session.get(f"http://{UPSTREAM}/").json()


@flask.get("/query")
def query():
    connection = pool.getconn()
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT %s, pg_sleep(0.02)", (request.args["text"],))
            return cursor.fetchone()[0]
    finally:
        pool.putconn(connection)


@flask.get("/process")
def process():
    text = request.args["text"].encode()
    return subprocess.run(["cat"], input=text, stdout=subprocess.PIPE, check=True).stdout


@flask.get("/threads")
def threads():
    """Ten numbers through a bounded queue to threads, and their squares back."""
    todo, done = queue.Queue(2), queue.SimpleQueue()

    def work():
        while (number := todo.get()) is not None:
            time.sleep(0.001)
            done.put(number * number)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for item in [*range(10), *(None for _ in workers)]:
        todo.put(item)
    for worker in workers:
        worker.join()
    return str(sum(done.get() for _ in range(10)))


class Room:
    """One may be in it at a time; who leaves tells the others."""

    def __init__(self):
        self.changed = threading.Condition()
        self.taken = False
        self.inside = 0
        self.tickets = queue.Queue()

    def visit(self):
        with self.changed:
            while self.taken:
                self.changed.wait()
            self.taken = True
        self.inside += 1
        time.sleep(0.001)
        alone = self.inside == 1
        self.inside -= 1
        with self.changed:
            self.taken = False
            self.changed.notify()
        return alone


room = Room()


@flask.get("/locks")
def locks():
    alone = room.visit()
    room.tickets.put(None)
    room.tickets.get(timeout=5)
    return "alone" if alone else "not alone"


@flask.get("/pbkdf2")
def pbkdf2():
    return hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 100_000).hex()


@flask.get("/compute")
def compute():
    total = 0
    for number in range(300_000):
        total += number
    return str(total)


@flask.post("/upload")
def upload():
    sum_of_all = 0
    while piece := request.stream.read(10_000):
        sum_of_all = zlib.crc32(piece, sum_of_all)
    return str(sum_of_all)


@flask.get("/download")
def download():
    return Response(itertools.repeat(PIECE, int(request.args["pieces"])))


@flask.get("/wait")
def wait():
    time.sleep(0.3)
    return "waited"


@flask.get("/raise")
def fail():
    raise ValueError("as it was asked to")


def hello():
    return b"Hello, World!"


def late():
    time.sleep(3600)


def fail_plainly():
    raise ValueError("as it was asked to, without Flask")


PLAIN = {"/hello": hello, "/late": late, "/raise_plain": fail_plainly}


def app(environ, start_response):
    """A plain application before Flask, for the paths where there is to be none."""
    answer = PLAIN.get(environ["PATH_INFO"])
    if answer is None:
        return flask(environ, start_response)
    body = answer()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
