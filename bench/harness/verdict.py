"""What must hold, beside what was measured: read from the reports in bench/out."""

import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from harness.beside import change_of_p99
from harness.parked import LANGUAGES, THREADS, WAYS
from harness.pingpong import PYTHON_WAYS, ROUNDS
from harness.report import OUT
from harness.table import Table

UPSTREAM_LIMIT = 4000  # requests/s: 400 connections that each wait for 100 ms
KILLED_AT_MOST = 200  # requests inside a worker: one of each connection
SOAK_DESCRIPTORS = 4  # more of them in the end, in a median that goes up and down with the clients


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


def c_upstream_cost() -> Judgement:
    ours = variant("experiment", "greenroom-c")
    core = ours["cpu"] / ours["duration"]
    of_upstream = rate_ratio("experiment", "greenroom-c", "upstream-itself")
    return (f"{ours['rate'] / UPSTREAM_LIMIT:.1%}, {core:.0%}; {of_upstream:.1%} of the upstream by itself",
            ours["rate"] >= 0.99 * UPSTREAM_LIMIT and core < 0.15)


def http_upstream() -> Judgement:
    ours = variant("experiment", "greenroom-http")
    share, p99 = ours["rate"] / UPSTREAM_LIMIT, ours["latency"]["p99"]
    return f"{share:.1%}, p99 {p99:.0f} ms, {errors(ours)} errors", share >= 0.95 and p99 <= 130 and not errors(ours)


def accelerated_upstream() -> Judgement:
    ratio = rate_ratio("experiment", "greenroom-accelerated", "gunicorn-aiohttp")
    allowed = rate_ratio("experiment", "upstream-itself", "gunicorn-aiohttp")
    ours, theirs = variant("experiment", "greenroom-accelerated"), variant("experiment", "gunicorn-aiohttp")
    return (f"{ratio:.2f} x, by CPU {theirs['cpu_us'] / ours['cpu_us']:.2f} x, {errors(ours)} errors;"
            f" the upstream by itself allows {allowed:.2f} x", ratio >= 1.5 and not errors(ours))


def bare_loop() -> Judgement:
    alone = report("experiment")["bare_loop_us"]
    share = alone / variant("experiment", "greenroom-flask")["cpu_us"]
    return f"{share:.2f} of {1e6 / alone:,.0f} calls per CPU second", share >= 0.9


def client_cost() -> Judgement:
    costs = {}
    for name in ("greenroom-c", "aiohttp", "libcurl-multi"):
        turns = [one for one in report("client")["turns"] if one["client"] == name]
        costs[name] = statistics.median(one["processor"] / one["answered"] for one in turns)
    aiohttp, curl = (costs[name] / costs["greenroom-c"] for name in ("aiohttp", "libcurl-multi"))
    return f"{aiohttp:.1f} x, {curl:.1f} x", aiohttp >= 5 and curl >= 1.3


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


def pingpong() -> Judgement:
    """Python plays for a time at most: every way must have been played, and none have stopped."""
    plays = report("pingpong")["plays"]
    rounds = {name: [one["rounds"] for one in plays if one["name"] == name]
              for name in ("greenroom-c", "greenroom-python")}
    ways = {"greenroom-c": 4, "greenroom-python": len(PYTHON_WAYS)}
    complete = all(len(rounds[name]) == count for name, count in ways.items())
    told = ", ".join(f"{name.partition('-')[2]} {min(played):,} or more by {len(played)} ways"
                     for name, played in rounds.items() if played)
    return told, complete and min(rounds["greenroom-c"]) >= ROUNDS


def parked() -> Judgement:
    results = report("parked")["results"]
    woken = [one["woken"] for one in results]
    most = {language: max(one["kib_each"] for one in results
                          if one["name"] == f"greenroom-{language}") for language in LANGUAGES}
    told = ", ".join(f"{language} {kib:.1f} KiB each" for language, kib in most.items())
    return (f"{min(woken):,} or more woke; {told}",
            len(woken) == len(LANGUAGES) * len(WAYS) and min(woken) == THREADS)


def subprocesses() -> Judgement:
    ours = variant("subprocesses", "greenroom")
    left = ours["children_left"], ours["descriptors_grown"]
    failed = ours["errors"] + ours["alone"]["errors"] + ours["beside"]["errors"]
    return (f"{ours['ran']:,} collected, {left[0]} children and {left[1]} descriptors left,"
            f" {failed} errors; others p99 {ours['beside']['p99']:.0f} ms",
            ours["ran"] == 1000 and not left[0] and left[1] <= 0 and not failed)


