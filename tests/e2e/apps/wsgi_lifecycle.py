"""Tells the log of the events of a process's life."""

import atexit
import signal
import sys
import threading
import time

atexit.register(print, "atexit ran")


def handler(number, frame):
    print("handler ran", threading.current_thread().name)


def failing_handler(number, frame):
    raise ValueError("in a signal handler")


signal.signal(signal.SIGUSR1, handler)
signal.signal(signal.SIGUSR2, failing_handler)


def work():
    time.sleep(0.3)
    print("thread ended")


def app(environ, start_response):
    if environ["PATH_INFO"] == "/thread":
        # Threads inherit from their starter that they are daemons, and threads which Python has not
        # started itself, such as those of requests, count as daemons.
        threading.Thread(target=work, daemon=False).start()
    if environ["PATH_INFO"] == "/sleep":
        print("sleeping")
        time.sleep(1)
    if environ["PATH_INFO"] == "/hang":
        print("hanging")
        threading.Event().wait()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{sys.argv} {sys.path[0]}".encode()]
