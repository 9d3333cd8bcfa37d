"""What single pieces cost: calls through the interposed libc and libc's own, a switch, the parser, metrics.

Best of several runs for the calls and the switch, the median for the parser; one core, no server.
"""

from harness import servers
from harness.contest import Options
from harness.report import Report, Section
from harness.table import Table, number

TIMEOUT = 600.0  # seconds


def lines_of(program: str) -> list[list[str]]:
    output = servers.micro(program, timeout=TIMEOUT).stdout
    return [line.split("\t") for line in output.splitlines()]


def run(options: Options) -> None:
    *pairs, (_, switch) = lines_of("hooks")
    calls = {what: {"hooked": float(hooked), "libc": float(libc)} for what, hooked, libc in pairs}
    heads = {name: {"bytes": int(size), "ns": float(ns)} for name, size, ns in lines_of("parse")}
    metrics = {name: float(ns) for name, ns in lines_of("metrics")}
    report = Report("micro", "Single pieces", " ".join((__doc__ or "").split()))
    report.sections += [
        Section("A pair of calls", Table(
            ["calls", "hooked ns", "libc ns", "over ns"],
            [[what, number(one["hooked"], 1), number(one["libc"], 1),
              number(one["hooked"] - one["libc"], 1)] for what, one in calls.items()])),
        Section("A switch", Table(["what", "ns"], [["by the run queue", switch]])),
        Section("Parsing the head of a request", Table(
            ["client", "bytes", "ns"],
            [[name, number(one["bytes"]), number(one["ns"], 1)] for name, one in heads.items()])),
        Section("Recording a value", Table(
            ["metric", "ns"], [[name, number(ns, 1)] for name, ns in metrics.items()])),
    ]
    report.data |= {"calls": calls, "switch": float(switch), "heads": heads, "metrics": metrics}
    report.publish()
