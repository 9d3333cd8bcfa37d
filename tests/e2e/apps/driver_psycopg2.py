"""psycopg2, at DSN. What waits, waits for advisory lock 1 or for a notification."""

import io
import os
import select
import threading
from contextlib import closing

import psycopg2
from functions import application, ping

import greenroom

GATE = "SELECT pg_advisory_xact_lock_shared(1)"

shared_lock = threading.Lock()
shared = None


def connect():
    return closing(psycopg2.connect(os.environ["DSN"]))


def query():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(GATE)
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def listen():
    with connect() as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("LISTEN news")
        while not connection.notifies:
            if select.select([connection], [], [], 10) == ([], [], []):
                return "nothing"
            connection.poll()
        return connection.notifies.pop().payload


def shared_query(number):
    """Two requests on one connection: psycopg2 lets them execute one after the other."""
    global shared
    with shared_lock:
        shared = shared or psycopg2.connect(os.environ["DSN"])
    with shared.cursor() as cursor:
        cursor.execute(GATE + f", {int(number)}")
        return cursor.fetchone()[1]


def copy_out():
    """The lines of a table that is longer than any buffer; the last waits."""
    rows = io.StringIO()
    with connect() as connection, connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY (SELECT n, CASE WHEN n = 20000 THEN pg_advisory_xact_lock_shared(1) END"
            " FROM generate_series(1, 20000) AS n) TO STDOUT",
            rows,
        )
    lines = rows.getvalue().splitlines()
    return [len(lines), lines[0], lines[-1]]


def late_query():
    with connect() as connection, connection.cursor() as cursor:
        try:
            with greenroom.deadline(0.2):
                cursor.execute(GATE)
        except psycopg2.DatabaseError as error:
            return str(error).strip()
    return "no error"


functions = application(ping, query, listen, shared_query, copy_out, late_query)


def app(environ, start_response):
    if environ["PATH_INFO"] != "/copy_in":
        return functions(environ, start_response)
    with connect() as connection, connection, connection.cursor() as cursor:
        cursor.copy_expert("COPY numbers FROM STDIN", environ["wsgi.input"])
        count = cursor.rowcount
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b"%d" % count]
