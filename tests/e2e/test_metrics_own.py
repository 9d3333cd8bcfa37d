"""Metrics of the application's own, in Python and in C, and what the server adds of workers and downstreams."""

import json
import os
import signal

import pytest
from conftest import Server, eventually
from metrics import ask, meter  # noqa: F401
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse


def read(server: Server) -> dict[str, dict]:
    """All that /metrics.json has, by name; of several series of a name, the last."""
    said = json.loads(ask(server.admin, "/metrics.json").body)
    return {metric["name"]: metric for kind in said.values() for metric in kind}


REFUSALS = {
    "kind": "ValueError", "name": "ValueError", "ours": "ValueError", "label": "ValueError",
    "down": "ValueError", "negative": "ValueError", "type": "TypeError", "none": "TypeError",
}  # fmt: skip


def test_an_application_counts_in_one_line(meter):
    server = meter("--workers", "1", "metered_own:app")
    assert json.loads(server.get("/").body) == REFUSALS
    found = read(server)
    assert (found["orders"]["value"], found["orders"]["labels"]) == (3.5, {"kind": "book"})
    assert found["visits"]["value"] == 1
    assert found["open"]["value"] == 5
    assert found["mails"]["count"] == 3
    sizes = found["sizes"]
    assert [sizes[key] for key in ("count", "min", "max", "sum")] == [3, 100, 4000, 4300]
    assert found["step_seconds"]["count"] == 2 and found["step_seconds"]["max"] >= 0.02
    assert found["metered_own_render_seconds"]["min"] >= 0.01
    assert found["load_seconds"]["labels"] == {"page": "1"}


def test_an_application_in_c_counts_in_one_line(meter, c_app):
    server = meter("--workers", "1", c_app("metered"))
    server.get("/")
    found = read(server)
    assert found["visits"]["value"] == 2
    assert (found["orders"]["value"], found["orders"]["labels"]) == (3.5, {"kind": "book"})
    assert (found["open"]["value"], found["mails"]["count"]) == (5, 3)
    assert found["sizes"]["max"] == 4000
    assert found["step_seconds"]["count"] == 2


def test_metrics_of_an_application_can_be_parsed(meter):
    server = meter("--workers", "1", "metered_own:app")
    server.get("/")
    accept = {"Accept": "application/openmetrics-text"}
    families = {family.name: family for family in parse(ask(server.admin, "/metrics", **accept).text)}
    assert families["orders"].documentation == "Orders that were taken"
    assert {name: families[name].type for name in ("orders", "open", "mails", "sizes", "step_seconds")} == {
        "orders": "counter", "open": "gauge", "mails": "counter", "sizes": "histogram",
        "step_seconds": "histogram"}  # fmt: skip


def test_ten_thousand_series_can_be_read_and_further_ones_are_others(meter):
    server = meter("--workers", "1", "metered_own:app")
    server.get("/many")
    text = ask(server.admin, "/metrics", Accept="application/openmetrics-text").text
    families = {family.name: family for family in parse(text)}
    values = {sample.labels["number"]: sample.value for sample in families["many"].samples}
    assert 9_990 < len(values) <= 10_001 and sum(values.values()) == 10_050
    assert values["(others)"] == 10_051 - len(values)
    assert families["greenroom_worker_starts"].samples[0].labels == {"worker": "0"}


def test_without_an_admin_listener_nothing_is_counted_and_nothing_fails(serve):
    server = serve("--workers", "1", "metered_own:app")
    assert json.loads(server.get("/").body) == REFUSALS


def test_downstreams_and_what_the_time_went_on_are_counted(meter, service):
    server = meter("--workers", "1", "accounted:app")
    server.get(f"/asked?port={service}")
    server.get("/sleep")

    def all_there() -> dict:
        found = read(server)
        times = found.get("greenroom_worker_request_seconds", {"count": 0})
        return found if times["count"] == 2 else {}

    found = eventually(all_there, "both are counted")
    waited = found["greenroom_downstream_seconds"]
    assert waited["labels"] == {"downstream": f"127.0.0.1:{service}", "protocol": "http"}
    assert waited["count"] == 1 and waited["max"] > 0
    for name, least in {"connections": 1, "round_trips": 1, "sent_bytes": 10, "received_bytes": 10}.items():
        assert found[f"greenroom_downstream_{name}"]["value"] >= least
    said = json.loads(ask(server.admin, "/metrics.json").body)
    spent = {metric["labels"]["on"]: metric["value"] for metric in said["counters"]
             if metric["name"] == "greenroom_spent_seconds"}  # fmt: skip
    assert spent["sleep"] >= 0.036 and spent["downstream"] == pytest.approx(waited["sum"])
    total = found["greenroom_worker_request_seconds"]["sum"]
    assert sum(spent.values()) == pytest.approx(total, rel=0.01, abs=1e-4)


def test_each_worker_is_told_apart(meter):
    server = meter("--workers", "2", "--max-request-line", "100", "metered:app")
    server.get("/a")
    assert server.get("/" + "a" * 100).status == 414

    def numbers() -> dict[str, dict[str, float]]:
        said = json.loads(ask(server.admin, "/metrics.json").body)
        found = {}
        for metric in (*said["gauges"], *said["counters"], *said["timers"]):
            worker = next(iter(metric["labels"].values()), "")
            found.setdefault(metric["name"], {})[worker] = metric.get("value", metric.get("count"))
        return found

    found = eventually(
        lambda: (now := numbers()).get("greenroom_worker_loop_lag_seconds") and
        sum(now["greenroom_worker_request_seconds"].values()) == 2 and now, "all is counted")  # fmt: skip
    assert found["greenroom_worker_starts"] == {"0": 1, "1": 1}
    assert all(10e6 < size < 1e9 for size in found["greenroom_worker_resident_bytes"].values())
    assert found["greenroom_worker_in_flight"] == {"0": 0, "1": 0}
    assert found["greenroom_backlog"] == {server.url: 0}
    assert found["greenroom_limits_met"] == {"max-request-line": 1}
    assert found["greenroom_metrics_dropped"] == {"": 0}


def test_the_backlog_is_seen_while_workers_hang(meter):
    server = meter("--workers", "1", "metered:app")
    [worker] = server.worker_pids()
    os.kill(worker, signal.SIGSTOP)
    waiting = [server.connect() for _ in range(3)]
    try:
        eventually(lambda: read(server)["greenroom_backlog"]["value"] == 3, "three wait")
    finally:
        os.kill(worker, signal.SIGCONT)
        for client in waiting:
            client.close()
