"""The dashboard: a page on the admin listener that answers six questions, looked at in a browser."""

import json
import socket
from collections.abc import Iterator

import pytest
from browser import Page, page  # noqa: F401
from conftest import Server
from metrics import ask, meter  # noqa: F401

APP = "dashed:app"
QUESTIONS = ("percentile", "instances", "rate", "downstreams", "clients", "versions")
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def look(page: Page, server: Server, address: str = "/") -> None:
    page.go("about:blank")  # what was there before may have lost its server
    page.complaints.clear()
    page.go(f"http://127.0.0.1:{server.admin}{address}")
    page.until("document.querySelector('#state')?.textContent === 'live'")


def answers(page: Page) -> dict:
    return json.loads(page.run("document.querySelector('#answers').textContent"))


def test_the_page_answers_six_questions(meter, page):
    server = meter("--workers", "2", "--release", "1.4", "--client-header", "X-Api-Version", APP)
    for client in ("app/1", "app/2", HOSTILE):
        server.get("/sleep/20000", headers={"X-Api-Version": client})
    look(page, server)
    page.until("document.querySelector('#percentile .answer').textContent.includes('/sleep/{id}')")
    said = answers(page)
    for name in QUESTIONS:
        assert page.text(f"#{name} .answer") == said[name]["sentence"]
    assert said["percentile"]["count"] == 3 and 0.02 <= said["percentile"]["p99"] < 0.5
    assert said["clients"]["old"] == ["app/1"]
    assert HOSTILE in page.text("#clients table")
    assert page.run("document.querySelectorAll('main script, main img').length") == 0
    assert page.complaints == []


@pytest.fixture
def refused_port() -> Iterator[int]:
    """Nobody listens there, and nobody else will."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield nobody.getsockname()[1]


def test_routes_and_the_limits_of_downstreams_are_shown(meter, page, refused_port: int):
    rule = f"127.0.0.1:{refused_port}?max-connections=5&breaker=50%&breaker-calls=2&breaker-pause=60"
    server = meter("--workers", "1", "--downstream", rule, "dashed_routes:app",
                   env={"STOCK": f"http://127.0.0.1:{refused_port}"})  # fmt: skip
    for _ in range(3):
        server.get("/stock/1")
    look(page, server)
    page.until("document.querySelector('#limits tbody td')?.textContent === 'open'")
    assert page.text("#limits tbody tr").split("\t")[1:] == [
        "open", "0 of 5", "–", "0", "–", "2", "0", "1", "1"]  # fmt: skip
    page.until("document.querySelectorAll('#routes li').length === 2")
    page.until("document.querySelector('#routes .numbers').textContent.startsWith('3×')")
    assert page.text("#routes .answer") == "dashed_routes:app has 2 routes."
    page.run("document.querySelector('#routes summary').focus()")
    page.press("Enter")
    said = page.text("#routes li")
    assert HOSTILE in said and "number: int" in said and f"'{server.url}/stock/1'" in said
    page.show(360)
    assert page.run("document.documentElement.scrollWidth") <= 360
    page.run("document.querySelector('#routes li button').click()")
    page.until("document.querySelector('#routes .copied').textContent")
    page.run("""{const input = document.querySelector('#routes input'); input.value = 'POST';
        input.dispatchEvent(new Event('input')) }""")
    assert page.run("document.querySelectorAll('#routes li').length") == 1
    assert page.run("document.querySelectorAll('main script, main img').length") == 0
    assert page.complaints == []
