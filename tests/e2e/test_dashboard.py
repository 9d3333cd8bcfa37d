"""The dashboard: a page on the admin listener that answers six questions, looked at in a browser."""

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Page, page  # noqa: F401
from conftest import Server
from metrics import ask, meter  # noqa: F401

APP = "dashed:app"
QUESTIONS = ("percentile", "instances", "rate", "downstreams", "clients", "versions")
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def look(page: Page, server: Server, address: str = "/") -> None:
    page.go("about:blank")  # what was there before may have lost its server
    page.complaints.clear()
    page.go(f"http://127.0.0.1:{server.admin}{address}")
    page.until("document.querySelector('#state')?.textContent === 'live'")


def answers(page: Page) -> dict:
    return json.loads(page.run("document.querySelector('#answers').textContent"))


def test_the_page_answers_six_questions(meter, page):
    server = meter("--workers", "2", "--release", "1.4", "--client-header", "X-Api-Version", APP)
    for client in ("app/1", "app/2", HOSTILE):
        server.get("/sleep/20000", headers={"X-Api-Version": client})
    look(page, server)
    page.until("document.querySelector('#percentile .answer').textContent.includes('/sleep/{id}')")
    said = answers(page)
    for name in QUESTIONS:
        assert page.text(f"#{name} .answer") == said[name]["sentence"]
    assert said["percentile"]["count"] == 3 and 0.02 <= said["percentile"]["p99"] < 0.5
    assert said["clients"]["old"] == ["app/1"]
    assert HOSTILE in page.text("#clients table")
    assert page.run("document.querySelectorAll('main script, main img').length") == 0
    assert page.complaints == []


def test_who_says_no_version_may_be_an_old_client(meter, page):
    server = meter("--workers", "1", "--client-header", "X-Api-Version", APP)
    server.get("/a", headers={"X-Api-Version": "app/2"})
    server.get("/a")
    look(page, server)
    page.until("document.querySelector('#clients .answer').textContent.includes('app/2')")
    said = answers(page)["clients"]
    assert said["old"] == [] and said["sentence"].startswith("None that says so: ") and "1 request said no version" in said["sentence"]


def scrolling(page: Page) -> list[str]:
    """Tables that are wider than there is room for."""
    return page.run("""[...document.querySelectorAll('.scroll')].filter(({scrollWidth, clientWidth}) =>
        scrollWidth > clientWidth).map((one) => one.getAttribute('aria-label'))""")


def test_tables_fit_on_a_wide_screen(meter, page, tmp_path: Path):
    settings = tmp_path / "greenroom.yaml"
    settings.write_text("release: '1.4'\n")
    server = meter("--config", str(settings), "--workers", "2", "--client-header", "X-Api-Version", APP)

    def use() -> None:
        for i in range(40):
            server.get("/sleep/1000", headers={"X-Api-Version": f"app/{i % 2}"})

    use()
    settings.write_text("release: 2.0-rc1\n")
    server.signal(signal.SIGHUP)
    server.wait_for_output(r"reloaded in \d+\.\d s$", 20)
    use()
    look(page, server)
    page.until("document.querySelector('#versions tbody .word')?.textContent")
    page.until("document.querySelectorAll('#instances tbody tr').length === 2")
    page.run("document.querySelector('#in-flight').scrollIntoView()")
    for width in (1024, 1180, 1279, 1280, 1340, 1920):
        page.show(width)
        assert scrolling(page) == [], width
    page.show(360)
    assert "Instances" in scrolling(page)


