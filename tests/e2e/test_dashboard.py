"""The dashboard: a page on the admin listener that answers six questions, looked at in a browser."""

import json

from browser import Page, page  # noqa: F401
from conftest import Server
from metrics import ask, meter  # noqa: F401

APP = "dashed:app"
QUESTIONS = ("percentile", "instances", "rate", "downstreams", "clients", "versions")
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def look(page: Page, server: Server, address: str = "/") -> None:
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
