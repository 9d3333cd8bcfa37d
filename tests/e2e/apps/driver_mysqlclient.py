"""mysqlclient, at the unix socket SOCKET. What waits, waits for the user lock "gate"."""

import os
from contextlib import closing

import MySQLdb
import MySQLdb.cursors
from functions import application, ping


def connect():
    return closing(MySQLdb.connect(unix_socket=os.environ["SOCKET"], user="test", db="test"))


def query():
    with connect() as connection, closing(connection.cursor()) as cursor:
        cursor.execute("SELECT GET_LOCK('gate', 10), RELEASE_LOCK('gate'), CONNECTION_ID()")
        return cursor.fetchone()


def many_rows():
    """More than any buffer holds, without storing them first."""
    with connect() as connection, closing(connection.cursor(MySQLdb.cursors.SSCursor)) as cursor:
        cursor.execute("SELECT seq, REPEAT('x', 100) FROM seq_1_to_20000")
        return sum(number for number, _ in cursor)


app = application(ping, query, many_rows)
