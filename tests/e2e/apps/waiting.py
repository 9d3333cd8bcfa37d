"""Requests that wait for long, bounded or cancelled from outside; /log tells what became of them."""

import errno
import select
import socket
import subprocess
import threading
import time

import greenroom

LONG = 30
log: list[str] = []
quiet, _peer = socket.socketpair()


def name_of(error: BaseException) -> str:
    number = errno.errorcode.get(getattr(error, "errno", None), "")
    return f"{type(error).__name__} {number}".strip()


def noting(wait):
    try:
        wait()
        log.append("done")
    except OSError as error:
        log.append(name_of(error))
        raise


def select_long() -> None:
    select.select([quiet], [], [], LONG)


WAITS = {
    "/recv": lambda: quiet.recv(1),
    "/sleep": lambda: time.sleep(LONG),
    "/select": select_long,
    "/child": lambda: subprocess.run(["sleep", "1"], check=True),
    "/short": lambda: time.sleep(0.01),
}


def caught() -> str:
    try:
        time.sleep(LONG)
    except TimeoutError:
        return "late, but here"
    return "on time"


def cleaning_up() -> str:
    try:
        time.sleep(LONG)
    except OSError:
        with greenroom.shield():
            time.sleep(0.01)
        log.append(f"cleaned up, cancelled: {greenroom.is_cancelled()}")
        raise
    return ""


def scoped(second) -> str:
    began = time.monotonic()
    try:
        with greenroom.scope() as both:
            first = both.start(time.sleep, LONG)
            both.start(second)
    except Exception as error:
        fast = time.monotonic() - began < LONG / 2
        return f"{name_of(error)}, {name_of(first.exception())}, {fast}"
    return "all done"


def fail() -> None:
    time.sleep(0.01)
    raise KeyError("second")


def scope_results() -> str:
    with greenroom.scope() as several:
        began = time.monotonic()
        calls = [several.start(lambda n: (time.sleep(0.2), n)[1], n) for n in range(10)]
    elapsed = time.monotonic() - began
    return f"{sum(call.result() for call in calls)} {elapsed < 1}"


def scope_within_deadline() -> str:
    try:
        with greenroom.deadline(0.05), greenroom.scope() as several:
            child = several.start(time.sleep, LONG)
    except TimeoutError as error:
        return f"{name_of(error)}, {isinstance(child.exception(), OSError)}"
    return "no"


def scope_left() -> str:
    with greenroom.scope() as several:
        pass
    try:
        several.start(fail)
    except RuntimeError as error:
        return str(error)
    return "no"


def on_a_plain_thread() -> str:
    found = []

    def ask() -> None:
        for what in (greenroom.scope, lambda: greenroom.deadline(1)):
            try:
                with what():
                    found.append("fine")
            except RuntimeError as error:
                found.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return ", ".join(found)


ANSWERS = {
    "/caught": caught,
    "/cleaning-up": cleaning_up,
    "/scope-fails": lambda: scoped(fail),
    "/scope-results": scope_results,
    "/scope-deadline": scope_within_deadline,
    "/scope-left": scope_left,
    "/threads": on_a_plain_thread,
    "/log": lambda: "\n".join(log),
}


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if environ["QUERY_STRING"] == "cancel":
        greenroom.cancel_on_disconnect()
    if path in WAITS:
        noting(WAITS[path])
        text = "done"
    else:
        text = ANSWERS[path]()
    body = text.encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
