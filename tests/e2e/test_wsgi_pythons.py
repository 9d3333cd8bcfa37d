"""One extension serves every CPython from 3.11 on; others are refused.

Those that tools/pythons has unpacked are tried, and what GREENROOM_TEST_PYTHONS names, separated by ":".
"""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

UNPACKED = [str(wrapper.with_suffix("")) for wrapper in ROOT.glob("build/pythons/*/usr/bin/python3.*.elf")]
OTHERS = sorted(UNPACKED) + [path for path in os.environ.get("GREENROOM_TEST_PYTHONS", "").split(":") if path]


@pytest.fixture(params=OTHERS or [None])
def other_python(request):
    if request.param is None:
        pytest.skip("no other Python: tools/pythons could not fetch one")
    return request.param


def test_another_python_serves(serve, other_python):
    server = serve("--workers", "1", "--python", other_python, "wsgi_blocking:app")
    assert server.get("/green").text == "true"
    assert server.get("/thread").text == "[true]"
    assert server.get("/sleep?seconds=0.01").text == '"slept"'
    assert server.request("POST", "/borrowed_input", body=b"x").text == '["", "x"]'
    assert server.get("/multiprocess").text == "0"


def test_another_python_is_valid(serve, other_python):
    server = serve("--workers", "1", "--python", other_python, "wsgi_validated:app")
    response = server.request("POST", "/echo", body=b"first\nsecond\nthird")
    assert (response.status, response.text) == (200, "first\nsecond\nthird"), server.output()


def run_boot(code: str) -> subprocess.CompletedProcess:
    """Runs the boot script after code has changed what it finds."""
    boot = str(ROOT / "python" / "greenroom" / "boot.py")
    run = f"runpy.run_path({boot!r}, run_name='__main__')"
    script = f"import runpy, sys, sysconfig; {code}; {run}"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)


def test_an_old_python_is_refused():
    done = run_boot("sys.version_info = (3, 10, 4, 'final', 0)")
    assert done.returncode == 2
    sentence = f"{sys.executable} is cpython 3.10.4; 3.11 or later is needed"
    assert done.stderr == f"greenroom: {sentence}\n"


def test_a_free_threaded_python_is_refused():
    done = run_boot("sysconfig.get_config_vars()['Py_GIL_DISABLED'] = 1")
    assert done.returncode == 2
    assert "free-threaded" in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_python_that_is_not_there_is_refused(greenroom):
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--python", "/nowhere/python3", "hello:app")
    assert done.returncode == 2
    assert "/nowhere/python3" in done.stderr and "Traceback" not in done.stderr
