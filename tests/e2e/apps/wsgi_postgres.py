"""Asks PostgreSQL, at DSN, to wait."""

import os

import psycopg2


def app(environ, start_response):
    connection = psycopg2.connect(os.environ["DSN"])
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT 'waited', pg_sleep(0.5)")
        answer = cursor.fetchone()[0]
    connection.close()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer.encode()]
