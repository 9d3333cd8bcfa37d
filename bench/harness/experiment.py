"""aiohttp versus multithreaded Flask: one HTTP call to a slow upstream for each request.

One worker process, 400 connections, 20 s. The upstream is nginx and answers after 100 ms, so no
more than 4,000 requests/s are to be had. All WSGI servers run the same Flask application.
"""

import os
import subprocess
import sys
from collections.abc import Sequence

from harness import servers
from harness.contest import Options, contest, running
from harness.load import Load, Measurement, measure
from harness.report import (ERRORS, MEMORY, NAME, Report, Section, cpu_panel, latency_panel,
                            rate_panel, table_of)
from harness.servers import Server
from harness.svg import chart
from harness.table import number

CONNECTIONS = 400
SECONDS = 20.0
UPSTREAM = "upstream-itself"  # with no application before it: what is to be had on this machine
FLASK = "flask_upstream:app"
GTHREAD_THREADS = (10, 20, 50, 100, 200, 400, 800, 1000)
GREENROOM_THREADS = (100, 400)

COLUMNS = [
    NAME,
    *((key, lambda one, key=key: number(one.latency[key], 1))
      for key in ("min", "p50", "p99", "p999", "max", "mean")),
    ("duration", lambda one: number(one.duration, 1)),
    ("requests", lambda one: number(one.requests)),
    ERRORS,
    ("CPU ms/request", lambda one: number(one.cpu_us / 1000, 2)),
    MEMORY,
]


def variants(upstream: str) -> list[Server]:
    env = {"UPSTREAM": upstream}
    return [
        servers.greenroom("greenroom-c", "upstream.so", 1, **env),
        servers.gunicorn_aiohttp("gunicorn-aiohttp", "aiohttp_upstream:app", 1, **env),
        servers.greenroom("greenroom-flask", FLASK, 1, **env),
        servers.greenroom("greenroom-accelerated", FLASK, 1, "--accelerate", "requests", **env),
        servers.greenroom("greenroom-http", "flask_client:app", 1, **env),
        servers.gunicorn_gevent("gunicorn-gevent", FLASK, 1, **env),
        servers.uwsgi_gevent("uwsgi-gevent", FLASK, 1, **env),
        *(servers.gunicorn_gthread(f"gunicorn-gthread-{threads}", FLASK, 1, threads, **env)
          for threads in GTHREAD_THREADS),
        *(servers.greenroom_threads(f"greenroom-threads-{threads}", FLASK, 1, threads, **env)
          for threads in GREENROOM_THREADS),
    ]


def picture(measurements: Sequence[Measurement]) -> str:
    return chart(f"A Flask app that calls a service of 100 ms; 1 worker, {CONNECTIONS} connections",
                 [one.name for one in measurements],
                 [rate_panel(measurements), latency_panel(measurements), cpu_panel(measurements)])


def bare_loop(seconds: float) -> float:
    """Microseconds of processor time of a call of the Flask view by itself, with a ready upstream."""
    with running(servers.greenroom("ready", "hello.so", 1)) as ready:
        output = subprocess.run(
            [servers.PYTHON, str(servers.APPS / "flask_loop.py"), str(seconds)], check=True, text=True,
            stdout=subprocess.PIPE, timeout=seconds + 60,
            env=os.environ | {"UPSTREAM": f"127.0.0.1:{ready.port}"}).stdout
    return float(output)


def run(options: Options) -> None:
    load = Load(CONNECTIONS, options.seconds(SECONDS))
    with running(servers.upstream_100ms()) as upstream:
        chosen = options.selected(variants(f"127.0.0.1:{upstream.port}"))
        measurements = [measure(UPSTREAM, upstream, "/", load)] if options.wants(UPSTREAM) else []
        measurements += contest(chosen, "/", load)
    report = Report("experiment", "aiohttp versus multithreaded Flask, and greenroom",
                    " ".join((__doc__ or "").split()) + " Latencies in milliseconds.")
    if measurements:
        title = "One upstream call of 100 ms for each request"
        report.sections.append(
            Section(title, table_of(measurements, COLUMNS), picture(measurements)))
    if options.wants("bare-loop"):
        report.data["bare_loop_us"] = bare_loop(options.seconds(SECONDS) / 4)
        print(f"  bare-loop              {report.data['bare_loop_us']:,.0f} us of CPU for a call", file=sys.stderr)
    report.data["variants"] = {one.name: one.as_json() for one in measurements}
    report.publish()
