"""psycopg2 as Debian ships it, against a PostgreSQL of the test's own."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

psycopg2 = pytest.importorskip("psycopg2")


def find_program(name: str) -> Path:
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return folder / name
    pytest.skip("PostgreSQL's server is not installed")


def as_postgres() -> dict:
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """The DSN of a new cluster, which is gone afterwards."""
    folder = Path(f"/tmp/greenroom-postgres-{os.getpid()}")
    folder.mkdir(mode=0o700)
    who = as_postgres()
    if who:
        os.chown(folder, who["user"], who["group"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    subprocess.run(
        [find_program("initdb"), "-D", folder / "data", "-U", "test", "--auth=trust", "--no-sync"],
        check=True, capture_output=True, cwd="/", **who,
    )  # fmt: skip
    process = subprocess.Popen(
        [find_program("postgres"), "-D", folder / "data", "-p", str(port), "-h", "127.0.0.1",
         "-k", folder, "-N", "100", "-F"],
        cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who,
    )  # fmt: skip
    dsn = f"host=127.0.0.1 port={port} user=test dbname=postgres"
    try:
        wait_for(dsn)
        yield dsn
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder)


def wait_for(dsn: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            psycopg2.connect(dsn).close()
            return
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_fifty_queries_wait_together(serve, database):
    server = serve("--workers", "1", "wsgi_postgres:app", env={"DSN": database})
    with ThreadPoolExecutor(50) as clients:
        assert server.get("/").text == "waited"
        started = time.monotonic()
        answers = list(clients.map(lambda _: server.get("/").text, range(50)))
        seconds = time.monotonic() - started
    assert answers == ["waited"] * 50, server.output()
    assert seconds < 0.8
