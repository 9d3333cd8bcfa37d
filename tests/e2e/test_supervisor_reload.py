"""SIGHUP: new workers take over from old ones, one slot after the other, and nobody notices."""

import fcntl
import os
import pty
import signal
import socket
import termios
from pathlib import Path

import pytest
from conftest import eventually, is_alive
from http_wire import Wire
from load import Load

RELOADED = r"info greenroom: reloaded in \d+\.\d s$"
FRESH = {"PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory whose shop.py answers with "one"."""
    directory = tmp_path / "site"
    directory.mkdir()
    write(directory, "one")
    return directory


def write(directory: Path, text: str, before: str = "") -> None:
    (directory / "shop.py").write_text(
        "import os, sys, time\n"
        f"{before}\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        f"    return [b'{text}']\n"
    )


def write_with_health(directory: Path, text: str, health: str) -> None:
    """Answers /health/ by that status; what it was asked last is in the file asked."""
    (directory / "shop.py").write_text(
        "def app(environ, start_response):\n"
        "    is_trial = environ['PATH_INFO'] == '/health/'\n"
        "    if is_trial: open('asked', 'w').write(environ['QUERY_STRING'])\n"
        f"    start_response('{health}' if is_trial else '200 OK', [])\n"
        f"    return [b'{text}']\n"
    )


def open_descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def reload(server) -> None:
    """Has it done when it returns; old workers may still be leaving."""
    done = len(server.find_all(RELOADED))
    server.signal(signal.SIGHUP)
    eventually(lambda: len(server.find_all(RELOADED)) > done, "reloaded")


@pytest.mark.parametrize("workers", [1, 3])
def test_new_workers_bring_the_new_code(serve, site, workers):
    server = serve("--workers", str(workers), "shop:app", cwd=site, env=FRESH)
    before = server.worker_pids()
    write(site, "two")
    reload(server)
    assert {server.get().text for _ in range(8)} == {"two"}
    eventually(lambda: not any(map(is_alive, before)), "the old workers gone")
    assert len(server.worker_pids()) == workers
    assert server.stop() == 0


def test_the_old_one_serves_until_the_new_one_does(serve, site):
    server = serve("--workers", "1", "shop:app", cwd=site, env=FRESH)
    write(site, "two", "while not os.path.exists('go'): time.sleep(0.01)")
    server.signal(signal.SIGHUP)
    eventually(lambda: len(server.worker_pids()) == 2, "a worker beside the other")
    assert server.get().text == "one"
    (site / "go").touch()
    eventually(lambda: server.get().text == "two", "the new code")


def test_code_that_cannot_be_loaded_leaves_the_old_serving(serve, site):
    server = serve("--workers", "2", "shop:app", cwd=site, env=FRESH)
    before = server.worker_pids()
    write(site, "two", "raise RuntimeError('no database')")
    server.signal(signal.SIGHUP)
    server.wait_for_output(
        r"error greenroom: the reload has failed: worker 0 \(pid \d+\) exited with code 1: "
        r"RuntimeError: no database; the workers that serve go on$"
    )
    assert server.get().text == "one"
    assert server.worker_pids() == before
    write(site, "three")
    reload(server)
    assert server.get().text == "three"


def test_a_worker_that_dies_after_a_failed_reload_is_replaced_by_what_served_before(serve, site):
    config = site / "greenroom.yaml"
    config.write_text("app: shop:app\n")
    server = serve("--workers", "1", cwd=site, env=FRESH)
    config.write_text("app: no_such_module:app\n")
    server.signal(signal.SIGHUP)
    server.wait_for_output(r"reload has failed: .* exited with code 2: there is no module no_such_mod")
    os.kill(server.worker_pids()[0], signal.SIGKILL)
    server.wait_for_output("died by SIGKILL; starting another$")
    assert server.get().text == "one"


def test_settings_that_are_wrong_change_nothing(serve, site):
    config = site / "greenroom.yaml"
    config.write_text("workers: 1\n")
    server = serve("shop:app", cwd=site, env=FRESH)
    before = server.worker_pids()
    config.write_text("wrokers: 2\n")
    server.signal(signal.SIGHUP)
    server.wait_for_output(
        r"error greenroom: cannot reload: greenroom\.yaml:1: unknown key wrokers; did you mean workers\?; "
        r"serving goes on with the old settings$"
    )
    assert server.worker_pids() == before
    assert server.get().text == "one"


def test_the_number_of_workers_follows_the_settings(serve, site):
    config = site / "greenroom.yaml"
    config.write_text("workers: 1\n")
    server = serve("shop:app", cwd=site, env=FRESH)
    for count in (3, 1, 2):
        config.write_text(f"workers: {count}\n")
        reload(server)
        eventually(lambda: len(server.worker_pids()) == count, f"{count} workers")
        assert server.get().text == "one"


def has_server(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def test_sockets_stay_come_and_go_with_the_settings(serve, site):
    config = site / "greenroom.yaml"
    gone, kept, new = (site / name for name in ("gone", "kept", "new"))
    config.write_text(f"bind: [unix:{gone}, unix:{kept}]\nmerge: {{bind: prepend}}\n")
    server = serve("--workers", "2", "shop:app", cwd=site, env=FRESH)
    inode, sockets = kept.stat().st_ino, open_descriptors(server.pid)
    config.write_text(f"bind: [unix:{new}, unix:{kept}]\nmerge: {{bind: prepend}}\n")
    reload(server)
    assert has_server(new) and has_server(kept) and not gone.exists()
    assert kept.stat().st_ino == inode
    assert server.get().text == "one"
    eventually(lambda: open_descriptors(server.pid) == sockets, "as many descriptors as before")


def test_another_reload_has_the_sockets_of_the_one_that_it_gives_up(serve, site):
    config = site / "greenroom.yaml"
    config.write_text("merge: {bind: prepend}\n")
    server = serve("--workers", "1", "shop:app", cwd=site, env=FRESH)
    before = open_descriptors(server.pid)
    write(site, "two", "while not os.path.exists('go'): time.sleep(0.01)")
    config.write_text(f"bind: [unix:{site}/gone, unix:{site}/new]\nmerge: {{bind: prepend}}\n")
    server.signal(signal.SIGHUP)
    server.wait_for_output("info greenroom: reloading$")
    config.write_text(f"bind: [unix:{site}/new]\nmerge: {{bind: prepend}}\n")
    server.signal(signal.SIGHUP)
    eventually(lambda: len(server.find_all("info greenroom: reloading$")) == 2, "another reload")
    (site / "go").touch()
    server.wait_for_output(RELOADED)
    assert has_server(site / "new") and not (site / "gone").exists()
    eventually(lambda: open_descriptors(server.pid) == before + 1, "one socket more than before")


def test_an_address_in_use_changes_nothing(serve, site):
    config = site / "greenroom.yaml"
    config.write_text("merge: {bind: prepend}\n")
    server = serve("--workers", "1", "shop:app", cwd=site, env=FRESH)
    before = open_descriptors(server.pid)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        config.write_text(f"bind: [unix:{site}/new, '127.0.0.1:{port}']\nmerge: {{bind: prepend}}\n")
        server.signal(signal.SIGHUP)
        server.wait_for_output(f"cannot reload: cannot listen on 127.0.0.1:{port}: Address already")
    assert not (site / "new").exists()
    eventually(lambda: open_descriptors(server.pid) == before, "as many descriptors as before")
    assert server.get().text == "one"


@pytest.mark.parametrize("workers", [1, 2])
def test_no_request_is_lost_while_it_reloads_under_load(serve, c_app, workers):
    server = serve("--workers", str(workers), "--access-log", "off", c_app("answers"))
    load = Load(server.port, "/sleep/2")
    load.start(clients=24)
    for _ in range(10):
        reload(server)
    eventually(lambda: load.answered > 300, "300 answers", timeout=20)
    assert server.stop() == 0
    load.join()
    assert load.lost == []


def test_a_client_on_an_idle_connection_is_told_by_its_next_answer(serve, site):
    server = serve("--workers", "1", "shop:app", cwd=site, env=FRESH)
    with Wire(server.port) as wire:
        assert not wire.ask().closes
        write(site, "two")
        reload(server)
        answer = wire.ask()
        assert (answer.text, answer.closes) == ("one", True)
    assert server.get().text == "two"


def test_nothing_is_left_of_a_reload(serve, site):
    """A place on the board that is not given back would be seen by the worker that comes next."""
    server = serve("--workers", "2", "--graceful-timeout", "5", "shop:app", cwd=site, env=FRESH)
    before = open_descriptors(server.pid)
    for _ in range(4):
        reload(server)
    eventually(lambda: len(server.worker_pids()) == 2, "the old workers gone")
    eventually(lambda: open_descriptors(server.pid) == before, "as many descriptors as before")


def test_the_later_of_two_reloads_counts(serve, site):
    """The first one's worker never gets anywhere."""
    server = serve("--workers", "2", "shop:app", cwd=site, env=FRESH)
    write(site, "two", "print('loading', file=sys.stderr); time.sleep(600)")
    server.signal(signal.SIGHUP)
    server.wait_for_output("loading$")
    write(site, "three")
    reload(server)
    assert {server.get().text for _ in range(8)} == {"three"}
    eventually(lambda: len(server.worker_pids()) == 2, "two workers")


def test_a_reload_that_is_asked_for_while_it_starts_comes_after_that(serve, site):
    write(site, "one", "while not os.path.exists('go'): time.sleep(0.01)")
    server = serve("--workers", "1", "shop:app", cwd=site, env=FRESH, ready=False)
    eventually(lambda: server.worker_pids(), "a worker")
    server.signal(signal.SIGHUP)
    (site / "go").touch()
    server.wait_for_output(RELOADED)
    assert server.output().count("serving shop:app on") == 1


def test_told_to_stop_while_it_reloads_it_takes_all_with_it(serve, site):
    server = serve("--workers", "2", "shop:app", cwd=site, env=FRESH)
    write(site, "two", "print('loading', file=sys.stderr); time.sleep(600)")
    server.signal(signal.SIGHUP)
    server.wait_for_output("loading$")
    assert server.stop() == 0


def test_a_worker_that_does_not_leave_is_killed(serve, site):
    server = serve("--workers", "1", "--graceful-timeout", "0.1", "shop:app", cwd=site, env=FRESH)
    [pid] = server.worker_pids()
    os.kill(pid, signal.SIGSTOP)
    reload(server)
    server.wait_for_output(rf"warning greenroom: killing worker 0 \(pid {pid}\), which has not ended$")
    eventually(lambda: not is_alive(pid), "its end")


def test_a_release_behind_a_symbolic_link_is_found(serve, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, name)
    current = tmp_path / "current"
    current.symlink_to("one")
    server = serve("--workers", "1", "shop:app", cwd=current, env=FRESH | {"PWD": str(current)})
    assert server.get().text == "one"
    current.unlink()
    current.symlink_to("two")
    reload(server)
    assert server.get().text == "two"


def test_a_hangup_of_the_whole_group_ends_no_worker(serve, site):
    server = serve("--workers", "2", "shop:app", cwd=site, env=FRESH)
    os.killpg(server.pid, signal.SIGHUP)
    server.wait_for_output(RELOADED)
    assert "died" not in server.output()


def test_nohup_holds(serve, site):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        server = serve("--workers", "1", "shop:app", cwd=site, env=FRESH)
    finally:
        signal.signal(signal.SIGHUP, before)
    os.killpg(server.pid, signal.SIGHUP)
    write(site, "two")
    assert server.get().text == "one"
    assert server.stop() == 0
    assert "reload" not in server.output()


def test_the_end_of_its_terminal_is_the_end_of_the_server(serve, site):
    master, slave = pty.openpty()

    def take_terminal() -> None:
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    server = serve("--workers", "1", "shop:app", cwd=site, env=FRESH, before=take_terminal)
    os.close(slave)
    os.close(master)
    assert server.wait(timeout=10) == 0


def test_a_new_worker_takes_over_only_when_it_has_passed_its_trial(serve, site):
    write_with_health(site, "one", "204 No Content")
    server = serve("--workers", "1", "--ready-path", "/health/?deep=1", "shop:app", cwd=site, env=FRESH)
    assert (site / "asked").read_text() == "deep=1"
    write_with_health(site, "two", "503 Service Unavailable")
    server.signal(signal.SIGHUP)
    server.wait_for_output(
        r"the reload has failed: worker 0 \(pid \d+\) exited with code 2: "
        r"GET /health/\?deep=1, the ready path, was answered by 503; the workers that serve go on$"
    )
    assert server.get().text == "one"
    write_with_health(site, "three", "200 OK")
    reload(server)
    assert server.get().text == "three"


def test_a_worker_more_or_less_by_signals(serve, site):
    server = serve("--workers", "1", "shop:app", cwd=site, env=FRESH)
    server.signal(signal.SIGTTIN)
    eventually(lambda: len(server.worker_pids()) == 2, "one more")
    server.wait_for_output("workers from now on: 2$")
    server.signal(signal.SIGTTOU)
    server.wait_for_output("workers from now on: 1$")
    server.signal(signal.SIGTTOU)
    eventually(lambda: len(server.worker_pids()) == 1, "one less, and never none")
    assert server.get().text == "one"


@pytest.fixture
def watched(serve, site):
    """A server of the site that looks after its files."""
    return lambda **options: serve("--workers", "1", "--reload", "on", "shop:app", cwd=site,
                                   env=FRESH, **options)


def test_a_file_that_changes_is_reloaded(watched, site):
    server = watched()
    with Wire(server.port) as idle:
        idle.ask()
        write(site, "two")
        eventually(lambda: server.get().text == "two", "the new code")
        eventually(lambda: idle.rest() == b"", "the idle connection closed")


def test_a_file_of_a_new_directory_is_seen(watched, site):
    server = watched()
    (site / "parts").mkdir()
    (site / "parts" / "notes.txt").write_text("none of its business")
    (site / "parts" / "one.py").write_text("")
    server.wait_for_output(RELOADED)


def test_an_error_is_shown_and_what_served_serves_on(watched, site):
    server = watched()
    write(site, "two", "import databse")
    server.wait_for_output("the reload has failed: .*No module named 'databse'")
    assert server.get().text == "one"
    write(site, "three")
    eventually(lambda: server.get().text == "three", "the new code")


def test_an_error_at_the_start_is_waited_out(watched, site):
    write(site, "one", "import databse")
    server = watched(ready=False)
    server.wait_for_output("waiting for a file to change$")
    assert "No module named 'databse'" in server.output()
    write(site, "two")
    server.wait_until_ready()
    assert server.get().text == "two"


def test_what_is_no_file_of_the_application_is_left_alone(watched, site):
    (site / "venv").mkdir()
    (site / "venv" / "pyvenv.cfg").touch()
    (site / ".git").mkdir()
    server = watched()
    for name in ("notes.txt", "venv/module.py", ".git/hook.py", ".hidden.py"):
        (site / name).write_text("")
    write(site, "two")
    server.wait_for_output(RELOADED)
    assert server.output().count("reloading") == 1


def test_a_reload_keeps_a_number_of_workers_that_the_settings_leave_open(serve, site):
    server = serve("--workers", "1:3", "shop:app", cwd=site, env=FRESH)
    assert len(server.worker_pids()) == 1
    server.signal(signal.SIGTTIN)
    eventually(lambda: len(server.worker_pids()) == 2, "one more")
    reload(server)
    eventually(lambda: len(server.worker_pids()) == 2, "two new ones")
