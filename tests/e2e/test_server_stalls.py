"""Requests that keep the worker: the others go on, and who cannot be helped is named."""


import pytest


@pytest.fixture
def stalling(serve):
    return serve("--workers", "1", "--access-log", "off", "stalling:app")


@pytest.mark.without_faults("yield", reason="who is not late gives way to those who compute")
def test_code_without_the_gil_runs_beside_the_others(stalling):
    worst = float(stalling.get("/lateness").body)
    assert worst < 80  # of computations that take several times as long
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
