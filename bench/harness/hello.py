"""The cost of the server itself: applications that do nothing. Two workers, 400 connections.

The load generator has the same cores as the server, so the server that needs less CPU also meets a
faster load generator; CPU per request is the figure that travels.
"""

from collections.abc import Sequence

from harness import servers
from harness.contest import Options, contest
from harness.load import Load, Measurement
from harness.report import (CPU, ERRORS, MEMORY, NAME, P50, P99, RATE, Column, Report, Section,
                            cpu_panel, latency_panel, rate_panel, table_of)
from harness.servers import Server
from harness.svg import chart
from harness.table import number

CONNECTIONS = 400
WORKERS = 2
SECONDS = 15.0
ROUNDS = 3
HELLO = "wsgi_hello:app"


def hello_variants() -> list[Server]:
    return [
        servers.nginx("nginx", WORKERS, 'return 200 "Hello, World!";'),
        servers.greenroom("greenroom-c", "hello.so", WORKERS),
        servers.greenroom("greenroom-wsgi", HELLO, WORKERS),
        servers.node("node", "node_hello.js", WORKERS),
        servers.uvicorn("uvicorn-starlette", "starlette_hello:app", WORKERS),
        servers.uwsgi("uwsgi", HELLO, WORKERS),
        servers.uwsgi_gevent("uwsgi-gevent", HELLO, WORKERS),
        servers.gunicorn_gevent("gunicorn-gevent", HELLO, WORKERS),
    ]


def flask_variants() -> list[Server]:
    return [
        servers.greenroom("greenroom", "flask_json:app", WORKERS),
        servers.gunicorn_aiohttp("gunicorn-aiohttp", "aiohttp_json:app", WORKERS),
        servers.uwsgi_gevent("uwsgi-gevent", "flask_json:app", WORKERS),
        servers.gunicorn_gevent("gunicorn-gevent", "flask_json:app", WORKERS),
    ]


def per_cpu_column(measurements: Sequence[Measurement]) -> Column:
    """Requests per CPU second, as a share of nginx's where nginx was measured."""
    nginx = next((one.rate_per_cpu for one in measurements if one.name == "nginx"), None)
    if nginx is None:
        return "requests/CPU s", lambda one: number(one.rate_per_cpu)
    return "per CPU s, of nginx", lambda one: number(one.rate_per_cpu / nginx, 2)


def compare(name: str, title: str, path: str, chosen: list[Server], options: Options) -> None:
    load = Load(CONNECTIONS, options.seconds(SECONDS), threads=2)
    measurements = contest(chosen, path, load, ROUNDS)
    columns = [NAME, RATE, P50, P99, ERRORS, CPU, per_cpu_column(measurements), MEMORY]
    report = Report(name, title, " ".join((__doc__ or "").split()))
    if measurements:
        panels = [rate_panel(measurements), latency_panel(measurements), cpu_panel(measurements)]
        picture = chart(f"{title}; {WORKERS} workers, {CONNECTIONS} connections",
                        [one.name for one in measurements], panels)
        report.sections.append(Section(title, table_of(measurements, columns), picture))
    report.data["variants"] = {one.name: one.as_json() for one in measurements}
    report.publish()


def run_hello(options: Options) -> None:
    compare("hello", "Hello, World!", "/", options.selected(hello_variants()), options)


def run_flask(options: Options) -> None:
    compare("flask", "A JSON route", "/json", options.selected(flask_variants()), options)
