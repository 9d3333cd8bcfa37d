"""Mules: processes under the same master that run a function of the application."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import eventually, is_alive

WAITING = r"\[mule 0\] info stdout: waiting in (\d+)$"


def waiting(server, times: int = 1) -> list[int]:
    """The processes in which the function has been called, when there have been that many."""
    eventually(lambda: len(server.find_all(WAITING)) >= times, f"{times} calls", timeout=20)
    return [int(pid) for pid in server.find_all(WAITING)]


@pytest.fixture
def control(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
def server(serve, control: Path):
    return serve("--workers", "1", "--mule", "mules:wait", "--control", str(control), "mules:app")


def test_a_mule_runs_a_function_and_cleans_up_when_the_server_stops(server):
    (mule,) = waiting(server)
    assert server.get().text != str(mule)
    assert server.stop() == 0
    assert server.find_all(r"\[mule 0\] info stdout: cleaned up$")


def test_a_mule_is_no_worker_but_operators_see_it(server, greenroom, control):
    (mule,) = waiting(server)
    status = greenroom("status", "--control", str(control)).stdout
    assert re.search(rf"^mule 0 +{mule} +serving ", status, re.M)
    stacks = greenroom("stacks", "--control", str(control)).stdout
    assert re.search(rf"^mule 0 \(pid {mule}\): mule mules:wait \(mule-0\), .* sleeps ", stacks, re.M)
    assert re.search(r"mules\.py:\d+ wait$", stacks, re.M)
    server.signal(signal.SIGTTIN)
    server.wait_for_output(r"workers from now on: 2$")


def test_a_mule_that_dies_is_started_again_and_one_that_keeps_ending_slowly(serve):
    server = serve("--workers", "1", "--mule", "mules:wait", "--mule", "mules:fail", "mules:app")
    (first,) = waiting(server)
    os.kill(first, signal.SIGKILL)
    server.wait_for_output(rf"mule 0 \(pid {first}\) died by SIGKILL; starting another$")
    assert waiting(server, 2)[1] != first
    server.wait_for_output(r"mule 1 .* exited with code 1; starting another in 0\.1 s$", timeout=20)
    assert len(server.find_all(r"LookupError: no such table")) == 1


@pytest.fixture
def changing(serve, tmp_path: Path):
    """A server whose application can be changed, and the file of it."""
    file = tmp_path / "shop.py"
    file.write_text((Path(__file__).parent / "apps" / "mules.py").read_text())
    server = serve("--workers", "1", "--mule", "shop:wait", "shop:app", cwd=tmp_path)
    return server, file


def test_a_reload_has_the_old_mule_end_before_the_new_one_begins(changing):
    server, file = changing
    (first,) = waiting(server)
    file.write_text(file.read_text().replace("cleaned up", "cleaned up anew"))
    server.signal(signal.SIGHUP)
    second = waiting(server, 2)[1]
    assert not is_alive(first) and is_alive(second)
    server.wait_for_output(r"cleaned up$")
    os.kill(second, signal.SIGTERM)
    server.wait_for_output(r"cleaned up anew$")


def test_a_mule_that_cannot_be_loaded_leaves_the_old_one(changing):
    server, file = changing
    (first,) = waiting(server)
    file.write_text(file.read_text().replace("def wait", "def other"))
    server.signal(signal.SIGHUP)
    server.wait_for_output(r"the reload has failed: mule 0 .*: there is no wait in shop", timeout=20)
    assert is_alive(first) and not server.find_all("cleaned up")


def test_an_upgrade_keeps_mules(server):
    (first,) = waiting(server)
    server.signal(signal.SIGUSR2)
    second = waiting(server, 2)[1]
    assert not is_alive(first)
    assert server.find_all(r"has taken over$")
    os.kill(second, signal.SIGKILL)
    waiting(server, 3)


def test_no_mule_outlives_a_killed_master(server):
    (mule,) = waiting(server)
    server.process.kill()
    eventually(lambda: not is_alive(mule), "the mule gone")


@pytest.mark.parametrize("function, complaint", [
    ("mules:nobody", r"there is no nobody in mules; it defines app, consume, end, fail"),
    ("nowhere:wait", r"there is no module nowhere"),
    ("mules", r"--mule must be MODULE:FUNCTION, such as shop\.jobs:consume, or APP\.so:SYMBOL"),
])
def test_a_check_finds_what_cannot_be_called(greenroom, function, complaint):
    done = greenroom("check", "--mule", function, "mules:app")
    assert done.returncode == 2
    assert re.search(complaint, done.stderr)


def test_a_check_calls_no_function(greenroom):
    done = greenroom("check", "--mule", "mules:fail", "mules:app")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)


def test_a_mule_in_c_beside_workers_in_python(serve, c_app):
    server = serve("--workers", "1", "--mule", f"{c_app('mule')}:consume", "mules:app")
    eventually(lambda: len(server.worker_pids()) == 2, "a mule")
    assert server.stop() == 0


def test_a_reload_takes_up_mules_that_are_new_and_ends_those_that_went(serve, tmp_path):
    settings = tmp_path / "greenroom.yaml"
    settings.write_text("mule: [mules:wait]\n")
    server = serve("--workers", "1", "--config", str(settings), "mules:app")
    (first,) = waiting(server)
    settings.write_text("mule: [mules:wait, mules:wait]\n")
    server.signal(signal.SIGHUP)
    server.wait_for_output(r"\[mule 1\] info stdout: waiting in \d+$", timeout=20)
    settings.write_text("mule: []\n")
    server.signal(signal.SIGHUP)
    eventually(lambda: len(server.worker_pids()) == 1, "the worker alone", timeout=20)
    eventually(lambda: len(server.find_all(r"cleaned up$")) == 3, "all cleaned up")
