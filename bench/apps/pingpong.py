"""A green thread and an OS thread, both running Python, hand a turn back and forth.

GET /?way=lock&rounds=10000000&seconds=300 answers with JSON when they are done: how many rounds they
played, in how many seconds, and the longest round in ms. way: lock, condition, queue, simplequeue, pipe.
A lost wake-up stops them: after STOPPED seconds without progress every thread's stack goes to the log
and the worker ends. The watch is an OS thread of C code, which waits for nothing but the clock.
"""

import ctypes
import faulthandler
import json
import os
import queue
import threading
import time
from urllib.parse import parse_qs

GREEN, OUTSIDE = 0, 1
STOPPED = 5.0  # seconds
BATCH = 1000  # rounds between two looks at the watch

libc = ctypes.CDLL(None)
START_ROUTINE = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)


class OsThread:
    """As a C library makes them: it has a kernel task of its own and enters Python by a callback."""

    def __init__(self, target):
        self.routine = START_ROUTINE(lambda _: target())
        self.pthread = ctypes.c_ulong()
        if libc.pthread_create(ctypes.byref(self.pthread), None, self.routine, None):
            raise RuntimeError("no thread")

    def join(self):
        libc.pthread_join(self.pthread, None)


class Lock:
    def __init__(self):
        self.locks = [threading.Lock(), threading.Lock()]
        for lock in self.locks:
            lock.acquire()

    def hand_to(self, side):
        self.locks[side].release()

    def wait(self, side):
        self.locks[side].acquire()


class Condition:
    def __init__(self):
        self.turned = threading.Condition()
        self.turn = GREEN

    def hand_to(self, side):
        with self.turned:
            self.turn = side
            self.turned.notify()

    def wait(self, side):
        with self.turned:
            while self.turn != side:
                self.turned.wait()


class Queue:
    def __init__(self, kind=queue.Queue):
        self.queues = [kind(), kind()]

    def hand_to(self, side):
        self.queues[side].put(None)

    def wait(self, side):
        self.queues[side].get()


class SimpleQueue(Queue):
    def __init__(self):
        super().__init__(queue.SimpleQueue)


class Pipe:
    def __init__(self):
        self.pipes = [os.pipe(), os.pipe()]

    def hand_to(self, side):
        os.write(self.pipes[side][1], b"x")

    def wait(self, side):
        os.read(self.pipes[side][0], 1)


WAYS = {"lock": Lock, "condition": Condition, "queue": Queue, "simplequeue": SimpleQueue,
        "pipe": Pipe}


class Game:
    def __init__(self, way):
        self.way = way
        self.over = False
        self.played = 0
        self.longest = 0.0  # round, seconds

    def play_outside(self):
        self.way.wait(OUTSIDE)
        while not self.over:
            self.way.hand_to(GREEN)
            self.way.wait(OUTSIDE)

    def play_batch(self, rounds):
        hand_to, wait = self.way.hand_to, self.way.wait
        began = time.perf_counter()
        for _ in range(rounds):
            hand_to(OUTSIDE)
            wait(GREEN)
            now = time.perf_counter()
            self.longest = max(self.longest, now - began)
            began = now
        self.played += rounds

    def play(self, rounds, seconds):
        until = time.monotonic() + seconds
        outside = OsThread(self.play_outside)
        while self.played < rounds and time.monotonic() < until:
            faulthandler.dump_traceback_later(STOPPED, exit=True)
            self.play_batch(min(BATCH, rounds - self.played))
            faulthandler.cancel_dump_traceback_later()
        self.over = True
        self.way.hand_to(OUTSIDE)
        outside.join()


def app(environ, start_response):
    asked = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    game = Game(WAYS[asked["way"]]())
    began = time.monotonic()
    game.play(int(asked["rounds"]), float(asked["seconds"]))
    body = json.dumps({"rounds": game.played, "seconds": time.monotonic() - began,
                       "longest": game.longest * 1e3}).encode()
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]
