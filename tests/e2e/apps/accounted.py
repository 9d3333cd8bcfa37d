"""Requests that spend their time in one way each."""

import ctypes
import http.client
import os
import select
import socket
import ssl
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import asdict

import greenroom
from flask import Flask, jsonify, request

app = Flask(__name__)
lock = threading.Lock()
PAUSE = 0.02


@app.get("/sleep")
def rest():
    time.sleep(PAUSE)
    return ""


@app.get("/running")
def run():
    end = time.process_time() + PAUSE
    while time.process_time() < end:
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


@app.get("/order")
def order():
    """Asks a database, then a service, twice on one connection."""
    import psycopg2

    with closing(psycopg2.connect(os.environ["DSN"])) as database, database.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [PAUSE])
        cursor.fetchall()
    with closing(http.client.HTTPConnection("localhost", int(request.args["port"]))) as service:
        for _ in range(2):
            service.request("GET", "/")
            service.getresponse().read()
    return ""


@app.get("/tls")
def greet():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", int(request.args["port"]))) as plain:
        context.wrap_socket(plain, server_hostname="shop.example").close()
    return ""


@app.get("/many")
def many():
    """Sends a byte to each of more neighbours than have a place of their own."""
    for port in request.args["ports"].split(","):
        with socket.create_connection(("127.0.0.1", int(port))) as peer:
            peer.sendall(b"x")
    return ""


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("len", ctypes.c_size_t)]


class Message(ctypes.Structure):
    """struct mmsghdr, with one element in its vector."""

    _fields_ = [
        ("name", ctypes.c_void_p), ("name_len", ctypes.c_uint32),
        ("vector", ctypes.POINTER(Vector)), ("vector_len", ctypes.c_size_t),
        ("control", ctypes.c_void_p), ("control_len", ctypes.c_size_t),
        ("flags", ctypes.c_int), ("_", ctypes.c_int), ("len", ctypes.c_uint),
    ]  # fmt: skip


@app.get("/by_all_means")
def send_and_receive():
    """Five bytes by each call that sends, then five by each that receives."""
    libc = ctypes.CDLL(None)
    message = Message(vector=ctypes.pointer(Vector(b"mmmmm", 5)), vector_len=1)
    reader, writer = os.pipe()
    os.write(writer, b"ppppp")
    with socket.create_connection(("127.0.0.1", int(request.args["port"]))) as peer:
        with tempfile.TemporaryFile() as file:
            file.write(b"fffff")
            file.flush()
            os.sendfile(peer.fileno(), file.fileno(), 0, 5)
        os.splice(reader, peer.fileno(), 5)
        peer.send(b"ddddd", socket.MSG_DONTWAIT)
        peer.sendmsg([b"vv", b"vvv"], [], socket.MSG_DONTWAIT)
        libc.sendmmsg(peer.fileno(), ctypes.byref(message), 1, 0)
        select.select([peer], [], [], 10)
        peer.recv(5, socket.MSG_PEEK)
        peer.recv(5, socket.MSG_DONTWAIT)
        libc.recvmmsg(peer.fileno(), ctypes.byref(message), 1, 0, None)
        os.splice(peer.fileno(), writer, 5)
    os.close(reader)
    os.close(writer)
    return ""


@app.get("/asked")
def ask_for_the_account():
    time.sleep(PAUSE)
    answers = []

    def elsewhere():
        try:
            greenroom.request_account()
        except RuntimeError as error:
            answers.append(str(error))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    with socket.create_connection(("127.0.0.1", int(request.args["port"]))) as service:
        service.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        service.recv(1000)
    return jsonify(account=asdict(greenroom.request_account()), elsewhere=answers)
