"""series: the columns that a rule looks at, around a case, as lines that can be drawn.

Reads the rows around an item. Which columns: those that the rule's detector names (`needed`, `amounts`), or else the
speed of a position and the value of a reading. Lines are thinned to the least and the largest of each of `_PIECES`
stretches, so that no peak is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from detectors.overspeed import Overspeed
from pipeline.names import NOBODY
from pipeline.rows import Flags, Floats, Position, Presence, Reading, Rows, Sighting
from pipeline.units import Amount, in_column
from pipeline.version import Rule
from replay.boxes import IOU, iou
from replay.report.picking import Item
from replay.surroundings import Surroundings

_PIECES = 80
_PLACES = ("lon", "lat")
_UNITS = {"speed": "km/h", "heading": "°", "accuracy": "m", "still": "s", "stood": "s"}
_SHARES = ("load", "lid", "body", "ignition")
_MOST = 3
"""Columns that are drawn of one case."""


@dataclass(slots=True)
class Line:
    """One column around one case."""

    name: str
    unit: str
    ts: Floats
    values: Floats
    limits: list[tuple[str, float]] = field(default_factory=list)
    """(what the configuration calls it, the number)"""
    limit: Floats | None = None
    """A limit that changes from row to row, as long as ts; NaN where there is none."""


def rows_of(item: Item, rule: Rule | None, around: Surroundings) -> Rows | None:
    """The rows that the rule looks at around an item: of its metric, track or zone; None for a rule that reads none."""
    if rule is None:
        return None
    rows = around.rows(rule.kind, item.subject, item.since, item.until)
    if isinstance(rows, Reading):
        metric = around.names.find(item.part or rule.metric or "")
        return rows.take(rows.metric == metric) if metric != NOBODY else rows
    if isinstance(rows, Presence) and item.part:
        return rows.take(rows.zone == around.names.find(item.part))
    if isinstance(rows, Sighting) and item.part:
        return rows.take(rows.track == int(item.part)) if item.part.lstrip("-").isdigit() else rows
    if isinstance(rows, Sighting) and item.label is not None and item.label.boxes:
        return rows.take(_there(rows, np.array(item.label.boxes, np.float64)))
    return rows


def _there(rows: Sighting, boxes: Floats) -> Flags:
    """Which rows are where a label says, by its box nearest in time. boxes: shape (k, 5): ts, left, top, width,
    height, by time."""
    after = np.searchsorted(boxes[:, 0], rows.ts).clip(1, max(len(boxes) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(boxes) - 1)
    sooner = rows.ts - boxes[before, 0] <= boxes[after, 0] - rows.ts
    near = boxes[np.where(sooner, before, after)]
    seen = np.column_stack([rows.x, rows.y, rows.w, rows.h])
    there: Flags = (iou(seen, near[:, 1:]) >= IOU) & (rows.ts >= boxes[0, 0]) & (rows.ts <= boxes[-1, 0])
    return there


def lines(item: Item, rule: Rule, rows: Rows, around: Surroundings) -> list[Line]:
    """What is drawn of them: a column that another device's readings are carried into is drawn of those. Columns of
    which nothing is known are left out."""
    found = []
    for name in _columns(rule):
        ts, values = rows.ts, rows.column(name)
        if values is None or not np.isfinite(values).any():
            ts, values = _carried(item, name, around)
        if not np.isfinite(values).any():
            continue
        shown = np.asarray(values, np.float64) * (100.0 if name in _SHARES else 1.0)
        label = (item.part or rule.metric or "value") if name == "value" else name
        line = Line(label, _unit(rule, name), ts, shown, _limits(rule, name))
        if isinstance(rule.detector, Overspeed) and isinstance(rows, Position) and around.version is not None:
            line.limit = around.version.world.speed_limit(rows)
        found.append(line)
    return found[:_MOST]


def _carried(item: Item, name: str, around: Surroundings) -> tuple[Floats, Floats]:
    """(ts, value) of the readings of that name; that they are in the column's unit `gridwatch check` sees to."""
    readings = around.rows(Reading, item.subject, item.since, item.until)
    mine = readings.take(readings.metric == max(around.names.find(name), 0))
    return mine.ts, mine.value


def _columns(rule: Rule) -> list[str]:
    named = [*rule.detector.amounts().values(), *rule.detector.needed()]
    found = [name for name in dict.fromkeys(named) if name not in _PLACES]
    return found or {"position": ["speed"], "reading": ["value"], "sighting": ["still"], "presence": ["count"]}.get(
        rule.kind.kind, []
    )


def _unit(rule: Rule, name: str) -> str:
    amounts = rule.detector.amounts()
    stated = [getattr(rule.detector, each) for each, column in amounts.items() if column == name]
    if name in _SHARES:
        return "%"
    return _UNITS.get(name) or next((each.unit for each in stated if isinstance(each, Amount) and each.unit != "1"), "")


def _limits(rule: Rule, name: str) -> list[tuple[str, float]]:
    found = []
    for parameter, column in rule.detector.amounts().items():
        amount = getattr(rule.detector, parameter)
        level = "above" in parameter or "below" in parameter  # others are a rise, a change
        if column == name and level and isinstance(amount, Amount):
            value = in_column(amount, column) * (100.0 if name in _SHARES else 1.0)
            found.append((f"{parameter} {amount}", value))
    return found


def thinned(ts: Floats, values: Floats) -> tuple[Floats, Floats]:
    """The first, the last, the least and the largest of each stretch; unknown values are left out."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) <= 2 * _PIECES:
        return ts[known], values[known]
    keep = []
    for piece in np.array_split(known, _PIECES):
        ends = {int(piece[0]), int(piece[np.argmin(values[piece])]), int(piece[np.argmax(values[piece])])}
        keep += sorted(ends)
    keep = [*keep, int(known[-1])] if keep[-1] != known[-1] else keep
    return ts[keep], values[keep]