@pytest.fixture
def refused_port() -> Iterator[int]:
    """Nobody listens there, and nobody else will."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield nobody.getsockname()[1]


def test_routes_and_the_limits_of_downstreams_are_shown(meter, page, refused_port: int):
    rule = f"127.0.0.1:{refused_port}?max-connections=5&breaker=50%&breaker-calls=2&breaker-pause=60"
    server = meter("--workers", "1", "--downstream", rule, "dashed_routes:app",
                   env={"STOCK": f"http://127.0.0.1:{refused_port}"})  # fmt: skip
    for _ in range(3):
        server.get("/stock/1")
    look(page, server)
    page.until("document.querySelector('#limits tbody td')?.textContent === 'open'")
    assert page.text("#limits tbody tr").split("\t")[1:] == [
        "open", "0 of 5", "–", "0", "–", "2", "0", "1", "1"]  # fmt: skip
    page.until("document.querySelectorAll('#routes li').length === 2")
    page.until("document.querySelector('#routes .numbers').textContent.startsWith('3×')")
    assert page.text("#routes .answer") == "dashed_routes:app has 2 routes."
    page.run("document.querySelector('#routes summary').focus()")
    page.press("Enter")
    said = page.text("#routes li")
    assert HOSTILE in said and "number: int" in said and f"'{server.url}/stock/1'" in said
    page.show(360)
    assert page.run("document.documentElement.scrollWidth") <= 360
    page.run("document.querySelector('#routes li button').click()")
    page.until("document.querySelector('#routes .copied').textContent")
    page.run("""{const input = document.querySelector('#routes input'); input.value = 'POST';
        input.dispatchEvent(new Event('input')) }""")
    assert page.run("document.querySelectorAll('#routes li').length") == 1
    assert page.run("document.querySelectorAll('main script, main img').length") == 0
    assert page.complaints == []


def test_a_route_that_is_cut_in_its_metrics_is_found_there(meter, page):
    server = meter("--workers", "1", "routed_odd:app")
    server.get("/" + 40 * "%e2%82%ac")
    look(page, server)
    page.until("[...document.querySelectorAll('#routes li')].some(({textContent}) => /€€.*1×/.test(textContent))")


def test_it_is_for_keyboards_and_phones_and_the_dark(meter, page):
    server = meter("--workers", "1", APP)
    for path in ("/sleep/20000", "/b", "/b"):
        server.get(path)
    look(page, server)
    page.until("document.querySelectorAll('#endpoints tbody tr').length === 2")
    page.run("document.querySelector('#endpoints thead th:nth-child(3) button').focus()")
    page.press("Enter")
    assert page.run("document.activeElement.closest('th').ariaSort") == "descending"
    assert page.text("#endpoints tbody th") == "GET /b"
    page.press("Enter")
    assert page.run("document.activeElement.closest('th').ariaSort") == "ascending"
    assert page.text("#endpoints tbody th") == "GET /sleep/{id}"
    for _ in range(5):
        page.press("Tab")
    assert page.run("document.activeElement.matches('#endpoints tbody button:focus-visible')")
    assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press("Enter")
    assert answers(page)["percentile"]["endpoint"] == "GET /sleep/{id}"
    assert page.run("document.querySelector('#endpoints .chosen').textContent").startswith("GET /sleep/{id}")
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    page.show(320, scheme="dark")
    assert page.run("document.documentElement.scrollWidth") == 320
    assert page.run("getComputedStyle(document.body).backgroundColor") != ground
    page.show(1280)
    assert page.run("""[...document.querySelectorAll('table')].every((table) => table.caption && table.querySelector('th[scope=col]'))
        && [...document.querySelectorAll('main svg')].every((svg) => svg.ariaLabel || svg.ariaHidden)
        && [...document.querySelectorAll('section')].every((section) => section.querySelector('h2'))""")
    assert page.complaints == []


def test_a_stack_is_shown_when_somebody_asks_for_it(meter, page):
    server = meter("--workers", "1", APP)
    with server.crowd(1, "/hold"):
        look(page, server)
        page.run("document.querySelector('#in-flight').scrollIntoView()")
        page.until("document.querySelectorAll('#in-flight tbody button').length")
        assert page.text("#in-flight tbody tr").startswith("GET /hold")
        page.run("document.querySelector('#in-flight tbody button').focus()")
        page.press("Enter")
        page.until("/dashed.py:\\d+ app/.test(document.querySelector('#in-flight pre').textContent)")
        assert page.run("document.activeElement.localName") == "pre"
        server.get("/release")
    page.run("document.querySelector('#slowest').scrollIntoView()")
    page.until("document.querySelector('#slowest svg')?.ariaLabel.includes('waiting for a lock')")


def test_a_token_is_asked_for_and_stands_in_no_address(meter, page, tmp_path: Path):
    token = "0123456789abcdef<script>\u20ac"
    (tmp_path / "token").write_text(token + "\n", encoding="utf-8")
    server = meter("--workers", "1", "--admin-token-file", str(tmp_path / "token"), APP)
    page.go(f"http://127.0.0.1:{server.admin}/")
    page.until("document.activeElement?.matches('#token input')")
    page.type("not the token, but long")
    page.press("Enter")
    page.until("document.querySelector('#token .error').textContent === 'That is not the token.'")
    page.run("document.querySelector('#token input').select()")
    page.type(token)
    page.press("Enter")
    page.until("document.querySelector('#state').textContent === 'live'")
    assert page.run("document.querySelector('#token').hidden && !document.querySelector('main').hidden")
    asked = page.run("performance.getEntriesByType('resource').map(({name}) => name).join()")
    assert "/events" in asked and "abcdef" not in asked + page.run("location.href") + server.output()


def test_the_page_comes_back_when_the_server_does(serve, page):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--workers", "1", "--admin", f"127.0.0.1:{port}", APP)
    server = serve(*options)
    server.admin = port
    server.get("/before")
    look(page, server)
    page.until("document.querySelector('#percentile .answer').textContent.includes('/before')")
    server.stop()
    page.until("document.querySelector('#state').className === 'lost'")
    serve(*options).get("/after")
    page.until("document.querySelector('#percentile .answer').textContent.includes('/after')")
    assert "/before" not in page.text("#endpoints")


def test_what_is_said_to_be_sure_is_so(meter, page):
    """Of noise, one comparison in twenty may be taken for a difference; a difference of a fifth is found, at its size."""
    look(page, meter("--workers", "1", APP))
    found = page.run("""import('/dashboard/statistics.js').then(({compare, compareSlices, normalQuantile}) => {
        let seed = 7;
        const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
        const bucketOf = (value) => { const octave = Math.floor(Math.log2(value));
            return (octave + 31) * 64 + Math.floor((value / 2 ** octave - 1) * 64); };
        const times = (count, factor) => { const histogram = new Map();
            for (let i = 0; i < count; i++) {
                const bucket = bucketOf(0.05 * factor * Math.exp(0.4 * normalQuantile(random())));
                histogram.set(bucket, (histogram.get(bucket) ?? 0) + 1);
            }
            return histogram; };
        const isSure = ({verdict}) => verdict === 'slower' || verdict === 'faster';
        const noise = Array.from({length: 200}, () => compare(times(60, 1), times(60, 1)));
        const slices = Array.from({length: 100}, () => compareSlices(Array.from({length: 12}, () => {
            const load = 1 + random(); return [times(8, load), times(8, load)]; })));
        return {z: normalQuantile(0.975), noise: noise.filter(isSure).length, slices: slices.filter(isSure).length,
            slower: compare(times(2000, 1), times(2000, 1.2)), few: compare(times(29, 1), times(2000, 9)).verdict};
    })""")
    assert abs(found["z"] - 1.96) < 0.001
    assert found["noise"] <= 20 and found["slices"] <= 12
    assert found["slower"]["verdict"] == "slower" and found["slower"]["low"] < 1.2 < found["slower"]["high"]
    assert found["slower"]["high"] - found["slower"]["low"] < 0.12
    assert found["few"] == "not enough requests yet"


# What the page makes of snapshots. told(at, counts, whole, resident) is one: how many requests to /a each worker has answered ever,
# whether all is told by name, and which workers have memory.
SNAPSHOTS = """Promise.all(['model', 'view', 'answers'].map((name) => import(`/dashboard/${name}.js`)))
    .then(([{makeModel, take}, {look}, {answer}]) => {
        const model = makeModel();
        const told = (at, counts, whole, resident) => {
            const named = (id, name, labels, more) => whole ? {id, name, labels, ...more} : {id, ...more};
            const before = told.before ?? {};
            told.before = counts;
            const series = [named(1, 'greenroom_start_time_seconds', {}, {value: 7})];
            for (const [worker, count] of Object.entries(counts)) {
                const grown = count - (whole ? 0 : before[worker] ?? 0);
                series.push(named(10 + Number(worker), 'greenroom_worker_request_seconds', {worker},
                    {value: count / 100, count, min: 0.01, max: 0.01, buckets: grown ? [1582, grown] : []}));
                if (resident?.includes(worker))
                    series.push(named(20 + Number(worker), 'greenroom_worker_resident_bytes', {worker}, {value: 1e7}));
            }
            const all = Object.values(counts).reduce((sum, one) => sum + one, 0);
            const grown = all - (whole ? 0 : Object.values(before).reduce((sum, one) => sum + one, 0));
            series.push(named(2, 'greenroom_request_seconds', {endpoint: '/a', method: 'GET', status: '2xx'},
                {value: all / 100, rate: 2, count: all, min: 0.01, max: 0.01, buckets: grown ? [1582, grown] : []}));
            take(model, {at, whole, series, left_out: 0});
        };
        const seen = () => {
            const view = look(model, {period: 60, endpoint: '', before: '', after: ''});
            return {rate: view.endpoint.rate, count: view.endpoint.count, words: view.period.words,
                workers: view.workers.map(({key}) => key), instances: answer(view).instances.sentence.map((part) => part.strong ?? part).join('')};
        };
        BODY
    })"""


def shown(page: Page, body: str) -> dict:
    return page.run(SNAPSHOTS.replace("BODY", body))


def test_what_happened_while_nobody_listened_is_not_of_the_last_minute(meter, page):
    look(page, meter("--workers", "1", APP))
    found = shown(page, """told(1000, {0: 50}, true); told(1001, {0: 60}, false);
        told(4600, {0: 100000}, true); for (let i = 1; i <= 6; i++) told(4600 + i, {0: 100000 + 3 * i}, false); return seen();""")
    assert found["rate"] == 3 and found["words"] == "since the server was started"


@pytest.mark.parametrize("now", [400, 90000])
def test_a_clock_that_is_set_changes_no_number(meter, page, now: int):
    look(page, meter("--workers", "1", APP))
    found = shown(page, f"""told(1000, {{0: 50}}, true); for (let i = 1; i <= 20; i++) told(1000 + i, {{0: 50 + 10 * i}}, false);
        told({now}, {{0: 260}}, false); return seen();""")
    assert found["count"] == 210 and found["rate"] == 10 and found["words"] == "in the last 21 seconds"


def test_a_worker_that_is_no_more_is_not_waited_for(meter, page):
    look(page, meter("--workers", "1", APP))
    found = shown(page, """told(1000, {0: 500, 1: 500, 2: 3}, true, ['0', '1', '2']);
        told(1003, {0: 600, 1: 600, 2: 3}, true, ['0', '1']); return seen();""")
    assert found["workers"] == ["0", "1"] and "All are alike" in found["instances"], found


def test_an_address_that_is_not_encoded_leads_to_its_endpoint(meter, page):
    server = meter("--workers", "1", APP)
    server.get("/50%25")
    server.get("/b")
    look(page, server, "/#endpoint=GET /50%")
    page.until("document.querySelector('#percentile .answer').textContent.includes('/50%')")
    assert not page.complaints
