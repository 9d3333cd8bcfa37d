"""psycopg2 as Debian ships it."""

import json
from contextlib import ExitStack

import pytest
from conftest import eventually

CROWD = 30
GATE = "SELECT pg_advisory_xact_lock(1)"


@pytest.fixture
def server(serve, postgres):
    return serve("--workers", "1", "driver_psycopg2:app", env={"DSN": postgres.dsn})


@pytest.fixture
def numbers(postgres):
    """An empty table."""
    with postgres.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE numbers (n integer)")
        yield
        cursor.execute("DROP TABLE numbers")


def test_queries_wait_together(server, postgres):
    with postgres.holding(GATE) as release, server.crowd(CROWD, "/query") as answers:
        eventually(lambda: postgres.waiting() == CROWD, "all wait in the database")
        assert server.get("/ping").text == '"pong"'
        assert server.kernel_tasks() < CROWD
        release()
    assert len({answer.result().text for answer in answers}) == CROWD, server.output()


def test_listeners_wait_together(server, postgres):
    with server.crowd(CROWD, "/listen") as answers:
        eventually(lambda: postgres.sessions("LISTEN") == CROWD, "all listen")
        assert server.kernel_tasks() < CROWD
        with postgres.connect() as connection, connection.cursor() as cursor:
            cursor.execute("NOTIFY news, 'it rains'")
    assert [answer.result().text for answer in answers] == ['"it rains"'] * CROWD


def test_requests_take_turns_on_a_shared_connection(server, postgres):
    with ExitStack() as stack:
        release = stack.enter_context(postgres.holding(GATE))
        crowds = [
            stack.enter_context(server.crowd(1, f"/shared_query?number={number}"))
            for number in range(5)
        ]
        eventually(lambda: postgres.waiting() == 1, "one waits in the database")
        assert server.get("/ping").text == '"pong"'
        assert postgres.waiting() == 1
        release()
    assert [answers[0].result().text for answers in crowds] == ["0", "1", "2", "3", "4"]


@pytest.mark.without_faults("yield", reason="gives way 3 million times: longer than a client waits")
def test_copies_out_of_tables_wait_together(server, postgres):
    with postgres.holding(GATE) as release, server.crowd(CROWD, "/copy_out") as answers:
        eventually(lambda: postgres.waiting() == CROWD, "all wait for their last line")
        assert server.kernel_tasks() < CROWD
        release()
    for answer in answers:
        assert json.loads(answer.result().body) == [20000, "1\t\\N", "20000\t"]


def test_copies_into_tables_wait_together(server, postgres, numbers):
    """Each takes its lines from the body of a request that stops in the middle."""
    head = b"POST /copy_in HTTP/1.1\r\nHost: a\r\nContent-Length: 80000\r\n\r\n"
    lines = b"1\n" * 40_000
    under_way = "SELECT count(*) FROM pg_stat_progress_copy WHERE bytes_processed > 0"
    with ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(CROWD)]
        for client in clients:
            client.sendall(head + lines[:40_000])
        eventually(lambda: postgres.ask(under_way) == [(CROWD,)], "all are under way")
        assert server.kernel_tasks() < CROWD
        for client in clients:
            client.sendall(lines[40_000:])
        for client in clients:
            assert client.recv(65536).endswith(b"\r\n\r\n40000"), server.output()
    assert postgres.ask("SELECT count(*) FROM numbers") == [(CROWD * 40_000,)]


def test_a_deadline_ends_a_query(server, postgres):
    with postgres.holding(GATE) as release:
        with server.crowd(CROWD, "/late_query") as answers:
            pass
        release()
    assert {answer.result().text for answer in answers} == {'"select() failed: Connection timed out"'}
