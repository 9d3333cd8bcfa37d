"""Makes bench/RESULTS.md, bench/RUNTIME.md and their pictures of what is in bench/out, so that no figure is
written by hand."""

import shutil
from dataclasses import dataclass

from harness import verdict
from harness.report import OUT
from harness.servers import ROOT

PICTURES = ROOT / "bench" / "results"
FIRST_PICTURE = ROOT / "docs" / "experiment.svg"  # of README.md


@dataclass(frozen=True)
class Page:
    name: str
    title: str
    about: str
    experiments: list[str]
    claims: list[verdict.Claim]


PAGES = [
    Page("RESULTS.md", "Results", """Greenroom beside other servers. What the runtime costs by itself, and what it
bears, is in [RUNTIME.md](RUNTIME.md). The load generator shares the cores with the servers, and the machine is a
noisy one: trust ratios and CPU per request more than absolute numbers.""",
         ["experiment", "hello", "flask", "sleep", "idle", "postgres", "drain"], verdict.OF_SERVERS),
    Page("CLIENT.md", "Results of the client", """Programs that call others: the HTTP client beside others, and
what it makes of applications; the tables of the experiment are in [RESULTS.md](RESULTS.md).""",
         ["client", "generators"], verdict.OF_CLIENT),
    Page("CONNECTIONS.md", "Results of many connections", """What idle and slow clients and downloads cost
the others; requests are in [RESULTS.md](RESULTS.md).""",
         ["idle-many", "slow", "downloads"], verdict.OF_CONNECTIONS),
    Page("OPERATION.md", "Results of operation", """What it costs to reload, to upgrade, to lose workers, to change a file
and to log to where nobody reads; requests are in [RESULTS.md](RESULTS.md).""",
         ["reload", "restart", "logs"], verdict.OF_OPERATION),
    Page("RUNTIME.md", "Results of the runtime", """What green threads cost, what they bear, and how fair they are;
beside other servers it stands in [RESULTS.md](RESULTS.md).""",
         ["fairness", "micro", "pingpong", "parked", "subprocesses", "soak"], verdict.OF_RUNTIME),
]


def publish() -> None:
    """Writes each page whose experiments have all been run."""
    for page in PAGES:
        missing = [name for name in page.experiments if not (OUT / f"{name}.md").exists()]
        if missing:
            print(f"Not written: {page.name}, since these were not run: {', '.join(missing)}")
        else:
            write(page)


def write(page: Page) -> None:
    """What all experiments of a page were measured on stands at its top, the rest with each."""
    reports = [parts_of((OUT / f"{name}.md").read_text()) for name in page.experiments]
    common = [fact for fact in reports[0].facts if all(fact in one.facts for one in reports)]
    parts = []
    PICTURES.mkdir(exist_ok=True)
    for name, report in zip(page.experiments, reports, strict=True):
        own = "\n".join(fact for fact in report.facts if fact not in common)
        parts.append(f"{report.about}\n\n{own}\n\n{report.tables}".replace("](", "](results/"))
        for picture in OUT.glob(f"{name}*.svg"):
            shutil.copy(picture, PICTURES)
    if "experiment" in page.experiments:
        shutil.copy(OUT / "experiment.svg", FIRST_PICTURE)
    head = [f"# {page.title}", "", f"Made by `bench/run publish` from what `bench/run` measured;"
            " [docs/benchmarks.md](../docs/benchmarks.md) says how to run it.", page.about, "", *common, "",
            "## What must hold", "", verdict.table_of(page.claims).markdown(), "", ""]
    path = ROOT / "bench" / page.name
    path.write_text("\n".join(head) + "\n\n".join(parts))
    print(f"Written: {path}")


@dataclass(frozen=True)
class Parts:
    """Of a report."""

    about: str
    facts: list[str]  # of the command, the machine and the versions
    tables: str


def parts_of(report: str) -> Parts:
    lines = deeper(report).splitlines()
    facts = [line for line in lines if line.startswith("- ")]
    first, last = lines.index(facts[0]), lines.index(facts[-1])
    return Parts("\n".join(lines[:first]).strip(), facts, "\n".join(lines[last + 1 :]).strip() + "\n")


def deeper(markdown: str) -> str:
    """Headings one level down."""
    return "\n".join(f"#{line}" if line.startswith("#") else line for line in markdown.splitlines())
