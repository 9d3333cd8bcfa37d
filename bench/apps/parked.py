"""Threads that all wait at the same time, and are woken: GET /?way=lock&threads=20000.

Answers with JSON when they have been joined: how many woke, KiB of memory each, and the seconds it took
to start them, and to join them once they were woken. way: lock, descriptor, time.
"""

import json
import os
import re
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs

ALARM = 60.0  # seconds after the start, for those that wait for time
EVENTS = 500  # descriptors; several threads wait for each


class Lock:
    def __init__(self, threads):
        self.event = threading.Event()

    def wait(self, index):
        self.event.wait()

    def wake(self):
        self.event.set()


class Descriptor:
    def __init__(self, threads):
        self.each = -(-threads // EVENTS)
        self.events = [os.eventfd(0, os.EFD_SEMAPHORE | os.EFD_CLOEXEC) for _ in range(EVENTS)]

    def wait(self, index):
        os.read(self.events[index % EVENTS], 8)

    def wake(self):
        for event in self.events:
            os.eventfd_write(event, self.each)


class Time:
    def __init__(self, threads):
        self.alarm = time.monotonic() + ALARM

    def wait(self, index):
        time.sleep(max(0.0, self.alarm - time.monotonic()))

    def wake(self):
        """When their alarm rings, it does so by itself."""
        self.wait(0)


WAYS = {"lock": Lock, "descriptor": Descriptor, "time": Time}


def memory_kib():
    text = Path("/proc/self/smaps_rollup").read_text()
    return int(re.search(r"^Pss: +(\d+)", text, re.MULTILINE)[1])


def measure(kind, count):
    woken = []

    def wait(index):
        way.wait(index)
        woken.append(index)

    before = memory_kib()
    way = WAYS[kind](count)
    began = time.monotonic()
    threads = [threading.Thread(target=wait, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    started = time.monotonic()
    grown = memory_kib() - before
    if len(woken):
        raise RuntimeError("the first woke before the last was started")
    way.wake()
    called = time.monotonic()
    for thread in threads:
        thread.join()
    return {"woken": len(woken), "kib_each": grown / count, "starting": started - began,
            "waking": time.monotonic() - called}


def app(environ, start_response):
    asked = parse_qs(environ["QUERY_STRING"])
    body = json.dumps(measure(asked["way"][0], int(asked["threads"][0]))).encode()
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]
