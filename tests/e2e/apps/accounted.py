"""Requests that spend their time in one way each."""

import os
import threading
import time

from flask import Flask, request

app = Flask(__name__)
lock = threading.Lock()
PAUSE = 0.02


@app.get("/sleep")
def rest():
    time.sleep(PAUSE)
    return ""


@app.get("/run")
def run():
    end = time.perf_counter() + PAUSE
    while time.perf_counter() < end:
        pass
    return ""


@app.get("/lock")
def wait_for_lock():
    lock.acquire()
    threading.Timer(PAUSE, lock.release).start()
    with lock:
        return ""


@app.get("/downstream")
def wait_for_pipe():
    reader, writer = os.pipe()
    threading.Timer(PAUSE, os.write, (writer, b"x")).start()
    os.read(reader, 1)
    os.close(reader)
    os.close(writer)
    return ""


@app.post("/client")
def read():
    return str(len(request.get_data()))
