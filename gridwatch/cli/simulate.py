"""simulate: a scenario of the library as a journal, with the labels of what was really wrong in it.

What rules are tried on before a city runs them: `gridwatch replay FOLDER` judges it, `gridwatch score FOLDER` says how
well. Configuration and registers are the demo city's, made for the run, and lie beside the journal.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from gridwatch.cli.data import terminal
from gridwatch.cli.demo import original
from gridwatch.cli.frame import Exit, Problem

if TYPE_CHECKING:
    from pipeline.runtime.compose import City as Configured
    from replay.scenarios.families import Family
    from replay.scenarios.library import Scenario
    from replay.simulator.town import Town

SCENARIO = "scenario.json"
"""What was simulated: the scenario's name, the family's and the seed."""


def simulate(
    scenario: Annotated[str | None, typer.Argument(help="Which one; without, all are listed.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another day under the same conditions.")] = 1,
    to: Annotated[
        Path | None, typer.Option(help="The folder to write; default: var/simulated/SCENARIO-SEED.", file_okay=False)
    ] = None,
    hours: Annotated[float | None, typer.Option(min=0.01, help="How long; default: what its family lasts.")] = None,
    family: Annotated[
        str, typer.Option(help="Which city: fleet (vehicles for a day) or sensors (for days).")
    ] = "fleet",
    small: Annotated[bool, typer.Option("--small", help="A smaller city for a shorter time.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="The scenarios, with a line each.")] = False,
) -> None:
    """Write a made-up day as a journal, with the labels of what was wrong in it."""
    if scenario is None or list_:
        _list()
        return
    chosen, size = scenario_of(scenario), family_of(family, small)
    folder = to or Path("var") / "simulated" / f"{chosen.name}-{seed}"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Problem(f"{folder} is not empty. A simulated journal begins a folder of its own: --to FOLDER", Exit.USAGE)
    _write(chosen, size, seed, size.hours if hours is None else hours, folder)


def scenario_of(name: str) -> Scenario:
    """By name. Raises Problem with the nearest one."""
    from pipeline.faults import did_you_mean
    from replay.scenarios.library import BY_NAME

    if name not in BY_NAME:
        hint = did_you_mean(name, BY_NAME) or "; `gridwatch simulate --list` shows them"
        raise Problem(f"no scenario '{name}'{hint}", Exit.USAGE)
    return BY_NAME[name]


def family_of(name: str, small: bool) -> Family:
    """By name and size. Raises Problem with the nearest one."""
    from pipeline.faults import did_you_mean
    from replay.scenarios.families import FAMILIES, SMALL

    if name not in FAMILIES:
        hint = did_you_mean(name, FAMILIES) or f"; there are: {', '.join(FAMILIES)}"
        raise Problem(f"no family '{name}'{hint}", Exit.USAGE)
    return (SMALL if small else FAMILIES)[name]


def configured(folder: Path, town: Town) -> Configured:
    """The demo's configuration with the registers of a town, in a folder that is made, read and without fault."""
    from pipeline.runtime.compose import load_city
    from replay.scenarios.families import START
    from replay.simulator.registers import write_day, write_registers

    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(original().iterdir()):
        if file.is_file():
            shutil.copyfile(file, folder / file.name)
    write_registers(folder, town)
    write_day(folder, town, START)
    return load_city(folder / "city.yaml")


def _list() -> None:
    from replay.scenarios.library import SCENARIOS

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in ("scenario", "what it is"):
        table.add_column(name)
    for each in SCENARIOS:
        table.add_row(each.name, each.about)
    terminal().print(table)


def _write(scenario: Scenario, family: Family, seed: int, hours: float, folder: Path) -> None:
    from cases.case import iso
    from pipeline.journal import Contents, Journal
    from pipeline.journal.contents import CONTENTS
    from pipeline.runtime.compose import version_payload
    from replay.labels import write_file
    from replay.recording import JOURNAL, LABELS, Manifest, write_manifest
    from replay.scenarios.families import START
    from replay.scenarios.recording import entries

    city = family.city(scenario, seed)
    made = configured(folder, city.town())
    (source,) = made.configuration.sources
    written = 0
    with Journal.open(folder / JOURNAL) as journal:
        payload = version_payload(made.configuration, made.world, Contents(folder / JOURNAL / CONTENTS))
        for buffer in entries(city, START, hours * 3600, source, payload):
            journal.commit(buffer)
            written += len(buffer)
    write_file(city.labels, folder / LABELS)
    skew, late = scenario.conditions.doubt
    manifest = Manifest(
        city=made.configuration.city,
        made_by="simulate",
        since=str(iso(START)),
        until=str(iso(START + hours * 3600)),
        skew=skew,
        late=late,
    )
    write_manifest(manifest, folder)
    what = {"scenario": scenario.name, "family": family.name, "seed": seed, "hours": hours}
    (folder / SCENARIO).write_text(json.dumps(what) + "\n", "utf-8")
    typer.echo(f"{written} entries over {hours:g} h and {len(city.labels)} labels in {folder}")
    typer.echo(f"Next: gridwatch score {folder}")
