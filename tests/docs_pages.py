"""docs_pages: the pages of the documentation, their blocks, and a shell that runs what they show.

What a fenced block is, its first line says:

    ```console              lines that begin with `$ ` are run in the page's own folder, the others are what comes out:
                            each must come, in this order; … stands for anything. `exit=1`: what the last one ends with
    ```csv file=a/b.csv     (any language) is written to that file of the folder first, in the order of the page
    ```python               is run; names stay for the page's next block

Times and ids are made up on the page: any time fits a time, any id an id.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import PathDistribution
from pathlib import Path

from typer.testing import CliRunner

from gridwatch.cli import app
from replay.broker import DemoBroker
from tests.connectors.fakes import publish
from tests.services.wait import until

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_FENCE = re.compile(r"(?ms)^```(\S*)(?: ([^\n]*))?\n(.*?)^```$")
_HEADING = re.compile(r"(?m)^#+ (.*)$")
_TIME = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?"
_ID = r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8}\b"
HERE = os.environ | {"PYTHONPATH": str(ROOT)}
_ANY_ID = r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{8}\b"
"""What stands for a page's id: one in a few dozen is all digits, which on a page would be a number."""


def name(page: Path) -> str:
    """As people say it: docs/cli.md."""
    return str(page.relative_to(ROOT))


@dataclass(frozen=True)
class Block:
    """A fenced block: ```language info."""

    page: Path
    language: str
    info: str
    text: str

    def option(self, key: str) -> str | None:
        """`file=…` and the like, of its first line."""
        found = re.search(rf"(?:^| ){key}=(\S+)", self.info)
        return found[1] if found else None


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    return [Block(page, *(part or "" for part in found)) for found in _FENCE.findall(page.read_text("utf-8"))]


def prose(page: Path) -> str:
    """A page without its blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def headings(page: Path) -> list[str]:
    return _HEADING.findall(prose(page))


def sections(page: Path) -> dict[str, str]:
    """Heading -> the text up to the next one."""
    parts = re.split(r"(?m)^#+ (.*)$", prose(page))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def anchors(page: Path) -> set[str]:
    """What `#…` may name in a page."""
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings(page))
    return {heading.strip().replace(" ", "-") for heading in kept}


def links(page: Path) -> Iterator[tuple[str, str]]:
    """(file, anchor) of the links of a page that lead to files."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if not re.match(r"[a-z]+:", target):
            file, _, anchor = target.partition("#")
            yield file, anchor


def plain(text: str) -> str:
    """One line of output or of a page, however it is spaced."""
    return " ".join(text.split())


def pattern(line: str) -> re.Pattern[str]:
    """What a line of a page stands for: … for anything, a time for any time, an id for any id."""
    parts = re.split(f"(…|{_TIME}|{_ID})", plain(line))
    meant = [_meant(part) if nth % 2 else re.escape(part) for nth, part in enumerate(parts)]
    return re.compile("".join(meant))


def _meant(part: str) -> str:
    return ".*" if part == "…" else f"(?:{_TIME})" if re.fullmatch(_TIME, part) else f"(?:{_ANY_ID})"


def lacking(expected: list[str], output: str) -> str | None:
    """The first of the expected lines that does not come, in their order; None: all do."""
    lines = iter([plain(line) for line in output.splitlines()])
    for line in expected:
        if not any(pattern(line).fullmatch(got) for got in lines):
            return line
    return None


