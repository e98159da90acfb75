"""why: the rows, judgements and hold transitions that made a case, or that made none, one line each.

Judges the journal again, with the engine that runs live, and stops at each row of the subject. Changes nothing.
"""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from gridwatch.cli.data import city_data, terminal
from gridwatch.cli.frame import Exit, Problem, print_json_lines
from gridwatch.cli.why_view import clock, day, show
from gridwatch.recordings import Opened, open_recording
from gridwatch.times import time_option

if TYPE_CHECKING:
    from cases.case import Case


def why(
    case: Annotated[str | None, typer.Argument(help="A case's id, or the beginning of it. Not with --at.")] = None,
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="A recording, a journal's folder, or a city's data. Default: the data of the city.yaml that is here."
        ),
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Where no case came: which rule, and")] = None,
    subject: Annotated[str | None, typer.Option(help="about which vehicle, bin or camera, and")] = None,
    at: Annotated[
        str | None, typer.Option(help="at which time: ISO 8601; without an offset it is the city's time.")
    ] = None,
    part: Annotated[
        str | None, typer.Option(help="Of a reading its metric, of a sighting its track, of a presence its zone.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Judge by this configuration all along. Default: by what the journal says was in force."),
    ] = None,
    before: Annotated[
        int, typer.Option(min=0, help="How many rows before the case, or on either side of the time.")
    ] = 5,
    everything: Annotated[bool, typer.Option("--all", help="Leave no line out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Why was there this case, or none at that time? Row by row."""
    from pipeline.engine import NoVersion
    from replay.why.asking import Asked, of_case, of_time
    from replay.why.survey import NotToldOf, which_case
    from replay.why.words import text

    id, where = _asked(case, folder, (rule, subject, at))
    data = city_data(config, None).folder if where is None else where
    opened = open_recording(data, config)
    entries, by = opened.entries(), (opened.load, opened.current)
    zone, zone_name = _zone(opened)
    try:
        with Console(stderr=True).status("Judging the journal again …"):
            if id is not None:
                found = (None if config else _stored(id, data)) or which_case(entries, by, id)
                about = found.started
                asked = Asked(clock(zone, about), before, everything)
                story = of_case(entries, by, found, asked)
            else:
                about = time_option("--at", str(at), zone)
                asked = Asked(clock(zone, about), before, everything)
                story = of_time(entries, by, str(rule), str(subject), about, asked, part=part)
    except NotToldOf as error:
        raise Problem(str(error), Exit.FOUND) from None
    except NoVersion as error:
        raise Problem(
            f"{opened.name}: {error}. Name the configuration to judge by: --config FILE.", Exit.USAGE
        ) from error
    if as_json:
        print_json_lines(story.objects(lambda each: text(each, asked.clock)))
    else:
        show(story, asked.clock, f"{zone_name}, {day(zone, about)}", terminal())


def _asked(
    case: str | None, folder: Path | None, about: tuple[str | None, str | None, str | None]
) -> tuple[str | None, Path | None]:
    """The case's id, None where a time is asked about, and the folder. Raises Problem."""
    if any(about):
        if not all(about):
            raise Problem("A time is asked about with all three of --rule, --subject and --at.", Exit.USAGE)
        if folder is not None:
            raise Problem("Expected a case, or a time with --rule, --subject and --at; not both.", Exit.USAGE)
        return None, None if case is None else Path(case)
    if case is None:
        raise Problem("Name a case, or a time with --rule, --subject and --at.", Exit.USAGE)
    if folder is None and Path(case).is_dir():
        raise Problem(f"{case} is a folder: name the case before it, or a time behind it.", Exit.USAGE)
    return case, folder


def _stored(id: str, data: Path) -> Case | None:
    """The case as the city has it; None where there is no list of cases beside the journal, or not this one."""
    from cases.store import FILE, NoSuchCase, Store

    if not (data / FILE).exists():
        return None
    try:
        with Store(data / FILE, read_only=True) as store:
            return store.get(id)
    except NoSuchCase:
        return None


def _zone(opened: Opened) -> tuple[tzinfo, str]:
    """The city's time zone: the configuration's, or that of the journal's first version; UTC where it has none."""
    import msgspec

    from pipeline.entries import Kind
    from pipeline.journal import Contents
    from pipeline.journal.contents import CONTENTS
    from pipeline.runtime.compose import VersionPayload, read_config

    name = "UTC"
    if opened.city is not None:
        name = opened.city.configuration.time_zone
    elif opened.recording is not None:
        for piece in opened.entries().read(opened.first, 1):
            if piece.batch.column("kind")[0].as_py() == Kind.VERSION:
                payload = msgspec.json.decode(piece.batch.column("payload")[0].as_py(), type=VersionPayload)
                name = read_config(Contents(opened.recording.journal / CONTENTS).get(payload.config)).time_zone
            break
    return ZoneInfo(name), name
