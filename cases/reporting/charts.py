"""charts: where the marks of a page's charts lie, in the units of their SVG; the template draws them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from cases.reporting.report import Report, Row
from cases.reporting.words import Words

WIDTH = 680.0
_TOP, _BOTTOM, _LEFT, _RIGHT = 14.0, 18.0, 40.0, 36.0
_HEIGHT = 150.0
_MOST = 20
"""bars that stand below one another"""


class Bar(NamedTuple):
    """A rectangle and what is written at it."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str


class Mark(NamedTuple):
    """A line across the chart, and what it stands for."""

    y: float
    left: str
    right: str


class Trend(NamedTuple):
    """Days: counts as bars, a rate as a line that breaks where it is not known."""

    bars: Sequence[Bar]
    marks: Sequence[Mark]
    lines: Sequence[str]
    points: Sequence[tuple[float, float]]
    width: float = WIDTH
    height: float = _TOP + _HEIGHT + _BOTTOM


class Part(NamedTuple):
    """Of a whole."""

    x: float
    width: float
    label: str
    number: str
    share: str


class Ranking(NamedTuple):
    """Bars below one another."""

    caption: str
    bars: Sequence[Bar]
    height: float
    width: float = WIDTH


def trend(report: Report) -> Trend | None:
    """Filed cases and closing in time, by day; None where there is but one day or nothing."""
    days = report.days
    most = max((row.counts["filed"] for row in days), default=0)
    if len(days) < 2 or not most:
        return None
    top = _round_up(most)
    step = (WIDTH - _LEFT - _RIGHT) / len(days)
    every = math.ceil(len(days) / 16)
    bars = []
    for k, row in enumerate(days):
        height = _HEIGHT * row.counts["filed"] / top
        label = row.value[5:] if k % every == 0 else ""
        bars.append(
            Bar(
                _LEFT + (k + 0.15) * step,
                _TOP + _HEIGHT - height,
                0.7 * step,
                height,
                label,
                f"{row.counts['filed']:,}",
            )
        )
    marks = [Mark(_TOP + _HEIGHT * (1 - k / 4), f"{top * k / 4:,.0f}", f"{25 * k} %") for k in range(5)]
    points = [(_LEFT + (k + 0.5) * step, row.rates["closing_in_time"]) for k, row in enumerate(days)]
    known = [(x, _TOP + _HEIGHT * (1 - rate)) for x, rate in points if rate is not None]
    lines: list[list[str]] = [[]]
    for x, rate in points:
        if rate is None:
            lines.append([])
        else:
            lines[-1].append(f"{x:.1f},{_TOP + _HEIGHT * (1 - rate):.1f}")
    return Trend(bars, marks, [" ".join(line) for line in lines if len(line) > 1], known)


def found_by(report: Report, words: Words) -> Sequence[Part]:
    """Whence the filed cases came, as parts of one bar; empty where there are none."""
    counts, parts, x = report.whole.counts, [], 0.0
    for name in ("found_machine", "found_collector", "found_public"):
        share = counts[name] / counts["filed"] if counts["filed"] else 0.0
        if share:
            parts.append(Part(x, WIDTH * share, words.indicator(name), f"{counts[name]:,}", f"{share:.1%}"))
            x += WIDTH * share
    return parts


def ranking(rows: Sequence[Row], dimension: str, words: Words) -> Ranking | None:
    """Closing in time of the groups that had most due; None where none had any."""
    known = [row for row in rows if row.rates["closing_in_time"] is not None]
    chosen = sorted(known, key=lambda row: -row.counts["due"])[:_MOST]
    chosen.sort(key=lambda row: -(row.rates["closing_in_time"] or 0.0))
    if len(chosen) < 2:
        return None
    room = WIDTH - 190 - 50
    bars = [
        Bar(190, 15.0 * k + 3, room * rate, 10, _short(words.value(dimension, row.name), 26), f"{rate:.1%}")
        for k, row in enumerate(chosen)
        for rate in (row.rates["closing_in_time"] or 0.0,)
    ]
    caption = words.indicator("closing_in_time")
    if len(known) > len(chosen):
        caption = words("most_due", caption, len(chosen))
    return Ranking(caption, bars, 15.0 * len(bars) + 4)


def _short(text: str, most: int) -> str:
    """As much as so many narrow letters; a Chinese one is as wide as two."""
    width = 0
    for at, letter in enumerate(text):
        width += 2 if ord(letter) > 0x2E7F else 1
        if width > most:
            return text[:at] + "…"
    return text


def _round_up(number: float) -> float:
    """The next 4, 8, 20, 40, 80, 200 …: its quarters are whole."""
    size = 1.0
    while True:
        for step in (4.0, 8.0, 20.0):
            if number <= step * size:
                return step * size
        size *= 10
