"""pictures: where in a camera's picture something was seen, as boxes in an empty frame."""

from __future__ import annotations

import math

import numpy as np

from pipeline.rows import Sighting
from replay.labels import Label
from replay.report.markup import Markup, el, t
from replay.report.picking import Item


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
