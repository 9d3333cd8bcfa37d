"""What an application counts by itself."""

import json
import time

import greenroom

orders = greenroom.counter("orders", "Orders that were taken", kind="book")


@greenroom.timed
def render():
    time.sleep(0.01)


@greenroom.timed("load", page=1)
def load(number):
    return number


def refused(call, *args, **labels) -> str:
    try:
        call(*args, **labels)
    except (TypeError, ValueError) as error:
        return type(error).__name__
    return ""


def cost(calls: int = 20_000) -> dict[str, float]:
    """Nanoseconds to record one, the best of some runs."""
    counter, timer = greenroom.counter("cost"), greenroom.timer("cost_of_timer")

    def count():
        for _ in range(calls):
            counter.inc()

    def measure():
        for _ in range(calls):
            timer.record(0.25)

    def nothing():
        for _ in range(calls):
            pass

    def best(run) -> float:
        times = []
        for _ in range(9):
            begun = time.perf_counter_ns()
            run()
            times.append((time.perf_counter_ns() - begun) / calls)
        return min(times)

    return {"counter": best(count) - best(nothing), "timer": best(measure) - best(nothing)}


def use() -> dict[str, str]:
    orders.inc()
    orders.inc(2.5)
    greenroom.counter("visits").inc()
    greenroom.gauge("open").set(7)
    greenroom.gauge("open").dec(2)
    greenroom.meter("mails").mark(3)
    for size in (100, 200, 4000):
        greenroom.histogram("sizes").record(size)
    with greenroom.timing("step"):
        time.sleep(0.02)
    try:
        with greenroom.timing("step"):
            raise KeyError
    except KeyError:
        pass
    render()
    assert load(5) == 5
    return {
        "kind": refused(greenroom.gauge, "visits"),
        "name": refused(greenroom.counter, "a b"),
        "ours": refused(greenroom.counter, "greenroom_x"),
        "label": refused(greenroom.counter, "x", le="1"),
        "down": refused(orders.inc, -1),
        "negative": refused(greenroom.histogram("sizes").record, -1),
        "type": refused(orders.inc, "1"),
        "none": refused(greenroom.counter),
    }


def fill(count: int) -> int:
    for number in range(count):
        greenroom.counter("many", number=number).inc()
    return count


def app(environ, start_response):
    path = environ["PATH_INFO"]
    said = cost() if path == "/cost" else fill(10_050) if path == "/many" else use()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(said).encode()]
