"""Workers die; the service does not. The master dies; no worker stays behind."""

import os
import re
import signal
import threading

import pytest
from conftest import eventually, is_alive

APP = "supervised:app"


def test_a_killed_worker_is_replaced_at_once(serve):
    server = serve("--workers", "2", APP)
    victim, other = server.worker_pids()
    os.kill(victim, signal.SIGKILL)
    server.wait_for_output(rf"worker \d \(pid {victim}\) died by SIGKILL; starting another$")
    eventually(lambda: len(server.worker_pids()) == 2, "two workers again")
    assert other in server.worker_pids()
    assert victim not in server.worker_pids()


def test_no_worker_takes_shared_memory_away_from_beneath_the_others(serve):
    server = serve("--workers", "1", APP)
    assert server.get("/truncate-shared-memory").text == "0"


def test_the_others_serve_while_one_is_replaced(serve):
    server = serve("--workers", "2", APP)
    os.kill(server.worker_pids()[0], signal.SIGKILL)
    for _ in range(20):
        assert server.get("/pid").status == 200


def test_a_worker_that_ends_itself_is_replaced_and_its_exit_code_told(serve):
    server = serve("--workers", "1", APP)
    try:
        server.get("/exit/3")
    except ConnectionError:
        pass
    server.wait_for_output(r"exited with code 3; starting another$")
    eventually(lambda: server.get("/pid").status == 200, "a worker that answers")


def test_a_crash_loop_slows_down(serve, tmp_path):
    trigger = tmp_path / "die"
    server = serve("--workers", "1", "supervised:dying()", env={"DIE_WHEN_THERE": str(trigger)})
    trigger.touch()
    server.wait_for_output(r"exited with code 7; starting another in 0\.4 s$")
    death = r"exited with code 7; starting another(?: in (\S+) s)?$"
    waits = re.findall(death, server.output(), re.M)
    assert waits == ["", "0.1", "0.2", "0.4"]
    assert server.stop() == 0


def test_a_crash_loop_says_once_why(serve, tmp_path):
    trigger = tmp_path / "fail"
    server = serve("--workers", "1", "supervised:failing()", env={"FAIL_WHEN_THERE": str(trigger)})
    trigger.touch()
    os.kill(server.worker_pids()[0], signal.SIGKILL)
    server.wait_for_output(r"LookupError: no such table; starting another in 0\.2 s$")
    assert len(server.find_all(r"^.*Traceback")) == 1
    again = r"error greenroom: supervised:failing\(\) failed while it was loaded: the same as before$"
    eventually(lambda: len(server.find_all(again)) >= 1, "the shorter lines")
    trigger.unlink()
    eventually(lambda: server.get("/pid").status == 200, "a worker that answers")


def test_what_a_master_was_waiting_for_does_not_hold_up_its_end(serve, tmp_path):
    """Told to stop while it waits to start a worker again."""
    trigger = tmp_path / "die"
    server = serve("--workers", "1", "supervised:dying()", env={"DIE_WHEN_THERE": str(trigger)})
    trigger.touch()
    server.wait_for_output(r"starting another in 0\.8 s$")
    assert server.stop() == 0


def test_no_worker_outlives_a_killed_master(serve):
    server = serve("--workers", "2", APP)
    workers = server.worker_pids()
    server.signal(signal.SIGKILL)
    assert server.wait() == -signal.SIGKILL
    eventually(lambda: not any(map(is_alive, workers)), "workers gone")


@pytest.mark.parametrize("app", [APP, "supervised:moved_while_loading()"])
def test_a_request_in_flight_outlives_a_killed_master(serve, app):
    server = serve("--workers", "1", app)
    answers = []
    client = threading.Thread(target=lambda: answers.append(server.get("/nap/0.5")))
    client.start()
    server.wait_for_output("napping")
    server.signal(signal.SIGKILL)
    client.join()
    assert [answer.status for answer in answers] == [200]


def test_no_worker_outlives_a_master_killed_while_it_starts(serve):
    server = serve("--workers", "1", "supervised:slow_to_load()", ready=False)
    server.wait_for_output("loading")
    workers = server.worker_pids()
    assert len(workers) == 1
    server.signal(signal.SIGKILL)
    server.wait()
    eventually(lambda: not is_alive(workers[0]), "the worker gone")


def test_no_worker_that_hangs_outlives_a_killed_master(serve):
    """It cannot drain; an OS thread of it waits for the graceful timeout and 5 s more."""
    server = serve("--workers", "1", "--graceful-timeout", "1", APP)
    workers = server.worker_pids()
    client = threading.Thread(target=lambda: pytest.raises(OSError, server.get, "/hang/0"))
    client.start()
    server.wait_for_output("hanging")
    server.signal(signal.SIGKILL)
    client.join()
    eventually(lambda: not any(map(is_alive, workers)), "workers gone")
