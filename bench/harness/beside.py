"""One measurement of a few clients by themselves, and one beside many others: what these cost them."""

from collections.abc import Mapping

from harness import servers
from harness.servers import Server
from harness.table import number

COLUMNS = ["requests/s alone", "beside", "p99 ms alone", "beside", "change"]


def variants(nginx_connections: int) -> list[Server]:
    return [
        servers.greenroom("greenroom-c", "hello.so", 1),
        servers.greenroom("greenroom-wsgi", "wsgi_hello:app", 1),
        servers.nginx("nginx", 1, 'return 200 "Hello, World!";', connections=nginx_connections),
    ]


def change_of_p99(alone: Mapping, beside: Mapping) -> float:
    return beside["latency"]["p99"] / alone["latency"]["p99"] - 1


def cells(alone: Mapping, beside: Mapping) -> list[str]:
    """Of COLUMNS, for measurements as JSON has them."""
    return [*(number(one["rate"]) for one in (alone, beside)),
            *(number(one["latency"]["p99"], 2) for one in (alone, beside)),
            f"{change_of_p99(alone, beside):+.0%}"]
