"""case_around: a case's rule, and the rows around its members, as the page of a case is given them.

Reads what gridwatch/case_journal.py has found of a case. Curves and ways are thinned to what a page can draw; no peak
is lost.
"""

from __future__ import annotations

import math

import numpy as np

from cases.export.page import settings
from console.case_told import Around, Hold, Limit, Line, RuleThen, Setting, Trail, TrailPoint
from gridwatch.case_journal import Told
from pipeline.asking import asks_silence
from pipeline.rows import Floats, Position
from pipeline.version import Rule
from replay.report.facts import described
from replay.report.picking import Item
from replay.report.series import lines, rows_of, thinned
from replay.surroundings import Surroundings

_POINTS = 800
"""Of a trail."""


def rule_of(rule: Rule) -> RuleThen:
    """A rule as it was then, every parameter written out."""
    said = described(rule)
    given = ((name, settings({name: value}).removeprefix(f"{name}: ")) for name, value in said["parameters"].items())
    hold = rule.hold
    return RuleThen(
        id=rule.id,
        version=rule.version,
        category=rule.category,
        detector=said["detector"],
        question=(type(rule.detector).__doc__ or "").strip().partition("\n")[0],
        rows=said["rows"],
        metric=rule.metric,
        parameters=[Setting(name=name, value=value) for name, value in given if value],
        hold=Hold(
            wrong_for=hold.for_,
            right_for=hold.clear,
            gap=hold.gap,
            assume=hold.assume,
            silence=asks_silence(rule.detector),
        ),
    )


def members_of(told: Told, around: Surroundings) -> list[Around]:
    """What the rules looked at, around each member that is drawn."""
    return [_member(item, (told.rules or {}).get(item.rule), around) for item in told.items]


def _member(item: Item, rule: Rule | None, around: Surroundings) -> Around:
    rows = rows_of(item, rule, around)
    drawn = [] if rule is None or rows is None or not len(rows) else lines(item, rule, rows, around)
    return Around(
        rule=item.rule,
        subject=item.subject,
        part=item.part,
        since=item.since,
        until=item.until,
        started=item.started,
        ended=item.ended if math.isfinite(item.ended) else None,
        confirmed=item.case.confirmed if item.case and math.isfinite(item.case.confirmed) else None,
        lines=[
            Line(
                name=line.name,
                unit=line.unit,
                points=_points(line.ts, line.values),
                limits=[Limit(name=name, value=value) for name, value in line.limits],
                limit=None if line.limit is None else _points(line.ts, line.limit),
            )
            for line in drawn
        ],
        rows=0 if rows is None else len(rows),
    )


def _points(ts: Floats, values: Floats) -> list[tuple[float, float]]:
    at, some = thinned(ts, values)
    return [(t, round(v, 4)) for t, v in zip(at.tolist(), some.tolist(), strict=True)]


def trails_of(told: Told, around: Surroundings) -> list[Trail]:
    """One for each vehicle, through the time around all members about it."""
    items: dict[str, list[Item]] = {}
    for item in told.items:
        items.setdefault(item.subject, []).append(item)
    found = (_trail(subject, mine, around) for subject, mine in items.items())
    return [trail for trail in found if trail is not None]


def _trail(subject: str, items: list[Item], around: Surroundings) -> Trail | None:
    since, until = min(each.since for each in items), max(each.until for each in items)
    rows = around.rows(Position, subject, since, until)
    rows = rows.take(np.flatnonzero(np.isfinite(rows.lon) & np.isfinite(rows.lat)))
    if len(rows) < 2:
        return None
    inside = np.zeros(len(rows), np.bool_)
    for each in items:
        inside |= (rows.ts >= each.started) & (rows.ts <= each.ended)
    shown = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _POINTS)).round().astype(np.int64))
    points = [
        TrailPoint(
            ts=float(rows.ts[i]),
            lon=round(float(rows.lon[i]), 6),
            lat=round(float(rows.lat[i]), 6),
            speed=_known(rows.speed[i]),
            heading=_known(rows.heading[i]),
            inside=bool(inside[i]),
        )
        for i in shown.tolist()
    ]
    return Trail(subject=subject, points=points)


def _known(value: float) -> float | None:
    return round(float(value), 1) if math.isfinite(value) else None
