"""mysqlclient as Debian ships it, with MariaDB."""

import json
from contextlib import closing

import pytest
from conftest import eventually

CROWD = 30


@pytest.fixture
def server(serve, mariadb):
    return serve("--workers", "1", "driver_mysqlclient:app", env={"SOCKET": str(mariadb.socket)})


def test_queries_wait_together(server, mariadb):
    with mariadb.connect() as connection, closing(connection.cursor()) as cursor:
        cursor.execute("SELECT GET_LOCK('gate', 10)")
        with server.crowd(CROWD, "/query") as answers:
            eventually(lambda: mariadb.sessions("User lock") == CROWD, "all wait in the database")
            assert server.get("/ping").text == '"pong"'
            assert server.kernel_tasks() < CROWD
            cursor.execute("SELECT RELEASE_LOCK('gate')")
    found = [json.loads(answer.result().body) for answer in answers]
    assert len({connection for *_, connection in found}) == CROWD
    assert {tuple(locks) for *locks, _ in found} == {(1, 1)}


@pytest.mark.without_faults("yield", reason="gives way 3 million times: longer than a client waits")
def test_long_answers_come_beside_each_other(server):
    with server.crowd(CROWD, "/many_rows") as answers:
        pass
    assert {answer.result().text for answer in answers} == {"200010000"}