def soak() -> Judgement:
    found = report("soak")
    grown = max(last / first - 1 for first, last in (one["anonymous_kib"] for one in found["workers"]))
    opened = max(last - first for first, last in (one["descriptors"] for one in found["workers"]))
    return (f"{found['seconds'] / 60:.0f} min, {sum(found['answered'].values()):,} answers,"
            f" {found['errors']} errors, memory {grown:+.1%}, descriptors {opened:+.0f}",
            found["seconds"] >= 600 and not found["errors"] and not found["lost_workers"]
            and grown <= 0.02 and opened <= SOAK_DESCRIPTORS)


def beside_hogs(kind: str) -> dict[int, dict]:
    """What was measured beside so many hogs of a kind."""
    return {one["hogs"]: one for one in variant("fairness", "greenroom")["beside"]
            if one["kind"] == kind}


def idle_many() -> Judgement:
    ours = [variant("idle-many", name) for name in ("greenroom-c", "greenroom-wsgi")]
    changes = [change_of_p99(one["alone"], one["beside"]) for one in ours]
    most = max(one["bytes_each"] for one in ours)
    failures = sum(one["failures"] + errors(one["beside"]) for one in ours)
    return (f"{ours[0]['connections']:,}: {most:.0f} bytes each, p99 {changes[0]:+.0%} in C, {changes[1]:+.0%} in Python,"
            f" {failures} errors", most <= 1024 and max(changes) <= 0.1 and not failures)


def outcome(what: str) -> tuple[dict, int]:
    """Of the reloads, and how many requests it has cost."""
    one = report("reload")["outcomes"][f"greenroom {what}"]
    return one, one["refused"] + one["broken"] + one["not_200"]


def reloads() -> Judgement:
    told, holds = [], True
    for what in ("reload", "upgrade"):
        one, lost = outcome(what)
        left = max(one["processes_left"], one["descriptors_left"])
        told.append(f"{one['times']} x {what}: {one['requests']:,} requests, {lost} lost, {left} left behind")
        holds &= not lost and left <= 0
    return "; ".join(told), holds


def kills() -> Judgement:
    one, _ = outcome("kill -9")
    inside = one["times"] * KILLED_AT_MOST
    other = one["refused"] + one["not_200"]
    return (f"{one['times']} x: {one['broken']:,} of {one['requests']:,} requests lost, {other} refused or"
            f" answered with an error", one["broken"] <= inside and not other)


def restart() -> Judgement:
    seconds = variant("restart", "greenroom")["seconds"]
    return (f"median {statistics.median(seconds):.2f} s, max {max(seconds):.2f}, {len(seconds)} times",
            statistics.median(seconds) < 1)


def beside_many(experiment: str) -> Judgement:
    ours = [variant(experiment, name) for name in ("greenroom-c", "greenroom-wsgi")]
    changes = [change_of_p99(one["alone"], one["beside"]) for one in ours]
    failures = sum(errors(one["beside"]) for one in ours)
    return (f"p99 {changes[0]:+.0%} in C, {changes[1]:+.0%} in Python, {failures} errors",
            max(changes) < 0.1 and not failures)


def slow() -> Judgement:
    return beside_many("slow")


def downloads() -> Judgement:
    return beside_many("downloads")


def slow_log() -> Judgement:
    fast, slow = (statistics.median(turn["p99"] for turn in variant("logs", name))
                  for name in ("fast", "slow"))
    return f"{slow:.1f} ms, {fast:.1f} ms with one that is read", slow <= 1.05 * fast


def sleeper() -> Judgement:
    late = {(kind, hogs): beside_hogs(kind)[hogs]["p99"]
            for kind in ("pbkdf2", "numpy", "fifo", "fsync") for hogs in (1, 4)}
    (kind, hogs), most = max(late.items(), key=lambda item: item[1])
    return f"{most:.2f} ms at most, beside {hogs} x {kind}", most <= 2


def two_hogs() -> Judgement:
    ratios = {}
    for kind in ("pbkdf2", "numpy"):
        turns = {hogs: one["turns_per_second"] for hogs, one in beside_hogs(kind).items()}
        ratios[kind] = turns[2] / turns[1]
    return (", ".join(f"{kind} {ratio:.2f} x" for kind, ratio in ratios.items()),
            min(ratios.values()) >= 1.8)


