"""Ordinary blocking code. Each path answers with the JSON of what its function returns."""

import json
import multiprocessing
import os
import queue
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import greenroom

shared_condition = threading.Condition()
waiting = 0


def green(query):
    return greenroom.is_green()


def sleep(query):
    time.sleep(float(query["seconds"][0]))
    return "slept"


def compute(query):
    """Pure Python that never waits."""
    end = time.monotonic() + float(query["seconds"][0])
    rounds = 0
    while time.monotonic() < end:
        rounds += 1
    return "computed"


def thread(query):
    found = []
    worker = threading.Thread(target=lambda: found.append(greenroom.is_green()))
    worker.start()
    worker.join()
    return found


def lock(query):
    """A lock that is held across a wait by one of two threads."""
    mutex, order = threading.Lock(), []

    def work(name):
        with mutex:
            order.append(f"{name} in")
            time.sleep(0.01)
            order.append(f"{name} out")

    workers = [threading.Thread(target=work, args=[name]) for name in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return order


def through_queue(query):
    items = queue.Queue(maxsize=1)
    producer = threading.Thread(target=lambda: [items.put(number) for number in range(5)])
    producer.start()
    found = [items.get(timeout=5) for _ in range(5)]
    producer.join()
    return found


def meet(query):
    """Returns once as many requests as are said are in here together."""
    global waiting
    parties = int(query["parties"][0])
    with shared_condition:
        waiting += 1
        shared_condition.notify_all()
        if not shared_condition.wait_for(lambda: waiting >= parties, timeout=10):
            return "alone"
    return "met"


def queue_timeout(query):
    try:
        queue.Queue().get(timeout=0.05)
    except queue.Empty:
        return "empty"


def process(query):
    done = subprocess.run(
        [sys.executable, "-c",
         "import time, os; time.sleep(0.2); print(os.environ.get('LD_PRELOAD'))"],
        capture_output=True, text=True, check=True,
    )
    return done.stdout.strip()


def fork(query):
    """The child ends in one of the ways that children end."""
    child = os.fork()
    if child == 0:
        if query["how"][0] == "return":
            return "from the child"
        if query["how"][0] == "sys.exit":
            sys.exit(7)
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def fetch(query):
    context = ssl.create_default_context(cafile=query["ca"][0]) if "ca" in query else None
    with urllib.request.urlopen(query["url"][0], timeout=10, context=context) as answer:
        return answer.read().decode()


def sqlite(query):
    with sqlite3.connect(query["path"][0], timeout=10) as database:
        database.execute("CREATE TABLE IF NOT EXISTS visits (at REAL)")
        database.execute("INSERT INTO visits VALUES (?)", [time.time()])
        return database.execute("SELECT count(*) FROM visits").fetchone()[0] > 0


def deadline(query):
    started = time.monotonic()
    here, there = socket.socketpair()
    try:
        with greenroom.deadline(10), greenroom.deadline(0.1):
            here.recv(1)
    except TimeoutError:
        late = time.monotonic() - started
        time.sleep(0.01)
        return 0.1 <= late < 2
    return "no error"


def multiprocess(query):
    """The exit code of a child of multiprocessing, forked where `threading` knows the thread."""
    threading.current_thread()
    child = multiprocessing.get_context("fork").Process(target=print)
    child.start()
    child.join(10)
    return child.exitcode


def borrowed_input(environ):
    """Two other threads read wsgi.input while the request waits for them."""
    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(lambda _: environ["wsgi.input"].readline().decode(), range(2)))


def abandoned_input(environ):
    """A thread is still reading when the request is answered."""

    def read():
        print("read", environ["wsgi.input"].readline(), file=sys.stderr)

    threading.Thread(target=read).start()
    return "answered"


FUNCTIONS = {
    f"/{function.__name__}": function
    for function in [
        green, sleep, compute, thread, lock, through_queue, meet, queue_timeout, process, fork,
        fetch, sqlite, deadline, multiprocess,
    ]
}  # fmt: skip


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path in ("/borrowed_input", "/abandoned_input"):
        result = globals()[path[1:]](environ)
    else:
        result = FUNCTIONS[path](parse_qs(environ["QUERY_STRING"]))
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(result).encode()]
