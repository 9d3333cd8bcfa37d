"""Counts how many requests are in it at a time, and in which order they came; /gate waits for /open."""

import threading
import time

lock = threading.Lock()
opened = threading.Event()
inside = most = 0
order: list[str] = []


def enter(name: str) -> None:
    global inside, most
    with lock:
        inside += 1
        most = max(most, inside)
        order.append(name)


def app(environ, start_response):
    global inside
    name = environ["QUERY_STRING"]
    enter(name)
    match environ["PATH_INFO"]:
        case "/sleep":
            time.sleep(0.02)
        case "/gate":
            opened.wait()
        case "/open":
            opened.set()
    with lock:
        inside -= 1
        body = f"{most} {','.join(order)}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