def python_hog() -> Judgement:
    alone, beside = (variant("fairness", "greenroom")["requests"][name]
                     for name in ("alone", "beside"))
    grown = beside["p99"] - alone["p99"]
    failed = alone["errors"] + beside["errors"]
    return (f"{alone['p99']:.1f} ms alone, {beside['p99']:.1f} beside, {failed} errors",
            grown <= 30 and not failed)


def over_libc(what: str) -> float:
    """Nanoseconds for a pair of calls."""
    one = report("micro")["calls"][what]
    return one["hooked"] - one["libc"]


def hooked_calls() -> Judgement:
    each = over_libc("send and recv") / 2
    return f"{each:+.0f} ns each", each <= 80


def hooked_locks() -> Judgement:
    mutex, semaphore = (over_libc(what) for what in ("mutex lock and unlock",
                                                     "semaphore post and wait"))
    return f"{mutex:+.0f}, {semaphore:+.0f} ns", max(mutex, semaphore) <= 15


def switch() -> Judgement:
    ns = report("micro")["switch"]
    return f"{ns:.1f} ns", ns <= 30


@dataclass(frozen=True)
class Claim:
    case: str
    must: str
    judge: Callable[[], Judgement]


OF_SERVERS = [
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

OF_CLIENT = [
    Claim("experiment, Flask with greenroom.http", "95 % of 4,000 requests/s, p99 at most 130 ms", http_upstream),
    Claim("experiment, Flask with --accelerate requests", "1.5 x aiohttp", accelerated_upstream),
    Claim("experiment, Flask as it is", "0.9 of the view in a bare loop, by CPU", bare_loop),
    Claim("experiment, C handler", "99 % of 4,000 requests/s, under 15 % of a core", c_upstream_cost),
    Claim("client alone, 100 connections, by CPU", "5 x aiohttp, 1.3 x libcurl", client_cost),
]

OF_CONNECTIONS = [
    Claim("100,000 idle connections, one worker", "1 KiB each, p99 of active ones within 10 %", idle_many),
    Claim("5,000 clients of a byte a second", "p99 of the others grows by less than 10 %", slow),
    Claim("100 slow downloads", "p99 of the others grows by less than 10 %", downloads),
]

OF_OPERATION = [
    Claim("20 reloads, 5 upgrades, 200 connections", "no request is lost, nothing left behind", reloads),
    Claim("50 x kill -9 of a worker", "only requests inside it are lost", kills),
    Claim("a file is saved, with --reload on", "the new answer within a second", restart),
    Claim("100,000 lines/s to a log that takes 1,000", "p99 grows by less than 5 %", slow_log),
]

OF_RUNTIME = [
    Claim("1 ms sleeper beside 1 and 4 hogs in C", "late by 2 ms at p99", sleeper),
    Claim("two hogs on two cores", "1.8 x the work of one", two_hogs),
    Claim("100 clients beside a Python hog", "p99 grows by 30 ms", python_hog),
    Claim("switch through the run queue", "30 ns", switch),
    Claim("hooked send, recv on a ready socket", "80 ns over libc's", hooked_calls),
    Claim("hooked mutex, semaphore, a pair of calls", "15 ns over libc's", hooked_locks),
    Claim("ping-pong, green and OS thread", "10 million in C, no stop in Python", pingpong),
    Claim("20,000 parked green threads", "all wake", parked),
    Claim("1,000 subprocesses under load", "all collected, nothing left", subprocesses),
    Claim("soak of 10 minutes", "0 errors, memory within 2 %, descriptors flat", soak),
]


def judge(claim: Claim) -> list[str]:
    try:
        measured, holds = claim.judge()
    except (KeyError, ValueError, FileNotFoundError):  # or in part
        return [claim.case, claim.must, "not measured", "no"]
    return [claim.case, claim.must, measured, "yes" if holds else "no"]


def table_of(claims: list[Claim]) -> Table:
    return Table(["case", "what must hold", "measured", "holds"], [judge(claim) for claim in claims])


def show() -> int:
    """Prints the table and writes it to bench/out/verdict.md; 0 when everything holds."""
    table = table_of(OF_SERVERS + OF_CLIENT + OF_CONNECTIONS + OF_OPERATION + OF_RUNTIME)
    OUT.mkdir(exist_ok=True)
    (OUT / "verdict.md").write_text(f"# What must hold\n\n{table.markdown()}\n")
    print(f"\nWhat must hold\n\n{table.text()}")
    return 0 if all(row[-1] == "yes" for row in table.rows) else 1
