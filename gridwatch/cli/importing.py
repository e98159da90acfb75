"""import: recordings of others as a journal, by the mappings of streams.

What replay, comparison and rule tuning start from where a city has recordings and no journal yet. Bad rows are named,
with file and line, and counted; they never end an import (the exit code says that there were some).
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from gridwatch.cli.data import harmless
from gridwatch.cli.frame import Exit, Problem, city_file, say_error
from pipeline.entries import EntryBuffer, Kind
from pipeline.faults import Fault, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.codecs.stream import StreamSettings
    from connectors.imports import Imported
    from connectors.recorded.message import LeftOut
    from connectors.recorded.spool import Spool
    from pipeline.runtime.compose import City

BATCH = 16_384
"""Entries of one commit: large enough that a commit's cost does not show, small enough to hold little."""
SHOWN = 20
"""Bad rows that are named one by one."""
TOPICS = 5
"""Topics of no stream that are named one by one."""


def import_(
    files: Annotated[
        list[Path], typer.Argument(help="The recording; several files make one series.", exists=True, dir_okay=False)
    ],
    to: Annotated[Path, typer.Option(help="The journal's folder; it must be empty or not exist.")],
    config: Annotated[Path, typer.Option(help="The city's configuration, or the folder it is in.")] = Path("city.yaml"),
    stream: Annotated[
        str | None, typer.Option(help="The stream that reads it. Default: the one there is; by topic, if recorded.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="csv, gpx, json, mosquitto or traccar. Default: seen from the first lines."),
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Whom all rows are about, where none says so.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Of times without an offset. Default: the city's.")] = None,
    own_time: Annotated[
        bool, typer.Option("--own-time", help="All was received at its own time, whatever the recording says.")
    ] = False,
    bad: Annotated[Path | None, typer.Option(help="Write all bad rows to this file.")] = None,
) -> None:
    """Make a journal of a recording: CSV, GPX, JSON, mosquitto_sub's output or Traccar's."""
    from connectors.imports import read_deliveries
    from connectors.recorded.formats import FORMATS
    from connectors.recorded.message import Wanted
    from connectors.recorded.spool import Spool
    from pipeline.runtime.compose import load_city

    if form is not None and form not in FORMATS:
        hint = did_you_mean(form, FORMATS) or f"; there are: {', '.join(FORMATS)}"
        raise Problem(f"--format: no format '{form}'{hint}", Exit.USAGE)
    config = city_file(config)
    city = load_city(config)
    streams = _streams(city, config, stream)
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise Problem(f"--to: {to} is not empty. An import begins a journal of its own; name a new folder.", Exit.USAGE)
    try:
        zone = ZoneInfo(time_zone or city.configuration.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Problem(
            f"--time-zone: no time zone '{time_zone}'; expected one such as 'America/New_York'", Exit.USAGE
        ) from error
    wanted = Wanted(streams, zone, subject, own_time)
    # What is sorted lies where the journal will: there is room, or the import can't be done anyway.
    room = next(folder for folder in to.absolute().parents if folder.is_dir())
    with Spool(room) as spool:
        with _BadRows(bad) as bad_rows:
            imported = read_deliveries(files, wanted, spool, bad_rows.add, form)
        bad_rows.tell()
        _tell_left_out(imported.left_out)
        if not len(spool):
            raise Problem(_nothing(imported, form), Exit.FOUND)
        first, last = spool.span
        written = _write(city, streams, spool, to)
        typer.echo(f"{len(spool)} rows over {_span(last - first)}, {written} entries in {to}")
    typer.echo(f"Next: gridwatch replay {to} --config {config}")
    if imported.bad:
        raise typer.Exit(Exit.FOUND)


def _streams(city: City, config: Path, name: str | None) -> Mapping[str, StreamSettings]:
    """The streams that may take rows."""
    known: Mapping[str, StreamSettings] = city.configuration.streams
    if name is None:
        return known
    if name not in known:
        hint = did_you_mean(name, known) or f"; there are: {', '.join(known)}"
        raise Problem(f"--stream: {config} has no stream '{name}'{hint}", Exit.USAGE)
    return {name: known[name]}


def _span(seconds: float) -> str:
    for unit, size in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"


class _BadRows:
    """Bad rows: the first are kept to be named, all are counted and written to a file, where one is named."""

    def __init__(self, file: Path | None) -> None:
        self._path = file
        self._file: IO[str] | None = None
        self._first: list[Fault] = []
        self._count = 0

    def __enter__(self) -> _BadRows:
        self._file = self._path.open("w", encoding="utf-8", errors="replace") if self._path else None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, fault: Fault) -> None:
        self._count += 1
        if len(self._first) < SHOWN:
            self._first.append(fault)
        if self._file is not None:
            self._file.write(f"{fault}\n")

    def tell(self) -> None:
        for fault in self._first:
            say_error(harmless(str(fault)).plain)
        if self._count > SHOWN:
            say_error(f"… and {self._count - SHOWN} more" + ("" if self._path else "; --bad FILE writes them all"))
        if self._count:
            say_error(f"{self._count} bad row{'s' if self._count > 1 else ''} left out")


def _tell_left_out(left_out: LeftOut) -> None:
    """What the recording has beside rows, on stdout: it is as it should be."""
    if left_out.of_no_stream:
        topics = sorted(left_out.topics.items(), key=lambda each: (-each[1], each[0]))
        named = ", ".join(f"{topic} ({count})" for topic, count in topics[:TOPICS])
        more = ", …" if len(topics) > TOPICS else ""
        typer.echo(harmless(f"Left out: {left_out.of_no_stream} of topics that no stream takes: {named}{more}").plain)
    if left_out.without_fix:
        typer.echo(f"Left out: {left_out.without_fix} positions that the terminal itself calls not valid")
    if left_out.empty:
        typer.echo(f"Left out: {left_out.empty} messages without a row that do not say when they came")


def _nothing(imported: Imported, form: str | None) -> str:
    """What to do where no row could be read."""
    read = sorted(set(imported.formats.values()))
    guessed = "" if form else f" It was read as {' and '.join(read)}; if it is another format, name it by --format."
    return f"No row could be read, so no journal was written. Mend the rows named above, or the mapping.{guessed}"


def _write(city: City, streams: Mapping[str, StreamSettings], spool: Spool, folder: Path) -> int:
    """Write the journal; how many entries it has."""
    from connectors.imports import entries, silence_step
    from pipeline.journal import Contents, Journal
    from pipeline.journal.contents import CONTENTS
    from pipeline.runtime.compose import version_payload

    configuration = city.configuration
    sources = spool.sources
    tick = configuration.time.tick
    step = min(silence_step(configuration.sources[source], tick) for source in sources)
    lateness = max(stream.lateness for stream in streams.values() if stream.source in sources)
    written = 0
    with Journal.open(folder) as journal:
        payload = version_payload(configuration, city.world, Contents(folder / CONTENTS))
        buffer = EntryBuffer()
        buffer.add(Kind.VERSION, "", "", spool.span[0], payload)
        for entry in entries(spool, tick, step, lateness, sources):
            buffer.add(entry.kind, entry.source, entry.topic, entry.received, entry.payload)
            if len(buffer) >= BATCH:
                written += len(buffer)
                journal.commit(buffer)
                buffer = EntryBuffer()
        written += len(buffer)
        journal.commit(buffer)
    return written
