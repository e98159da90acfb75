"""rules_kit: a city whose rules can be tried and changed: half an hour of a small fleet, and what stands for its
runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from console.city import Beside
from gridwatch.cli import app
from gridwatch.rules_beside import RulesBeside
from pipeline.runtime.compose import City, load_city
from pipeline.runtime.logs import logger
from tests.console.kit import Town


def half_an_hour(folder: Path) -> Path:
    """A recording with its configuration: one lorry is off its route for a while."""
    words = ["simulate", "gnss-10m", "--small", "--hours", "0.5", "--seed", "3", "--to", str(folder)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return folder


class Runtime:
    """What of `Embedded` is asked for; it reads the configuration again at once."""

    def __init__(self, folder: Path) -> None:
        self.file, self.different = folder / "city.yaml", {"data": str(folder)}
        self.city: City = load_city(self.file, self.different)

    def ask_reload(self) -> None:
        self.city = load_city(self.file, self.different)


def ruled(folder: Path, recording: Path) -> tuple[Town, RulesBeside]:
    """A city beside such a runtime. folder: of its store."""
    runtime: Any = Runtime(recording)
    rules = RulesBeside(runtime, logger())
    return Town(folder, beside=Beside(rules=rules)), rules