@dataclass
class Shell:
    """Runs a page's blocks in the folder in which the process is. Use it in a `with`: what it started ends there."""

    page: Path
    names: dict[str, object] = field(default_factory=lambda: {"__name__": "page"})
    broker: DemoBroker | None = None
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    filters: set[str] = field(default_factory=set)
    """What the city's sources subscribe to."""

    def __enter__(self) -> Shell:
        if any("port: 1883" in block.text for block in blocks(self.page)):
            self.broker = DemoBroker()
            self.broker.start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.running:
            each.terminate()
        for each in self.running:
            each.wait(60)
        if self.broker is not None:
            self.broker.stop()

    def run(self, block: Block) -> None:
        """AssertionError where it is not as the page says."""
        file = block.option("file")
        if file is not None:
            self.write(Path(file), block.text)
        elif block.language == "console":
            code = int(block.option("exit") or 0)
            steps = re.split(r"(?m)^\$ ", block.text)
            assert not steps[0].strip(), f"a console block begins with `$ `, not with {steps[0]!r}"
            for step in steps[1:]:
                command, _, shown = step.partition("\n")
                self.command(command, shown.splitlines(), code if step is steps[-1] else 0)
        elif block.language == "python":
            exec(compile(block.text, name(self.page), "exec"), self.names)

    def write(self, file: Path, text: str) -> None:
        if self.broker is not None:  # the page's broker is a usual one; ours is where there was room, and speaks 3.1.1
            text = text.replace("port: 1883", f"port: {self.broker.port}").replace("protocol: 5", "protocol: 3.1.1")
            text = text.replace("port = 1883", f"port = {self.broker.port}")
            text = text.replace("\nrules:\n", "\nmetrics: null\nrules:\n")
        for found in re.findall(r"subscribe: \[(.*)\]", text):
            self.filters |= {each.strip(' "') for each in found.split(",")}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        if file.name == "pyproject.toml":
            install(tomllib.loads(text)["project"])

    def command(self, text: str, shown: list[str], code: int) -> None:
        """One command. What comes out is waited for: a city that runs beside may need a moment."""
        words = expanded(text.removesuffix("&"))
        if words[0] == "mosquitto_pub":
            assert self.broker is not None
            option = dict(zip(words[1::2], words[2::2], strict=True))
            publish(self.broker.port, [(option["-t"], option["-m"].encode())], qos=int(option["-q"]))
        elif text.endswith("&"):
            assert self.broker is not None
            broker = self.broker
            start = {"gridwatch": ["-m", "gridwatch.cli"], "python": []}[words[0]]
            before = set(broker.filters())
            expected = self.filters if words[0] == "gridwatch" else set()
            command = [sys.executable, *start, *words[1:]]
            self.running.append(subprocess.Popen(command, env=HERE, stdout=subprocess.DEVNULL))
            until(lambda: expected <= set(broker.filters()) != before, f"`{text}` to subscribe", 60.0)
        elif words[0] == "python":
            subprocess.run([sys.executable, *words[1:]], env=HERE, check=True)
        else:
            assert words[0] == "gridwatch", f"this shell knows gridwatch, mosquitto_pub and python, not {words[0]}"
            said = ""

            def comes() -> bool:
                nonlocal said
                result = CliRunner().invoke(app, words[1:], env={"COLUMNS": "100"})
                said = f"`{text}` ended with {result.exit_code} and said\n{result.output}"
                return result.exit_code == code and lacking(shown, result.output) is None

            if self.running:
                try:
                    until(comes, f"{shown} from `{text}`", 60.0)
                except AssertionError as error:
                    raise AssertionError(f"{error}; at last {said}") from None
            else:
                assert comes(), f"expected {code} and {lacking(shown, said)!r}\n{said}"


def expanded(text: str) -> list[str]:
    """A command as bash splits and expands it."""
    done = subprocess.run(["bash", "-c", f"printf '%s\\0' {text}"], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


def install(project: dict[str, object]) -> None:
    """What installing a package in this folder would leave of it: its entry points."""
    folder = Path(f"{str(project['name']).replace('-', '_')}-{project['version']}.dist-info")
    folder.mkdir(exist_ok=True)
    points = project["entry-points"]
    assert isinstance(points, dict)
    text = "".join(f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in each.items()) for group, each in points.items())
    (folder / "entry_points.txt").write_text(text)
    (folder / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    assert PathDistribution(folder).entry_points
