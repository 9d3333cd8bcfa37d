"""How long a developer waits: from saving a file of a Flask application until a client is given its new answer.
Greenroom with --reload on, gunicorn with --reload and Flask's own server with --reload, each 15 times."""

import http.client
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from harness import servers
from harness.contest import Options, each
from harness.processes import Daemon, free_port
from harness.report import Report, Section
from harness.servers import Server, find_program
from harness.table import Table, number

CHANGES = 15
PATIENCE = 30.0  # seconds
APP = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "version {version}"
"""


@dataclass
class Outcome:
    name: str
    seconds: list[float]


def contestants() -> list[Server]:
    flask = ["flask", "--app", "changing", "run", "--port", "{port}", "--reload"]
    return [
        servers.greenroom("greenroom", "changing:app", 1, "--reload", "on"),
        servers.gunicorn("gunicorn", "sync", "changing:app", 1, "--reload"),
        Server("flask", flask),
    ]


def answer(port: int) -> str:
    """Empty while nobody answers."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        client.request("GET", "/")
        return client.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        client.close()


def save(folder: Path, version: int) -> None:
    (folder / "changing.py").write_text(APP.format(version=version))


def wait_for(port: int, version: int) -> float:
    """Seconds from now."""
    began = time.monotonic()
    while answer(port) != f"version {version}":
        if time.monotonic() - began > PATIENCE:
            raise SystemExit(f"bench: version {version} is not served within {PATIENCE:.0f} s")
        time.sleep(0.005)
    return time.monotonic() - began


def play(server: Server) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, port = Path(name), free_port()
        save(folder, 0)
        command = [word.replace("{port}", str(port)) for word in server.command]
        command[0] = find_program(command[0])
        with Daemon(command, port, folder / "log", cwd=folder):
            wait_for(port, 0)
            seconds = []
            for version in range(1, CHANGES + 1):
                time.sleep(1.0)  # files' times are looked at in whole seconds by some
                save(folder, version)
                seconds.append(wait_for(port, version))
            return Outcome(server.name, seconds)


def row(one: Outcome) -> list[str]:
    return [one.name, number(statistics.median(one.seconds), 2), number(max(one.seconds), 2)]


def run(options: Options) -> None:
    outcomes = each(options.selected(contestants()), play)
    report = Report("restart", "Changes of a file", " ".join((__doc__ or "").split()))
    table = Table(["server", "median s", "max s"], [row(one) for one in outcomes])
    report.sections.append(Section("From saving to the new answer", table))
    report.data["variants"] = {one.name: asdict(one) for one in outcomes}
    report.publish()
