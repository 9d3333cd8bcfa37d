"""The pools and queues of the standard library."""

import itertools
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from functions import application, ping

PROCESSES = 4

numbers = multiprocessing.Queue()
count = itertools.count(1)
asked = 0

meeting = threading.Barrier(31)
threads = ThreadPoolExecutor(31)

process_meeting = multiprocessing.Barrier(PROCESSES)


def take():
    """The next number that another process has put into the queue."""
    global asked
    asked = next(count)
    return numbers.get(timeout=10)


def put(count):
    for number in range(int(count)):
        numbers.put(number)


def feed(count):
    child = multiprocessing.Process(target=put, args=[count])
    child.start()
    child.join(10)
    return child.exitcode


def waiting():
    return [asked, meeting.n_waiting]


def meet_in_threads():
    return threads.submit(meeting.wait, 10).result()


def keep_meeting(meeting):
    global kept
    kept = meeting


def meet():
    kept.wait(10)
    return os.getpid()


processes = ProcessPoolExecutor(PROCESSES, initializer=keep_meeting, initargs=[process_meeting])


def meet_in_processes():
    return processes.submit(meet).result()


app = application(ping, take, feed, waiting, meet_in_threads, meet_in_processes)
