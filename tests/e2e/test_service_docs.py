"""What can be read of an application's routes."""

import json
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import Server, eventually
from metrics import ask, meter  # noqa: F401

APPS = Path(__file__).parent / "apps"


def read(server: Server) -> dict:
    return json.loads(ask(server.admin, "/routes.json").body)


def routes(server: Server) -> dict[str, dict]:
    return {route["route"]: route for route in read(server)["routes"]}


def paste(line: str, folder: Path) -> str:
    """What a shell says to it; an answer other than 2xx is none."""
    done = subprocess.run(["sh", "-c", line.replace("curl", "curl -sS --fail", 1)], cwd=folder,
                          timeout=10, capture_output=True, text=True)  # fmt: skip
    return done.stdout or done.stderr


def test_routes_of_flask_can_be_read_and_called(meter, tmp_path):
    server = meter("--workers", "2", "--mount", "/a;b", "routed:app")
    found = routes(server)
    order = found["/orders/<int(min=5):number>/<any(red, blue):colour>"]
    origin = f"http://127.0.0.1:{server.port}/a;b"
    assert order == {
        "route": "/orders/<int(min=5):number>/<any(red, blue):colour>", "methods": ["GET"],
        "parameters": [{"name": "number", "type": "int(min=5)"},
                       {"name": "colour", "type": "any(red,blue)"}],
        "defined": "routed:11", "doc": "One order, in a colour.",
        "requests": 0, "rate": 0, "p50": None, "p99": None,
        "curl": [f"curl '{origin}/orders/5/red'"],
    }  # fmt: skip
    basket = found["/shop/baskets/<string(length=3):key>"]
    assert (basket["methods"], basket["doc"]) == (["GET", "PUT"], "What somebody may buy.")
    said = {route: [paste(line, tmp_path) for line in one["curl"]] for route, one in found.items()}
    assert said == {
        "/orders/<int(min=5):number>/<any(red, blue):colour>": ["5 red\n"],
        "/it's/$(touch hacked)/<path:rest>": ["odd rest\n"],
        "/shop/<uuid:key>/<float:share>": ["1.5\n"],
        "/shop/baskets/<string(length=3):key>": ["basket key\n", "new basket key\n"],
    }
    assert not (tmp_path / "hacked").exists()
    counted = eventually(lambda: [one for one in [routes(server)[order["route"]]] if one["requests"]],
                         "it is counted")  # fmt: skip
    assert counted[0]["requests"] == 1 and 0 < counted[0]["p50"] <= counted[0]["p99"] < 1


def test_one_odd_route_does_not_hide_the_others(meter):
    found = routes(meter("--workers", "1", "routed_odd:app"))
    assert [found[f"/{name}"]["doc"] for name in ("nul", "half", "turning", "last")] == [
        "An end in its midst .", "Half a character ?.", None, "The last one."]  # fmt: skip
    assert found["/" + 999 * "z"]["curl"] == []


def said_by_all(server: Server, folder: Path) -> list[str]:
    return [paste(line, folder) for one in read(server)["routes"] for line in one["curl"]]


def test_applications_that_are_mounted_in_another_are_followed(meter, tmp_path):
    server = meter("--workers", "1", "--mount", "/all", "routed_parts:app")
    assert said_by_all(server, tmp_path) == ["1 of shop\n", "1 of admin\n", "1 of old\n", "1 of older\n"]
    names = [f"{at}/items/<int:number>" for at in ("", "/admin", "/old", "/old/admin")]
    assert list(routes(server)) == names
    server.get("/all/admin/items/7", headers={"X-Forwarded-Prefix": "/outside"})
    eventually(lambda: [one["requests"] for one in routes(server).values()] == [1, 2, 1, 1], "they are counted")


def test_a_call_names_the_host_for_which_alone_a_route_is(meter, tmp_path):
    tenants = meter("--workers", "1", "routed_parts:tenants")
    assert said_by_all(tenants, tmp_path) == ["all\n", "1 of tenant\n"]
    one = routes(tenants)["/<int:number>"]
    assert one["parameters"] == [{"name": "tenant", "type": "string"}, {"name": "number", "type": "int"}]
    assert one["curl"] == [f"curl -H 'Host: tenant.shop.example:80' '{tenants.url}/1'"]
    hosts = meter("--workers", "1", "routed_parts:hosts")
    assert said_by_all(hosts, tmp_path) == ["api\n", "it\n"]


def test_routes_of_django_can_be_read_and_called(meter, tmp_path):
    socket = tmp_path / "it's a socket"
    server = meter("--workers", "1", "--bind", f"unix:{socket}", "routed_django:make_application()")
    orders, years = read(server)["routes"]
    assert orders["route"] == "/shops/<slug:shop>/orders/<uuid:order>"
    assert orders["parameters"] == [{"name": "shop", "type": "slug"}, {"name": "order", "type": "uuid"}]
    assert (orders["methods"], orders["defined"]) == (["GET"], "routed_django:25")
    assert years["methods"] == ["GET", "POST"] and years["doc"] == "What a year was like."
    said = [paste(line, tmp_path) for line in years["curl"]]
    assert said == ["shop 1111 1\n", "shop 1111 1\n"], years["curl"]
    assert "00000000-" in paste(orders["curl"][0], tmp_path)
    eventually(lambda: routes(server)[years["route"]]["requests"] == 2, "they are counted")


@pytest.fixture
def self_made(tmp_path: Path) -> str:
    """The name of a certificate that is signed by nobody else."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-subj", "/CN=shop", "-keyout", "key.pem", "-out", "cert.pem"],
                   cwd=tmp_path, check=True, capture_output=True)  # fmt: skip
    return f"cert={tmp_path}/cert.pem&key={tmp_path}/key.pem"


def test_routes_in_c_can_be_read_and_called(meter, c_app, self_made, tmp_path):
    server = meter("--workers", "1", "--bind", f"tls://127.0.0.1:0?{self_made}", c_app("answers"))
    sleep = routes(server)["/sleep/{ms}"]
    assert sleep["parameters"] == [{"name": "ms", "type": "segment"}]
    assert sleep["defined"].startswith("answers.so+0x")
    assert paste(sleep["curl"][0], tmp_path) == "hello\n"


def test_after_a_reload_routes_are_those_of_the_new_version(meter, tmp_path):
    (tmp_path / "shop.py").write_text("def app(environ, start_response): pass\n")
    server = meter("--workers", "1", "shop:app", env={"PYTHONPATH": str(tmp_path)})
    assert read(server) == {
        "app": "shop:app", "release": None, "known": False, "left_out": 0, "routes": []}  # fmt: skip
    more = "\n".join(f"flask_app.add_url_rule('/{i}', endpoint='odd')" for i in range(2000))
    (tmp_path / "shop.py").write_text((APPS / "routed.py").read_text() + more)
    server.signal(signal.SIGHUP)
    said = eventually(lambda: [said for said in [read(server)] if said["known"]], "it is told")[0]
    assert len(said["routes"]) == 2000 and said["left_out"] == 4
