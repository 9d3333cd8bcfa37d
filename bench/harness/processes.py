"""Starting and stopping processes, and what the kernel says about them and their children.

A Daemon and all its descendants end with its `with` block, whatever ends that.
"""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

PORTS = range(21500, 21600)
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class StartFailed(Exception):
    """A process ended, or did not listen in time; the message has the end of its output."""


def children(pid: int) -> list[int]:
    """Those that live, and those that have ended and are still to be waited for."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def descendants(pid: int) -> list[int]:
    """pid and all its children and theirs, as they are now."""
    found = [pid]
    for parent in found:
        found += children(parent)
    return found


def descriptors(pid: int) -> int:
    """How many the process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def tasks(pid: int) -> int:
    """How many threads of the kernel the process has."""
    return len(os.listdir(f"/proc/{pid}/task"))


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time used so far by all threads, living and ended, of the processes."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_SECOND


def memory_kib(pids: Sequence[int], field: str = "Pss") -> int:
    """Sum of a field of smaps_rollup: Pss counts a page shared by n processes as 1/n of a page."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith(field + ":"):
                    total += int(line.split()[1])
    return total


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port which nobody listens on, outside of the range that clients' own ports are from."""
    for port in PORTS:
        if port_is_free(port):
            return port
    raise StartFailed(f"all ports from {PORTS[0]} to {PORTS[-1]} are in use")


class Daemon:
    """A process in the foreground of nobody: started on entry, stopped on exit."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        log: Path,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        start_timeout: float = 30.0,
        user: str | None = None,
    ) -> None:
        self.command = list(command)
        self.port = port
        self.log = log
        self.cwd = cwd
        self.env = {**os.environ, **(env or {})}
        self.start_timeout = start_timeout
        self.user = user
        self.process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    def pids(self) -> list[int]:
        return descendants(self.pid)

    def __enter__(self) -> "Daemon":
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
            )
        try:
            self.wait_until_listening()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def wait_until_listening(self) -> None:
        deadline = time.monotonic() + self.start_timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise StartFailed(f"{self.command[0]} ended with {self.process.returncode}"
                                  f" at start:\n{self.output_end()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise StartFailed(f"{self.command[0]} did not listen on port {self.port} within"
                          f" {self.start_timeout:g} s:\n{self.output_end()}")

    def output_end(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    def stop(self, timeout: float = 5.0) -> int:
        """SIGTERM, then SIGKILL after timeout seconds to what is left of the tree."""
        family = self.pids()
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout)
        for pid in family:
            if pid != self.pid or self.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return self.process.wait()


class MemoryWatch:
    """Samples the memory of a process tree in the background and keeps the highest sum."""

    def __init__(self, daemon: Daemon, period: float = 0.2, field: str = "Pss") -> None:
        self.daemon = daemon
        self.period = period
        self.field = field
        self.peak_kib = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        while True:
            self.peak_kib = max(self.peak_kib, memory_kib(self.daemon.pids(), self.field))
            if self.done.wait(self.period):
                return

    def __enter__(self) -> "MemoryWatch":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does, so that every `with` inside cleans up."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
