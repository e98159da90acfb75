"""register_csv: the rows of one register from CSV text or other cells, every bad row named with its line.

The first line names the columns. An empty cell is left out. A date without an offset is in the city's time zone; a
`valid_to` that is a bare date includes that day, because that is what people mean by "valid to 31 December".
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import numpy as np

from pipeline.calendars import HOLIDAY, WORKDAY
from pipeline.faults import did_you_mean
from pipeline.hours import parse

REQUIRED = {
    "vehicles": ("id", "class"),
    "devices": ("device", "subject"),
    "bins": ("id", "lon", "lat"),
    "permits": ("id", "vehicle"),
    "manifests": ("id", "vehicle", "valid_from", "valid_to"),
    "plans": ("id", "subject", "hours"),
    "fixtures": ("camera",),
    "clocks": ("terminal", "offset"),
    "calendar": ("date", "kind"),
}
OPTIONAL = {
    "vehicles": ("plate", "speed_limit", "valid_from", "valid_to"),
    "devices": ("valid_from", "valid_to"),
    "bins": ("class", "address", "valid_from", "valid_to"),
    "permits": ("route", "hours", "site", "disposal", "valid_from", "valid_to"),
    "manifests": ("site", "disposal"),
    "plans": ("route", "zone", "share", "radius", "valid_from", "valid_to"),
    "fixtures": ("zone", "label", "left", "top", "width", "height", "note", "valid_from", "valid_to"),
    "clocks": ("stream", "drift", "by", "approved", "note", "valid_from", "valid_to"),
    "calendar": ("name",),
}
_DAY = re.compile(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?=$|[ T])")
_NUMBERS = {
    "lon": (-180.0, 180.0, "degrees", 1.0),
    "lat": (-90.0, 90.0, "degrees", 1.0),
    "speed_limit": (0.0, 1000.0, "km/h without the unit", 1.0),
    "share": (0.0, 100.0, "percent without the sign", 0.01),
    "radius": (0.0, 10_000.0, "metres without the unit", 1.0),
    "offset": (-2e9, 2e9, "seconds without the unit", 1.0),
    "drift": (-3600.0, 3600.0, "seconds a day without the unit", 1.0),
    **dict.fromkeys(("left", "top", "width", "height"), (0.0, 1.0, "a share of the picture", 1.0)),
}
"""The least and most that a column may say, in what, and what that is multiplied by."""
_ABOVE_0 = ("speed_limit", "share", "radius", "width", "height")

NO_CHECKS: Mapping[str, Callable[[str], Any]] = {}
NUMBERS = frozenset(_NUMBERS)
"""Columns of numbers, in every register."""

_FORMULA = ("=", "+", "-", "@")
Report = Callable[[int, str, str], None]
"""(line, row id, message) of a fault in one file"""
Row = dict[str, Any]
"""A register's row; `line` says where it stands"""


class Times:
    """Dates of one city as UTC seconds; remembers what it has read, because registers repeat the same few dates."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.seen: dict[tuple[str, bool], float] = {}

    def parse(self, text: str, end: bool) -> float:
        """UTC seconds; `end`: a bare date includes that day. ValueError says what was expected."""
        known = self.seen.get((text, end))
        if known is not None:
            return known
        day = _DAY.match(text)
        tidy = "{}-{:0>2}-{:0>2}".format(*day.groups()) + text[day.end() :] if day else text
        try:
            moment = datetime.fromisoformat(tidy)
        except ValueError:
            raise ValueError("expected a date such as '2025-03-01' or '2025-03-01 08:00+08:00'") from None
        if end and day and day.end() == len(text):
            moment += timedelta(days=1)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        self.seen[text, end] = seconds = moment.timestamp()
        return seconds

    def day(self, text: str) -> date:
        """A date alone. ValueError says what was expected."""
        day = _DAY.match(text)
        try:
            if day is None or day.end() != len(text):
                raise ValueError
            return date(*map(int, day.groups()))
        except ValueError:
            raise ValueError("expected a date such as '2025-03-01'") from None


def read_csv(register: str, text: str, zone: tzinfo, report: Report) -> list[Row]:
    """The rows that can be read; what can't is reported."""
    times = Times(zone)
    cells = csv_cells(io.StringIO(text), report)
    named = named_cells(cells, REQUIRED[register], OPTIONAL[register], report)
    return [row for at, each in named if (row := check_row(each, REQUIRED[register], times, at, report)) is not None]


