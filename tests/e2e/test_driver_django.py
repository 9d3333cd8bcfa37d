"""Django's models as Debian ships them, with PostgreSQL."""

from conftest import eventually

CROWD = 30


def test_transactions_wait_for_a_row_together(serve, postgres):
    host = postgres.dsn.partition("host=")[2].split()[0]
    server = serve("--workers", "1", "driver_django:make_application()", env={"HOST": host})
    row = "SELECT * FROM driver_django_counter FOR UPDATE"
    with postgres.holding(row) as release, server.crowd(CROWD, "/increment") as answers:
        eventually(lambda: postgres.waiting() == CROWD, "all wait for the row")
        assert server.get("/ping").text == "pong"
        assert server.kernel_tasks() < CROWD
        release()
    found = sorted(int(answer.result().text) for answer in answers)
    assert found == list(range(1, CROWD + 1)), server.output()
    eventually(lambda: postgres.clients() == 0, "each has closed its connection")
