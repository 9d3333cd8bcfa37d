"""What must hold, beside what was measured: read from the reports in bench/out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from harness.report import OUT
from harness.table import Table

UPSTREAM_LIMIT = 4000  # requests/s: 400 connections that each wait for 100 ms


@cache
def report(name: str) -> dict:
    return json.loads((OUT / f"{name}.json").read_text())


def variant(experiment: str, name: str) -> dict:
    return report(experiment)["variants"][name]


def rate_ratio(experiment: str, ours: str, theirs: str) -> float:
    return variant(experiment, ours)["rate"] / variant(experiment, theirs)["rate"]


def errors(one: dict) -> int:
    return sum(one["errors"].values())


Judgement = tuple[str, bool]  # what was measured, and whether that is enough


def flask_upstream() -> Judgement:
    ours, gevent = (variant("experiment", name) for name in ("greenroom-flask", "gunicorn-gevent"))
    ratio = rate_ratio("experiment", "greenroom-flask", "gunicorn-gevent")
    p99, bound = ours["latency"]["p99"], gevent["latency"]["p99"]
    return (f"{ratio:.2f} x, p99 {p99:.0f} against {bound:.0f} ms, {errors(ours)} errors",
            ratio >= 1.3 and p99 <= bound and not errors(ours))


def c_upstream() -> Judgement:
    ours = variant("experiment", "greenroom-c")
    share = ours["rate"] / UPSTREAM_LIMIT
    of_upstream = rate_ratio("experiment", "greenroom-c", "upstream-itself")
    return (f"{share:.1%}, {errors(ours)} errors; {of_upstream:.1%} of the upstream by itself",
            share >= 0.98 and not errors(ours))


def wsgi_hello() -> Judgement:
    gevent, starlette = (rate_ratio("hello", "greenroom-wsgi", name)
                         for name in ("gunicorn-gevent", "uvicorn-starlette"))
    return f"{gevent:.1f} x, {starlette:.1f} x", gevent >= 6 and starlette >= 2.4


def c_hello() -> Judgement:
    ours, nginx = (variant("hello", name)["cpu_us"] for name in ("greenroom-c", "nginx"))
    return f"{nginx / ours:.2f} x", nginx / ours >= 0.9


def flask_json() -> Judgement:
    ratio = rate_ratio("flask", "greenroom", "gunicorn-gevent")
    latency = variant("flask", "greenroom")["latency"]
    tail = latency["p99"] / latency["p50"]
    return f"{ratio:.1f} x, p99 {tail:.1f} x p50", ratio >= 3.3 and tail <= 4


def in_flight() -> Judgement:
    ours = report("sleep")["in_flight"]["greenroom-flask"]
    failures = sum(ours["failures"].values())
    return (f"{ours['answered']:,} answered, {failures} errors, {ours['kib_each']:.1f} KiB each",
            ours["answered"] == 10_000 and not failures and ours["kib_each"] <= 32)


def idle() -> Judgement:
    ours = variant("idle", "greenroom-wsgi")
    return f"{ours['bytes_each']:.0f} bytes each", ours["bytes_each"] <= 2048


def postgres() -> Judgement:
    ours = variant("postgres", "greenroom")
    return (f"{ours['wall']:.2f} s, {ours['failures']} errors",
            ours["wall"] <= 0.8 and not ours["failures"])


def drain() -> Judgement:
    fate = variant("drain", "greenroom-wsgi")["fate"]
    lost = fate["lost_before"] + fate["lost_after"] + fate["failed"]
    return f"{fate['answered']:,} answered, {lost} lost", not lost


@dataclass(frozen=True)
class Claim:
    case: str
    at_least: str
    judge: Callable[[], Judgement]


CLAIMS = [
    Claim("experiment, same Flask app",
          "1.3 x gunicorn+gevent, p99 no higher, 0 errors", flask_upstream),
    Claim("experiment, C handler", "98 % of 4,000 requests/s", c_upstream),
    Claim("WSGI hello", "6 x gunicorn+gevent, 2.4 x uvicorn+Starlette", wsgi_hello),
    Claim("C hello", "0.9 x nginx per CPU second", c_hello),
    Claim("Flask /json", "3.3 x gunicorn+gevent, p99 at most 4 x p50", flask_json),
    Claim("10,000 in flight, each sleeping 1 s", "all answered, 32 KiB each", in_flight),
    Claim("10,000 idle connections", "2048 bytes each", idle),
    Claim("psycopg2, 50 x pg_sleep(0.5)", "all within 0.8 s", postgres),
    Claim("SIGTERM under load", "every request answered", drain),
]


def judge(claim: Claim) -> list[str]:
    try:
        measured, holds = claim.judge()
    except (KeyError, FileNotFoundError):
        return [claim.case, claim.at_least, "not measured", "no"]
    return [claim.case, claim.at_least, measured, "yes" if holds else "no"]


def show() -> int:
    """Prints the table and writes it to bench/out/verdict.md; 0 when everything holds."""
    table = Table(["case", "at least", "measured", "holds"], [judge(claim) for claim in CLAIMS])
    OUT.mkdir(exist_ok=True)
    (OUT / "verdict.md").write_text(f"# What must hold\n\n{table.markdown()}\n")
    print(f"\nWhat must hold\n\n{table.text()}")
    return 0 if all(row[-1] == "yes" for row in table.rows) else 1