def csv_cells(text: Iterable[str], report: Report) -> Iterator[tuple[int, list[str]]]:
    """(line, cells without blanks around them) of each row of CSV, empty ones left out."""
    reader = csv.reader(text, strict=True)
    line = 1
    try:
        for cells in reader:
            at, line = line, reader.line_num + 1  # a quoted cell may go over several lines
            stripped = [bare(cell.strip()) for cell in cells]
            if any(stripped):
                yield at, stripped
    except csv.Error as error:
        report(reader.line_num, "", f"expected CSV: {error}")


def bare(cell: str) -> str:
    """Without the ' that `kept_text` puts before what a spreadsheet would take for a formula."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def kept_text(cell: str) -> str:
    """A cell of text that no spreadsheet calculates; `bare` gives it back."""
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def named_cells(
    rows: Iterable[tuple[int, list[str]]], required: tuple[str, ...], optional: tuple[str, ...], report: Report
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cell by column) of each row after the first, which names the columns; what doesn't fit is reported."""
    header: list[str] | None = None
    for at, cells in rows:
        if header is None:
            header = cells
            if not _check_header(header, (*required, *optional), required, at, report):
                return
        elif len(cells) > len(header):
            report(at, cells[0], f"expected {len(header)} cells, got {len(cells)}")
        else:
            yield at, dict(zip(header, cells, strict=False))
    if header is None:
        report(0, "", f"expected a first line that names the columns: {','.join((*required, *optional))}")


def _check_header(
    header: list[str], known: tuple[str, ...], required: tuple[str, ...], at: int, report: Report
) -> bool:
    before = [name for name in known if name not in header]
    for name in header:
        if name not in known:
            hint = did_you_mean(name, before) or f"; known: {', '.join(known)}"
            report(at, name, f"no column '{name}' in this register{hint}")
        elif header.count(name) > 1:
            report(at, name, f"the column '{name}' is there twice")
    missing = [name for name in required if name not in header]
    for name in missing:
        report(at, name, f"expected a column '{name}'")
    return not missing


def check_row(
    cells: Mapping[str, str],
    required: tuple[str, ...],
    times: Times,
    at: int,
    report: Report,
    own: Mapping[str, Callable[[str], Any]] = NO_CHECKS,
) -> Row | None:
    """One row, or None with its faults reported; an empty cell is left out.

    own: what makes a column's value of its text, or raises ValueError with what was expected, for columns that are read
    otherwise than the same name elsewhere.
    """
    name = cells.get(required[0], "")
    row: Row = {"line": at}
    good = True
    for column, text in cells.items():
        if not text:
            continue
        try:
            if column in own:
                row[column] = own[column](text)
            elif column in ("valid_from", "valid_to"):
                row[column] = times.parse(text, column == "valid_to")
            elif column in _NUMBERS:
                row[column] = _number(column, text)
            elif column == "date":
                row[column] = times.day(text)
            elif column == "kind" and text not in (HOLIDAY, WORKDAY):
                raise ValueError(f"expected '{HOLIDAY}' or '{WORKDAY}'")
            else:
                row[column] = text
            if column == "hours":
                parse(text)
        except ValueError as error:
            good = False
            said = "" if column == "hours" else f", got '{text}'"  # what is wrong with hours says it itself
            report(at, name, f"{column}: {error}{said}")
    for column in required:
        if not cells.get(column):
            good = False
            report(at, name, f"expected a value for {column}")
    if row.get("valid_to", np.inf) <= row.get("valid_from", -np.inf):
        good = False
        report(at, name, "valid_to is not after valid_from")
    return row if good else None


def _number(column: str, text: str) -> float:
    low, high, unit, factor = _NUMBERS[column]
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"expected a number of {unit}") from None
    if not low <= value <= high or (column in _ABOVE_0 and value == 0):
        hint = " (are lon and lat swapped?)" if column == "lat" and abs(value) <= 180 else ""
        raise ValueError(f"expected {unit} from {low:g} to {high:g}{hint}")
    return value * factor
