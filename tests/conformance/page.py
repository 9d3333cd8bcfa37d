"""What is known of each Python, in results/VERSION.json, and the tables of docs/conformance.md."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
PAGE = HERE.parent.parent / "docs" / "conformance.md"
MARK = "<!-- results -->"


@dataclass
class Row:
    """A module under one Python."""

    tests: int
    plain: int  # passed
    green: int
    different: list[str]  # passed plain, not green, also when tried again
    flaky: list[str]  # differed at first only
    absent: str = ""  # why there are no tests


@dataclass
class Known:
    """All that was run under one Python."""

    python: str
    libc: str
    rows: dict[str, Row]


def remember(python: str, libc: str, rows: dict[str, Row]) -> None:
    """Keeps rows beside what is known of other modules under this Python."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{python.rpartition('.')[0]}.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    if (known.get("python"), known.get("libc")) != (python, libc):
        known = {"python": python, "libc": libc, "modules": {}}
    known["modules"] |= {module: asdict(row) for module, row in rows.items()}
    modules = ",\n".join(f"  {json.dumps(module)}: {json.dumps(row)}"
                         for module, row in sorted(known["modules"].items()))
    path.write_text(f'{{"python": "{python}", "libc": "{libc}", "modules": {{\n{modules}}}}}\n')


def recall() -> list[Known]:
    """What is known of all Pythons, the oldest first."""
    read = [json.loads(path.read_text()) for path in RESULTS.glob("*.json")]
    return sorted((Known(one["python"], one["libc"],
                         {module: Row(**row) for module, row in one["modules"].items()})
                   for one in read), key=lambda one: [int(n) for n in one.python.split(".")])


def write(order: list[str]) -> None:
    """Makes the tables anew."""
    head = PAGE.read_text().split(MARK)[0]
    PAGE.write_text(f"{head}{MARK}\n\n{text(recall(), order)}")


def text(pythons: list[Known], order: list[str]) -> str:
    lines = ["| Python | C library | modules | tests | pass under plain Python | pass on green threads |",
             "|---|---|---:|---:|---:|---:|"]
    for one in pythons:
        there = [row for row in one.rows.values() if not row.absent]
        lines.append(f"| {one.python} | {one.libc} | {len(there)} "
                     f"| {sum(row.tests for row in there)} | {sum(row.plain for row in there)} "
                     f"| {sum(row.green for row in there)} |")
    lines += ["", "How many pass, of how many; where two numbers would differ: plain, green.", "",
              "| module | " + " | ".join(one.python for one in pythons) + " |",
              "|---|" + "---:|" * len(pythons)]
    for module in order:
        cells = [cell(one.rows.get(module)) for one in pythons]
        lines.append(f"| {module} | " + " | ".join(cells) + " |")
    return "\n".join(lines + absent(pythons, order) + differences(pythons)) + "\n"


def cell(row: Row | None) -> str:
    if not row:
        return ""
    if row.absent:
        return "not there"
    passed = str(row.plain) if row.plain == row.green else f"{row.plain}, {row.green}"
    return f"{passed} of {row.tests}"


def absent(pythons: list[Known], order: list[str]) -> list[str]:
    whys: dict[tuple[str, str], list[str]] = {}
    for module in order:
        for one in pythons:
            if module in one.rows and one.rows[module].absent:
                whys.setdefault((module, one.rows[module].absent), []).append(one.python)
    lines = [f"- {module} cannot be imported under {', '.join(versions)}: {why}"
             for (module, why), versions in whys.items()]
    return ["", "Not there:", "", *lines] if lines else []


def differences(pythons: list[Known]) -> list[str]:
    why = exceptions()
    named = [(one.python, name) for one in pythons for row in one.rows.values()
             for name in row.different]
    lines = ["", "Pass under plain Python only:" if named else "No test passes under plain Python only."]
    if named:
        lines += ["", *(f"- {python}: `{name}`: {why.get(name, 'not explained yet')}"
                        for python, name in named)]
    flaky = [f"`{name}` ({one.python})" for one in pythons for row in one.rows.values()
             for name in row.flaky]
    if flaky:
        lines += ["", "Differed at first, and not when both sides were run again: "
                  + ", ".join(flaky) + "."]
    return lines


def exceptions() -> dict[str, str]:
    """Test id -> why it cannot pass on green threads."""
    lines = (HERE / "exceptions.txt").read_text().splitlines()
    pairs = (line.split(None, 1) for line in lines if line and not line.startswith("#"))
    return {name: reason for name, reason in pairs}
