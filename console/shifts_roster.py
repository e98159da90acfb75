"""shifts_roster: the duty roster in the store: reading a stretch of it, adding without overlap, copying a week, CSV.

Times are UTC seconds here; what clocks show is turned into them in the city's zone, so that a shift of 08:00 is one at
08:00 in the other week too, also where clocks have been changed between.
"""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

import sqlalchemy as sa

from cases.intake.text import tidy
from cases.tables.shifts import SHIFTS
from pipeline.register_csv import bare, kept_text

LONGEST = 7 * 86_400.0
"""Of one shift, seconds."""
MOST = 5_000
"""Rows of a file, and of an answer."""
COLUMNS = ("person", "role", "unit", "grids", "start", "end", "note")
_EARLIEST, _LATEST = 1990, 2200


class Shift(NamedTuple):
    """Somebody on duty."""

    person: str
    role: str
    unit: str
    grids: tuple[str, ...]
    start: float
    end: float
    note: str


class Overlaps(ValueError):
    """They are on duty then already."""


def moment(clock: str, zone: tzinfo) -> float:
    """What the city's clocks show, `2026-05-28T08:00`, as UTC seconds. Raises ValueError."""
    there = datetime.strptime(clock.strip().replace(" ", "T"), "%Y-%m-%dT%H:%M").replace(tzinfo=zone)
    if not _EARLIEST <= there.year < _LATEST:
        raise ValueError(f"expected a year from {_EARLIEST} to {_LATEST - 1}")
    return there.timestamp()


def shown(ts: float, zone: tzinfo) -> datetime:
    """A moment as the city's clocks show it."""
    return datetime.fromtimestamp(ts, UTC).astimezone(zone)


def checked(shift: Shift) -> Shift:
    """As it is. Raises ValueError where it can't be."""
    if not shift.person:
        raise ValueError("person: expected who it is")
    if shift.end <= shift.start:
        raise ValueError("end: expected a time after the start; of a night shift it is on the next day")
    if shift.end - shift.start > LONGEST:
        raise ValueError("end: expected a shift of at most seven days")
    return shift


def between(connection: sa.Connection, start: float, end: float, limit: int = MOST) -> Sequence[Mapping[str, Any]]:
    """Shifts that have a part in [start, end), by when they begin."""
    c = SHIFTS.c
    query = sa.select(SHIFTS).where(c.start < end, c.end > start, c.start > start - LONGEST)
    rows = connection.execute(query.order_by(c.start, c.person, c.id).limit(limit)).mappings()
    return [dict(row) for row in rows]


def add(connection: sa.Connection, shift: Shift, by: str, now: float, *, but: str = "") -> str:
    """Its id. but: a shift that this one takes the place of. Raises ValueError, Overlaps."""
    checked(shift)
    c = SHIFTS.c
    same = (c.person == shift.person) & (c.start < shift.end) & (c.end > shift.start) & (c.id != but)
    if connection.execute(sa.select(c.id).where(same).limit(1)).first() is not None:
        raise Overlaps(f"{shift.person} is on duty then already")
    id = but or str(uuid.uuid4())
    values = shift._asdict() | {"id": id, "grids": list(shift.grids), "by": by, "changed": now}
    if but:
        connection.execute(SHIFTS.delete().where(c.id == but))
    connection.execute(SHIFTS.insert(), values)
    return id


def add_new(connection: sa.Connection, shifts: Iterable[Shift], by: str, now: float) -> tuple[int, int]:
    """Those that overlap nothing of the same person's. (How many were added, how many were not.)"""
    added = there = 0
    for shift in shifts:
        try:
            add(connection, shift, by, now)
            added += 1
        except Overlaps:
            there += 1
    return added, there


def monday(day: date) -> date:
    """Of its week."""
    return day - timedelta(days=day.weekday())


def copied(rows: Iterable[Mapping[str, Any]], weeks: int, zone: tzinfo) -> list[Shift]:
    """The same shifts so many weeks later, at the same times of the clock."""

    def later(ts: float) -> float:
        clock = shown(ts, zone).replace(tzinfo=None) + timedelta(weeks=weeks)
        return clock.replace(tzinfo=zone).timestamp()

    return [of(row)._replace(start=later(row["start"]), end=later(row["end"])) for row in rows]


def of(row: Mapping[str, Any]) -> Shift:
    """A row of the store."""
    values = {name: row[name] for name in Shift._fields}
    return Shift(**values | {"grids": tuple(row["grids"])})


def as_csv(rows: Iterable[Mapping[str, Any]], zone: tzinfo) -> str:
    """With a header; `read_csv` takes it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        times = [shown(row[name], zone).strftime("%Y-%m-%d %H:%M") for name in ("start", "end")]
        words = [row["person"], row["role"], row["unit"], " ".join(row["grids"])]
        writer.writerow([kept_text(each) for each in (*words, *times, row["note"])])
    return out.getvalue()


def read_csv(text: str, zone: tzinfo) -> tuple[list[Shift], list[tuple[int, str]]]:
    """(Shifts, faults by line). Columns may stand in any order; `role`, `unit`, `grids` and `note` may be missing."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = [name for name in ("person", "start", "end") if name not in (reader.fieldnames or ())]
    if missing:
        return [], [(1, f"expected the columns {', '.join(COLUMNS)}; there is no {', '.join(missing)}")]
    shifts: list[Shift] = []
    faults: list[tuple[int, str]] = []
    try:
        for row in reader:
            if len(shifts) + len(faults) >= MOST:
                faults.append((reader.line_num, f"expected at most {MOST} rows"))
                break
            try:
                shifts.append(checked(_read(row, zone)))
            except (ValueError, OverflowError) as error:
                faults.append((reader.line_num, _plain(error)))
    except csv.Error as error:
        faults.append((reader.line_num, f"expected CSV: {error}"))
    return shifts, faults


def _read(row: Mapping[str, Any], zone: tzinfo) -> Shift:
    def said(name: str) -> str:
        text = row.get(name) or ""
        return tidy(bare(text), 200)

    return Shift(
        said("person"),
        said("role"),
        said("unit"),
        tuple(said("grids").split())[:50],
        moment(said("start"), zone),
        moment(said("end"), zone),
        said("note"),
    )


def _plain(error: Exception) -> str:
    text = str(error)
    return text if text.startswith(("expected", "person:", "end:")) else "expected times such as 2026-05-28 08:00"
