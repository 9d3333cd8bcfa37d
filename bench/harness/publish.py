"""Makes bench/RESULTS.md and its pictures of what is in bench/out, so that no figure is written by hand."""

import shutil

from harness.report import OUT
from harness.servers import ROOT

RESULTS = ROOT / "bench" / "RESULTS.md"
PICTURES = ROOT / "bench" / "results"
FIRST_PICTURE = ROOT / "docs" / "experiment.svg"  # of README.md

INTRODUCTION = """# Results

Made by `bench/run publish` from what `bench/run` measured; [docs/benchmarks.md](../docs/benchmarks.md) says
how to run it. The load generator shares the cores with the servers, and the machine is a noisy one: trust
ratios and CPU per request more than absolute numbers.
"""


def publish(names: list[str]) -> None:
    """names: the experiments, in order; each must have been run."""
    machine: list[str] = []
    parts = [verdict()]
    PICTURES.mkdir(exist_ok=True)
    for name in names:
        about, facts, rest = parts_of((OUT / f"{name}.md").read_text())
        machine = machine or [line for line in facts if not line.startswith("- command:")]
        command = next(line for line in facts if line.startswith("- command:"))
        parts.append(f"{about}\n\n{command}\n\n{rest}".replace("](", "](results/"))
    for picture in OUT.glob("*.svg"):
        shutil.copy(picture, PICTURES)
    shutil.copy(OUT / "experiment.svg", FIRST_PICTURE)
    RESULTS.write_text("\n".join([INTRODUCTION, *machine, ""]) + "\n" + "\n\n".join(parts))
    print(f"Written: {RESULTS}")


def verdict() -> str:
    return deeper((OUT / "verdict.md").read_text())


def parts_of(report: str) -> tuple[str, list[str], str]:
    """What was done, the facts of machine and command, and the tables."""
    lines = deeper(report).splitlines()
    facts = [line for line in lines if line.startswith("- ")]
    first, last = lines.index(facts[0]), lines.index(facts[-1])
    return "\n".join(lines[:first]).strip(), facts, "\n".join(lines[last + 1 :]).strip() + "\n"


def deeper(markdown: str) -> str:
    """Headings one level down."""
    return "\n".join(f"#{line}" if line.startswith("#") else line for line in markdown.splitlines())
