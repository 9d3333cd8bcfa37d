"""--attach: programs that live and die with the master."""

import os
import pwd
import re
import signal
from pathlib import Path

import pytest
from conftest import eventually, is_alive

STARTED = r"info greenroom: attached \S+ \(pid (\d+)\)$"
SLEEPER = "sh -c 'echo here; exec sleep 1000'"


@pytest.fixture
def control(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
def serve_with(serve, control, app):
    """serve_with("sleep 5", ...): one worker and these commands."""
    def start(*commands: str, options: tuple[str, ...] = (), served: str = app, **others):
        attached = [word for command in commands for word in ("--attach", command)]
        return serve("--workers", "1", "--access-log", "off", "--control", str(control), *options,
                     *attached, served, **others)

    return start


@pytest.fixture
def running(greenroom, control):
    """running(): the process ids of those that run, by their commands."""
    def ask() -> dict[str, int]:
        said = greenroom("status", "--control", str(control)).stdout
        return {command: int(pid)
                for pid, command in re.findall(r"^ {4} +(\d+)  running +\d+ \w+  (.*)$", said, re.M)}

    return ask


def first_pid(server, number: int = 0) -> int:
    eventually(lambda: len(server.find_all(STARTED)) > number, "attached")
    return int(server.find_all(STARTED)[number])


def is_sleeping(pid: int) -> bool:
    return is_alive(pid) and Path(f"/proc/{pid}/comm").read_text() == "sleep\n"


def test_what_it_prints_is_in_the_log_under_its_name(serve_with):
    server = serve_with("sh -c 'echo out; echo err >&2; exec sleep 1000'")
    server.wait_for_output(r"\[attached\] info sh: out\n.*\[attached\] info sh: err$")


def test_it_has_nothing_of_ours(serve_with):
    server = serve_with("sh -c 'env; readlink /proc/self/fd/0; ls /proc/self/fd | wc -l; exec sleep 1000'",
                        env={"NOTIFY_SOCKET": "/nowhere"})
    server.wait_for_output(r"sh: /dev/null$")
    server.wait_for_output(r"sh: 4$")  # the three standard ones, and that of ls itself
    assert not server.find_all(r"sh: (LD_PRELOAD|GREENROOM_(?!TEST|BUILD|POLLER|FAULT)|NOTIFY).*")
    pid = first_pid(server)
    assert os.getsid(pid) == os.getpgid(pid) == pid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")
def test_it_is_who_the_workers_are_in_their_sandbox(serve_with):
    user = pwd.getpwnam("www-data")
    server = serve_with("sh -c 'id -u; echo $HOME; grep NoNewPrivs /proc/self/status; exec sleep 1000'",
                        options=("--user", "www-data", "--sandbox", "on"), served="confined:app")
    server.wait_for_output(rf"sh: {user.pw_uid}\n.*sh: {user.pw_dir}\n.*sh: NoNewPrivs:.*1$")
    eventually(lambda: is_sleeping(first_pid(server)), "under way")
    server.process.kill()
    eventually(lambda: not is_alive(first_pid(server)), "gone with the master all the same")


def test_one_that_dies_is_started_again(serve_with, running):
    server = serve_with(SLEEPER)
    pid = first_pid(server)
    os.kill(pid, signal.SIGKILL)
    server.wait_for_output("error greenroom: attached sh died by SIGKILL; starting it again$")
    eventually(lambda: running().get(SLEEPER, pid) != pid, "another one")


def test_a_crash_loop_says_why_once_and_again_when_that_changes(serve_with, tmp_path):
    code = tmp_path / "code"
    code.write_text("3")
    server = serve_with(f"sh -c 'echo try; exit $(cat {code})'")
    eventually(lambda: len(server.find_all("sh: try$")) >= 4, "four tries")
    assert server.find_all(r"attached sh exited .*") == ["attached sh exited with code 3; starting it again"]
    code.write_text("4")
    server.wait_for_output(r"attached sh exited with code 4; starting it again in \d\.\d s$")


def test_what_is_left_of_a_group_goes_before_it_is_started_again(serve_with, tmp_path, running):
    child = tmp_path / "child"
    command = f"sh -c 'sleep 1000 & echo $! >{child}; wait'"
    server = serve_with(command)
    left = int(eventually(lambda: child.exists() and child.read_text(), "its child"))
    pid = first_pid(server)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: running().get(command, pid) != pid, "another one")
    assert not is_alive(left)


