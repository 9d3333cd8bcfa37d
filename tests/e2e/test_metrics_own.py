"""Metrics of the application's own, in Python and in C, and what the server adds of workers and downstreams."""

import json

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


def test_without_an_admin_listener_nothing_is_counted_and_nothing_fails(serve):
    server = serve("--workers", "1", "metered_own:app")
    assert json.loads(server.get("/").body) == REFUSALS
