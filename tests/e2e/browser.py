"""A headless Chromium, and one page in it, driven by the DevTools protocol over two pipes.

https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAM = "chromium-headless-shell"
TIMEOUT = 30.0
KEYS = {"Enter": ("\r", 13), "Tab": ("", 9)}


class Page:
    """complaints are what its console had to say: errors of scripts, refusals of the policy of its content."""

    def __init__(self, commands: int, answers: int) -> None:
        self.commands, self.answers = commands, answers
        self.unread = b""
        self.last = 0
        self.session: str | None = None
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def message(self) -> dict:
        deadline = time.monotonic() + TIMEOUT
        while b"\0" not in self.unread:
            if not select.select([self.answers], [], [], max(0, deadline - time.monotonic()))[0]:
                pytest.fail(f"{PROGRAM} does not answer")
            if not (more := os.read(self.answers, 1 << 16)):
                pytest.fail(f"{PROGRAM} has ended")
            self.unread += more
        first, _, self.unread = self.unread.partition(b"\0")
        return json.loads(first)

    def call(self, method: str, **parameters) -> dict:
        self.last += 1
        command = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        while (said := self.message()).get("id") != self.last:
            self.note(said)
        assert "error" not in said, said
        return said["result"]

    def note(self, event: dict) -> None:
        if event["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(event["params"]["exceptionDetails"]))
        if event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
            self.complaints.append(event["params"]["entry"]["text"])

    def go(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def run(self, script: str) -> object:
        """The value of an expression; a promise is waited for."""
        said = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def until(self, script: str, timeout: float = 15.0) -> object:
        """Waits until an expression is true, and returns its value."""
        deadline = time.monotonic() + timeout
        while not (value := self.run(script)):
            if time.monotonic() > deadline:
                pytest.fail(f"not within {timeout} s: {script}\n{self.complaints}\n{self.text('body')[:3000]}")
            time.sleep(0.05)
        return value

    def text(self, selector: str) -> str:
        """As it can be read; blanks that do not break are plain ones."""
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''").replace("\u00a0", " ")

    def press(self, key: str, **more) -> None:
        text, code = KEYS[key]
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      **({"text": text} if text and kind == "keyDown" else {}), **more)  # fmt: skip

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def show(self, width: int, height: int = 900, scheme: str = "light") -> None:
        """The size of its window, and whether it is in the dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path: Path, whole: bool = True) -> None:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))


def wear(commands: int, answers: int) -> None:
    """The descriptors by which it is to be driven are 3 and 4."""
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (commands, answers)]
    for number, fd in enumerate(high, 3):
        os.dup2(fd, number)


@contextmanager
def open_browser() -> Iterator[Page]:
    to_it, our_answers = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [PROGRAM, "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"],
            pass_fds=(3, 4), preexec_fn=lambda: wear(to_it[0], our_answers[1]), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=os.environ | {"HOME": profile},
        )  # fmt: skip
        os.close(to_it[0])
        os.close(our_answers[1])
        try:
            yield Page(to_it[1], our_answers[0])
        finally:
            process.terminate()
            process.wait(10)
            os.close(to_it[1])
            os.close(our_answers[0])


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """One browser for all tests of a file."""
    if not shutil.which(PROGRAM):
        pytest.skip(f"{PROGRAM} is not installed, without which nobody can look at a page: tools/packages test")
    with open_browser() as found:
        yield found
