"""Metrics on the admin listener: what the server counts by itself, over all workers."""

import json
import math
import os
import random
import re
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import Server, eventually
from descriptors import cpu_ticks, without_descriptors
from metrics import ADMIN, ask, meter  # noqa: F401
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus

APP = "metered:app"
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


def timers(server: Server) -> dict[tuple[str, ...], dict]:
    """Those of requests, by endpoint, method and class of status."""
    said = json.loads(ask(server.admin, "/metrics.json").body)["timers"]
    return {tuple(timer["labels"][name] for name in ("endpoint", "method", "status")): timer
            for timer in said if timer["name"] == "greenroom_request_seconds"}  # fmt: skip


def wait_for(server: Server, count: int) -> dict[tuple[str, ...], dict]:
    """timers(server), once so many requests are in them: an answer is there before it is counted."""

    def all_there() -> dict:
        found = timers(server)
        return found if sum(timer["count"] for timer in found.values()) >= count else {}

    return eventually(all_there, f"{count} requests have been counted")


def test_percentiles_are_those_of_every_single_request(meter):
    server = meter("--workers", "2", "--log-format", "json", APP)
    pauses = [int(1000 * 60 ** random.random()) for _ in range(300)]
    with ThreadPoolExecutor(20) as clients:
        list(clients.map(lambda pause: server.get(f"/sleep/{pause}"), pauses))
    lines = r'^.*"logger":"access".*$'
    eventually(lambda: len(server.find_all(lines)) == len(pauses), "all are in the log")
    took = sorted(json.loads(line)["duration_us"] / 1e6 for line in server.find_all(lines))
    said = wait_for(server, len(pauses))[("/sleep/{id}", "GET", "2xx")]
    assert said["count"] == len(took)
    for name, share in (("p50", 0.5), ("p75", 0.75), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999)):
        true = took[math.ceil(share * len(took)) - 1]
        assert said[name] == pytest.approx(true, rel=0.01), name
    assert said["mean"] == pytest.approx(sum(took) / len(took), rel=0.001)
    assert (said["min"], said["max"]) == pytest.approx((took[0], took[-1]), abs=2e-6)


