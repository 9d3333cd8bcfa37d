"""The part of CPython's own tests that takes seconds; tests/conformance/run is the whole."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import pytest  # noqa: E402
from conftest import build_dir, unpacked_pythons  # noqa: E402, F401

RUN = Path(__file__).parent / "run"
QUICK = """
test_thread test_threading_local test_threading test_epoll test_select test_popen test_pty test_httplib
test_httpservers test_urllib2_localnet test_smtplib test_timeout test_context
""".split()
QUICKEST = ["test_thread", "test_threading_local", "test_select", "test_epoll"]


def differs_nowhere(build: Path, *arguments: str) -> None:
    done = subprocess.run(["/usr/bin/python3", RUN, "--build", build, *arguments],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", QUICK)
def test_a_quick_module_does_not_differ(build_dir, module):
    differs_nowhere(build_dir, module)


@pytest.mark.parametrize("python", unpacked_pythons() or [None])
def test_no_quick_module_differs_under_a_newer_python(build_dir, python):
    if not python:
        pytest.skip("no newer Python: tools/pythons could not fetch one")
    differs_nowhere(build_dir, *QUICKEST, "--python", python)
