"""SQLAlchemy as Debian ships it, with psycopg2."""

from conftest import eventually

CROWD = 30
GATE = "SELECT pg_advisory_xact_lock(1)"


def test_requests_wait_for_a_connection_of_the_pool(serve, postgres):
    server = serve("--workers", "1", "driver_sqlalchemy:app", env={"DSN": postgres.dsn})
    with postgres.holding(GATE) as release, server.crowd(CROWD, "/query") as answers:
        eventually(lambda: postgres.waiting() == 3, "three wait in the database")
        eventually(lambda: server.get("/state").text == f"[{CROWD}, 3]", "the others for those")
        assert server.kernel_tasks() < CROWD
        assert postgres.waiting() == 3
        release()
    assert [answer.result().status for answer in answers] == [200] * CROWD, server.output()
    assert len({answer.result().body for answer in answers}) == 3
    assert server.get("/state").text == f"[{CROWD}, 0]"
