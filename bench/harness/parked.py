"""20,000 green threads that wait at the same time in one worker, for a lock, a descriptor or the clock.

Memory is the growth of the proportional set size for each: stack, thread-local storage and, in Python,
thread state, frame and Thread object. "Waking" is from the call that woke them to the last join.
"""

import json
import subprocess
import urllib.request
from dataclasses import asdict, dataclass

from harness import servers
from harness.contest import Options, running
from harness.report import Report, Section
from harness.table import Table, number

THREADS = 20_000
WAYS = ["lock", "descriptor", "time"]
TIMEOUT = 600.0  # seconds
LANGUAGES = ["c", "python"]


@dataclass
class Parked:
    name: str
    way: str
    woken: int
    kib_each: float
    starting: float  # seconds
    waking: float


def in_c(way: str) -> Parked:
    output = servers.micro("parked", way, str(THREADS), timeout=TIMEOUT).stdout
    woken, *figures = output.split()
    return Parked("greenroom-c", way, int(woken), *map(float, figures))


def in_python(way: str) -> Parked:
    with running(servers.greenroom("greenroom-python", "parked:app", 1)) as daemon:
        url = f"http://127.0.0.1:{daemon.port}/?way={way}&threads={THREADS}"
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            return Parked("greenroom-python", way, **json.load(answer))


def try_out(language: str, way: str) -> Parked:
    """Those that did not all wake in time count as none."""
    try:
        return in_c(way) if language == "c" else in_python(way)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{language}, {way}: {error}")
        return Parked(f"greenroom-{language}", way, 0, 0.0, 0.0, 0.0)


def run(options: Options) -> None:
    results = [try_out(language, way) for language in LANGUAGES for way in WAYS
               if options.wants(f"greenroom-{language}")]
    report = Report("parked", "Parked green threads", " ".join((__doc__ or "").split()))
    table = Table(["variant", "waiting for", "woken", "KiB each", "starting s", "waking s"],
                  [[one.name, one.way, number(one.woken), number(one.kib_each, 1),
                    number(one.starting, 2), number(one.waking, 2)] for one in results])
    report.sections.append(Section(f"{THREADS:,} at once", table))
    report.data["results"] = [asdict(one) for one in results]
    report.publish()
