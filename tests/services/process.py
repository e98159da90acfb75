"""process: `gridwatch` as people start it, in a process of its own, and what it says of itself."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO
from urllib.request import urlopen

from tests.services.wait import until

REPOSITORY = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "gridwatch.cli")
_URL = re.compile(r"^metrics: (http://\S+)$", re.MULTILINE)


def gridwatch(*arguments: str | Path, within: Sequence[str] = (), seconds: float = 60.0) -> str:
    """What a command prints; an AssertionError with what it complained of where it failed. within: see Run."""
    done = subprocess.run(
        [*within, *COMMAND, *map(str, arguments)], cwd=REPOSITORY, capture_output=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


class Run:
    """`gridwatch run CITY` at work. log: where all that it says goes. within: a command that it is started by."""

    def __init__(self, city: Path, log: Path, within: Sequence[str] = ()) -> None:
        self.log = log
        with log.open("wb") as out:
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                [*within, *COMMAND, "run", str(city)], cwd=REPOSITORY, stdout=out, stderr=out
            )

    @property
    def said(self) -> str:
        """All of it so far."""
        return self.log.read_text("utf-8", "backslashreplace")

    def events(self, level: str) -> list[str]:
        """Its log's lines of a level."""
        lines = [json.loads(line) for line in self.said.splitlines() if line.startswith("{")]
        return [str(line["event"]) for line in lines if line["level"] == level]

    def lives(self) -> None:
        """AssertionError with its last words where it has ended."""
        assert self.process.poll() is None, f"it ended by itself ({self.process.returncode}): {self.said[-2000:]}"

    def connected(self) -> None:
        """Wait until it has its session at the broker."""

        def there() -> bool:
            self.lives()
            return "connected to 127.0.0.1" in self.said

        until(there, "it to connect", seconds=60)

    def metrics(self) -> dict[str, float]:
        """What it counts and measures, by name and labels as Prometheus has them."""
        found = _URL.search(self.said)
        assert found is not None, f"it has not said where its metrics are: {self.said[-2000:]}"
        return read_metrics(found[1])

    def kill(self) -> None:
        """SIGKILL: no last word, nothing saved."""
        self.lives()
        self.process.kill()
        self.process.wait(60)

    def stop(self, seconds: float = 60.0) -> None:
        """SIGTERM: it ends in order."""
        self.lives()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(seconds) == 0, self.said[-2000:]

    def end(self) -> None:
        """Whatever happened: it does not outlive its test."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)


def read_metrics(url: str) -> dict[str, float]:
    """The numbers at a Prometheus address."""
    answer: IO[bytes]
    with urlopen(url, timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}
