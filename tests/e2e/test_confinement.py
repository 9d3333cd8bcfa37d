"""What workers may do less than the master: their user, their CPUs, their sandbox."""

import json
import os
import pwd
import re
import signal
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import APPS, ROOT, Server, eventually, is_alive

APP = "confined:app"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")


def ask(server: Server, path: str) -> object:
    return json.loads(server.get(path).body)


def statuses(pid: int, name: str) -> list[str]:
    text = Path(f"/proc/{pid}/status").read_text()
    return re.search(rf"^{name}:\t(.*)$", text, re.M)[1].split()


# ---- whom they run as ----


@needs_root
def test_workers_run_as_the_user_and_the_master_stays_root(serve):
    user = pwd.getpwnam("www-data")
    server = serve("--workers", "1", "--user", "www-data", APP)
    assert ask(server, "/who") == {
        "uids": [user.pw_uid] * 3,
        "gids": [user.pw_gid] * 3,
        "groups": sorted(os.getgrouplist("www-data", user.pw_gid)),
        "environ": {"HOME": user.pw_dir, "USER": "www-data", "LOGNAME": "www-data"},
    }
    assert statuses(server.pid, "Uid") == ["0"] * 4


@needs_root
def test_a_number_needs_no_account_but_a_group(serve, greenroom):
    server = serve("--workers", "1", "--user", "54321", "--group", "54322", APP)
    who = ask(server, "/who")
    assert (who["uids"], who["gids"], who["groups"]) == ([54321] * 3, [54322] * 3, [54322])
    done = greenroom("serve", "--bind", "127.0.0.1:0", "--user", "54321", APP)
    assert (done.returncode, done.stderr) == (
        2, "greenroom: user 54321 has no account; say --group as well\n")


@needs_root
@pytest.mark.parametrize("arguments, sentence", [
    (["--user", "no-such-one"], "there is no user no-such-one"),
    (["--user", "nobody", "--group", "no-such-one"], "there is no group no-such-one"),
    (["--group", "nogroup"], "--group needs --user: whose it is to be"),
])
def test_nobody_of_that_name(greenroom, arguments, sentence):
    done = greenroom("serve", "--bind", "127.0.0.1:0", *arguments, APP)
    assert (done.returncode, done.stderr) == (2, f"greenroom: {sentence}\n")


@needs_root
def test_who_is_not_root_cannot_become_another(build_dir):
    done = subprocess.run([build_dir / "greenroom", "check", "--user", "www-data", APP], cwd=APPS,
                          user="nobody", capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert done.stderr == (
        "greenroom: --user is for a server that root starts, and this is user "
        f"{pwd.getpwnam('nobody').pw_uid}\n")


@needs_root
def test_no_worker_of_another_user_outlives_a_master_killed_while_it_starts(serve):
    server = serve("--workers", "1", "--user", "nobody", "supervised:slow_to_load()", ready=False)
    server.wait_for_output("loading")
    (worker,) = server.worker_pids()
    server.signal(signal.SIGKILL)
    server.wait()
    eventually(lambda: not is_alive(worker), "the worker gone")


@needs_root
def test_workers_need_no_access_to_the_files_of_logs(serve):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o700)
        log = Path(folder) / "access.log"
        server = serve("--workers", "1", "--user", "nobody", "--access-log", str(log), APP)
        assert ask(server, "/who")
        eventually(lambda: "GET /who" in log.read_text(), "a line")
        server.stop()


# ---- unix sockets ----


@needs_root
def test_a_unix_socket_is_whose_and_as_it_was_told(serve, tmp_path):
    path = tmp_path / "app.sock"
    server = serve("--workers", "1", "--bind", f"unix:{path}?mode=0620&owner=nobody&group=www-data",
                   APP)
    found = path.stat()
    assert stat.S_IMODE(found.st_mode) == 0o620
    assert found.st_uid == pwd.getpwnam("nobody").pw_uid
    assert found.st_gid == pwd.getpwnam("www-data").pw_gid
    assert server.urls == [f"unix:{path}"]
    assert server.stop() == 0
    assert not path.exists()


def test_the_mode_of_a_unix_socket_needs_no_root(serve, tmp_path):
    path = tmp_path / "app.sock"
    serve("--workers", "1", "--bind", f"unix:{path}?mode=666", APP)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666


# ---- CPUs ----


def cpus_of(pid: int) -> set[int]:
    return os.sched_getaffinity(pid)


def test_cpus_are_dealt_out_to_the_workers(serve):
    allowed = os.sched_getaffinity(0)
    server = serve("--workers", str(len(allowed)), "--cpu-affinity", "on", APP)
    hands = [cpus_of(pid) for pid in server.worker_pids()]
    assert all(len(hand) == 1 for hand in hands)
    assert set.union(*hands) == allowed
    assert cpus_of(server.pid) == allowed


def test_workers_beyond_the_cpus_share_them_and_fewer_have_several(serve):
    allowed = sorted(os.sched_getaffinity(0))
    server = serve("--workers", "2", "--cpu-affinity", str(allowed[-1]), APP)
    assert [cpus_of(pid) for pid in server.worker_pids()] == [{allowed[-1]}] * 2
    whole = f"{allowed[0]},{allowed[-1]}"
    server = serve("--workers", "1", "--cpu-affinity", whole, APP)
    assert cpus_of(server.worker_pids()[0]) == {allowed[0], allowed[-1]}


def test_all_tasks_of_a_worker_keep_to_its_cpus(serve):
    cpu = str(min(os.sched_getaffinity(0)))
    server = serve("--workers", "1", "--cpu-affinity", cpu, APP)
    tasks = ask(server, "/cpus")
    assert len(tasks) > 2
    assert set(tasks) == {cpu}


# ---- the sandbox ----


@pytest.fixture
def sandboxed(serve, c_app):
    app = c_app("sandboxed", "-I", str(ROOT / "src"))
    return serve("--workers", "1", "--sandbox", "on", app)


def outcomes(server: Server, path: str) -> dict[str, str]:
    return dict(line.split() for line in server.get(path).text.splitlines())


def test_what_the_page_lists_is_denied(sandboxed):
    page = (ROOT / "docs" / "confinement.md").read_text()
    table = page.partition("| denied |")[2].partition("\n\n")[0]
    listed = set(re.findall(r"`(\w+)`", table)) - {"clone", "unshare", "clone3"}
    outcome = outcomes(sandboxed, "/calls")
    assert outcome == dict.fromkeys(listed, "EPERM")
    assert listed >= {"ptrace", "kexec_load", "mount", "bpf", "keyctl", "init_module",
                      "perf_event_open", "userfaultfd", "setns"}


def test_new_namespaces_are_denied(sandboxed):
    outcome = outcomes(sandboxed, "/namespaces")
    assert outcome.pop("x32", "EPERM") == "EPERM"
    assert outcome == {
        "clone": "EPERM", "unshare": "EPERM", "unshare-files": "done", "clone3": "ENOSYS"}


@pytest.mark.parametrize("user", [[], pytest.param(["--user", "nobody"], marks=needs_root)])
def test_privileges_are_gone_and_daily_work_goes_on(serve, user):
    server = serve("--workers", "1", "--sandbox", "on", *user, APP)
    privileges = ask(server, "/privileges")
    assert privileges.pop("NoNewPrivs") == "1"
    assert privileges.pop("Seccomp") == "2"
    if os.geteuid() != 0:
        privileges.pop("CapBnd")
    assert set(privileges.values()) == {"0" * 16}
    assert ask(server, "/daily-work") == ["thread", "program", 7, 80]
