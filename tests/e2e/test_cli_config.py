"""Settings from files, the environment and the command line; `greenroom config`, `greenroom check`."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import APPS, START_TIMEOUT, processes_marked

APP = "supervised:app"


@pytest.fixture
def run(build_dir: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess]:
    """Runs the program in tmp_path, without settings from the environment of the tests."""
    inherited = {name: value for name, value in os.environ.items()
                 if not name.startswith("GREENROOM_")}

    def run(*args: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
        return subprocess.run(
            [build_dir / "greenroom", *args], env=inherited | {"PYTHONPATH": str(APPS)} | (env or {}),
            cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=START_TIMEOUT,
        )

    return run


def written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_the_file_in_the_current_directory_is_served_by(serve, tmp_path):
    written(tmp_path / "greenroom.yaml", f"app: {APP}\nworkers: 3\naccess-log: 'off'\n")
    server = serve("--graceful-timeout", "5", cwd=tmp_path, env={"PYTHONPATH": str(APPS)})
    assert "with 3 workers" in server.output()
    assert server.get("/pid").status == 200
    assert "GET /pid" not in server.output()


def test_the_environment_goes_before_files_and_the_command_line_before_both(serve, tmp_path):
    first = written(tmp_path / "a.yaml", "workers: 4\nmount: /a\naccess-log: 'off'\n")
    second = written(tmp_path / "b.yaml", "mount: /b\n")
    server = serve("--config", first, "--config", second, "--workers", "1", APP,
                   env={"GREENROOM_MOUNT": "/c", "GREENROOM_WORKERS": "2"})
    assert "with 1 worker " in server.output()
    assert server.get("/b/pid").status == 404
    assert server.get("/c/pid").status == 200


def test_addresses_of_files_are_appended_where_a_file_says_so(serve, tmp_path):
    base = written(tmp_path / "a.yaml", "bind: 127.0.0.1:0\nmerge: {bind: append}\n")
    more = written(tmp_path / "b.yaml", f"bind: ['unix:{tmp_path}/socket']\n")
    server = serve("--config", base, "--config", more, "--workers", "1", APP)
    assert len(server.urls) == 3
    assert f"unix:{tmp_path}/socket" in server.urls


@pytest.mark.parametrize("text, sentence", [
    ("wrokers: 2", "greenroom.yaml:1: unknown key wrokers; did you mean workers?"),
    ("app: a\nworkers: [2]", "greenroom.yaml:2: workers must be one value, not a list"),
    ("workers: 0", "greenroom.yaml:1: workers must be 1 to 1024, not '0'"),
    ("compress: yes", "greenroom.yaml:1: compress must be on or off, not 'yes'"),
    ("static:\n  /a: none", "greenroom.yaml:2: static: 'none': No such file or directory"),
    ("bind:\n\t- :80", "greenroom.yaml:2: a tab indents this line; YAML wants blanks"),
    ("app: &a b", "greenroom.yaml:1: anchors are not understood here: &a"),
])
@pytest.mark.parametrize("command", ["serve", "check"])
def test_what_is_wrong_with_a_file_is_one_sentence(run, tmp_path, command, text, sentence):
    written(tmp_path / "greenroom.yaml", text)
    done = run(command, APP)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"greenroom: {sentence}\n")


def test_a_slip_in_the_name_of_a_variable_is_refused(run):
    done = run("serve", APP, env={"GREENROOM_WORKER5": "2"})
    assert done.returncode == 2
    assert done.stderr == ("greenroom: unknown variable GREENROOM_WORKER5; did you mean "
                           "GREENROOM_WORKERS?\n")


def test_config_tells_the_layer_of_each_setting(run, tmp_path):
    written(tmp_path / "greenroom.yaml", "workers: 2\nmount: /shop\n")
    done = run("config", "--workers", "4", env={"GREENROOM_SLICE": "5"})
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["workers:", "4", "#", "--workers"] in lines
    assert ["mount:", "/shop", "#", "greenroom.yaml:2"] in lines
    assert ["slice:", "5", "#", "GREENROOM_SLICE"] in lines
    assert ["#", "compress:", "off"] in lines


def test_explain_tells_what_a_layer_has_overridden(run, tmp_path):
    written(tmp_path / "greenroom.yaml", "# how many\nworkers: 2\n")
    done = run("config", "--explain", "workers", "--workers", "4", env={"GREENROOM_WORKERS": "3"})
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["workers:", "4"],
        ["--workers", "override", "4"],
        ["GREENROOM_WORKERS", "override", "3"],
        ["greenroom.yaml:2", "2"],
        ["default", "one", "for", "each", "usable", "core"],
    ]


def test_explain_of_an_unknown_key_names_the_nearest(run):
    done = run("config", "--explain", "wrokers")
    assert (done.returncode, done.stderr) == (
        2, "greenroom: unknown key wrokers; did you mean workers?\n")


def test_check_loads_the_application_and_ends(run):
    done = run("check", "--python", sys.executable, "--workers", "4", APP,
               env={"GREENROOM_TEST": "check-that-ends"})
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith(f": {APP} can be served\n")
    assert len(done.stderr.splitlines()) == 1
    assert not processes_marked("GREENROOM_TEST=check-that-ends")


def test_check_starts_the_threads_that_serve_would(run):
    done = run("check", "--python", sys.executable, "--concurrency", "threads:2", APP)
    assert done.returncode == 0, done.stderr


def test_check_leaves_a_running_server_alone(run, serve, tmp_path):
    server = serve("--bind", "127.0.0.1:0", "--bind", f"unix:{tmp_path}/socket", APP)
    done = run("check", "--bind", f"127.0.0.1:{server.port}", "--bind", f"unix:{tmp_path}/socket",
               "--python", sys.executable, APP)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "socket").exists()
    assert server.get("/pid").status == 200


@pytest.mark.parametrize("arguments, code, sentence", [
    (["wsgi_failing:app"], 1, "bad at import"),
    (["no_such_module:app"], 2, "there is no module no_such_module"),
    (["supervised:killed()"], 1, "died by SIGSEGV while starting"),
    (["--bind", "nobody.invalid:1", APP], 2, "cannot listen on nobody.invalid:1: "),
    (["./none.so"], 2, "cannot load ./none.so"),
    ([], 2, "check what? Name an APP"),
])
def test_check_fails_as_serve_would(run, arguments, code, sentence):
    done = run("check", "--python", sys.executable, *arguments)
    assert done.returncode == code
    assert sentence in done.stderr


def test_check_reads_the_certificates(run, tmp_path):
    path = written(tmp_path / "bad.pem", "no certificate")
    done = run("check", "--python", sys.executable,
               "--bind", f"tls://127.0.0.1:0?cert={path}&key={path}", APP)
    assert done.returncode == 2
    assert "bad.pem" in done.stderr


def test_check_loads_a_c_application(run, c_app):
    done = run("check", c_app("answers"))
    assert done.returncode == 0, done.stderr
    assert run("check", c_app("no_setup")).returncode == 2
