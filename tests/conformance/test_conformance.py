"""The part of CPython's own tests that takes seconds; tests/conformance/run is the whole."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from conftest import build_dir  # noqa: E402, F401

RUN = Path(__file__).parent / "run"
QUICK = """
test_thread test_threading_local test_threading test_epoll test_select test_popen test_pty test_httplib
test_httpservers test_urllib2_localnet test_ftplib test_smtplib test_socketserver test_timeout test_context
""".split()


def test_no_quick_module_differs(build_dir):
    done = subprocess.run(["/usr/bin/python3", RUN, "--build", build_dir, *QUICK],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
