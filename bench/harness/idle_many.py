"""Keep-alive connections that have made one request each and now rest, in one worker, 100,000 of them or as
many as the machine gives descriptors for; and what they cost 50 others that do not rest: measured without
them and with them in turn, as the machine is not the same from one minute to the next.

The clients come from several loopback addresses, as one has too few ports. Memory as in "idle".
"""

import resource
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from harness.beside import ACTIVE, COLUMNS, ROUNDS, cells, variants
from harness.contest import Options, each, running
from harness.load import Load, Measurement, measure, merge
from harness.idle import BATCH, ask_once, memory_at_rest
from harness.processes import Daemon
from harness.report import Report, Section
from harness.servers import Server
from harness.table import Table, number

WISHED = 100_000
OTHERS = 1_000  # descriptors for anything else
PER_ADDRESS = 20_000
SECONDS = 4.0


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
        return measure(server.name, daemon, "/", Load(ACTIVE, seconds, warm_up=1))

    def compare(server: Server) -> Many:
        alone, beside, sizes, failures = [], [], [], 0
        with running(server) as daemon, ExitStack() as first_ones:
            failures += ask_once(daemon, first_ones)  # warms the server up
            for number_of in range(ROUNDS):
                alone.append(measured(server, daemon))
                before = memory_at_rest(daemon)
                with ExitStack() as open_ones:
                    failures += crowd_in(daemon, open_ones, number_of, connections)
                    sizes.append(memory_at_rest(daemon) - before)
                    beside.append(measured(server, daemon))
        return Many(server.name, connections, sizes[0] * 1024 / connections, failures,
                    merge(alone).as_json(), merge(beside).as_json())

    return compare


def crowd_in(daemon: Daemon, open_ones: ExitStack, number_of: int, connections: int) -> int:
    """Returns how many failed. Each crowd has addresses of its own: ports rest after their use."""
    return sum(ask_once(daemon, open_ones, f"127.0.{number_of}.{2 + at // PER_ADDRESS}")
               for at in range(0, connections, BATCH))


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
