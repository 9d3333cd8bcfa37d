"""SQLAlchemy with psycopg2, at DSN: a pool of three connections."""

import itertools
import os

import psycopg2
from functions import application, ping
from sqlalchemy import create_engine, text

GATE = text("SELECT pg_advisory_xact_lock_shared(1)")

engine = create_engine(
    "postgresql+psycopg2://", creator=lambda: psycopg2.connect(os.environ["DSN"]),
    pool_size=3, max_overflow=0, pool_timeout=10,
)  # fmt: skip
count = itertools.count(1)
asked = 0


def query():
    global asked
    asked = next(count)
    with engine.connect() as connection:
        connection.execute(GATE)
        return connection.execute(text("SELECT pg_backend_pid()")).scalar()


def state():
    return [asked, engine.pool.checkedout()]


app = application(ping, query, state)
