"""Runs one module of CPython's test suite and writes what each test came to.

    python3 probe.py MODULE RESULTS [--green BUILD] [--skip FILE] [--only FILE]

RESULTS gets a line of JSON when a test starts and one when it ends. With --green, which needs
libgreenroom-posix.so preloaded, the main thread becomes green thread 0 and each thread that
`threading` starts a green thread, as in a worker of `greenroom serve`.
"""

import argparse
import faulthandler
import importlib
import json
import os
import signal
import sys
import threading
import unittest

STACK_SIZE = 4 << 20

# Ask for the network, and use no more of it than the loopback interface in most of their tests.
LOOPBACK_ONLY = {"test_socketserver", "test_timeout"}


def become_green(build: str) -> None:
    sys.path.insert(0, build)
    import boot

    sys.path.remove(build)
    boot.HERE = build
    boot.find_modules()
    import _greenroom

    _greenroom.start(STACK_SIZE)
    for name in ("GREENROOM_WORKER", "LD_PRELOAD"):
        os.environ.pop(name, None)
    seen = []
    thread = threading.Thread(target=lambda: seen.append(_greenroom.is_green()))
    thread.start()
    thread.join()
    if not _greenroom.is_green() or seen != [True]:
        raise SystemExit("probe: this is not green")


class Recorder(unittest.TestResult):
    """Subtests count as their test."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.out = open(path, "a", encoding="utf-8")
        self.failed_subtests: set[str] = set()

    def write(self, test: unittest.TestCase, outcome: str, detail: str = "") -> None:
        line = json.dumps({"test": test.id(), "outcome": outcome, "detail": detail[-2000:]})
        os.write(self.out.fileno(), line.encode() + b"\n")

    def startTest(self, test):
        super().startTest(test)
        self.write(test, "started")

    def addSuccess(self, test):
        if test.id() not in self.failed_subtests:
            self.write(test, "passed")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.write(test, "skipped", reason)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.write(test, "failed", self._exc_info_to_string(error, test))

    def addError(self, test, error):
        super().addError(test, error)
        self.write(test, "failed", self._exc_info_to_string(error, test))

    def addExpectedFailure(self, test, error):
        self.write(test, "passed")

    def addUnexpectedSuccess(self, test):
        self.write(test, "failed", "unexpected success")

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.failed_subtests.add(test.id())
            self.write(test, "failed", self._exc_info_to_string(error, test))


def tests_of(suite: unittest.TestSuite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def without(suite: unittest.TestSuite, unwanted) -> unittest.TestSuite:
    """The suite keeps its shape, on which fixtures of classes and modules depend."""
    kept = type(suite)()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            kept.addTest(without(test, unwanted))
        elif not unwanted(test.id()):
            kept.addTest(test)
    return kept


def lines_of(path: str | None) -> set[str]:
    if not path:
        return set()
    with open(path, encoding="utf-8") as file:
        return set(file.read().splitlines())


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("module")
    parser.add_argument("results")
    parser.add_argument("--green")
    parser.add_argument("--skip")
    parser.add_argument("--only")
    options = parser.parse_args()
    if options.green:
        become_green(options.green)
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR2, all_threads=True)
    from test import support

    support.use_resources = ["cpu", "subprocess", "walltime"]
    if options.module in LOOPBACK_ONLY:
        support.use_resources.append("network")
    result = Recorder(options.results)
    try:
        module = importlib.import_module(f"test.{options.module}")
    except (ImportError, unittest.SkipTest) as error:
        result.out.write(json.dumps({"test": "", "outcome": "absent", "detail": str(error)}) + "\n")
        result.out.flush()
        return 0
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    skipped, only = lines_of(options.skip), lines_of(options.only)
    suite = without(suite, lambda name: name in skipped or (only and name not in only))
    suite.run(result)
    result.out.write(json.dumps({"test": "", "outcome": "complete"}) + "\n")
    result.out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
