"""What cannot be served is refused: one sentence on stderr, exit code 2, no traceback of ours."""

import re
import socket
import sys

import pytest

APP = "supervised:app"


def refused(done, sentence: str, code: int = 2) -> None:
    """done printed this sentence, a regular expression, and nothing else."""
    assert done.returncode == code, done.stderr
    assert re.fullmatch(f"greenroom: {sentence}\n", done.stderr), done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("arguments, sentence", [
    ([], r"serve what\? Name an APP, such as module:app or ./app.so"),
    ([""], r"serve what\? Name an APP, such as module:app or ./app.so"),
    ([APP, "other:app"], f"only one APP can be served: '{APP}' or 'other:app'"),
    (["--wrokers", "2", APP], r"unknown option --wrokers; did you mean --workers\?"),
    (["--frobnicate", APP], "unknown option --frobnicate; see greenroom serve --help"),
    (["-w", "2", APP], "unknown option -w; see greenroom serve --help"),
    ([APP, "--workers"], "--workers needs a value"),
    (["--workers", "0", APP], "--workers must be 1 to 1024, not '0'"),
    (["--workers", "many", APP], "--workers must be 1 to 1024, not 'many'"),
    (["--slice", "-1", APP], "--slice must be 0 to 10000 milliseconds, not '-1'"),
    (["--graceful-timeout", "1h", APP], "--graceful-timeout must be 0 to 86400 seconds, not '1h'"),
    (["--accelerate", "httpx", APP], "--accelerate must be requests or off, not 'httpx'"),
    (["--stack-size", "12", APP], "--stack-size must be 64K to 64M bytes, not '12'"),
    (["--poller", "select", APP], "--poller must be epoll or poll, not 'select'"),
    (["--bind", "127.0.0.1", APP], "--bind: '127.0.0.1' has no port; write HOST:PORT"),
    (["--bind", "127.0.0.1:99999", APP], "--bind: '127.0.0.1:99999' has a port above 65535"),
    (["--bind", "::1:80", APP], r"--bind: '::1:80' has more than one colon; write \[IPV6\]:PORT"),
    (["--bind", "unix:", APP], "--bind: 'unix:' names no path; write unix:PATH"),
    (["--bind", "unix:/a?mode=0999", APP],
     "--bind: 'unix:/a[?]mode=0999' has a mode= that is no permissions in octal, such as 0660"),
    (["--bind", "unix:/a?group=no-such-one", APP],
     "--bind: 'unix:/a[?]group=no-such-one' has a group= that is no group"),
    (["--cpu-affinity", "0-", APP], "--cpu-affinity: '0-' is no list of CPUs such as 0-3,6"),
    (["--cpu-affinity", "1000", "--bind", "127.0.0.1:0", APP],
     "--cpu-affinity names CPU 1000, which may not be used here"),
    (["--sandbox", "maybe", APP], "--sandbox must be on or off, not 'maybe'"),
    (["--readiness-path", "ready", APP],
     "--readiness-path must be a path such as /shop, without a slash at its end .*"),
    (["--access-log", "", APP], "--access-log needs a value that is not empty"),
    (["--ready-path", "health", APP], "--ready-path must be a path such as /health, not 'health'"),
    (["two\nlines:app"], "APP must not have a line break"),
])
def test_a_bad_command_line(greenroom, arguments, sentence):
    refused(greenroom("serve", *arguments), sentence)


def test_a_port_in_use(greenroom):
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        done = greenroom("serve", "--bind", address, APP)
    refused(done, f"cannot listen on {address}: Address already in use")


def test_an_address_of_another_machine(greenroom):
    done = greenroom("serve", "--bind", "192.0.2.1:0", APP)
    refused(done, "cannot listen on 192.0.2.1:0: Cannot assign requested address")


def test_a_name_that_nobody_has(greenroom):
    done = greenroom("serve", "--bind", "nobody.invalid:0", APP)
    refused(done, "cannot listen on nobody.invalid:0: .+")


def test_a_unix_socket_in_a_folder_that_is_not_there(greenroom, tmp_path):
    done = greenroom("serve", "--bind", f"unix:{tmp_path}/none/app.sock", APP)
    refused(done, f"cannot listen on unix:{tmp_path}/none/app.sock: No such file or directory")


def test_a_file_is_not_overwritten_by_a_unix_socket(greenroom, tmp_path):
    (tmp_path / "precious").write_text("data")
    done = greenroom("serve", "--bind", f"unix:{tmp_path}/precious", APP)
    refused(done, f"cannot listen on unix:{tmp_path}/precious: File exists")
    assert (tmp_path / "precious").read_text() == "data"


def test_an_address_is_free_again_after_a_refusal(greenroom, tmp_path):
    """Of two addresses the second is taken: the first leaves nothing behind."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        done = greenroom("serve", "--bind", f"unix:{tmp_path}/a", "--bind", taken, APP)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_a_python_that_is_not_there(greenroom):
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--python", "/none/python3", APP)
    refused(done, "cannot use the Python /none/python3: No such file or directory")


def test_a_python_that_is_not_in_path(greenroom):
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--python", "python9", APP)
    refused(done, "there is no python9 in PATH")


@pytest.mark.parametrize("path", ["/etc", "/etc/passwd"])
def test_a_python_that_is_no_program(greenroom, path):
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--python", path, APP)
    refused(done, f"cannot use the Python {path}: not an executable file")


def test_a_python_that_the_kernel_does_not_execute(greenroom, tmp_path):
    fake = tmp_path / "python3"
    fake.write_bytes(b"\x00not a program")
    fake.chmod(0o755)
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--python", str(fake), APP)
    refused(done, f"cannot run {fake}: Exec format error")


def test_a_virtual_environment_without_python(greenroom, tmp_path):
    done = greenroom("serve", "--bind", "127.0.0.1:0", APP, env={"VIRTUAL_ENV": str(tmp_path)})
    refused(done, f"cannot use the Python {tmp_path}/bin/python3: No such file or directory")


def test_a_c_application_that_is_not_there(greenroom):
    done = greenroom("serve", "--bind", "127.0.0.1:0", "./none.so")
    assert done.returncode == 2
    assert re.search(r"cannot load ./none.so: No such file or directory$", done.stderr, re.M)
    assert len(done.stderr.splitlines()) == 1


def test_a_shared_object_that_is_no_application(greenroom, c_app):
    done = greenroom("serve", "--bind", "127.0.0.1:0", c_app("no_setup"))
    assert done.returncode == 2
    assert re.search(r"no_setup.so does not export gr_app_setup$", done.stderr, re.M)
    assert len(done.stderr.splitlines()) == 1


def test_an_access_log_that_cannot_be_opened(greenroom, tmp_path):
    log = tmp_path / "none" / "access.log"
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--access-log", str(log), APP)
    refused(done, f"cannot open the access log {log}: No such file or directory")


@pytest.mark.parametrize("workers", ["1", "4"])
def test_an_application_that_raises_is_shown_once(greenroom, workers):
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--python", sys.executable,
                     "--workers", workers, "wsgi_failing:app")
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1


def test_an_application_that_dies_while_it_is_loaded(greenroom):
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--python", sys.executable,
                     "supervised:killed()")
    refused(done, r"worker 0 \(pid \d+\) died by SIGSEGV while starting", code=1)


def test_faults_that_cannot_be_injected_are_refused(greenroom):
    result = greenroom("serve", "hello:app", env={"GREENROOM_FAULTS": "nonsense"})
    assert result.returncode == 2
    assert "GREENROOM_FAULTS" in result.stderr
    assert "Traceback" not in result.stderr
