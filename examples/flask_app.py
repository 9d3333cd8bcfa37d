"""An ordinary Flask application whose requests wait: greenroom serve flask_app:app

UPSTREAM_URL is the address of the HTTP service that /upstream asks.
"""

import os
import sqlite3
import tempfile
import threading
import time

import requests
from flask import Flask, jsonify, request

UPSTREAM_URL = os.environ.get("UPSTREAM_URL", "http://127.0.0.1:8080/")
DATABASE = os.path.join(tempfile.gettempdir(), f"greenroom-example-{os.getuid()}.sqlite")

app = Flask(__name__)

upstream = requests.Session()
pool = requests.adapters.HTTPAdapter(pool_connections=1000, pool_maxsize=1000)
upstream.mount("http://", pool)

per_thread = threading.local()


def create_database():
    with sqlite3.connect(DATABASE, timeout=30) as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("CREATE TABLE IF NOT EXISTS seats (row INTEGER, number INTEGER)")
        if database.execute("SELECT count(*) FROM seats").fetchone() == (0,):
            database.executemany(
                "INSERT INTO seats VALUES (?, ?)",
                [(row, number) for row in range(20) for number in range(30)],
            )


create_database()


@app.get("/")
def index():
    return "Hello from Flask on green threads\n"


@app.get("/json")
def json():
    return jsonify(message="Hello, world!")


@app.get("/sleep")
def sleep():
    """Waits for ?ms= milliseconds, 100 by default."""
    milliseconds = request.args.get("ms", 100, type=int)
    time.sleep(milliseconds / 1000)
    return jsonify(slept=milliseconds)


@app.get("/upstream")
def ask_upstream():
    answer = upstream.get(UPSTREAM_URL, timeout=30)
    return jsonify(status=answer.status_code, length=len(answer.content))


@app.get("/sqlite")
def query():
    """A query that waits for ?ms= milliseconds, 100 by default, inside SQLite. SQLite wants one
    connection for each thread."""
    milliseconds = request.args.get("ms", 100, type=int)
    if not hasattr(per_thread, "database"):
        per_thread.database = sqlite3.connect(DATABASE)
        per_thread.database.create_function("pause", 1, pause, deterministic=True)
    rows = per_thread.database.execute(
        "SELECT row, count(*) FROM seats WHERE pause(?) GROUP BY row ORDER BY row",
        [milliseconds / 1000],
    ).fetchall()
    return jsonify(rows=len(rows), seats=sum(count for _, count in rows))


def pause(seconds):
    """Like a query that has to wait for its disk. Asked for once per query, as its argument is
    constant and SQLite is told that it is deterministic."""
    time.sleep(seconds)
    return True
