"""What an experiment says, on the terminal and in bench/out."""

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness import machine
from harness.load import Measurement
from harness.servers import ROOT
from harness.svg import Panel
from harness.table import Table, number

OUT = ROOT / "bench" / "out"

Column = tuple[str, Callable[[Measurement], str]]

NAME: Column = ("variant", lambda one: one.name)
RATE: Column = ("requests/s", lambda one: number(one.rate))
P50: Column = ("p50 ms", lambda one: number(one.latency["p50"], 1))
P99: Column = ("p99 ms", lambda one: number(one.latency["p99"], 1))
ERRORS: Column = ("errors", lambda one: number(one.error_count))
CPU: Column = ("CPU us/request", lambda one: number(one.cpu_us, 1))
MEMORY: Column = ("peak MiB", lambda one: number(one.peak_pss_kib / 1024))


@dataclass
class Section:
    title: str
    table: Table
    chart: str | None = None  # SVG


@dataclass
class Report:
    name: str
    title: str
    about: str  # a sentence or two: what was done
    sections: list[Section] = field(default_factory=list)
    data: dict = field(default_factory=dict)

    def publish(self) -> None:
        """Prints the tables, and writes NAME.json, NAME.md and the charts to bench/out."""
        OUT.mkdir(exist_ok=True)
        facts = machine.describe(ROOT)
        command = shlex.join(["bench/run", *sys.argv[1:]])
        lines = [f"# {self.title}", "", self.about, ""]
        lines += [f"- command: `{command}`"] + [f"- {key}: {text}" for key, text in facts.items()]
        for index, section in enumerate(self.sections):
            lines += ["", f"## {section.title}", "", section.table.markdown()]
            if section.chart:
                picture = f"{self.name}{f'-{index}' if index else ''}.svg"
                (OUT / picture).write_text(section.chart)
                lines += ["", f"![{section.title}]({picture})"]
            print(f"\n{section.title}\n\n{section.table.text()}")
        (OUT / f"{self.name}.md").write_text("\n".join(lines) + "\n")
        document = {"command": command, "machine": facts, **self.data}
        (OUT / f"{self.name}.json").write_text(json.dumps(document, indent=2) + "\n")
        print(f"\nWritten: {OUT / self.name}.md and .json")


def table_of(measurements: Sequence[Measurement], columns: Sequence[Column]) -> Table:
    return Table([header for header, _ in columns],
                 [[cell(one) for _, cell in columns] for one in measurements])


def rate_panel(measurements: Sequence[Measurement]) -> Panel:
    return Panel("requests/s", [one.rate for one in measurements],
                 [number(one.rate) for one in measurements])


def latency_panel(measurements: Sequence[Measurement]) -> Panel:
    lows, highs = ([one.latency[key] for one in measurements] for key in ("p50", "p99"))
    labels = [f"{low:,.0f} – {high:,.0f}" for low, high in zip(lows, highs, strict=True)]
    return Panel("latency, p50 to p99, ms (log)", highs, labels, lows)


def cpu_panel(measurements: Sequence[Measurement]) -> Panel:
    return Panel("server CPU, us per request", [one.cpu_us for one in measurements],
                 [number(one.cpu_us) for one in measurements])
