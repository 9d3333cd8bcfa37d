"""A green thread and an OS thread hand a turn back and forth, 10 million times by each way to wait.

In C by what Python's threading is made of; in Python inside a worker, where the OS thread is one that a
C library might make. They stop at a lost wake-up: 5 s without progress are a failure, and it is said who
waits where. --duration is the limit for each way; in Python it is 300 s if not given.
"""

import json
import subprocess
import sys
import urllib.request
from dataclasses import asdict, dataclass

from harness import servers
from harness.contest import Options, running
from harness.report import Report, Section
from harness.table import Table, number

ROUNDS = 10_000_000
PYTHON_SECONDS = 300.0
PYTHON_WAYS = ["lock", "condition", "queue", "simplequeue", "pipe"]
GRACE = 60.0  # seconds beyond the limit, on a busy machine


@dataclass
class Play:
    name: str
    way: str
    rounds: int
    seconds: float
    longest: float  # round, ms


def in_c(limit: float | None) -> list[Play]:
    """The ways that were played to their end; the program says on stderr where it stopped."""
    arguments = [str(ROUNDS), *([str(limit)] if limit else [])]
    try:
        output = servers.micro("pingpong", *arguments, timeout=(limit or 3600) * 4 + GRACE).stdout
    except subprocess.SubprocessError as error:
        print(error, file=sys.stderr)
        output = error.stdout or ""
    lines = [line.split("\t") for line in output.splitlines()]
    return [Play("greenroom-c", way, int(rounds), float(seconds), float(longest))
            for way, rounds, seconds, longest in lines]


def in_python(limit: float) -> list[Play]:
    plays = []
    with running(servers.greenroom("greenroom-python", "pingpong:app", 1)) as daemon:
        for way in PYTHON_WAYS:
            url = (f"http://127.0.0.1:{daemon.port}/?way={way}&rounds={ROUNDS}&seconds={limit}")
            try:
                with urllib.request.urlopen(url, timeout=limit + GRACE) as answer:
                    plays.append(Play("greenroom-python", way, **json.load(answer)))
            except OSError as error:
                print(f"{way}: {error}\n{daemon.output_end()}", file=sys.stderr)
    return plays


def run(options: Options) -> None:
    plays = in_c(options.duration) if options.wants("greenroom-c") else []
    if options.wants("greenroom-python"):
        plays += in_python(options.duration or PYTHON_SECONDS)
    report = Report("pingpong", "Ping-pong", " ".join((__doc__ or "").split()))
    table = Table(["variant", "way", "ping-pongs", "seconds", "us each", "longest ms"],
                  [[one.name, one.way, number(one.rounds), number(one.seconds, 1),
                    number(one.seconds * 1e6 / one.rounds, 2), number(one.longest, 1)]
                   for one in plays])
    report.sections.append(Section("Between a green thread and an OS thread", table))
    report.data["plays"] = [asdict(one) for one in plays]
    report.publish()
