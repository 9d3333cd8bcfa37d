"""Requests that keep the worker: the others go on, and who cannot be helped is named."""

import os
import subprocess
from collections.abc import Iterator

import pytest


@pytest.fixture
def stalling(serve):
    return serve("--workers", "1", "--access-log", "off", "stalling:app")


@pytest.mark.without_faults("yield", reason="who is not late gives way to those who compute")
def test_code_without_the_gil_runs_beside_the_others(stalling):
    worst = float(stalling.get("/lateness").body)
    assert worst < 80  # of computations that take several times as long
    assert "held up" not in stalling.output()


@pytest.fixture
def crowded(stalling) -> Iterator[None]:
    """Others want the worker's only processor too."""
    (worker,) = stalling.worker_pids()
    processor = {min(os.sched_getaffinity(0))}
    hogs = [subprocess.Popen(["sh", "-c", "while :; do :; done"], start_new_session=True) for _ in range(6)]
    for task in [hog.pid for hog in hogs] + [int(task) for task in os.listdir(f"/proc/{worker}/task")]:
        os.sched_setaffinity(task, processor)
    yield
    for hog in hogs:
        hog.kill()
        hog.wait()


def test_waiting_for_a_processor_is_not_blamed_on_the_code(stalling, crowded):
    for _ in range(4):
        stalling.get("/moment")
    assert "held up" not in stalling.output()


@pytest.mark.without_faults("handoff", reason="one that is detached holds up nobody")
def test_c_code_with_the_gil_is_named_once(stalling):
    stalling.get("/with?card=1")
    found = stalling.wait_for_output(
        r"warning greenroom: the worker was held up for (?P<ms>\d+) ms by C code that keeps the interpreter's "
        r"lock, in GET /with\?card=1; Python: (?P<python>.*); C: (?P<c>.*)$"
    )
    assert 50 <= int(found["ms"]) < 10_000
    assert "stalling.py" in found["python"] and " with_the_gil < " in found["python"]
    assert "python3" in found["c"] and "libgreenroom" in found["c"]
    stalling.get("/with?card=2")
    stalling.get("/python")
    assert stalling.stop() == 0
    assert stalling.output().count("held up") == 1
