"""check: is the configuration without fault, and what can each rule judge? A city's, or an edge box's.

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
    from gridwatch.camera_section import load_both
    from gridwatch.shift_warnings import shift_warnings
    from gridwatch.web_section import load_web
    from pipeline.runtime.coverage import coverage

    file = city_file(config)
    faults: list[Fault] = []
    warnings: list[Fault] = []
    covered: list[Coverage] | None = None
    cameras = 0
    try:
        found, city = load_both(file)
        cameras = len(found.cameras)
        if city is not None:
            warnings, covered = [*city.warnings, *_unprintable(file), *shift_warnings(city)], coverage(city)
    except Faulty as faulty:
        faults = faulty.faults
    try:
        load_web(file)
    except Faulty as faulty:
        faults = sorted({*faults, *faulty.faults})
    if as_json:
        print_json_lines(_objects(faults, warnings, covered or []))
    else:
        _tell(file, faults, warnings, covered, cameras)
    if faults:
        raise typer.Exit(Exit.FOUND)


def _unprintable(file: Path) -> list[Fault]:
    """Where there is a browser that prints cases, and no font for what the configuration is written in."""
    from gridwatch.fonts import advice, undrawn
    from gridwatch.printing import browser

    text = file.read_text("utf-8")
    lacking = undrawn(text) if browser() is not None else ""
    return [Fault(str(file), 0, "", f"cases and reports as PDF: {advice(lacking)}")] if lacking else []


def _objects(faults: list[Fault], warnings: list[Fault], covered: list[Coverage]) -> Iterator[dict[str, Any]]:
    for kind, found in (("fault", faults), ("warning", warnings)):
        for fault in found:
            yield {"kind": kind, **asdict(fault)}
    for rule in covered:
        yield {"kind": "coverage", **asdict(rule)}


def _tell(file: Path, faults: list[Fault], warnings: list[Fault], covered: list[Coverage] | None, cameras: int) -> None:
    """covered: None: there is no city in the file."""
    for fault in faults:
        say_error(str(fault))
    if faults:
        say_error(f"{file}: {len(faults)} fault{'s' if len(faults) > 1 else ''}")
        return
    for warning in warnings:
        typer.echo(f"warning: {warning}")
    rules = covered or []
    width = max((len(rule.rule) for rule in rules), default=0)
    for rule in rules:
        total = rule.judged + rule.unjudged
        nobody = "" if rule.judged else "   judges nobody in the registers"
        typer.echo(f"{rule.rule:{width}}  can judge {rule.judged} of {total}{nobody}")
        for reason, count in sorted(rule.reasons.items(), key=lambda item: (-item[1], item[0])):
            typer.echo(f"{'':{width}}    {count} not: {reason}")
        for note in rule.notes:
            typer.echo(f"{'':{width}}    {note}")
    counts = [_count(len(rules), "rule")] if covered is not None else []
    counts += [_count(cameras, "camera")] if cameras else []
    typer.echo(f"{file}: no faults, {', '.join(counts)}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
