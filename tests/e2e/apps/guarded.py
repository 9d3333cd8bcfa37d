"""Flask, with a PostgreSQL at DSN and a service that speaks HTTP at STOCK."""

import os
from contextlib import closing

import psycopg2
import requests
from flask import Flask

app = Flask(__name__)


@app.get("/ping")
def ping():
    return "pong"


@app.get("/query")
def query():
    """Waits for advisory lock 1."""
    with closing(psycopg2.connect(os.environ["DSN"])) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(1), pg_backend_pid()")
            return str(cursor.fetchone()[1])


@app.get("/stock")
def stock():
    try:
        return requests.get(os.environ["STOCK"], timeout=30).text
    except requests.RequestException as error:
        return str(error), 502
