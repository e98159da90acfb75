"""charts: curves as SVG: a column around a case, and the share of events that is found within a delay."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import tzinfo

import numpy as np

from pipeline.rows import Floats, Sighting
from replay.labels import Label
from replay.report.axes import lasted, numbers, short, times
from replay.report.markup import Markup, el, join, t
from replay.report.picking import Item
from replay.report.series import Line, thinned
from replay.score import Score

Scale = Callable[[float], float]
"""UTC seconds or a value -> where in the drawing."""

_WIDE, _LEFT, _RIGHT = 640, 44, 8
_TOP, _BELOW = 18, 18
"""Of a case's chart, in the units of its drawing."""
_PANELS, _PANEL = {1: 150, 2: 96}, 74
"""How tall a panel is where there are so many, and where there are more."""


def case_chart(item: Item, drawn: Sequence[Line], zone: tzinfo) -> Markup:
    """One panel a column over the same time, with the case, its label and its limits marked."""
    tall = _PANELS.get(len(drawn), _PANEL)
    height = len(drawn) * (_TOP + tall) + _BELOW

    def x(ts: float) -> float:
        inner = _WIDE - _LEFT - _RIGHT
        return round(_LEFT + inner * min(max((ts - item.since) / (item.until - item.since), 0.0), 1.0), 1)

    parts = []
    for k, line in enumerate(drawn):
        parts.append(_panel(item, line, x, k * (_TOP + tall) + _TOP, tall))
    bottom = height - _BELOW
    for ts, written in times(item.since, item.until, zone):
        parts.append(el("path", d=f"M{x(ts)} {_TOP}V{bottom}", class_="grid"))
        parts.append(el("text", written, x=x(ts), y=bottom + 13, class_="tick mid"))
    return el("svg", *parts, viewBox=f"0 0 {_WIDE} {height}", class_="chart", role="img")


def _panel(item: Item, line: Line, x: Scale, top: int, tall: int) -> Markup:
    bottom = top + tall
    low, high = _range(line)

    def y(value: float) -> float:
        return round(bottom - tall * min(max((value - low) / (high - low), -0.02), 1.02), 1)

    parts = [el("rect", x=_LEFT, y=top, width=_WIDE - _LEFT - _RIGHT, height=tall, class_="plot")]
    if item.case is not None:
        begin, end = x(item.case.started), x(item.ended)
        parts.append(_band(begin, end, top, tall, "band-case " + (item.verdict or "plain")))
        parts.append(el("path", d=f"M{x(item.case.confirmed)} {top}v{tall}", class_="confirmed"))
    if item.label is not None:
        parts.append(_band(x(item.label.started), x(item.label.ended), top - 4, 4, "band-label"))
    for value in numbers(low, high):
        parts.append(el("path", d=f"M{_LEFT} {y(value)}H{_WIDE - _RIGHT}", class_="grid"))
        parts.append(el("text", short(value), x=_LEFT - 5, y=y(value) + 3.5, class_="tick end"))
    for name, value in line.limits:
        if low <= value <= high:
            parts.append(el("path", el("title", name), d=f"M{_LEFT} {y(value)}H{_WIDE - _RIGHT}", class_="limit"))
    if line.limit is not None:
        parts.append(el("path", d=_path(line.ts, line.limit, x, y, stepped=True), class_="limit"))
    parts.append(el("path", d=_path(line.ts, line.values, x, y), class_="line"))
    if np.isfinite(line.values).sum() <= 80:
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


def delay_curve(score: Score) -> Markup:
    """The share of a rule's events that is found within a delay, with the median and the 95th of 100 marked."""
    wide, high, left, top, right, below = 300, 130, 34, 8, 12, 20
    delays = sorted(score.delays)
    longest = max(delays[-1] * 1.05, 1.0)

    def x(seconds: float) -> float:
        return round(left + (wide - left - right) * seconds / longest, 1)

    def y(share: float) -> float:
        return round(top + (high - top - below) * (1 - share), 1)

    parts = []
    for share in (0.0, 0.5, 1.0):
        parts.append(el("path", d=f"M{left} {y(share)}H{wide - right}", class_="grid"))
        parts.append(el("text", f"{share:.0%}", x=left - 4, y=y(share) + 3.5, class_="tick end"))
    for seconds in _delays(longest):
        parts.append(el("path", d=f"M{x(seconds)} {top}V{high - below}", class_="grid"))
        parts.append(el("text", lasted(seconds), x=x(seconds), y=high - below + 13, class_="tick mid"))
    step = score.recall / len(delays)
    written = f"M{x(0)} {y(0)}" + "".join(f"H{x(d):g}V{y((k + 1) * step):g}" for k, d in enumerate(delays))
    parts.append(el("path", d=f"{written}H{wide - right}V{y(0)}Z", class_="area"))
    parts.append(el("path", d=f"{written}H{wide - right}", class_="line"))
    for part in (0.5, 0.95):
        at = score.delay_at(part)
        parts.append(
            el("path", el("title", f"{part:.0%}: {lasted(at)}"), d=f"M{x(at)} {top}V{high - below}", class_="mark")
        )
    return el("svg", *parts, viewBox=f"0 0 {wide} {high}", class_="curve", role="img")


def _delays(longest: float) -> list[float]:
    steps = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800)
    step = next((float(each) for each in steps if longest / each <= 4), longest)
    return [k * step for k in range(int(longest / step) + 1)]


def picture(item: Item, rows: Sighting) -> Markup:
    """The boxes of what a camera saw, in its picture: a dozen of them, later ones thicker; the label's dashed."""
    wide, high = 320, 180
    parts = [el("rect", width=wide, height=high, class_="plot")]
    inside = (rows.ts >= item.started) & (rows.ts <= item.ended)
    shown = rows.take(inside) if inside.any() else rows
    at = np.unique(np.linspace(0, len(shown) - 1, 12).astype(np.int64)) if len(shown) else np.empty(0, np.int64)
    for k, row in enumerate(at.tolist()):
        box = [float(shown.x[row]), float(shown.y[row]), float(shown.w[row]), float(shown.h[row])]
        if all(map(math.isfinite, box)):
            parts.append(_box(box, "box", round(0.25 + 0.75 * (k + 1) / len(at), 2), wide, high))
    parts += [_box(each, "box-label", 0.7, wide, high) for each in _few(item.label)]
    drawing = el("svg", *parts, viewBox=f"0 0 {wide} {high}", class_="picture", role="img")
    return el("figure", drawing, el("figcaption", t("picture")))


def _few(label: Label | None) -> list[list[float]]:
    if label is None or not label.boxes:
        return []
    at = sorted({0, len(label.boxes) // 2, len(label.boxes) - 1})
    return [list(label.boxes[k][1:]) for k in at]


def _box(box: list[float], kind: str, opacity: float, wide: int, high: int) -> Markup:
    left, top, width, height = box
    place = {"x": round(left * wide, 1), "y": round(top * high, 1)}
    size = {"width": round(max(width, 0.0) * wide, 1), "height": round(max(height, 0.0) * high, 1)}
    return el("rect", **place, **size, class_=kind, opacity=opacity)
