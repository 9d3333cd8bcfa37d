"""requests on the client of Greenroom: seen from the application, it is requests as it was."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Server, eventually
from requests_cases import CASES
from requests_upstream import answering
from services import Certificates

HERE = Path(__file__).parent
CROWD = 30

Run = Callable[..., subprocess.CompletedProcess]


@pytest.fixture(scope="module")
def run(build_dir: Path) -> Run:
    """Runs Python with greenroom on its path."""
    kept = {name: value for name, value in os.environ.items()
            if not name.lower().endswith(("_proxy", "_ca_bundle"))}
    kept["PYTHONPATH"] = os.pathsep.join([str(build_dir), str(build_dir / "python")])

    def run(*arguments: str, **env: str) -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, *arguments], env=kept | env, text=True, timeout=60,
                              check=True, stdout=subprocess.PIPE)

    return run


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with answering() as port:
        yield port


@pytest.fixture(scope="module")
def secure(certificates: Certificates) -> Iterator[dict[str, str]]:
    """One that speaks TLS, and certificates: the environment of the cases."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    context.load_verify_locations(certificates.ca)
    context.verify_mode = ssl.CERT_OPTIONAL
    with answering(context) as port:
        yield {"SECURE": f"https://127.0.0.1:{port}", "CA": str(certificates.ca),
               "CERT": str(certificates.certificate), "KEY": str(certificates.key)}


@pytest.fixture(scope="module")
def seen(run: Run, port: int, secure: dict[str, str]) -> dict[str, dict]:
    """What each case sees, with requests as it is, and accelerated."""
    script = str(HERE / "requests_cases.py")
    return {kind: json.loads(run(script, kind, f"http://127.0.0.1:{port}", **secure).stdout)
            for kind in ("plain", "accelerated")}


@pytest.mark.parametrize("case", CASES)
def test_nothing_that_can_be_seen_changes(seen, case):
    assert seen["plain"][case][0] != "it failed", seen["plain"][case][1]
    assert seen["accelerated"][case] == seen["plain"][case]


def test_calls_are_made_by_the_client(run, port):
    script = f"""
        import greenroom, sys
        greenroom.accelerate("requests")
        assert "requests" not in sys.modules and "urllib3" not in sys.modules
        import requests, urllib3
        assert type(requests.__spec__.loader).__module__ == "_frozen_importlib_external"
        session = requests.Session()
        raw = session.get("http://127.0.0.1:{port}/echo").raw
        print(type(raw).__module__, isinstance(raw, urllib3.HTTPResponse),
              session.adapters["http://"].poolmanager.pools.keys())
    """
    assert run("-c", unindented(script)).stdout == "greenroom._requests_raw True []\n"


def test_calls_of_green_threads_wait_together(serve, upstream):
    server: Server = serve("--workers", "1", "--accelerate", "requests", "accelerated:app",
                           env={"URL": upstream.url})
    with server.crowd(CROWD, f"/{CROWD + 1}") as answers:
        eventually(lambda: upstream.waiting == CROWD, "all wait for the last one")
        assert server.kernel_tasks() < CROWD
        assert server.get(f"/{CROWD + 1}").text == "greenroom._requests_raw: together"
    assert {answer.result().text for answer in answers} == {"greenroom._requests_raw: together"}
    assert server.get("/late").text == "ReadTimeout"


def test_who_stands_in_between_is_asked(run, port):
    script = f"""
        import greenroom
        greenroom.accelerate("requests")
        import logging, requests, urllib3
        url = "http://127.0.0.1:{port}/status/200"
        class Other(requests.adapters.HTTPAdapter):
            def get_connection(self, url, proxies=None):
                return self.poolmanager.connection_from_url(url)
        session = requests.Session()
        session.mount(url, Other())
        def maker(session):
            return type(session.get(url).raw).__module__.partition(".")[0]
        said = [maker(session), maker(requests.Session())]
        logging.getLogger("urllib3").setLevel(logging.DEBUG)
        said.append(maker(requests.Session()))
        logging.getLogger("urllib3").setLevel(logging.INFO)
        usual = urllib3.HTTPConnectionPool.urlopen
        urllib3.HTTPConnectionPool.urlopen = lambda *args, **options: usual(*args, **options)
        said.append(maker(requests.Session()))
        urllib3.HTTPConnectionPool.urlopen = usual
        print(*said, maker(requests.Session()))
    """
    said = run("-c", unindented(script)).stdout
    assert said == "urllib3 greenroom urllib3 urllib3 greenroom\n"


def test_a_child_of_fork_has_connections_of_its_own(run, port):
    script = f"""
        import greenroom, os
        greenroom.accelerate("requests")
        import requests
        session = requests.Session()
        def peer():
            return session.get("http://127.0.0.1:{port}/peer").text
        before = peer()
        if not (child := os.fork()):
            os._exit(peer() == before)
        print(os.waitpid(child, 0)[1], peer() == before)
    """
    assert run("-c", unindented(script)).stdout == "0 True\n"


def test_what_cannot_be_accelerated_is_said(run):
    script = """
        import greenroom, warnings
        try:
            greenroom.accelerate("httpx")
        except ValueError as error:
            print(error)
        import requests, requests.adapters
        before = requests.adapters.HTTPAdapter.send
        requests.__version__ = "9.1"
        with warnings.catch_warnings(record=True) as said:
            greenroom.accelerate("requests")
        print(said[0].message, before is requests.adapters.HTTPAdapter.send)
    """
    assert run("-c", unindented(script)).stdout.splitlines() == [
        "'httpx' cannot be accelerated, but requests can",
        "requests 9.1 is not accelerated: known are 2.28 to 2.34 True",
    ]


def unindented(script: str) -> str:
    return "\n".join(line[8:] for line in script.splitlines())
