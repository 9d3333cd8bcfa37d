"""Keep-alive connections that have made one request each and now rest, in one worker, 100,000 of them or as
many as the machine gives descriptors for; and what they cost 50 others that do not rest.

The clients come from several loopback addresses, as one has too few ports. Memory as in "idle".
"""

import resource
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from harness.beside import COLUMNS, cells, variants
from harness.contest import Options, each, running
from harness.load import Load, Measurement, measure
from harness.idle import BATCH, ask_once, memory_at_rest
from harness.processes import Daemon
from harness.report import Report, Section
from harness.servers import Server
from harness.table import Table, number

WISHED = 100_000
OTHERS = 1_000  # descriptors for anything else
PER_ADDRESS = 20_000
SECONDS = 10.0
ACTIVE = 50


@dataclass
class Many:
    name: str
    connections: int
    bytes_each: float
    failures: int
    alone: dict
    beside: dict


def try_out(connections: int, seconds: float):
    def measured(server: Server, daemon: Daemon) -> Measurement:
        return measure(server.name, daemon, "/", Load(ACTIVE, seconds))

    def compare(server: Server) -> Many:
        with running(server) as daemon, ExitStack() as open_ones:
            failures = ask_once(daemon, open_ones)  # warms the server up
            alone = measured(server, daemon)
            before = memory_at_rest(daemon)
            for number_of in range(0, connections, BATCH):
                source = f"127.0.0.{2 + number_of // PER_ADDRESS}"
                failures += ask_once(daemon, open_ones, source)
            grown = memory_at_rest(daemon) - before
            beside = measured(server, daemon)
        return Many(server.name, connections, grown * 1024 / connections, failures,
                    alone.as_json(), beside.as_json())

    return compare


def row(one: Many) -> list[str]:
    return [one.name, number(one.bytes_each), number(one.failures), *cells(one.alone, one.beside)]


def run(options: Options) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = min(WISHED, most - OTHERS)
    results = each(options.selected(variants(nginx_connections=WISHED)),
                   try_out(connections, options.seconds(SECONDS)))
    report = Report("idle-many", "Many idle connections", " ".join((__doc__ or "").split()))
    table = Table(["variant", "bytes each", "errors", *COLUMNS], [row(one) for one in results])
    report.sections.append(Section(f"{connections:,} idle connections, {ACTIVE} active ones", table))
    report.data["variants"] = {one.name: asdict(one) for one in results}
    report.publish()
