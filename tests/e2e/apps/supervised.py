"""Tells of its worker, and does to it what a supervisor has to cope with."""

import ctypes
import hashlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path


def pid(argument):
    return str(os.getpid())


def sleep(seconds):
    time.sleep(float(seconds))
    return str(os.getpid())


def nap(seconds):
    print("napping", file=sys.stderr, flush=True)
    return sleep(seconds)


def exit_with(code):
    os._exit(int(code))


def hang(argument):
    """Sits in C code that holds the GIL and that no hook can reach."""
    print("hanging", file=sys.stderr, flush=True)
    return str(re.match(r"(a+)+$", "a" * 64 + "b"))


def surroundings(argument):
    return json.dumps({
        "environ": dict(os.environ),
        "stdin": sys.stdin.read(),
        "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE),
        "cwd": os.getcwd(),
    })


def sockets_of_a_child(argument):
    """Sockets, pollers and shared memory of a program that is started with nothing closed for it."""
    listing = subprocess.run(
        ["ls", "-l", "/proc/self/fd"], close_fds=False, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    lines = [line for line in listing.splitlines() if re.search("socket:|memfd:|eventpoll", line)]
    return "\n".join(lines)


def truncate_shared_memory(argument):
    """Of all that master and workers share; tells how often it was let."""
    done = 0
    for path in Path(f"/proc/{os.getppid()}/fd").iterdir():
        if re.match("/memfd:greenroom-(board|log)", os.readlink(path)):
            with suppress(PermissionError), open(path, "r+b") as memory:
                os.ftruncate(memory.fileno(), 0)
                done += 1
    return str(done)


def corrupt_log(argument):
    """As a stray write would: the log's thread is told to end, its levels to be in the writing."""
    maps = Path("/proc/self/maps").read_text()
    at = int(re.search(r"^(\w+)-\S+ rw-s .*/memfd:greenroom-log", maps, re.M)[1], 16)
    stopped, version = 4, 64
    for offset in (stopped, version):
        ctypes.c_uint32.from_address(at + offset).value = 1
    return ""


ROUTES = {
    "pid": pid,
    "sleep": sleep,
    "nap": nap,
    "exit": exit_with,
    "hang": hang,
    "surroundings": surroundings,
    "sockets-of-a-child": sockets_of_a_child,
    "corrupt-log": corrupt_log,
    "truncate-shared-memory": truncate_shared_memory,
}


def app(environ, start_response):
    _, name, *rest = environ["PATH_INFO"].split("/", 2)
    body = ROUTES[name](*rest or [""]).encode()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]


def dying():
    """Serves until a file appears, and from then on ends every worker as soon as it serves."""

    def watch():
        while not os.path.exists(os.environ["DIE_WHEN_THERE"]):
            time.sleep(0.01)
        os._exit(7)

    threading.Thread(target=watch, daemon=True).start()
    return app


def failing():
    """Can be loaded until a file appears."""
    if os.path.exists(os.environ["FAIL_WHEN_THERE"]):
        raise LookupError("no such table")
    return app


def killed():
    """Never comes to serve."""
    os.kill(os.getpid(), signal.SIGSEGV)
    signal.pause()


def moved_while_loading():
    """Computes in C without the GIL until the main thread goes on on another kernel task."""
    until = time.monotonic() + 10
    while int(os.path.basename(os.readlink("/proc/thread-self"))) == os.getpid():
        assert time.monotonic() < until, "it has never been moved"
        hashlib.pbkdf2_hmac("sha256", b"x", b"y", 50_000)
        time.sleep(0.001)
    return app


def false_to_the_manager():
    """Gives a reason that would be more than one, where a line has a meaning."""
    for fd in map(int, os.listdir("/proc/self/fd")):
        with suppress(OSError):
            if fd > 2 and os.readlink(f"/proc/self/fd/{fd}").startswith("pipe:"):
                os.write(fd, b"Fno table\nSTOPPING=1")
    os._exit(3)


def slow_to_load():
    """Says so, and takes longer than any test."""
    print("loading", file=sys.stderr, flush=True)
    time.sleep(600)
