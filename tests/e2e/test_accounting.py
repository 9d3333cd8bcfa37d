"""Where the time of each request went: the access log, Server-Timing, greenroom.request_account."""

import json
import re
import socket
import statistics
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from conftest import Server

APP = "accounted:app"
PAUSE = 20_000  # us, of the application


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "--log-format", "json", APP)


def record(server: Server, target: str) -> dict:
    """What the log says of the request for target."""
    found = server.wait_for_output(rf'^.*"logger":"access".*"target":"{re.escape(target)}"}}$')
    return json.loads(found[0])


def test_time_is_counted_by_what_it_was_spent_on(server):
    for kind in ("running", "sleep", "lock", "downstream"):
        assert "Server-Timing" not in server.get(f"/{kind}").headers
        said = record(server, f"/{kind}")
        times = said["times_us"]
        assert sum(times.values()) == pytest.approx(said["duration_us"], abs=10)
        assert times[kind] >= PAUSE * 0.9
        waits = {name: us for name, us in times.items()
                 if name not in ("running", "queued", "interpreter")}  # fmt: skip
        assert kind == "running" or max(waits, key=waits.get) == kind


def test_waiting_for_the_client_is_no_downstream(server):
    with server.connect() as client:
        client.sendall(b"POST /client HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                       b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        server.get("/sleep")  # answered while the other waits
        client.sendall(b"ab")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
    times = record(server, "/client")["times_us"]
    assert times["client"] >= PAUSE * 0.9 and "downstream" not in times


@pytest.mark.parametrize("where", ["log", "-"])
def test_lines_of_text_say_it_when_asked_to(serve, where: str):
    server = serve("--workers", "1", "--access-log-times", "on", "--access-log", where, APP)
    server.get("/sleep")
    server.wait_for_output(r'"GET /sleep HTTP/1\.1" 200 0 \d+ .*\brunning=\d+ .*\bsleep=[12]\d{4}\b')


@pytest.fixture
def shop(serve, postgres):
    return serve("--workers", "1", "--log-format", "json", APP, env={"DSN": postgres.dsn})


def test_each_downstream_is_told_apart(shop, service: int):
    target = f"/order?port={service}"
    assert shop.get(target).status == 200
    said = record(shop, target)
    database, upstream = said["downstreams"]
    assert re.fullmatch(r"unix:/.*/\.s\.PGSQL\.5432", database["name"])
    assert (database["protocol"], database["connections"]) == ("postgres", 1)
    assert database["waited_us"] >= PAUSE * 0.9 and database["round_trips"] >= 3
    assert upstream["name"] == f"localhost:{service}"
    assert [upstream[key] for key in ("protocol", "connections", "round_trips")] == ["http", 1, 2]
    assert upstream["received"] > 2 * len("fine\n") and upstream["sent"] > 2 * len("GET / HTTP/1.1")
    assert said["lookups"] == 1


def test_the_time_that_is_attributed_is_all_but_3_percent(shop, service: int):
    target = f"/order?port={service}"
    for _ in range(9):
        assert shop.get(target).status == 200
    pattern = rf'^.*"logger":"access".*"target":"{re.escape(target)}"}}$'
    shop.wait_for_output(rf"(?:{pattern}[\s\S]*?){{9}}")
    shares = []
    for line in shop.find_all(pattern):
        said = json.loads(line)
        times = said["times_us"]
        waited = sum(use["waited_us"] for use in said["downstreams"])
        assert waited == pytest.approx(times["downstream"], abs=10)
        known = sum(us for kind, us in times.items() if kind not in ("downstream", "other")) + waited
        shares.append(known / said["duration_us"])
    assert statistics.median(shares) >= 0.97


def test_bytes_are_counted_by_whatever_call_they_go(server):
    with socket.create_server(("127.0.0.1", 0)) as neighbour, ThreadPoolExecutor(1) as client:
        target = f"/by_all_means?port={neighbour.getsockname()[1]}"
        answer = client.submit(server.get, target)
        neighbour.settimeout(10)
        with neighbour.accept()[0] as peer:
            peer.settimeout(10)
            assert peer.makefile("rb").read(25) == b"fffffpppppdddddvvvvvmmmmm"
            peer.sendall(b"." * 15)
            assert answer.result().status == 200, server.output()
    [use] = [use for use in record(server, target)["downstreams"] if use["name"] != "pipe"]
    assert (use["sent"], use["received"]) == (25, 15)


def test_tls_is_known_by_the_name_that_it_asks_for(server, tls_upstream):
    target = f"/tls?port={tls_upstream.server_port}"
    assert server.get(target).status == 200
    [use] = record(server, target)["downstreams"]
    assert (use["name"], use["protocol"]) == (f"shop.example:{tls_upstream.server_port}", "tls")


def test_downstreams_without_a_place_of_their_own_are_summed(server):
    with ExitStack() as neighbours:
        ports = [neighbours.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
                 for _ in range(12)]  # fmt: skip
        target = "/many?ports=" + ",".join(map(str, ports))
        assert server.get(target).status == 200
    uses = record(server, target)["downstreams"]
    assert [use["name"] for use in uses] == [f"127.0.0.1:{port}" for port in ports[:8]] + ["others"]
    assert [use["connections"] for use in uses] == [1] * 8 + [4]
    assert uses[-1]["sent"] == 4


def test_an_application_can_ask_for_the_account_of_its_request(server, service: int):
    said = json.loads(server.get(f"/asked?port={service}").body)
    account = said["account"]
    [use] = account["downstreams"]
    times = [seconds for name, seconds in account.items() if isinstance(seconds, float)]
    assert sum(times) == pytest.approx(2 * account["total"])
    assert account["sleep"] >= PAUSE / 1e6 * 0.9
    assert (use["name"], use["protocol"], use["connections"]) == (f"127.0.0.1:{service}", "http", 1)
    assert use["waited"] == pytest.approx(account["downstream"])
    assert said["elsewhere"] == ["the caller answers no request"]


# https://www.w3.org/TR/server-timing/: a list of tokens, each with parameters
METRIC = re.compile(r'([\w-]+)((?:;(?:dur=\d+(?:\.\d+)?|desc="[^"\\]*"))*)')


def test_the_client_is_told_by_server_timing_when_asked_to(serve, service: int):
    server = serve("--workers", "1", "--server-timing", "on", APP)
    answer = server.get(f"/asked?port={service}")
    metrics = answer.headers["Server-Timing"].split(", ")
    assert all(METRIC.fullmatch(metric) for metric in metrics)
    told = {METRIC.match(metric)[1]: METRIC.match(metric)[2] for metric in metrics}
    durations = {name: float(re.search(r"dur=([\d.]+)", text)[1]) for name, text in told.items()}
    assert durations["sleep"] >= PAUSE / 1000 * 0.9
    assert f'desc="127.0.0.1:{service}"' in told["http"]
    assert sum(durations.values()) == pytest.approx(2 * durations["total"], abs=0.1)


def test_on_os_threads_running_and_the_rest_are_told_apart(serve):
    server = serve("--workers", "1", "--concurrency", "threads:1", "--log-format", "json", APP)
    for kind, target in (("running", "/running"), ("os_thread", "/sleep")):
        server.get(target)
        assert record(server, target)["times_us"][kind] >= PAUSE * 0.9
