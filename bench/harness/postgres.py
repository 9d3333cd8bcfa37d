"""psycopg2 as it comes: 50 requests at once on one worker, each a query of half a second.

PostgreSQL is started for the purpose, in a scratch directory. The wall time is that of the slowest
of three waves; a server that cannot wait for more than one query at a time needs 25 s for each.
"""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from harness import servers
from harness.contest import Options, each, running
from harness.crowd import Crowd
from harness.processes import Daemon, free_port
from harness.report import Report, Section
from harness.servers import Server
from harness.table import Table, number

AT_ONCE = 50
WAVES = 3
APP = "psycopg2_sleep:app"


@dataclass
class Wave:
    name: str
    wall: float  # seconds
    answered: int
    failures: int


def programs() -> Path:
    """Where Debian keeps initdb and postgres: off the PATH, by version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise SystemExit("bench: PostgreSQL is missing; run tools/packages bench")
    return found[-1].parent


@contextmanager
def postgresql() -> Iterator[Daemon]:
    """A cluster of our own on a loopback port; PostgreSQL refuses to run as root."""
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="bench-postgres-") as directory:
        if user:
            os.chown(directory, pwd.getpwnam(user).pw_uid, -1)
        data = Path(directory, "data")
        subprocess.run([programs() / "initdb", "--pgdata", data, "--auth", "trust", "--no-sync",
                        "--username", "postgres"],
                       check=True, stdout=subprocess.DEVNULL, cwd=directory, user=user)
        port = free_port()
        command = [str(programs() / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p",
                   str(port), "-k", directory, "-c", f"max_connections={2 * AT_ONCE}",
                   "-c", "fsync=off"]
        log = Path(directory, "log")
        with Daemon(command, port, log, cwd=Path(directory), user=user) as daemon:
            yield daemon


def environment(port: int) -> dict[str, str]:
    """Where libpq finds it."""
    return {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "postgres",
            "PGDATABASE": "postgres"}


def variants(port: int) -> list[Server]:
    env = environment(port)
    return [
        servers.greenroom("greenroom", APP, 1, **env),
        servers.gunicorn_gthread(f"gunicorn-gthread-{AT_ONCE}", APP, 1, AT_ONCE, **env),
        servers.gunicorn_gevent("gunicorn-gevent", APP, 1, **env),
    ]


def ask(server: Server) -> Wave:
    waves = []
    with running(server) as daemon:
        for _ in range(WAVES):
            with Crowd(daemon.port, AT_ONCE) as crowd:
                crowd.ask("/")
                wall = crowd.wait(timeout=60)
                failures = sum(crowd.failures.values())
                waves.append(Wave(server.name, wall, crowd.answered, failures))
    return max(waves, key=lambda wave: (wave.failures, wave.wall))


def run(options: Options) -> None:
    with postgresql() as database:
        results = each(options.selected(variants(database.port)), ask)
    report = Report("postgres", "psycopg2, unmodified", " ".join((__doc__ or "").split()))
    table = Table(["variant", "wall s", "answered", "errors"],
                  [[one.name, number(one.wall, 2), number(one.answered), number(one.failures)]
                   for one in results])
    report.sections.append(Section(f"{AT_ONCE} x pg_sleep(0.5) at once", table))
    report.data["variants"] = {one.name: asdict(one) for one in results}
    report.publish()
