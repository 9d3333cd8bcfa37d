"""greenroom load: what it asks, when, and what it says of the answers."""

import json
import re
import signal
import socket
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "--access-log", "off", "loaded:app")


@pytest.fixture
def load(greenroom, server):
    def run(path: str, *options: str) -> dict:
        done = greenroom("load", "--json", "-", *options, server.url + path)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_each_connection_asks_again_as_soon_as_it_is_answered(load):
    found = load("/", "-c", "4", "-d", "0.3")
    assert found["answered"] == found["statuses"]["2xx"] > 4
    assert found["bytes"] == 5 * found["answered"]
    assert (found["failed"], found["unsent"], found["failures"]) == (0, 0, [])
    latency = found["latency"]
    assert 0 < latency["min"] <= latency["p50"] <= latency["p99"] <= latency["max"]
    assert found["elapsed"] >= 0.25
    assert found["rate"] == pytest.approx(found["answered"] / found["elapsed"])
    assert sum(one["answered"] for one in found["slices"]) == found["answered"]


def test_at_a_rate_each_request_has_its_time(load):
    found = load("/", "--connections", "20", "--duration", "0.5", "--rate", "100")
    assert found["answered"] + found["unsent"] == 50
    assert found["due_rate"] == 100


def test_a_latency_begins_when_the_request_was_due(load):
    """One connection, which is busy for two of five that come due meanwhile."""
    found = load("/slow", "-c", "1", "-d", "1", "-r", "10")
    assert found["answered"] + found["unsent"] == 10
    assert found["unsent"] >= 4
    assert found["service"]["min"] >= 0.19
    assert found["latency"]["max"] > found["service"]["max"]
    assert found["latency"]["mean"] > 1.5 * found["service"]["mean"]


def test_method_fields_and_body_are_as_told(load, tmp_path):
    (tmp_path / "body").write_text("a body")
    told = ["-m", "PUT", "-H", "X-Kind: of its own", "-c", "1", "-d", "0.1"]
    for body in ("a body", f"@{tmp_path / 'body'}"):
        assert load("/told", *told, "-b", body)["statuses"]["4xx"] == 0
    found = load("/told", *told, "-b", "another")
    assert found["statuses"]["4xx"] == found["answered"] > 0


def test_people_are_told_in_words(greenroom, server, tmp_path):
    chart = tmp_path / "chart.svg"
    done = greenroom("load", "-c", "2", "-d", "0.2", "--svg", str(chart), server.url + "/?a=1&b=<2>")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^answers +[\d,]+ in \d.*: [\d,]+/s, [\d,]+ bytes of bodies$", done.stdout, re.M)
    assert re.search(r"^statuses +[\d,]+ x 2xx$", done.stdout, re.M)
    assert re.search(r"^ +p99 +\d+\.?\d* (us|ms|s)$", done.stdout, re.M)
    root = ElementTree.parse(chart).getroot()
    assert root.find("{*}title").text == server.url + "/?a=1&b=<2>"
    assert all("nan" not in path.get("d") for path in root.iter("{*}path"))


def test_failures_are_counted_by_their_reasons(greenroom):
    with socket.socket() as nobody:  # has the port, and does not listen
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        done = greenroom("load", "-c", "3", "-d", "0.1", f"http://127.0.0.1:{port}/")
    assert done.returncode == 1
    found = re.search(r"^failures +(\d+)\n +(\d+): cannot connect to .*Connection refused$", done.stdout, re.M)
    assert int(found[1]) == int(found[2]) >= 3


def test_who_is_interrupted_says_what_has_come_of_it(build_dir):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(10)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        process = subprocess.Popen([build_dir / "greenroom", "load", "-c", "1", "-d", "60", "--json", "-", url],
                                   stdout=subprocess.PIPE, text=True)
        try:
            client, _ = silent.accept()
            with client:
                client.recv(1000)
                process.send_signal(signal.SIGINT)
                out, _ = process.communicate(timeout=10)
        finally:
            process.kill()
    found = json.loads(out)
    assert (found["answered"], found["failed"], process.returncode) == (0, 0, 1)


@pytest.mark.parametrize("arguments, why", [
    ([], "load which URL"),
    (["http://127.0.0.1/", "http://127.0.0.1/"], "load does not know what to do with"),
    (["ftp://127.0.0.1/"], "it does not begin with http:// or https://"),
    (["--connections", "0", "http://127.0.0.1/"], "--connections must be a number from 1 to"),
    (["--rate", "-1", "http://127.0.0.1/"], "--rate must be requests a second, more than 0, not '-1'"),
    (["--rate", "nan", "http://127.0.0.1/"], "--rate must be"),
    (["--duration", "0", "http://127.0.0.1/"], "--duration must be seconds, more than 0"),
    (["--header", "none", "http://127.0.0.1/"], "--header must be 'Name: value', not 'none'"),
    (["--header", "a b: c", "http://127.0.0.1/"], "a b"),
    (["--body", "@/nowhere", "http://127.0.0.1/"], "cannot read /nowhere: No such file"),
    (["--conections", "2"], "did you mean --connections?"),
])
def test_what_cannot_be_asked_is_refused(greenroom, arguments, why):
    done = greenroom("load", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert why in done.stderr and done.stderr.startswith("greenroom: ")


def test_what_cannot_be_written_is_told(greenroom, server):
    done = greenroom("load", "-c", "1", "-d", "0.1", "--json", "/nowhere/x", server.url)
    assert done.returncode == 1
    assert "cannot write /nowhere/x: No such file or directory" in done.stderr
