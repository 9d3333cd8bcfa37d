"""Adds up the reports of one ./check and prints `N passed, N failed`.

The reports are meson's testlog.json (one JSON object per test program, whose stdout is cmocka's
TAP), pytest's JUnit XML, and failed-steps (one line for each step that is no test and failed).
A test program that fails without naming a failed test, as one that crashes does, is one failure.
"""

import json
import re
import sys
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

TAP_RESULT = re.compile(r"^(not )?ok \d+(?: - (.*))?$", re.MULTILINE)
MESON_PASSES = {"OK", "EXPECTEDFAIL"}


class Tally(NamedTuple):
    passed: int
    failures: list[str]


def of_program(report: dict) -> Tally:
    results = TAP_RESULT.findall(report.get("stdout", ""))
    failures = [f"{report['name']}: {name}" for failed, name in results if failed]
    passed = len(results) - len(failures)
    if report["result"] == "SKIP":
        return Tally(0, [])
    if report["result"] not in MESON_PASSES and not failures:
        failures = [f"{report['name']}: {report['result'].lower()}"]
    elif not results:
        passed = 1
    return Tally(passed, failures)


def of_meson(log: Path) -> Tally:
    programs = [of_program(json.loads(line)) for line in log.read_text().splitlines()]
    if not programs:
        return Tally(0, [f"{log.stem}: no unit test was run"])
    return Tally(
        sum(program.passed for program in programs),
        [f"{log.stem}: {failure}" for program in programs for failure in program.failures],
    )


def of_pytest(junit: Path) -> Tally:
    """A test that fails and then fails to clean up has two entries, and is one failure."""
    passed: set[str] = set()
    failed: set[str] = set()
    for case in ElementTree.parse(junit).iter("testcase"):
        name = f"{junit.stem}: {case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            failed.add(name)
        elif case.find("skipped") is None:
            passed.add(name)
    if not passed and not failed:
        return Tally(0, [f"{junit.stem}: no test was run"])
    return Tally(len(passed - failed), sorted(failed))


def of_steps(reports: Path) -> Tally:
    failed = reports / "failed-steps"
    return Tally(0, failed.read_text().splitlines() if failed.exists() else [])


def main(reports: Path) -> int:
    tallies = [of_steps(reports)]
    tallies += [of_meson(log) for log in sorted(reports.glob("*.json"))]
    tallies += [of_pytest(junit) for junit in sorted(reports.glob("*.xml"))]
    passed = sum(tally.passed for tally in tallies)
    failures = [failure for tally in tallies for failure in tally.failures]
    print()
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures or not passed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
