"""import: recorded CSV and GPX files as a journal, by a stream's mapping.

What replay, comparison and rule tuning start from where a city has recordings and no journal yet. Bad rows are named,
with file and line, and counted; they never end an import (the exit code says that there were some).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from gridwatch.cli.frame import Exit, Problem, city_file, say_error
from pipeline.entries import EntryBuffer, Kind
from pipeline.faults import Fault, did_you_mean

if TYPE_CHECKING:
    from connectors.imports import Imported
    from pipeline.runtime.compose import City

BATCH = 16_384
"""Entries of one commit: large enough that a commit's cost does not show, small enough to hold little."""
SHOWN = 20
"""Bad rows that are named one by one."""


def import_(
    files: Annotated[
        list[Path], typer.Argument(help="CSV or GPX files; several make one series.", exists=True, dir_okay=False)
    ],
    config: Annotated[Path, typer.Option(help="The city's configuration, or the folder it is in.")],
    stream: Annotated[str, typer.Option(help="The stream whose mapping says what the columns are.")],
    to: Annotated[Path, typer.Option(help="The journal's folder; it must be empty or not exist.")],
    subject: Annotated[str | None, typer.Option(help="Whom all rows are about, where no column says so.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Of times without an offset. Default: the city's.")] = None,
    bad: Annotated[Path | None, typer.Option(help="Write all bad rows to this file.")] = None,
) -> None:
    """Make a journal of recorded files: CSV and GPX, by a stream's mapping."""
    from connectors.imports import read_deliveries
    from pipeline.runtime.compose import load_city

    config = city_file(config)
    city = load_city(config)
    mapping = city.configuration.streams.get(stream)
    if mapping is None:
        known = city.configuration.streams
        hint = did_you_mean(stream, known) or f"; there are: {', '.join(known)}"
        raise Problem(f"--stream: {config} has no stream '{stream}'{hint}", Exit.USAGE)
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise Problem(f"--to: {to} is not empty. An import begins a journal of its own; name a new folder.", Exit.USAGE)
    try:
        zone = ZoneInfo(time_zone or city.configuration.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Problem(
            f"--time-zone: no time zone '{time_zone}'; expected one such as 'America/New_York'", Exit.USAGE
        ) from error
    imported = read_deliveries(files, stream, mapping, zone, subject)
    _tell_bad(imported.bad, bad)
    if not imported.deliveries:
        raise Problem(
            "No row could be read, so no journal was written. Mend the rows named above, or the mapping.", Exit.FOUND
        )
    written = _write(city, stream, imported, to)
    first, last = imported.deliveries[0].received, imported.deliveries[-1].received
    typer.echo(f"{len(imported.deliveries)} rows over {_span(last - first)}, {written} entries in {to}")
    typer.echo(f"Next: gridwatch replay {to} --config {config}")
    if imported.bad:
        raise typer.Exit(Exit.FOUND)


def _span(seconds: float) -> str:
    for unit, size in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def _tell_bad(found: list[Fault], file: Path | None) -> None:
    if file is not None:
        file.write_text("".join(f"{fault}\n" for fault in found), "utf-8")
    for fault in found[:SHOWN]:
        say_error(str(fault))
    if len(found) > SHOWN:
        say_error(f"… and {len(found) - SHOWN} more" + ("" if file else "; --bad FILE writes them all"))
    if found:
        say_error(f"{len(found)} bad row{'s' if len(found) > 1 else ''} left out")


def _write(city: City, stream: str, imported: Imported, folder: Path) -> int:
    """Write the journal; how many entries it has."""
    from connectors.imports import entries, silence_step
    from pipeline.journal import Contents, Journal
    from pipeline.runtime.compose import CONTENTS, version_payload

    configuration = city.configuration
    mapping = configuration.streams[stream]
    tick = configuration.time.tick
    step = silence_step(configuration.sources[mapping.source], tick)
    written = 0
    with Journal.open(folder) as journal:
        payload = version_payload(configuration, city.world, Contents(folder / CONTENTS))
        buffer = EntryBuffer()
        buffer.add(Kind.VERSION, "", "", imported.deliveries[0].received, payload)
        for entry in entries(imported.deliveries, tick, step, mapping.lateness):
            buffer.add(entry.kind, mapping.source, entry.topic, entry.received, entry.payload)
            if len(buffer) >= BATCH:
                written += len(buffer)
                journal.commit(buffer)
                buffer = EntryBuffer()
        written += len(buffer)
        journal.commit(buffer)
    return written
