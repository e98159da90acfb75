"""why_view: how a story of `gridwatch why` looks in a terminal: a head, a table of lines, and the conclusion.

What devices sent is shown with nothing in it that a terminal would obey.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gridwatch.cli.data import harmless

if TYPE_CHECKING:
    from pipeline.detector import Detector
    from replay.why.story import Line, Story

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"speed": "km/h", "heading": "°", "accuracy": "m", "still": "s"}
"""Of the columns that have one of their own (pipeline/rows.py)."""
_SHARES = ("load", "lid", "body", "score")
_JUDGED = {"wrong": "bold red", "right": "green", "neither": "yellow"}
WIDE = 110
"""Columns from which places are shown."""
_LOUD = ("CASE", "END")
"""How the transitions begin that stand out."""


def clock(zone: tzinfo, reference: float) -> Callable[[float], str]:
    """UTC seconds as the city's people write them: with tenths where there are any, with the date on other days than
    the reference's; '' for no time."""
    its_day = day(zone, reference)

    def written(ts: float) -> str:
        if not math.isfinite(ts):
            return ""
        when = _local(ts, zone)
        if when is None:
            return "beyond the calendar"
        date = f"{when:%Y-%m-%d}"
        date = "" if date == its_day else f"{date} "
        tenths = f".{when.microsecond // 100_000}" if when.microsecond else ""
        return f"{date}{when:%H:%M:%S}{tenths}"

    return written


def day(zone: tzinfo, ts: float) -> str:
    """The date of a time, '' for none."""
    when = _local(ts, zone)
    return "" if when is None else f"{when:%Y-%m-%d}"


def _local(ts: float, zone: tzinfo) -> datetime | None:
    try:
        return (_EPOCH + timedelta(seconds=round(ts, 1))).astimezone(zone)
    except (OverflowError, ValueError):
        return None


def show(story: Story, written: Callable[[float], str], times: str, console: Console) -> None:
    """Prints it. times: which zone and day they are of."""
    from replay.why.words import hold_words, text

    rule = story.judged_by
    about = f"{story.subject} {story.part}" if story.part else story.subject
    question = (type(rule.detector).__doc__ or "").strip().splitlines()[:1] if rule else []
    console.print(harmless(f"{story.rule}, about {about}: {' '.join(question)}".rstrip(": ")), style="bold")
    if rule is not None:
        rows = any(line.wrong or line.judged == "wrong" for line in story.lines)
        console.print(Text(f"{hold_words(rule, rows=rows).capitalize()}."))
    console.print(Text(f"Times are {times}; 'entry' is the place in the journal.", "dim"))
    if story.lines:
        console.print()
        before = "; ".join(text(each, written) for each in story.before) or (
            "nothing was wrong" if story.heard else "nothing had been heard"
        )
        if rule is not None:
            console.print(Text(f"Before: {before}."))
        console.print(_table(story, written, console.width >= WIDE))
        if any(line.count for line in story.lines):
            console.print("--all shows the rows that are left out.", style="dim")
    else:
        console.print()
    console.print(harmless(story.conclusion), style="bold")


def _table(story: Story, written: Callable[[float], str], wide: bool) -> Table:
    from replay.why.story import Is
    from replay.why.words import text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold", expand=False)
    table.add_column("time", no_wrap=True)
    table.add_column("entry", justify="right", no_wrap=True, style="dim")
    wide = wide and any("lon" in line.said for line in story.lines)
    if wide:
        table.add_column("lon, lat", no_wrap=True)
    table.add_column("what came", overflow="fold")
    table.add_column("judged", overflow="fold")
    table.add_column("and so", overflow="fold")
    detector = story.judged_by.detector if story.judged_by else None
    late = False
    for line in story.lines:
        if line.late and not late:
            came = Text(f"(late rows: received from {written(line.received)} on)", "dim")
            table.add_row("", "", *([""] if wide else []), came, "", "")
        late = line.late or (late and line.kind is Is.OMITTED)
        so = Text("\n").join(_loud(text(each, written)) for each in line.transitions)
        judged = _judged(line, story.unit)
        if line.kind is Is.ROW:
            came = harmless(_said(line, detector, placed=not wide))
        elif line.kind is Is.TICK:
            came = Text("(no row: time went by)", "dim")
        elif line.kind is Is.VERSION:
            came = Text("(another version of the configuration)", "dim")
        elif line.kind is Is.OMITTED:
            came = Text(f"… {line.count} rows up to {written(line.until)}", "dim")
            judged = Text(f"{line.wrong} wrong", "dim")
            so = Text("" if math.isnan(line.measure) else f"at worst {_measure(line, story.unit)}", "dim")
        else:
            came = Text("a delivery", "dim")
        if line.unjudged:
            so = _both(harmless(line.unjudged), so)
        place = [_lon_lat(line)] if wide else []
        time = f"{written(line.ts)} late" if line.late else written(line.ts)
        table.add_row(time, str(line.position), *place, came, judged, so, style=_style(line))
    return table


def _both(first: Text, second: Text) -> Text:
    first.stylize("dim")
    return Text("\n").join([first, second]) if second.plain else first


def _loud(words: str) -> Text:
    return Text(words, "bold" if words.startswith(_LOUD) else "")


def _style(line: Line) -> str | None:
    return "dim" if line.unjudged and not line.judged else None


def _judged(line: Line, unit: str) -> Text:
    """The judgement and the measure, which means something where the row is wrong."""
    if not line.judged:
        return Text("")
    found = Text(line.judged, _JUDGED[line.judged])
    if not math.isnan(line.measure):
        found.append(f"  {_measure(line, unit)}", None if line.judged == "wrong" else "dim not bold")
    return found.append(f"  in {harmless(line.place).plain}") if line.place else found


def _measure(line: Line, unit: str) -> str:
    return f"{line.measure:.4g} {unit}".strip()


def _said(line: Line, detector: Detector | None, *, placed: bool) -> str:
    """What a row said, in the units that its columns have. placed: with where it was, where it said little else."""
    units = dict(_UNITS)
    if detector is not None:
        units = {column: getattr(detector, name).unit for name, column in detector.amounts().items()} | units
    said = {name: _number(name, value, units) for name, value in line.said.items() if name not in ("lon", "lat")}
    parts = [f"{name} {value}" for name, value in said.items()]
    if placed and not parts and "lon" in line.said:
        parts.append(f"at {_lon_lat(line)}")
    return ", ".join(parts)


def _lon_lat(line: Line) -> str:
    lon, lat = line.said.get("lon"), line.said.get("lat")
    return f"{lon:.5f}, {lat:.5f}" if isinstance(lon, float) and isinstance(lat, float) else ""


def _number(name: str, value: float | str, units: dict[str, str]) -> str:
    if isinstance(value, str):
        return value
    if name == "ignition":
        return "on" if value >= 0.5 else "off"
    if name in _SHARES:
        return f"{100 * value:.6g} %"
    unit = units.get(name, "")
    return f"{value:.6g}" if unit in ("", "1") else f"{value:.6g} {unit}"
