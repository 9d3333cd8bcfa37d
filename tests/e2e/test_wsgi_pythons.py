"""One extension serves every CPython from 3.11 on, on glibc; others are refused.

Those that tools/pythons has unpacked are tried, and what GREENROOM_TEST_PYTHONS names, separated by ":".
"""

import os
import subprocess
import sys

import pytest
from conftest import ROOT, unpacked_pythons

NAMED = os.environ.get("GREENROOM_TEST_PYTHONS", "").split(":")
OTHERS = [*unpacked_pythons(), *filter(None, NAMED)]


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


@pytest.fixture
def compiled(tmp_path):
    """Compiles C, to a program or with -shared to a library, and returns its path."""

    def compile_c(source: str, *options: str) -> str:
        target = tmp_path / "compiled"
        subprocess.run(["cc", "-fPIC", "-x", "c", "-", "-o", target, *options], input=source,
                       text=True, check=True)
        return str(target)

    return compile_c


def test_a_python_of_another_c_library_is_refused(greenroom, compiled):
    loader = "/lib/ld-musl-x86_64.so.1"
    python = compiled("int main(void) { return 0; }", f"-Wl,--dynamic-linker={loader}")
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--python", python, "hello:app")
    sentence = f"cannot use the Python {python}: its C library is not glibc (its loader is {loader})"
    assert (done.returncode, done.stderr) == (2, f"greenroom: {sentence}\n")


def test_a_python_that_is_linked_statically_is_refused(greenroom, compiled):
    python = compiled("int main(void) { return 0; }", "-static")
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--python", python, "hello:app")
    sentence = f"cannot use the Python {python}: it is linked statically"
    assert (done.returncode, done.stderr) == (2, f"greenroom: {sentence}\n")


def test_a_script_that_starts_a_python_serves(serve, tmp_path):
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    assert serve("--python", str(script), "wsgi_blocking:app").get("/green").text == "true"


@pytest.mark.parametrize(("library", "why"), [
    ("#include <stddef.h>\n size_t confstr(int name, char *buffer, size_t len) { return 0; }",
     "the C library is not glibc"),
    ("static char words[4096]; unsigned long pthread_self(void) { return (unsigned long)words; }",
     "threads of this C library cannot be made green"),
], ids=["another name", "other threads"])
def test_a_c_library_other_than_glibc_is_refused(greenroom, compiled, library, why):
    preload = compiled(library, "-shared")
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--python", sys.executable, "hello:app",
                     env={"LD_PRELOAD": preload})
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"cannot serve: {why}" in done.stderr
