"""A query that PostgreSQL takes half a second for, with psycopg2 as it comes.

The connections are opened when the application is loaded; PGHOST and its like say where.
"""

from psycopg2.pool import ThreadedConnectionPool

BODY = b"awake\n"

pool = ThreadedConnectionPool(50, 50)


def app(environ, start_response):
    connection = pool.getconn()
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.5)")
    finally:
        pool.putconn(connection)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))])
    return [BODY]
