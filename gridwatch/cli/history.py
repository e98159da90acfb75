"""history: what is in InfluxDB of a city, how it is doing, and writing what the journal has of an earlier time.

`--json` gives one object: status one with what `history/state.json` says, `behind` and `server`; backfill one with
`entries`, `points`, `beyond` and `refused`.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from gridwatch.cli.data import JsonOption, city_data
from gridwatch.cli.frame import Exit, Problem, city_file, print_json_lines
from gridwatch.cli.registers_store import configuration_of
from gridwatch.times import time_option

if TYPE_CHECKING:
    from connectors.history.influx import Influx
    from connectors.history.settings import HistorySection
    from pipeline.runtime.config import Configuration

app = typer.Typer(help="Rows and measures over time in InfluxDB: how that goes, and catching up.", no_args_is_help=True)

ConfigOption = Annotated[
    Path, typer.Option("--config", help="The city's configuration, or the folder it is in. Default: city.yaml.")
]
CITY = Path("city.yaml")
_BATCH = 65_536


@app.command()
def status(config: ConfigOption = CITY, as_json: JsonOption = False) -> None:
    """How far the history is, what was refused or lost, and whether InfluxDB answers; of a city on Kafka by the workers
    of this machine. Exit code 1: something is wrong."""
    from connectors.history.influx import Unwritten
    from gridwatch.history_told import told

    configuration, section = _section(config)
    state, behind, what = told(city_file(config), configuration, section)
    influx, trouble = _connected(section, config), ""
    try:
        version = influx.ping()
    except Unwritten as error:
        version, trouble = "", str(error)
    finally:
        influx.close()
    if as_json:
        said = {**msgspec.to_builtins(state), "behind": behind, "server": version, "trouble": state.trouble or trouble}
        print_json_lines([{name: value for name, value in said.items() if name != "version"}])
    else:
        city = city_data(config, None)
        typer.echo(f"{section.where}: " + (f"InfluxDB {version} answers" if version else trouble or "it answers"))
        if behind is None:
            typer.echo("Nothing has been written to it yet: a running city begins with what comes.")
        else:
            when = city.time(state.at) if state.at else "never"
            typer.echo(f"{state.points:,} points, the last at {when}; {behind:,} {what} are to be written")
        for count, what in (
            (state.refused, "refused for what they are (history/refused.lp)"),
            (state.beyond, "refused as older than the bucket keeps"),
            (state.lost, "measures lost for want of room"),
            (state.gone, "journal entries gone before they were written"),
        ):
            if count:
                typer.echo(f"{count:,} {what}")
        if state.trouble:
            typer.echo(f"Now: {state.trouble}")
    if trouble or state.trouble:
        raise typer.Exit(Exit.FOUND)


@app.command()
def backfill(
    since: Annotated[str | None, typer.Option("--from", help="From when on, such as 2026-03-01T08:00.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Until when. Default: all there is.")] = None,
    config: ConfigOption = CITY,
    as_json: JsonOption = False,
) -> None:
    """Write the rows that the journal, or Kafka, has of a time, by when they were received. What is there already stays
    one point. A running city is not disturbed; its measures are not among what the journal has."""
    from connectors.history.influx import Unwritten
    from connectors.history.writer import Writer
    from gridwatch.cluster_recordings import on_kafka
    from pipeline.runtime.history_feed import lead_of
    from pipeline.runtime.opening import JOURNAL

    configuration, section = _section(config)
    zone = city_data(config, None).zone
    begin, end = time_option("--from", since, zone), time_option("--to", until, zone, math.inf)
    if begin >= end:
        raise Problem("--to: expected a time after --from.", Exit.USAGE)
    influx = _connected(section, config)
    try:
        journal, kafka = configuration.data / JOURNAL, on_kafka(config)
        if kafka is not None:
            taken = kafka.recording(begin - lead_of(Writer(section)), end)
            journal = taken.recording.journal
            for line in taken.said:
                typer.echo(line, err=True)
        done = _backfill(configuration, section, influx, begin, end, journal)
    except Unwritten as error:
        advice = "Mend that and start the same command again: nothing is written twice."
        raise Problem(f"History: {error} {advice}") from None
    finally:
        influx.close()
    if as_json:
        print_json_lines([done])
        return
    typer.echo(f"{done['entries']:,} journal entries, {done['points']:,} points written to {section.where}.")
    if done["beyond"]:
        typer.echo(f"{done['beyond']:,} points are older than the bucket keeps.")
    if done["refused"]:
        typer.echo(f"{done['refused']:,} points were refused; they are in {configuration.data / 'history'}.")


def _backfill(
    configuration: Configuration, section: HistorySection, influx: Influx, begin: float, end: float, journal: Path
) -> dict[str, Any]:
    from connectors.history.writer import Writer
    from gridwatch.exporting import version_in_force
    from pipeline.journal import Contents, Journal
    from pipeline.journal.contents import CONTENTS
    from pipeline.runtime.compose import load_version
    from pipeline.runtime.history_city import FOLDER
    from pipeline.runtime.history_feed import Decoder, before, lead_of
    from pipeline.runtime.history_state import keep_refused
    from pipeline.runtime.opening import SNAPSHOTS
    from replay.cutting import position_at

    reader = Journal.read_only(journal)
    first = reader.first if math.isinf(begin) else position_at(reader, begin)
    last = reader.head if math.isinf(end) else position_at(reader, end)
    contents = Contents(reader.folder / CONTENTS)
    writer = Writer(section)
    begin_at = before(reader, first, lead_of(writer)) if last > first else last
    current = version_in_force(reader, begin_at, reader.folder / SNAPSHOTS) if last > first else None
    decoder = Decoder(lambda payload, names: load_version(payload, contents, names), writer, current)
    done = {"entries": 0, "points": 0, "beyond": 0, "refused": 0}
    for piece in reader.read(begin_at, _BATCH) if last > first else ():
        if piece.first >= last:
            break
        if piece.first < first:  # so that as much is left out as was when it came
            earlier = piece.between(begin_at, first)
            decoder.take(earlier.batch, earlier.first)
            if piece.end <= first:
                continue
        piece = piece.between(first, last)
        lines = decoder.take(piece.batch, piece.first)
        for at in range(0, len(lines), section.batch):
            written = influx.write(lines[at : at + section.batch])
            done["points"] += written.taken
            done["beyond"] += written.beyond
            done["refused"] += len(written.refused)
            if written.refused:
                keep_refused(configuration.data / FOLDER, written.refused)
        done["entries"] += piece.batch.num_rows
    done["beyond"] += writer.counts["too old"]
    return done


def _section(config: Path) -> tuple[Configuration, HistorySection]:
    configuration = configuration_of(config)
    if configuration.history is None:
        raise Problem("This city keeps no history: give its configuration a section 'history'.", Exit.USAGE)
    return configuration, configuration.history


def _connected(section: HistorySection, config: Path) -> Influx:
    from pipeline.runtime.history_city import connect

    return connect(section, city_file(config), os.environ)
