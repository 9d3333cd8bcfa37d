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


def interrupting_handler(number, frame):
    raise KeyboardInterrupt


def exiting_handler(number, frame):
    sys.exit("leaving")


signal.signal(signal.SIGHUP, interrupting_handler)
signal.signal(signal.SIGALRM, exiting_handler)
signal.signal(signal.SIGUSR1, handler)
signal.signal(signal.SIGUSR2, failing_handler)


def work():
    time.sleep(0.3)
    print("thread ended")


def app(environ, start_response):
    if environ["PATH_INFO"] == "/thread":
        threading.Thread(target=work).start()
    if environ["PATH_INFO"] == "/sleep":
        print("sleeping")
        time.sleep(1)
    if environ["PATH_INFO"] == "/hang":
        print("hanging")
        threading.Event().wait()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{sys.argv} {sys.path[0]}".encode()]
