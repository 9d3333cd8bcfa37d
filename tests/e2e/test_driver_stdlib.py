"""The pools and queues of Python's standard library, and its sqlite3."""

import json

import pytest
from conftest import eventually

CROWD = 30
PROCESSES = 4


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "driver_stdlib:app")


def results(answers) -> list:
    return [json.loads(answer.result().body) for answer in answers]


def test_requests_wait_for_a_queue_between_processes_together(server):
    with server.crowd(CROWD, "/take") as answers:
        eventually(lambda: server.get("/waiting").text == f"[{CROWD}, 0]", "all wait")
        assert not any(answer.done() for answer in answers)
        assert server.get(f"/feed?count={CROWD}").text == "0"
    assert sorted(results(answers)) == list(range(CROWD)), server.output()


def test_tasks_of_a_thread_pool_wait_together(server):
    with server.crowd(CROWD, "/meet_in_threads") as answers:
        eventually(lambda: server.get("/waiting").text == f"[0, {CROWD}]", "all wait")
        assert server.kernel_tasks() < CROWD
        server.get("/meet_in_threads")
    assert len(set(results(answers))) == CROWD, server.output()


def test_tasks_of_a_process_pool_run_beside_each_other(server):
    """They wait for each other, one in each process, and then again."""
    with server.crowd(5 * PROCESSES, "/meet_in_processes") as answers:
        eventually(lambda: server.get("/ping").text == '"pong"', "another request")
    assert len(set(results(answers))) == PROCESSES, server.output()
    assert server.stop() == 0


def test_requests_wait_for_the_write_lock_of_sqlite_together(serve, tmp_path):
    env = {"DATABASE": str(tmp_path / "database")}
    server = serve("--workers", "1", "driver_sqlite3:app", env=env)

    def is_state(holding: bool, asked: int, written: int) -> bool:
        found = json.loads(server.get("/progress").body)
        return found == {"holding": holding, "asked": asked, "written": written}

    with server.crowd(1, "/hold"):
        eventually(lambda: is_state(True, 0, 0), "one has the lock")
        with server.crowd(CROWD, "/write") as answers:
            eventually(lambda: is_state(True, CROWD, 0), "the others want it")
            assert server.kernel_tasks() < CROWD
            assert is_state(True, CROWD, 0)
            server.get("/release")
    assert sorted(results(answers)) == list(range(1, CROWD + 1)), server.output()
