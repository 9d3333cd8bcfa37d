"""What the dashboard's page is told: /events, and what else it asks of the admin listener."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from conftest import Server, eventually
from http_wire import Wire, request
from metrics import ask, meter  # noqa: F401

APP = "dashed:app"
FOLLOWERS = 8


class Follower:
    def __init__(self, connection: socket.socket) -> None:
        self.connection, self.unread = connection, b""

    def until(self, end: bytes) -> bytes:
        while end not in self.unread:
            more = self.connection.recv(1 << 16)
            assert more, self.unread
            self.unread += more
        found, _, self.unread = self.unread.partition(end)
        return found

    def snapshot(self) -> dict:
        kind, data = self.until(b"\n\n").decode().split("\n")
        assert kind == "event: snapshot"
        return json.loads(data.removeprefix("data: "))


@contextmanager
def follow(server: Server) -> Iterator[Follower]:
    """Its head has been read."""
    local = isinstance(server.admin, Path)
    with socket.socket(socket.AF_UNIX if local else socket.AF_INET) as connection:
        connection.settimeout(10)
        connection.connect(str(server.admin) if local else ("127.0.0.1", server.admin))
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        follower = Follower(connection)
        head = follower.until(b"\r\n\r\n")
        assert b" 200 OK" in head and b"Content-Type: text/event-stream" in head and b"no-store" in head
        yield follower


def requests(snapshot: dict) -> list[dict]:
    return [one for one in snapshot["series"] if one.get("name") == "greenroom_request_seconds"]


def test_who_follows_is_told_all_and_then_what_changes(meter):
    server = meter("--workers", "1", APP)
    server.get("/a")
    eventually(lambda: "greenroom_request_seconds" in ask(server.admin, "/metrics.json").text, "counted")
    with follow(server) as one, follow(server) as other:
        (first,) = requests(one.snapshot())
        assert first["labels"]["endpoint"] == "/a" and first["buckets"][1] == first["count"] == 1
        assert requests(other.snapshot())[0]["buckets"] == first["buckets"]
        server.get("/a")
        change = {}
        while first["id"] not in change:
            told = one.snapshot()
            assert told["whole"] is False
            change = {series["id"]: series for series in told["series"]}
        again = change[first["id"]]
        assert again["count"] == 2 and "name" not in again and again["buckets"][1::2] == [1]


def ask_of_many_kinds(server: Server) -> None:
    """So that a snapshot is longer than what the kernel takes for somebody who does not read."""
    paths = [f"/{chr(97 + i % 26) * 60}{chr(97 + i // 26) * 29}" for i in range(95)]
    with Wire(server.port) as wire:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            wire.send(b"".join(request(path, f"X-Api-Version: {method * 15}", method=method) for path in paths))
            assert {wire.answer().status for _ in paths} == {200}


def test_who_does_not_read_holds_up_nobody_and_is_told_all_when_he_does(serve, tmp_path):
    server = serve("--workers", "1", "--access-log", "off", "--client-header", "X-Api-Version",
                   "--admin", f"unix:{tmp_path / 'admin'}", APP)  # fmt: skip
    server.admin = tmp_path / "admin"
    ask_of_many_kinds(server)
    resident = lambda: int(open(f"/proc/{server.pid}/statm").read().split()[1])  # noqa: E731
    with follow(server) as slow, follow(server) as quick:
        first = quick.snapshot()
        before = resident()
        for count in (1, 2, 3):
            server.get("/again")
            told = quick.snapshot()
            assert told["at"] - first["at"] > 0.5 * count
        assert resident() - before < 256
        assert slow.snapshot()["whole"]
        told = slow.snapshot()
        again = [one for one in requests(told) if one["labels"]["endpoint"] == "/again"]
        assert told["whole"] and [one["count"] for one in again] == [3]
        assert not slow.snapshot()["whole"]


def test_there_are_so_many_who_follow_and_others_are_answered(meter):
    server = meter("--workers", "1", APP)
    with ExitStack() as stack:
        for _ in range(FOLLOWERS):
            last = stack.enter_context(follow(server))
        refused = ask(server.admin, "/events", "HEAD")
        assert refused.status == 503 and refused.headers["Retry-After"]
        assert ask(server.admin, "/metrics.json").status == 200
        last.connection.close()
        deadline = time.monotonic() + 10
        while ask(server.admin, "/events", "HEAD").status != 200:
            assert time.monotonic() < deadline
        assert server.stop() == 0


def test_the_page_is_the_same_everywhere_and_asks_nobody_else(meter):
    server = meter("--workers", "1", APP)
    page = ask(server.admin, "/")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "http" not in policy
    assert page.headers["Content-Type"] == "text/html; charset=utf-8" and "//" not in page.text.replace("<!--", "")
    script = ask(server.admin, "/dashboard/main.js")
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    known = ask(server.admin, "/dashboard/main.js", **{"If-None-Match": script.headers["ETag"]})
    assert known.status == 304 and not known.body
    assert ask(server.admin, "/", Host="shop.example").status == 421
    assert ask(server.admin, "/events", Host="shop.example").status == 421
    for path in ("/events", "/metrics.json", "/requests.json", "/slow.json"):
        assert ask(server.admin, path, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert "Access-Control-Allow-Origin" not in ask(server.admin, "/metrics.json").headers


def test_any_id_that_a_proxy_gives_leads_to_its_stack(meter):
    server = meter("--workers", "1", "--trusted-proxies", "127.0.0.1", APP)
    ids = ["12345", "i" * 128]
    with ThreadPoolExecutor(len(ids)) as clients:
        for one in ids:
            clients.submit(server.get, "/hold", headers={"X-Request-ID": one})
        try:
            eventually(lambda: len(json.loads(ask(server.admin, "/requests.json").body)["requests"]) == len(ids), "in flight")
            assert all("dashed.py" in ask(server.admin, f"/stacks/{one}").text for one in ids)
        finally:
            server.get("/release")


def test_requests_in_flight_are_told_with_their_stacks(meter):
    server = meter("--workers", "1", APP)
    with server.crowd(1, "/hold"):
        (one,) = eventually(lambda: json.loads(ask(server.admin, "/requests.json").body)["requests"], "in flight")
        assert one["method"] == "GET" and one["target"] == "/hold" and one["doing"] == "waits for a lock"
        assert "dashed.py" in ask(server.admin, f"/stacks/{one['id']}").text
        server.get("/release")
    assert ask(server.admin, f"/stacks/{one['id']}").status == 404
    assert ask(server.admin, "/stacks/a%20b").status == 404
    slow = json.loads(ask(server.admin, "/slow.json").body)["requests"][0]
    assert slow["id"] == one["id"] and slow["path"] == "/hold"
    assert 0 < slow["spent"]["lock"] <= slow["took"] and abs(sum(slow["spent"].values()) - slow["took"]) < 1e-4