def test_at_the_end_it_outlives_the_workers_and_goes_with_its_children(serve_with, tmp_path):
    child, last = tmp_path / "child", tmp_path / "last"
    server = serve_with(
        f"""sh -c 'trap "echo told >{last}; exit" TERM; sleep 1000 & echo $! >{child}; wait'""",
        served="supervised:app")
    left = int(eventually(lambda: child.exists() and child.read_text(), "its child"))
    (tmp_path / "begun").touch()
    with server.crowd(1, "/nap/0.4") as answers:
        server.wait_for_output("napping")
        assert is_alive(left)
        server.signal(signal.SIGTERM)
    assert answers[0].result().status == 200
    assert server.wait() == 0
    assert last.stat().st_mtime >= (tmp_path / "begun").stat().st_mtime + 0.4
    assert not is_alive(left)


def test_one_that_does_not_end_is_killed_at_the_graceful_timeout(serve_with):
    server = serve_with("sh -c 'trap : TERM; echo deaf; while :; do sleep 0.1; done'",
                        options=("--graceful-timeout", "0.3"))
    server.wait_for_output("sh: deaf$")
    assert server.stop() == 0
    server.wait_for_output(r"warning greenroom: killing attached sh \(pid \d+\), which has not ended$")


def test_it_ends_when_the_master_is_killed(serve_with):
    server = serve_with(SLEEPER)
    pid = first_pid(server)
    eventually(lambda: is_sleeping(pid), "under way")
    server.process.kill()
    eventually(lambda: not is_alive(pid), "gone")


def test_a_reload_leaves_alone_what_has_not_changed(serve_with, greenroom, control, running, tmp_path, app):
    settings = tmp_path / "greenroom.yaml"
    settings.write_text("attach: [sleep 1001, sleep 1002, sleep 1001]\n")
    server = serve_with(served=app, options=("--config", str(settings)))
    eventually(lambda: len(server.find_all(STARTED)) == 3, "three")
    before = [int(pid) for pid in server.find_all(STARTED)]
    settings.write_text("attach: [sleep 1001, sleep 1003]\n")
    assert greenroom("reload", "--control", str(control)).returncode == 0
    eventually(lambda: set(running()) == {"sleep 1001", "sleep 1003"}, "what the file says now")
    assert running()["sleep 1001"] == before[0]
    assert not is_alive(before[1]) and not is_alive(before[2])
    settings.write_text("attach: no-such-program\n")
    done = greenroom("reload", "--control", str(control))
    assert done.stderr.endswith("greenroom.yaml:1: attach: there is no no-such-program in PATH\n")
    assert set(running()) == {"sleep 1001", "sleep 1003"}


def test_an_upgrade_leaves_it_alone(serve_with, running, control):
    server = serve_with(SLEEPER)
    pid = first_pid(server)
    server.signal(signal.SIGUSR2)
    server.wait_for_output("greenroom: reloaded in")
    assert running() == {SLEEPER: pid}
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: running().get(SLEEPER, pid) != pid, "the new master has noticed its end")
    eventually(lambda: len(server.find_all(r"\[attached\] info sh: here$")) == 2, "heard as well")


@pytest.mark.parametrize("command, sentence", [
    ("no-such-program -x", "--attach: there is no no-such-program in PATH"),
    ("/etc/passwd", "--attach: cannot run /etc/passwd: not an executable file"),
    ("./none", "--attach: cannot run ./none: No such file or directory"),
    ("sleep '1", "--attach: 'sleep '1' has a quotation mark that is not closed"),
    ("", "--attach: '' has no word"),
])
@pytest.mark.parametrize("verb", ["serve", "check"])
def test_what_cannot_be_attached_is_one_sentence(greenroom, verb, command, sentence):
    done = greenroom(verb, "--attach", command, "hello:app")
    assert (done.returncode, done.stderr) == (2, f"greenroom: {sentence}\n")


def test_the_environment_names_one_on_each_line(serve_with, running):
    serve_with(env={"GREENROOM_ATTACH": "sleep 1001\n sleep 1002\n"})
    eventually(lambda: set(running()) == {"sleep 1001", "sleep 1002"}, "both")
