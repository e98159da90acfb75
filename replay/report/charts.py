"""charts: the columns that a rule looks at around a case, as SVG, one panel a column over the same time.

The case is a band, its label a bar above, its confirmation a dotted line, what the rule holds a value against dashed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import tzinfo

import numpy as np

from pipeline.rows import Floats
from replay.report.axes import numbers, short, times
from replay.report.markup import Markup, el, join, t
from replay.report.picking import Item
from replay.report.series import Line, thinned

Scale = Callable[[float], float]
"""UTC seconds or a value -> where in the drawing."""

_WIDE, _LEFT, _RIGHT = 640, 44, 8
_TOP, _BELOW = 22, 18
"""Of a case's chart, in the units of its drawing."""
_PANELS, _PANEL = {1: 150, 2: 96}, 74
"""How tall a panel is where there are so many, and where there are more."""
_STRIP = 40
_DOTTED = 80
"""Rows: up to so many, each is a dot."""


def case_chart(item: Item, drawn: Sequence[Line], zone: tzinfo) -> Markup:
    """One panel for each column."""
    tall, x = _PANELS.get(len(drawn), _PANEL), _scale(item)
    parts = []
    for k, line in enumerate(drawn):
        parts.append(_panel(item, line, x, k * (_TOP + tall) + _TOP, tall))
    return _over_time(item, parts, len(drawn) * (_TOP + tall), zone)


def rows_chart(item: Item, ts: Floats, zone: tzinfo) -> Markup:
    """A stroke for each row, where there is no column to be drawn."""
    x = _scale(item)
    shown = sorted({x(moment) for moment in ts.tolist()})
    strokes = el("path", d="".join(f"M{each:g} {_TOP + 8}v{_STRIP - 16}" for each in shown), class_="ticks")
    name = t("rows_around", "tspan")
    parts = [_frame(item, x, _TOP, _STRIP), strokes, el("text", name, x=_LEFT, y=_TOP - 7, class_="name")]
    return _over_time(item, parts, _TOP + _STRIP, zone)


def _scale(item: Item) -> Scale:
    def x(ts: float) -> float:
        inner = _WIDE - _LEFT - _RIGHT
        return round(_LEFT + inner * min(max((ts - item.since) / (item.until - item.since), 0.0), 1.0), 1)

    return x


def _over_time(item: Item, parts: Sequence[Markup], bottom: int, zone: tzinfo) -> Markup:
    x = _scale(item)
    axis = []
    for ts, written in times(item.since, item.until, zone):
        axis.append(el("path", d=f"M{x(ts)} {_TOP}V{bottom}", class_="grid"))
        axis.append(el("text", written, x=x(ts), y=bottom + 13, class_="tick mid"))
    return el("svg", *parts, *axis, viewBox=f"0 0 {_WIDE} {bottom + _BELOW}", class_="chart", role="img")


def _frame(item: Item, x: Scale, top: int, tall: int) -> Markup:
    """A panel's ground with the case and its label."""
    parts = [el("rect", x=_LEFT, y=top, width=_WIDE - _LEFT - _RIGHT, height=tall, class_="plot")]
    if item.case is not None:
        begin, end = x(item.case.started), x(item.ended)
        parts.append(_band(begin, end, top, tall, "band-case " + (item.verdict or "plain")))
        parts.append(el("path", d=f"M{x(item.case.confirmed)} {top}v{tall}", class_="confirmed"))
    if item.label is not None:
        parts.append(_band(x(item.label.started), x(item.label.ended), top - 4, 4, "band-label"))
    return join(parts)


def _panel(item: Item, line: Line, x: Scale, top: int, tall: int) -> Markup:
    bottom = top + tall
    low, high = _range(line)

    def y(value: float) -> float:
        return round(bottom - tall * min(max((value - low) / (high - low), -0.02), 1.02), 1)

    parts = [_frame(item, x, top, tall)]
    for value in numbers(low, high):
        parts.append(el("path", d=f"M{_LEFT} {y(value)}H{_WIDE - _RIGHT}", class_="grid"))
        parts.append(el("text", short(value), x=_LEFT - 5, y=y(value) + 3.5, class_="tick end"))
    for name, value in line.limits:
        if low <= value <= high:
            parts.append(el("path", el("title", name), d=f"M{_LEFT} {y(value)}H{_WIDE - _RIGHT}", class_="limit"))
    if line.limit is not None:
        parts.append(el("path", d=_path(line.ts, line.limit, x, y, stepped=True), class_="limit"))
    parts.append(el("path", d=_path(line.ts, line.values, x, y), class_="line"))
    if np.isfinite(line.values).sum() <= _DOTTED:
        parts.append(el("path", d=_dots(line.ts, line.values, x, y), class_="dots"))
    named = f"{line.name}, {line.unit}" if line.unit else line.name
    parts.append(el("text", named, x=_LEFT, y=top - 7, class_="name"))
    return join(parts)


def _band(begin: float, end: float, top: float, height: float, kind: str) -> Markup:
    return el("rect", x=begin, y=top, width=round(max(end - begin, 1.5), 1), height=height, class_=kind)


def _range(line: Line) -> tuple[float, float]:
    known = line.values[np.isfinite(line.values)]
    low, high = float(known.min()), float(known.max())
    near = [value for _, value in line.limits]
    if line.limit is not None and np.isfinite(line.limit).any():
        near += [float(np.nanmin(line.limit)), float(np.nanmax(line.limit))]
    span = max(high - low, abs(high) * 0.05, 1e-6)
    for value in near:  # a limit far away would flatten the line
        if low - 2 * span <= value <= high + 2 * span:
            low, high = min(low, value), max(high, value)
    if 0 <= low < 0.4 * high:
        low = 0.0
    room = 0.06 * (high - low) or max(abs(high) * 0.05, 1.0)
    return (low if low == 0 else low - room), high + room


def _path(ts: Floats, values: Floats, x: Scale, y: Scale, *, stepped: bool = False) -> str:
    """Broken where there is a silence of many times the usual."""
    at, some = thinned(ts, values)
    if not len(at):
        return "M0 0"
    usual = float(np.quantile(np.diff(at), 0.9)) if len(at) > 2 else math.inf
    written: list[str] = []
    before = -math.inf
    for moment, value in zip(at.tolist(), some.tolist(), strict=True):
        new = moment - before > max(4 * usual, 60.0)
        if new or not written:
            written.append(f"M{x(moment):g} {y(value):g}")
        else:
            written.append(f"H{x(moment):g}V{y(value):g}" if stepped else f"L{x(moment):g} {y(value):g}")
        before = moment
    return "".join(written)


def _dots(ts: Floats, values: Floats, x: Scale, y: Scale) -> str:
    known = np.isfinite(values)
    pairs = zip(ts[known].tolist(), values[known].tolist(), strict=True)
    return "".join(f"M{x(moment):g} {y(value):g}h0" for moment, value in pairs)
