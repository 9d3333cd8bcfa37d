"""What shows on which threads an application runs, and what of it is libc's own."""

import _thread
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time

import greenroom

opened = threading.Event()
together = threading.Barrier(3)
signals: list[int] = []
local = threading.local()
produced = 0
at_import = {"green": greenroom.is_green()}
signal.signal(signal.SIGUSR1, lambda number, frame: signals.append(number))
signal.signal(signal.SIGUSR2, lambda number, frame: opened.set())


def identity(environ):
    os_thread = int(ctypes.CDLL(None).gettid())
    local.count = getattr(local, "count", 0) + 1
    started = []
    thread = threading.Thread(target=lambda: started.append(threading.get_native_id()))
    thread.start()
    thread.join()
    return {
        "native": threading.get_native_id(), "gettid": os_thread,
        "current": threading.current_thread().native_id,
        "tasks": [int(task) for task in os.listdir("/proc/self/task")],
        "ident": threading.get_ident(), "started": started[0], "pid": os.getpid(),
        "main": threading.main_thread().native_id, "count": local.count,
        "multithread": environ["wsgi.multithread"],
    }


def setting(environ):
    with open("/proc/self/maps") as maps:
        return {
            "interposed": "libgreenroom-posix" in maps.read(),
            "preload": os.environ.get("LD_PRELOAD"),
            "child": subprocess.run([sys.executable, "-c", "import os; print(os.getenv('LD_PRELOAD'))"],
                                    capture_output=True, text=True).stdout.strip(),
            "green": greenroom.is_green(), "green_at_import": at_import["green"],
        }


def meet(environ):
    """Three of these must be in it at the same time."""
    together.wait(10)
    return {"native": threading.get_native_id()}


def gate(environ):
    """Until SIGUSR2 comes."""
    print("in the gate", file=sys.stderr)
    return {"opened": opened.wait(30)}


def refused(environ):
    """What needs a green thread says so."""
    found = {}
    for name, attempt in {
        "deadline": lambda: greenroom.deadline(1).__enter__(),
        "scope": lambda: greenroom.scope().__enter__(),
        "cancel_on_disconnect": greenroom.cancel_on_disconnect,
    }.items():
        try:
            attempt()
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found


def forked(environ):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"from the child")
        return {"answered by": "the child"}
    _, status = os.waitpid(child, 0)
    return {"status": status, "said": os.read(reader, 100).decode()}


def ids(environ):
    os.setgid(os.getgid())
    os.setuid(os.getuid())
    signal.pthread_kill(threading.get_ident(), 0)
    return {"cpu": time.pthread_getcpuclockid(threading.get_ident()) != 0}


def children_mask(environ):
    done = subprocess.run(["grep", "SigBlk", "/proc/self/status"], capture_output=True, text=True)
    return {"blocked": int(done.stdout.split()[1], 16)}


def signalled(environ):
    return {"signals": len(signals)}


def late(environ):
    time.sleep(0.4)
    return {"late": True}


def leaving(environ):
    _thread.exit()


def failing(environ):
    raise LookupError("told to")


def flood():
    global produced
    while True:
        produced += 65536
        yield bytes(65536)


def slowly():
    yield b"begun "
    time.sleep(0.4)
    yield b"and finished"


def read_late(body):
    yield b"begun"
    time.sleep(0.05)
    yield b" " + body.read()


def progress(environ):
    return {"produced": produced}


def app(environ, start_response):
    name = environ["PATH_INFO"][1:]
    if name == "echo":
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        return iter(lambda: environ["wsgi.input"].readline(), b"")
    if name == "flood":
        start_response("200 OK", [])
        return flood()
    if name == "begun":
        start_response("200 OK", [])
        return read_late(environ["wsgi.input"])
    if name == "slowly":
        start_response("200 OK", [])
        return slowly()
    if name == "read":
        size = len(environ["wsgi.input"].read())
        body = json.dumps({"size": size}).encode()
    else:
        body = json.dumps(globals()[name](environ)).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
