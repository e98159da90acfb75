"""camera import: the cameras of a platform, from its catalogue, as lines of the section `cameras`."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridwatch.cli.frame import Exit, Problem, city_file, say_error
from gridwatch.cli.registers_store import datum_of, new_file, tell_faults

if TYPE_CHECKING:
    from gridwatch.camera_catalogue import Catalogue


def import_(
    platform: Annotated[str, typer.Argument(help="Its name among `platforms`.")],
    file: Annotated[
        Path | None,
        typer.Argument(help="Its catalogue: .csv, .xlsx, .json or XML. None: the platform is asked.", dir_okay=False),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="The file that has the platform, where it is asked.", dir_okay=False)
    ] = None,
    device: Annotated[
        str, typer.Option(help="Of cameras that don't say by which device the platform gets there.")
    ] = "",
    datum: Annotated[
        str | None, typer.Option(help="What its places are in: WGS-84, GCJ-02, BD-09 or CGCS2000.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="What the file calls a column: code=点位编号. Several times.")
    ] = None,
    online: Annotated[bool, typer.Option("--online", help="Only those that it says are online.")] = False,
    every: Annotated[str, typer.Option(metavar="5min", help="A snapshot of each that often; none: key frames.")] = "",
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave bad rows out, instead of writing nothing.")
    ] = False,
    bad: Annotated[Path | None, typer.Option("--bad", help="Write all bad rows to this file.", dir_okay=False)] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the lines to this file.", dir_okay=False)] = None,
) -> None:
    """A platform's catalogue as cameras of the configuration: code, name, place, and how its stream is asked for."""
    from gridwatch.camera_lines import camera_lines
    from gridwatch.times import duration_option

    if out is not None:
        new_file(out)
    if every:
        duration_option("--every", every)
    where = None if datum is None else datum_of(datum)
    found = _asked(platform, config, device) if file is None else _read(file, device, _columns(column or []))
    cameras = [each for each in found.cameras if each.online or not online]
    if where is None and any(not math.isnan(each.lon) for each in cameras):
        raise Problem("It has places, and doesn't say in which datum: --datum GCJ-02, for one", Exit.USAGE)
    if found.faults:
        tell_faults(found.faults, bad)
        if not skip_bad:
            raise Problem("Nothing was written. Mend these, or leave them out with --skip-bad", Exit.FOUND)
    lines = camera_lines(cameras, platform, where, every)
    if out is None:
        typer.echo(lines, nl=False)
    else:
        out.write_text(lines, "utf-8")
    _say(found, len(cameras))


def _say(found: Catalogue, written: int) -> None:
    """Beside what is written: to stderr."""
    others = ", ".join(f"{count} of type {kind}" for kind, count in sorted(found.others.items()))
    said = [f"{written} of {len(found.cameras)} cameras"]
    said += [f"left out, being none: {others}"] if others else []
    said += [f"{len(found.faults)} bad rows left out"] if found.faults else []
    off = sum(each.online is False for each in found.cameras)
    said += [f"{off} were offline"] if off else []
    say_error("; ".join(said))


def _columns(said: list[str]) -> dict[str, str]:
    from gridwatch.camera_catalogue import COLUMNS
    from pipeline.faults import did_you_mean

    columns = {}
    for each in said:
        key, mark, name = each.partition("=")
        if key not in COLUMNS or not mark or not name:
            hint = did_you_mean(key, COLUMNS) or f"; there are: {', '.join(COLUMNS)}"
            raise Problem(f"--column: expected such as code=点位编号, got '{each}'{hint}", Exit.USAGE)
        columns[key] = name
    return columns


def _read(file: Path, device: str, columns: dict[str, str]) -> Catalogue:
    from gridwatch.camera_catalogue import read_catalogue

    try:
        content = file.read_bytes()
    except OSError as error:
        raise Problem(f"{file} can't be read: {error.strerror}", Exit.USAGE) from None
    return read_catalogue(content, file.name, device, columns)


def _asked(name: str, config: Path | None, device: str) -> Catalogue:
    """What the platform itself says. Raises Problem."""
    from cameras.platforms.gateway import Gateway, GatewayFailed
    from gridwatch.camera_catalogue import Catalogue, rows_of, take_rows
    from gridwatch.camera_section import read_cameras
    from pipeline.faults import did_you_mean

    if config is None:
        raise Problem("Name its catalogue's FILE, or let the platform be asked: --config edge.yaml", Exit.USAGE)
    known = read_cameras(city_file(config)).platforms
    if name not in known:
        hint = did_you_mean(name, known) or f"; there are: {', '.join(sorted(known)) or 'none'}"
        raise Problem(f"{config}: no platform '{name}'{hint}", Exit.USAGE)
    settings, values = known[name], {"device": device} if device else {}
    if settings.catalogue is None:
        raise Problem(f"{config}: platforms.{name} has no 'catalogue' that says how it is asked", Exit.USAGE)
    lacking = sorted(settings.catalogue.names - {*values, *settings.values, *settings.secrets, "page", "count"})
    if lacking:
        raise Problem(f"platforms.{name}.catalogue is asked with {', '.join(lacking)}: give --device", Exit.USAGE)
    found, rows = Catalogue(), list[Any]()
    try:
        gateway = Gateway(name, settings, os.environ, config.resolve().parent)
        rows += gateway.catalogue(values)
        gateway.close()
    except (GatewayFailed, ValueError, FileNotFoundError) as error:
        raise Problem(str(error)) from None
    take_rows(found, name, rows_of(rows), device, {})
    return found
