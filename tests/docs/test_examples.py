"""What the pages show is true: it is written down, run and compared.

A page is a row of sections, one for each "## Heading", and a section is a story:

    <!-- file: app.py -->   the fenced block that follows is that file
    <!-- run -->            of the block that follows, each line behind "$ " is a command, and what
                            stands below it is its output; "..." stands for anything

`greenroom serve` goes on running until the section is over, and what stands below it is looked for
in its output then. So does a command that ends in "&". Each address 127.0.0.1:80NN of the page is
another, free one in truth.
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from conftest import ROOT, build_dir, eventually, serve  # noqa: E402, F401

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!-- (?P<kind>file|run)(?:: (?P<name>\S+))? -->\n)?"
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.M | re.S,
)
ADDRESS = re.compile(r"(?<=127\.0\.0\.1[:/])80\d\d\b")
IN_THE_TREE = ("bench", "build", "examples", "include")
OPTIONAL = ("gdb",)  # what ./check does not install
TIMEOUT = 60.0


@dataclass(frozen=True)
class Story:
    page: Path
    heading: str
    blocks: list[re.Match]

    def __str__(self) -> str:
        return f"{self.page.name}: {self.heading}"

    def missing(self) -> list[str]:
        """Programs that it needs and this machine lacks."""
        commands = [block["text"] for block in self.blocks if block["kind"] == "run"]
        used = {name for name in OPTIONAL for text in commands if f"$ {name} " in text}
        return [name for name in used if not shutil.which(name)]


def stories() -> Iterator[Story]:
    for page in PAGES:
        for section in re.split(r"^## ", page.read_text(), flags=re.M):
            blocks = list(BLOCK.finditer(section))
            if any(block["kind"] for block in blocks):
                yield Story(page, section.partition("\n")[0], blocks)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a run block, and the output that each shows."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, output = part.replace("\\\n", "").partition("\n")
        yield command, output


def pattern_of(shown: str) -> str:
    return re.escape(shown.strip()).replace(re.escape("..."), ".*")


@pytest.fixture(scope="session")
def installed(build_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Installs below a scratch directory; the environment in which pkg-config finds it there."""
    root = tmp_path_factory.mktemp("installed")
    subprocess.run(
        ["meson", "install", "-C", build_dir, "--no-rebuild", "--quiet", "--destdir", root],
        check=True,
    )
    (description,) = root.rglob("greenroom.pc")
    return {"PKG_CONFIG_PATH": str(description.parent), "PKG_CONFIG_SYSROOT_DIR": str(root)}


@dataclass
class Stage:
    """Where a story is played."""

    folder: Path
    env: dict[str, str]
    serve: object
    ports: dict[str, int] = field(default_factory=dict)
    background: list[subprocess.Popen] = field(default_factory=list)
    expected: list[tuple[object, str]] = field(default_factory=list)

    def real(self, text: str) -> str:
        return ADDRESS.sub(lambda match: str(self.port(match[0])), text)

    def shown(self, text: str) -> str:
        for name, port in self.ports.items():
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{name}")
        return text

    def port(self, name: str) -> int:
        if name not in self.ports:
            with socket.create_server(("127.0.0.1", 0)) as probe:
                self.ports[name] = probe.getsockname()[1]
        return self.ports[name]

    def play(self, block: re.Match) -> None:
        if block["kind"] == "file":
            (self.folder / block["name"]).write_text(self.real(block["text"]))
            return
        for command, output in commands(block["text"]):
            words = shlex.split(self.real(command), comments=True)
            if is_server(command):
                self.start_server(words, output)
            elif words[-1] == "&":
                self.start(command)
            else:
                self.run(command, output)

    def start_server(self, words: list[str], output: str) -> None:
        at = words.index("serve")
        env = dict(word.split("=", 1) for word in words[: at - 1])
        where = [] if "--bind" in words else ["--bind", f"127.0.0.1:{self.port('8000')}"]
        server = self.serve(*where, *words[at + 1 :], env=self.env | env, cwd=self.folder)
        self.expected.append((server, output))

    def start(self, command: str) -> None:
        self.background.append(subprocess.Popen(
            ["bash", "-c", "exec " + self.real(command).rstrip(" &")],
            cwd=self.folder, env=self.env, start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ))

    def run(self, command: str, output: str) -> None:
        done = subprocess.run(
            ["bash", "-c", self.real(command)], cwd=self.folder, env=self.env, timeout=TIMEOUT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        said = self.shown(done.stdout.replace("\r", "")).strip()
        assert re.fullmatch(pattern_of(output), said, re.S), f"$ {command}\n{said}"

    def look_back(self) -> None:
        """The servers have said what the page says they say."""
        for server, output in self.expected:
            pattern = re.compile(pattern_of(output), re.S)
            eventually(lambda: pattern.search(self.shown(server.output())),
                       f"{output}in\n{server.output()}")

    def end(self) -> None:
        for process in self.background:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(TIMEOUT)


def is_server(command: str) -> bool:
    """A `greenroom serve` that is meant to go on, with or without variables before it."""
    start = re.match(r"(\w+=\S* )*(build/)?greenroom serve ", command)
    return bool(start) and not re.search(r"--help|;", command)


@pytest.fixture
def stage(
    build_dir: Path, installed: dict[str, str], tmp_path: Path, serve: object
) -> Iterator[Stage]:
    folder = tmp_path / "story"
    folder.mkdir()
    for name in IN_THE_TREE:
        (folder / name).symlink_to(build_dir if name == "build" else ROOT / name)
    ours = {name: text for name, text in os.environ.items() if not name.startswith("GREENROOM_")}
    path = f"{build_dir}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    stage = Stage(folder, ours | installed | {"PATH": path}, serve)
    yield stage
    stage.end()


@pytest.mark.parametrize("story", stories(), ids=str)
def test_a_page_shows_what_happens(stage: Stage, story: Story) -> None:
    if missing := story.missing():
        pytest.skip(f"needs {' and '.join(missing)}")
    for block in story.blocks:
        if block["kind"]:
            stage.play(block)
    stage.look_back()


def test_the_options_are_those_of_help(build_dir: Path) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    command = [build_dir / "greenroom", "serve", "--help"]
    assert f"$ greenroom serve --help\n{subprocess.check_output(command, text=True)}```" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_all_code_of_a_page_is_tried(page: Path) -> None:
    for block in BLOCK.finditer(page.read_text()):
        assert block["kind"] or block["language"] not in ("python", "c", "console"), block[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_links_to_what_is_there(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text()):
        if target.startswith("http"):
            continue
        file = page.parent / target if target else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), f"{target}#{anchor}"


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", text).lower().replace(" ", "-") for text in headings}
