"""check: is the configuration without fault, and what can each rule judge?

Prints every fault at once, then warnings, then the coverage of each rule. Exit code 1 where there is a fault;
warnings and rules that can judge nobody are said, and change nothing: a city may be configured before its registers
are filled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridwatch.cli.frame import Exit, city_file, print_json_lines, say_error
from pipeline.faults import Fault, Faulty

if TYPE_CHECKING:
    from pipeline.runtime.coverage import Coverage


def check(
    config: Annotated[Path, typer.Argument(help="The city's configuration, or the folder it is in.")] = Path(
        "city.yaml"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Check a configuration and its registers: all faults at once, and what each rule can judge."""
    from gridwatch.camera_section import load_cameras
    from pipeline.runtime.coverage import coverage

    file = city_file(config)
    faults: list[Fault] = []
    warnings: list[Fault] = []
    covered: list[Coverage] = []
    try:
        city = load_cameras(file).city
        warnings, covered = city.warnings, coverage(city)
    except Faulty as faulty:
        faults = faulty.faults
    if as_json:
        print_json_lines(_objects(faults, warnings, covered))
    else:
        _tell(file, faults, warnings, covered)
    if faults:
        raise typer.Exit(Exit.FOUND)


def _objects(faults: list[Fault], warnings: list[Fault], covered: list[Coverage]) -> Iterator[dict[str, Any]]:
    for kind, found in (("fault", faults), ("warning", warnings)):
        for fault in found:
            yield {"kind": kind, **asdict(fault)}
    for rule in covered:
        yield {"kind": "coverage", **asdict(rule)}


def _tell(file: Path, faults: list[Fault], warnings: list[Fault], covered: list[Coverage]) -> None:
    for fault in faults:
        say_error(str(fault))
    if faults:
        say_error(f"{file}: {len(faults)} fault{'s' if len(faults) > 1 else ''}")
        return
    for warning in warnings:
        typer.echo(f"warning: {warning}")
    width = max((len(rule.rule) for rule in covered), default=0)
    for rule in covered:
        total = rule.judged + rule.unjudged
        nobody = "" if rule.judged else "   judges nobody in the registers"
        typer.echo(f"{rule.rule:{width}}  can judge {rule.judged} of {total}{nobody}")
        for reason, count in sorted(rule.reasons.items(), key=lambda item: (-item[1], item[0])):
            typer.echo(f"{'':{width}}    {count} not: {reason}")
        for note in rule.notes:
            typer.echo(f"{'':{width}}    {note}")
    typer.echo(f"{file}: no faults, {len(covered)} rule{'s' if len(covered) != 1 else ''}")
