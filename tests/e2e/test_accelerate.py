"""requests on the client of Greenroom: seen from the application, it is requests as it was."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Server
from requests_cases import CASES
from requests_upstream import upstream
from services import Certificates

HERE = Path(__file__).parent

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
    with upstream() as port:
        yield port


@pytest.fixture(scope="module")
def secure(certificates: Certificates) -> Iterator[dict[str, str]]:
    """One that speaks TLS, and certificates: the environment of the cases."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    context.load_verify_locations(certificates.ca)
    context.verify_mode = ssl.CERT_OPTIONAL
    with upstream(context) as port:
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


def test_an_application_is_accelerated_by_an_option(serve, port):
    server: Server = serve("--workers", "1", "--accelerate", "requests", "accelerated:app",
                           env={"URL": f"http://127.0.0.1:{port}"})
    assert server.get("/status/200").text == "greenroom._requests_raw: as told"


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