def samples(families, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    return {tuple(sorted(sample.labels.items())): sample.value
            for family in families for sample in family.samples if sample.name == name}


@pytest.mark.parametrize("accept", [{}, OPENMETRICS], ids=["text", "openmetrics"])
def test_independent_parsers_read_the_text(meter, accept: dict[str, str]):
    server = meter("--workers", "1", APP)
    for path in ("/a", "/a", "/b", "/missing"):
        server.get(path)
    wait_for(server, 4)
    answer = ask(server.admin, "/metrics", **accept)
    kind = "application/openmetrics-text; version=1.0.0" if accept else "text/plain; version=0.0.4"
    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    families = list((parse_openmetrics if accept else parse_prometheus)(answer.text))
    counts = samples(families, "greenroom_request_seconds_count")
    assert {dict(labels)["endpoint"]: count for labels, count in counts.items()} == {
        "/a": 2, "/b": 1, "(unmatched)": 1}
    buckets = samples(families, "greenroom_request_seconds_bucket")
    assert all(buckets[tuple(sorted((*labels, ("le", "+Inf"))))] == count
               for labels, count in counts.items())  # fmt: skip


def test_values_are_found_again_in_the_log(meter):
    server = meter("--workers", "1", APP)
    server.get("/sleep/20000")
    wait_for(server, 1)
    families = parse_openmetrics(ask(server.admin, "/metrics", **OPENMETRICS).text)
    [example] = [sample.exemplar for family in families for sample in family.samples
                 if sample.exemplar]  # fmt: skip
    assert 0.02 <= example.value < 1
    server.wait_for_output(rf'{example.labels["request_id"]}: .*"GET /sleep/20000 ')


@pytest.mark.parametrize(("app", "path", "endpoint"), [
    ("wsgi_flask:app", "/hello/you", "/hello/<name>"),
    ("wsgi_django:make_application()", "/hello/you", "/hello/<str:name>"),
    ("wsgi_django:make_application()", "/stream", "/stream"),
    ("wsgi_flask:app", "/nothing", "(unmatched)"),
])  # fmt: skip
def test_an_endpoint_is_the_route_that_the_framework_has_chosen(meter, app, path, endpoint):
    server = meter("--workers", "1", app)
    server.get(path)
    assert [key[0] for key in wait_for(server, 1)] == [endpoint]


def test_an_endpoint_in_c_is_the_pattern_of_its_route(meter, c_app):
    server = meter("--workers", "1", c_app("answers"))
    server.get("/sleep/1")
    server.get("/elsewhere")
    assert {key[0] for key in wait_for(server, 2)} == {"/sleep/{ms}", "(unmatched)"}


def test_clients_cannot_make_endpoints(meter):
    server = meter("--workers", "1", "--access-log", "off", APP)
    names = ["".join("abcdefghij"[int(digit)] for digit in str(i)) for i in range(200)]
    with ThreadPoolExecutor(4) as clients:
        list(clients.map(lambda name: server.request(f"X{name}", f"/{name}"), names[:150]))
        list(clients.map(lambda name: server.get(f"/missing/{name}"), names[150:]))
    found = wait_for(server, 200)
    assert len(found) == 102
    assert found[("(others)", "other", "2xx")]["count"] == 50
    assert found[("(unmatched)", "GET", "4xx")]["count"] == 50


def test_redirects_leave_room_for_endpoints(meter):
    server = meter("--workers", "1", "--access-log", "off", APP)
    with ThreadPoolExecutor(4) as clients:
        list(clients.map(lambda i: server.get(f"/moved/{chr(97 + i % 26)}{chr(97 + i // 26)}"), range(120)))
    server.get("/honest")
    found = wait_for(server, 121)
    assert found[("/honest", "GET", "2xx")]["count"] == 1 and found[("(others)", "GET", "3xx")]["count"] == 70


def test_what_a_worker_has_counted_outlives_it(meter):
    server = meter("--workers", "1", APP)
    for count in range(1, 4):
        server.get("/a")
        wait_for(server, count)
        [worker] = server.worker_pids()
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: server.worker_pids() not in ([], [worker]), "another worker")
    server.get("/a")
    assert wait_for(server, 4)[("/a", "GET", "2xx")]["count"] == 4


def test_what_has_been_counted_outlives_an_upgrade(meter):
    server = meter("--workers", "1", APP)
    server.get("/a")
    server.signal(signal.SIGUSR2)
    server.wait_for_output(r"reloaded in \d+\.\d s$", 20)
    server.get("/a")
    assert wait_for(server, 2)[("/a", "GET", "2xx")]["count"] == 2


def test_rates_begin_anew_with_an_upgrade(meter):
    server = meter("--workers", "1", APP)
    for _ in range(100):
        server.get("/a")
    wait_for(server, 100)
    server.signal(signal.SIGUSR2)
    server.wait_for_output(r"reloaded in \d+\.\d s$", 20)
    rates = timers(server)[("/a", "GET", "2xx")]
    assert rates["count"] == 100 and rates["mean_rate"] == rates["m1_rate"] == 0


def test_it_answers_while_the_workers_do_not(meter):
    server = meter("--workers", "1", APP)
    server.get("/a")
    wait_for(server, 1)
    [worker] = server.worker_pids()
    os.kill(worker, signal.SIGSTOP)
    try:
        assert timers(server)[("/a", "GET", "2xx")]["count"] == 1
    finally:
        os.kill(worker, signal.SIGCONT)


def crowd(stack: ExitStack, server: Server, count: int, said: bytes = b"") -> list[socket.socket]:
    """Clients of the admin listener who say no more than that."""
    clients = [stack.enter_context(socket.create_connection(("127.0.0.1", server.admin), timeout=0.5)) for _ in range(count)]
    for client in clients:
        client.sendall(said)
    return clients


