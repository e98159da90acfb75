"""init: a new city's folder: a commented configuration and register templates, which `gridwatch check` passes at once.

The templates are the files in `gridwatch/cli/city/`, copied as they are but for the city's name and time zone.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from gridwatch.cli.frame import Exit, Problem

TEMPLATES = ("city.yaml", "vehicles.csv", "devices.csv", "bins.csv", "zones.geojson", "routes.geojson", "permits.csv")


def init(
    city: Annotated[str, typer.Argument(help="The city's short name: small letters, digits, - and _.")],
    folder: Annotated[Path | None, typer.Option(help="Where to put it. Default: a folder of the city's name.")] = None,
    time_zone: Annotated[str, typer.Option(help="The city's time zone.")] = "Asia/Shanghai",
) -> None:
    """Begin a new city: a folder with a commented configuration and a template of each register."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", city):
        raise Problem(f"'{city}': expected small letters, digits, '-' and '_', such as 'hangzhou'", Exit.USAGE)
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Problem(
            f"--time-zone: no time zone '{time_zone}'; expected one such as 'Europe/Berlin'", Exit.USAGE
        ) from error
    target = folder if folder is not None else Path(city)
    there = [name for name in TEMPLATES if (target / name).exists()]
    if there:
        raise Problem(f"{target / there[0]} is there already and stays as it is. Name another --folder.", Exit.USAGE)
    target.mkdir(parents=True, exist_ok=True)
    for name in TEMPLATES:
        text = (files("gridwatch.cli") / "city" / name).read_text("utf-8")
        (target / name).write_text(text.replace("__CITY__", city).replace("__TIME_ZONE__", time_zone), "utf-8")
    typer.echo(f"{target}: {', '.join(TEMPLATES)}")
    typer.echo(
        f"Time zone {time_zone}. Replace the example rows with the city's own, and the broker's address in city.yaml."
    )
    typer.echo(f"Next: gridwatch check {target / 'city.yaml'}")
