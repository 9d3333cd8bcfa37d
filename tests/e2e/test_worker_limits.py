"""Workers that have had enough are replaced while they serve, one at a time, and nobody notices."""

import re

import pytest
from conftest import eventually, is_alive
from http_wire import Wire, request
from load import Load


def replaced(server, worker: int, why: str) -> re.Match:
    """Waits until the log says so, and until another worker answers."""
    found = server.wait_for_output(rf"info greenroom: replacing worker \d \(pid {worker}\): {why}$")
    eventually(lambda: int(server.get("/").text) != worker, "an answer of its successor")
    return found


@pytest.fixture
def leaking(serve):
    def start(*options: str):
        return serve("--access-log", "off", "--graceful-timeout", "2", *options, "leaking:app")

    return start


def test_a_worker_that_has_answered_enough_is_replaced(leaking):
    server = leaking("--workers", "1", "--max-requests", "5", "--max-requests-jitter", "3")
    worker = int(server.get("/").text)
    for _ in range(8):
        assert server.get("/").status == 200
    found = replaced(server, worker, r"it has answered (\d+) requests \(--max-requests\)")
    assert int(found[1]) >= 5
    eventually(lambda: not is_alive(worker), "the end of the old one")


def test_a_worker_that_has_grown_enough_is_replaced(leaking):
    server = leaking("--workers", "1", "--max-rss", "150M")
    worker = int(server.get("/leak/130000").text)
    found = replaced(server, worker, r"it takes (\S+) MiB of memory \(--max-rss\)")
    assert 135 <= float(found[1]) < 200


def test_requests_wait_for_the_successor_of_a_worker_that_grows_too_fast(serve, tmp_path):
    go = tmp_path / "go"
    server = serve("--workers", "1", "--access-log", "off", "--max-rss", "100M", "--max-requests", "1",
                   "leaking:slow_to_follow()", env={"FIRST": str(tmp_path / "first"), "GO": str(go)})
    worker = int(server.get("/").text)
    server.wait_for_output("replacing worker 0")
    assert int(server.get("/leak/100000").text) == worker
    server.wait_for_output(
        rf"warning greenroom: worker 0 \(pid {worker}\) takes \S+ MiB of memory \(--max-rss\) before its "
        r"successor serves; requests wait for that$")
    with server.crowd(4, "/") as answers:
        eventually(lambda: not is_alive(worker), "the end of the old one")
        go.touch()
    assert worker not in {int(answer.result().text) for answer in answers}


def test_workers_that_are_old_enough_are_replaced_one_after_the_other(leaking):
    server = leaking("--workers", "2", "--max-lifetime", "0.5")
    load = Load(server.port, path="/")
    load.start(clients=2)
    server.wait_for_output(r"(?s)replacing worker 0 .*replacing worker 1 |replacing worker 1 .*replacing worker 0 ")
    assert re.search(r"it has served for \d\.\d s \(--max-lifetime\)$", server.output(), re.M)
    assert server.stop() == 0
    load.join()
    assert load.lost == []


def test_a_limit_that_is_too_low_for_any_worker_slows_down(leaking):
    server = leaking("--workers", "1", "--max-rss", "1M")
    server.wait_for_output(
        r"warning greenroom: worker 0 \(pid \d+\): it takes \S+ MiB of memory \(--max-rss\) from the "
        r"beginning; replacing it in 0\.1 s$")
    assert server.get("/").status == 200


@pytest.mark.parametrize("concurrency, path", [
    ("green:100", "/wait-for-a-lock"), ("green:100", "/compute-for-ever"),
    ("threads:2", "/wait-for-a-lock")])
def test_a_request_that_cannot_be_ended_has_its_worker_replaced(serve, concurrency, path):
    server = serve("--workers", "1", "--access-log", "off", "--request-timeout", "0.2",
                   "--graceful-timeout", "0.1", "--concurrency", concurrency, "hanging:app")
    worker = int(server.get("/").text)
    with Wire(server.port) as client:
        client.send(request(path))
        found = server.wait_for_output(
            rf"error greenroom: GET {path} goes on 0\.2 s after it should have ended; the worker is to be "
            r"replaced; interpreter: (.*); C: .*$")
        assert "hanging.py" in found[1] and path[1:].replace("-", "_") in found[1]
        replaced(server, worker, r"a request of it cannot be ended \(--request-timeout\)")
        eventually(lambda: not is_alive(worker), "the end of the old one")
