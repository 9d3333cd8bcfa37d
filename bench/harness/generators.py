"""greenroom load beside wrk: the same load on the same server of one worker, and what each says of it.

Each connection asks again when it is answered. In the last case the server can answer 1,000
requests/s, and 1,200 are due: who asks at a rate sees what becomes of them, who waits for answers
sees none of it.
"""

import json
import resource
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass

from harness import servers
from harness.contest import Options, running
from harness.load import Load, wrk
from harness.report import Report, Section
from harness.servers import Server
from harness.table import Table, number

SECONDS = 10.0
GREENROOM = str(servers.BUILD / "greenroom")
LATENCIES = ("p50", "p99", "p999", "max", "mean")
RATE = 1200  # of requests/s that are due in the last case


@dataclass(frozen=True)
class Case:
    name: str
    server: Server
    path: str
    connections: int
    rate: int = 0  # 0: as fast as they are answered


CASES = (
    Case("C handler, 50 connections", servers.greenroom("server", "hello.so", 1), "/hello/Ada", 50),
    Case("C handler, 400 connections", servers.greenroom("server", "hello.so", 1), "/hello/Ada", 400),
    Case("sleep of 10 ms, 100 connections",
         servers.greenroom("server", "wsgi_sleep:app", 1), "/10", 100),
    Case("10 at a time, 100 connections",
         servers.greenroom("server", "wsgi_sleep:app", 1, "--concurrency", "green:10"),
         "/10", 100, RATE),
)


@dataclass
class Finding:
    case: str
    generator: str
    rate: float  # answers/s
    latency: dict[str, float]  # ms
    processor: float  # us of the generator for an answer
    failures: int

    def row(self) -> list[str]:
        return [self.case, self.generator, number(self.rate),
                *(number(self.latency[key], 2) for key in LATENCIES),
                number(self.processor, 1), number(self.failures)]


def spent(work: Callable[[], dict]) -> tuple[dict, float]:
    """What it finds, and the seconds of processor time of the processes that it has waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def by_wrk(case: Case, url: str, seconds: float) -> Finding:
    load = Load(case.connections, seconds)
    found, used = spent(lambda: wrk(url, load, seconds))
    count = found["requests"]
    return Finding(case.name, "wrk", count / found["duration_us"] * 1e6,
                   {key: found[key] / 1000 for key in LATENCIES}, used / count * 1e6,
                   sum(found["errors"].values()))


def by_greenroom(case: Case, url: str, seconds: float) -> Finding:
    rate = ["--rate", str(case.rate)] if case.rate else []
    command = [GREENROOM, "load", "--connections", str(case.connections), "--duration", f"{seconds:g}",
               *rate, "--json", "-", url]
    found, used = spent(lambda: json.loads(
        subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout))
    name = "greenroom load" + (f" --rate {case.rate}" if case.rate else "")
    return Finding(case.name, name, found["rate"],
                   {key: found["latency"][key] * 1000 for key in LATENCIES},
                   used / found["answered"] * 1e6, found["failed"])


def run(options: Options) -> None:
    seconds = options.seconds(SECONDS)
    findings = []
    for case in CASES:
        with running(case.server) as server:
            url = f"http://127.0.0.1:{server.port}{case.path}"
            findings += [by_wrk(case, url, seconds), by_greenroom(case, url, seconds)]
    header = ["case", "generator", "requests/s", *(f"{key} ms" for key in LATENCIES),
              "its CPU us/request", "errors"]
    report = Report("generators", "Load generators", " ".join((__doc__ or "").split()))
    report.sections.append(Section("Side by side", Table(header, [one.row() for one in findings])))
    report.data["findings"] = [asdict(one) for one in findings]
    report.publish()
