"""Policies for downstreams, of an application that knows nothing of them."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer

import pytest
from conftest import Server, eventually
from metrics import ask, meter  # noqa: F401
from services import Service, serving

CROWD = 6


@pytest.fixture
def downstream(greenroom) -> Callable[[Server], dict[str, str]]:
    """What `greenroom top` says of the only downstream that a policy is about."""

    def ask(server: Server) -> dict[str, str]:
        lines = greenroom("top", "--pid", str(server.pid)).stdout.splitlines()
        at = next((i for i, line in enumerate(lines) if "downstream " in line), None)
        return dict(zip(lines[at].split(), lines[at + 1].split())) if at else {}

    return ask


def measured(server: Server) -> dict[str, float]:
    """What the metrics say of the only downstream that a policy is about, such as "breaker open"."""
    kinds = json.loads(ask(server.admin, "/metrics.json").body)
    return {" ".join([metric["name"].removeprefix("greenroom_downstream_"),
                      *(value for name, value in metric["labels"].items() if name != "downstream")]):
            metric.get("value", metric.get("count")) for metrics in kinds.values() for metric in metrics
            if "downstream" in metric["labels"] and "protocol" not in metric["labels"]}  # fmt: skip


@pytest.fixture
def database(postgres) -> str:
    """How a policy calls the socket of the database."""
    folder = dict(word.split("=") for word in postgres.dsn.split())["host"]
    return f"unix:{folder}/.s.PGSQL.5432"


def test_requests_take_turns_to_connect(meter, greenroom, postgres, database: str, downstream):
    server = meter("--workers", "1", "--downstream", f"{database}?max-connections=2",
                   "guarded:app", env={"DSN": postgres.dsn, "STOCK": ""})  # fmt: skip
    with postgres.holding("SELECT pg_advisory_xact_lock(1)") as release:
        with server.crowd(CROWD, "/query") as answers:
            eventually(lambda: postgres.waiting() == 2, "two wait in the database")
            eventually(lambda: downstream(server)["waiting"] == str(CROWD - 2), "the others wait")
            assert downstream(server)["connections"] == "2"
            said = measured(server)
            assert said.pop("answers") >= 2
            assert said == {
                "connections_open": 2, "connections_limit": 2, "waiting connection": CROWD - 2,
                "turn_seconds": 0, "timeouts turn": 0, "failures": 0}  # fmt: skip
            said = greenroom("top", "--pid", str(server.pid)).stdout
            assert said.count(f"waits for {database} ") == CROWD - 2, said
            assert server.get("/ping").text == "pong"
            assert postgres.waiting() == 2
            release()
        assert all(answer.result().status == 200 for answer in answers), server.output()
    said = measured(server)
    assert (said["waiting connection"], said["turn_seconds"]) == (0, CROWD - 2)


def test_a_query_that_hangs_ends_at_the_read_timeout(serve, postgres, database: str):
    server = serve("--workers", "1", "--downstream", f"{database}?read-timeout=0.5",
                   "guarded:app", env={"DSN": postgres.dsn, "STOCK": ""})  # fmt: skip
    with postgres.holding("SELECT pg_advisory_xact_lock(1)"):
        assert server.get("/query").status == 500
    server.wait_for_output(r"OperationalError: .*could not receive data from server: Connection timed")
    eventually(lambda: server.get("/query").status == 200, "it answers again")


class Stock(Service):
    text = b"7 left\n"
    fine = threading.Event()

    def prepare(self):
        self.fine.wait()


@pytest.fixture
def stock() -> Iterator[int]:
    """The port of a service that accepts connections, and answers once Stock.fine is set."""
    Stock.fine.clear()
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Stock)) as listener:
        yield listener.server_port
        Stock.fine.set()


def test_a_service_that_hangs_is_left_alone_until_it_answers_again(meter, stock: int, downstream):
    rule = f"127.0.0.1:{stock}?read-timeout=0.2&breaker=50%&breaker-calls=2&breaker-pause=0.5"
    server = meter("--workers", "1", "--downstream", rule, "guarded:app",
                   env={"STOCK": f"http://127.0.0.1:{stock}", "DSN": ""})  # fmt: skip
    for _ in range(2):
        assert "timed out" in server.get("/stock").text
    assert "Connection refused" in server.get("/stock").text
    server.wait_for_output(rf"warning greenroom: downstream 127\.0\.0\.1:{stock} has failed 2 times "
                           r"of 2 in 10 s: connections are refused for 0\.5 s$")  # fmt: skip
    assert downstream(server)["breaker"] in ("open", "half-open")
    said = measured(server)
    assert said["breaker closed"] == 0 and said["breaker open"] + said["breaker half-open"] == 1
    Stock.fine.set()
    eventually(lambda: server.get("/stock").text == "7 left\n", "it answers again")
    server.wait_for_output(rf"info greenroom: downstream 127\.0\.0\.1:{stock} answers again")
    assert downstream(server)["breaker"] == "closed" and downstream(server)["failed"] == "2"
    assert measured(server)["breaker closed"] == 1
    [worker] = server.worker_pids()
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: "breaker closed" not in measured(server), "what was is not what is")
    said = measured(server)
    assert said["timeouts read"] == said["failures"] == 2 and said["breaker_opened"] >= 1


def test_rules_of_a_file_are_maps(greenroom, tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text("downstream:\n  db.example:5432:\n    max-connections: 20\n    breaker: 50%\n")
    said = greenroom("config", "--config", str(path))
    assert 'db.example:5432: "max-connections=20&breaker=50%"' in said.stdout
    path.write_text("downstream:\n  db.example:\n    max-conections: 20\n")
    said = greenroom("check", "--config", str(path), "guarded:app")
    assert said.returncode == 2
    assert said.stderr == (f"greenroom: {path}:2: downstream: 'db.example?max-conections=20' knows no "
                           "max-conections=; did you mean max-connections=?\n")  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        (["db:5432"], "downstream: 'db:5432' says nothing; write HOST:PORT?max-connections=20&"
                      "read-timeout=5"),
        (["db?max-calls=1", "DB?max-calls=2"], "downstream: DB is said twice"),
    ],
)  # fmt: skip
def test_a_rule_that_is_none_is_refused(greenroom, rules: list[str], complaint: str):
    options = [word for rule in rules for word in ("--downstream", rule)]
    said = greenroom("check", *options, "guarded:app")
    assert (said.returncode, said.stderr) == (2, f"greenroom: --{complaint}\n")


def test_they_need_green_threads(greenroom):
    said = greenroom("check", "--concurrency", "threads:2", "--downstream", "db?max-calls=1",
                     "guarded:app")  # fmt: skip
    assert said.returncode == 2 and "--downstream needs --concurrency green" in said.stderr
