"""data: what the commands that look into a city's data share: where it is, and how it is shown.

What devices sent is shown with nothing in it that a terminal would obey.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text

from gridwatch.cli.frame import Exit, Problem

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="The city's configuration, or the folder it is in. Default: city.yaml.")
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="The data folder itself, where there is no configuration.", file_okay=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One object a line.")]

SHOWN = 50
"""How many a table shows where nobody said; --json gives all."""
FILE = "cases.sqlite"
"""Of the cases, in a data folder without a configuration that says otherwise."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CityData:
    """A city's data folder and its time zone."""

    folder: Path
    zone: tzinfo
    zone_name: str
    store: Path | str
    """Where its cases are, as `cases.database.open_database` takes it."""

    def time(self, ts: float, seconds: bool = True) -> str:
        """UTC seconds as the city's people write them; '' for no time."""
        if not math.isfinite(ts):
            return ""
        try:
            return (
                (_EPOCH + timedelta(seconds=ts))
                .astimezone(self.zone)
                .strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
            )
        except OverflowError:
            return "beyond the calendar"


def city_data(config: Path | None, data: Path | None) -> CityData:
    """The data folder that the options name; what is here where they name none. Raises Problem, Faulty."""
    if data is not None:
        return CityData(data, UTC, "UTC", data / FILE)
    file = Path("city.yaml") if config is None else config / "city.yaml" if config.is_dir() else config
    if not file.exists():
        advice = "Name the city's configuration with --config, or its data folder with --data."
        raise Problem(f"There is no {file}. {advice}", Exit.USAGE)
    from cases.store_section import store_of
    from pipeline.runtime.config import load

    configuration = load(file)
    try:
        where = store_of(configuration.store, configuration.data, os.environ)
    except ValueError as error:
        raise Problem(str(error), Exit.USAGE) from None
    return CityData(configuration.data, ZoneInfo(configuration.time_zone), configuration.time_zone, where)


def harmless(text: str) -> Text:
    """Text from outside: no markup, no control characters, no change of writing direction."""
    return Text("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))


def duration(seconds: float) -> str:
    """A length of time to two figures or so: 45 s, 12 min, 3.5 h, 2.1 d."""
    for unit, size in (("d", 86400.0), ("h", 3600.0)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"


def terminal() -> Console:
    """Where tables go: as wide as the terminal, 80 columns where there is none."""
    return Console(highlight=False, soft_wrap=False)
