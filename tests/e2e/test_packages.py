"""What people install: the Debian packages and the wheel, built from a copy of the sources."""

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import READY, ROOT, START_TIMEOUT, STOP_TIMEOUT, eventually

APP = """
import sys

import greenroom


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{sys.prefix} {greenroom.is_green()}".encode()]
"""

BUILD_TIMEOUT = 200.0


def run(*command: str | Path, cwd: Path | None = None, timeout: float = BUILD_TIMEOUT) -> str:
    result = subprocess.run(command, cwd=cwd, timeout=timeout, text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert result.returncode == 0, result.stdout[-3000:]
    return result.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """A new copy of what a checkout has, without what was built in it."""

    def copy() -> Path:
        folder = tmp_path_factory.mktemp("sources") / "greenroom"
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", "build*", "out", "__pycache__"))
        return folder

    return copy


@contextmanager
def serving(program: Path, folder: Path, **environment: str) -> Iterator[str]:
    """Serves APP from that folder; gives its answer."""
    (folder / "app.py").write_text(APP)
    log = folder / "log"
    with log.open("w") as output:
        server = subprocess.Popen([program, "serve", "--bind", "127.0.0.1:0", "--workers", "1", "app:app"],
                                  cwd=folder, stdout=output, stderr=output,
                                  env={"PATH": "/usr/bin:/bin", **environment})
    try:
        found = eventually(lambda: READY.search(log.read_text()) or server.poll() is not None,
                           "it serves", START_TIMEOUT)
        assert isinstance(found, re.Match), log.read_text()
        with urllib.request.urlopen(found["where"], timeout=START_TIMEOUT) as answer:
            yield answer.read().decode()
    finally:
        server.terminate()
        server.wait(STOP_TIMEOUT)


def is_installed(package: str) -> bool:
    return subprocess.run(["dpkg-query", "-W", package], capture_output=True).returncode == 0


@pytest.fixture
def installed_packages(sources: Callable[[], Path]) -> Iterator[list[str]]:
    if os.geteuid() != 0:
        pytest.skip("only root can install packages")
    if is_installed("greenroom"):
        pytest.skip("the package is installed, and would be replaced")
    folder = sources()
    run("dpkg-buildpackage", "--build=binary", "--no-sign", cwd=folder)
    packages = {path.name.partition("_")[0]: path for path in folder.parent.glob("*.deb")
                if "-dbgsym" not in path.name}
    try:
        run("dpkg", "--install", *packages.values())
        yield sorted(packages)
    finally:
        run("dpkg", "--purge", *packages)


def test_the_debian_packages_serve_python_and_compile_c(installed_packages: list[str], tmp_path: Path) -> None:
    assert installed_packages == ["greenroom", "libgreenroom-dev", "libgreenroom0"]
    with serving(Path("/usr/bin/greenroom"), tmp_path) as answer:
        assert answer == "/usr True"
    flags = run("pkg-config", "--cflags", "--libs", "greenroom").split()
    library = tmp_path / "hello.so"
    run("gcc", "-shared", "-fPIC", ROOT / "examples" / "hello.c", "-o", library, *flags)
    assert "can be served" in run("/usr/bin/greenroom", "check", library)
    if shutil.which("man"):
        assert "greenroom" in run("man", "--where", "greenroom")


@pytest.fixture(scope="module")
def environment(sources: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=sources())
    [wheel] = folder.glob("greenroom-*.whl")
    run(sys.executable, "-m", "venv", folder / "venv")
    run(folder / "venv" / "bin" / "pip", "install", "--no-index", wheel)
    return folder / "venv"


def test_pip_installs_a_program_that_serves_with_its_environment(environment: Path, tmp_path: Path) -> None:
    program = environment / "bin" / "greenroom"
    with serving(program, tmp_path) as answer:
        assert answer == f"{environment} True"
    with serving(program, tmp_path, VIRTUAL_ENV="/usr") as answer:
        assert answer == f"{environment} True", "the environment it lies in counts, not the one that is active"


def test_without_a_server_the_module_says_that_nothing_is_green(environment: Path) -> None:
    said = run(environment / "bin" / "python", "-c", "import greenroom; print(greenroom.is_green())")
    assert said == "False\n"
