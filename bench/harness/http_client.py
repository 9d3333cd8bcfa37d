"""HTTP clients: GETs of a small answer over 100 keep-alive connections, and what each costs its process.

The server is a Greenroom of one worker, which has a core to itself. Three turns of 5 s each; the median.
"""

import os
import statistics
import subprocess
from dataclasses import asdict, dataclass

from harness import servers
from harness.contest import Options, running
from harness.report import Report, Section
from harness.table import Table, number

CONNECTIONS = 100
SECONDS = 5.0
TURNS = 3
MICRO = servers.BUILD / "bench" / "micro"
PRELOAD = {"LD_PRELOAD": str(servers.BUILD / "libgreenroom-posix.so")}
CLIENTS: dict[str, tuple[list[str], dict[str, str]]] = {
    "greenroom-c": ([str(MICRO / "client")], PRELOAD),
    "libcurl-multi": ([str(MICRO / "client_curl")], {}),
    "aiohttp": ([servers.PYTHON, str(servers.APPS / "client_aiohttp.py")], {}),
}


@dataclass
class Turn:
    client: str
    answered: int
    processor: float  # us of all


def take_turn(client: str, url: str, seconds: float) -> Turn:
    command, env = CLIENTS[client]
    output = subprocess.run([*command, url, str(CONNECTIONS), str(seconds)], check=True, text=True,
                            timeout=seconds + 30, stdout=subprocess.PIPE, env=os.environ | env)
    answered, processor = output.stdout.split("\t")
    return Turn(client, int(answered), float(processor))


def run(options: Options) -> None:
    seconds = options.seconds(SECONDS)
    chosen = [client for client in CLIENTS if options.wants(client)]
    with running(servers.greenroom("server", "hello.so", 1)) as server:
        url = f"http://127.0.0.1:{server.port}/hello/Ada"
        turns = [take_turn(client, url, seconds) for _ in range(TURNS) for client in chosen]
    rows = []
    for client in chosen:
        own = [turn for turn in turns if turn.client == client]
        cost = statistics.median(turn.processor / turn.answered for turn in own)
        rate = statistics.median(turn.answered / seconds for turn in own)
        rows.append([client, number(rate), number(cost, 1)])
    report = Report("client", "HTTP clients", " ".join((__doc__ or "").split()))
    report.sections.append(
        Section("100 connections", Table(["client", "requests/s", "CPU us/request"], rows)))
    report.data["turns"] = [asdict(turn) for turn in turns]
    report.publish()