def test_nobody_can_keep_others_from_reading(meter):
    server = meter("--workers", "1", APP)
    with ExitStack() as stack:
        crowd(stack, server, 150)
        crowd(stack, server, 150, b"GET /metrics HTTP/1.1\r\n")
        begun = time.monotonic()
        assert ask(server.admin, "/metrics").status == 200
        assert time.monotonic() - begun < 3


def test_who_waits_for_workers_leaves_room_for_their_owner(meter, tmp_path: Path):
    control = tmp_path / "control"
    server = meter("--workers", "1", "--control", str(control), APP)
    [worker] = server.worker_pids()
    os.kill(worker, signal.SIGSTOP)
    with ExitStack() as stack:
        owner = stack.enter_context(socket.socket(socket.AF_UNIX))
        crowd(stack, server, 20, b"GET /requests.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert ask(server.admin, "/requests.json").status == 503
        assert ask(server.admin, "/metrics").status == 200
        owner.connect(str(control))
        owner.settimeout(0.2)
        owner.sendall(b"stop\n")
        with pytest.raises(TimeoutError):
            pytest.fail(f"not waiting: {owner.recv(100)}")
        os.kill(worker, signal.SIGCONT)
        assert server.wait() == 0


def test_without_descriptors_nobody_is_let_in_and_nothing_spins(meter):
    server = meter("--workers", "1", APP)
    with ExitStack() as stack:
        with without_descriptors(server.pid, lambda count: crowd(stack, server, count)):
            [client] = crowd(stack, server, 1, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            before = cpu_ticks(server.pid)
            with pytest.raises(TimeoutError):
                client.recv(1)
            assert cpu_ticks(server.pid) - before < 0.1 * os.sysconf("SC_CLK_TCK")
        client.settimeout(5)
        assert client.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(("request_", "status"), [
    ({"path": "/nothing"}, 404),
    ({"path": "/metrics", "method": "DELETE"}, 405),
    ({"path": "/metrics", "Host": "rebound.example"}, 421),
    ({"path": "/metrics", "Host": "localhost:1"}, 200),
    ({"path": "/metrics", "method": "HEAD"}, 200),
    ({"path": "/metrics", "X": "x" * 9000}, 431),
])  # fmt: skip
def test_only_what_is_there_can_be_read(meter, request_, status):
    server = meter("--workers", "1", APP)
    assert ask(server.admin, **request_).status == status


def test_a_token_is_asked_for_where_there_is_one(serve, tmp_path):
    token = tmp_path / "token"
    token.write_text("0123456789abcdef\n")
    server = serve("--admin", "0.0.0.0:0", "--admin-token-file", str(token), "--workers", "1", APP)
    port = int(server.wait_for_output(ADMIN.replace(r"127\.0\.0\.1", r"0\.0\.0\.0"))[1])
    assert ask(port, "/metrics").status == 401
    assert ask(port, "/metrics", Authorization="Bearer 0123456789abcdeX").status == 401
    answer = ask(port, "/metrics", Authorization="Bearer 0123456789abcdef", Host="any.example")
    assert answer.status == 200


@pytest.mark.parametrize("length", [15, 513])
def test_a_token_that_cannot_be_one_is_refused(greenroom, tmp_path, length: int):
    (tmp_path / "token").write_text("t" * length)
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--admin-token-file", str(tmp_path / "token"), APP)
    assert done.returncode == 2 and "must be a token of 16 to 512 bytes" in done.stderr


def test_an_address_that_others_reach_needs_a_token(greenroom):
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--admin", "0.0.0.0:0", APP)
    assert done.returncode == 2
    assert re.search(r"admin needs --admin-token-file: http://0\.0\.0\.0:\d+ is not", done.stderr)


def test_a_unix_socket_is_for_its_owner(serve, tmp_path):
    path = tmp_path / "admin.sock"
    server = serve("--admin", f"unix:{path}", "--workers", "1", APP)
    assert ask(path, "/metrics", Host="any.example").status == 200
    assert path.stat().st_mode & 0o777 == 0o600
    server.stop()
    assert not path.exists()


def test_requests_are_told_apart_by_the_version_of_the_application(meter, tmp_path):
    settings = tmp_path / "greenroom.yaml"
    settings.write_text("release: '1.4'\n")
    server = meter("--config", str(settings), "--workers", "1", APP)
    server.get("/a")
    wait_for(server, 1)
    settings.write_text("release: '1.5'\n")
    server.signal(signal.SIGHUP)
    server.wait_for_output(r"reloaded in \d+\.\d s$", 20)
    server.get("/a")
    server.get("/a")

    def by_version() -> dict[str, float]:
        said = json.loads(ask(server.admin, "/metrics.json").body)["timers"]
        return {timer["labels"]["version"]: timer["count"] for timer in said
                if timer["name"] == "greenroom_request_seconds"}  # fmt: skip

    eventually(lambda: by_version() == {"1.4": 1, "1.5": 2}, "three requests of two versions")


def test_the_last_five_versions_are_known(meter, tmp_path):
    settings = tmp_path / "greenroom.yaml"
    settings.write_text("release: '0'\n")
    server = meter("--config", str(settings), "--workers", "1", APP)
    for release in range(7):
        server.get("/a")
        settings.write_text(f"release: '{release + 1}'\n")
        server.signal(signal.SIGHUP)
        eventually(lambda: len(server.find_all(r"reloaded in \d+\.\d s$")) == release + 1, "reloaded", 20)  # noqa: B023
    server.signal(signal.SIGUSR2)
    eventually(lambda: len(server.find_all(r"reloaded in \d+\.\d s$")) == 8, "upgraded", 20)
    said = json.loads(ask(server.admin, "/metrics.json").body)
    counts = {timer["labels"]["version"]: timer["count"] for timer in said["timers"]
              if timer["name"] == "greenroom_request_seconds"}  # fmt: skip
    assert counts == {"3": 1, "4": 1, "5": 1, "6": 1}
    gauges = [gauge for gauge in said["gauges"] if "start_time" in gauge["name"]]
    assert [gauge["labels"].get("version") for gauge in gauges] == ["3", "4", "5", "6", "7", None]
    assert all(gauge["value"] > 1e9 for gauge in gauges)


def test_clients_are_told_apart_by_a_field_of_their_requests(meter):
    server = meter("--workers", "1", "--client-header", "X-Api-Version", APP)
    for version in ("1", "2", "2"):
        server.get("/a", headers={"X-API-Version": version})
    server.get("/a")
    server.get("/missing", headers={"X-Api-Version": "made up"})

    def by_client() -> dict[tuple[str, str], float]:
        said = json.loads(ask(server.admin, "/metrics.json").body)["meters"]
        return {(meter["labels"]["client"], meter["labels"]["endpoint"]): meter["count"]
                for meter in said}  # fmt: skip

    expected = {("1", "/a"): 1, ("2", "/a"): 2, ("(none)", "/a"): 1, ("(others)", "(unmatched)"): 1}
    eventually(lambda: by_client() == expected, "all are counted")


def test_a_statsd_collector_is_told_of_all_by_the_end(serve):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as collector:
        collector.bind(("127.0.0.1", 0))
        collector.settimeout(10)
        port = collector.getsockname()[1]
        server = serve("--statsd", f"127.0.0.1:{port}", "--workers", "1", APP)
        for _ in range(3):
            server.get("/sleep/20000")
        assert server.stop() == 0
        told = b""
        while b"greenroom_request:" not in told:
            told += collector.recv(2000)
    lines = re.findall(r"^greenroom_request:([\d.]+)\|ms(?:\|@([\d.]+))?"
                       r"\|#endpoint:/sleep/{id},method:GET,status:2xx$", told.decode(), re.M)  # fmt: skip
    assert sum(round(1 / float(rate or 1)) for _, rate in lines) == 3
    assert all(19.8 < float(ms) < 2000 for ms, _ in lines)


def test_a_collector_that_cannot_be_one_is_refused(greenroom):
    for address in ("127.0.0.1", ":8125", "unix:/run/statsd"):
        done = greenroom("serve", "--statsd", address, APP)
        assert done.returncode == 2 and "statsd: " in done.stderr
