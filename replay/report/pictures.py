"""pictures: where in a camera's picture something was seen, as boxes in an empty frame.

The case's boxes from first to last, the label's dashed, and faint what else the camera saw around it: that shows where
the road is, without the picture.
"""

from __future__ import annotations

import math

import numpy as np

from pipeline.rows import Floats, Sighting
from replay.labels import Label
from replay.report.markup import Markup, el, t
from replay.report.picking import Item

_WIDE, _HIGH = 400, 225
_BOXES = 12
"""Of a case that are drawn."""
_OTHERS = 120


def picture(item: Item, mine: Sighting, others: Sighting) -> Markup:
    """mine: the rows of its own object; others: of all that the camera saw around it."""
    parts = [el("rect", width=_WIDE, height=_HIGH, class_="frame")]
    faint = [_rect(box) for box in _some(others, _OTHERS)]
    parts.append(el("path", d="".join(faint) or "M0 0", class_="box-other"))
    if item.case is not None:
        inside = (mine.ts >= item.started) & (mine.ts <= item.ended)
        boxes = _some(mine.take(inside) if inside.any() else mine, _BOXES)
        for k, box in enumerate(boxes):
            parts.append(el("path", d=_rect(box), class_="box", opacity=round(0.25 + 0.75 * (k + 1) / len(boxes), 2)))
    parts += [el("path", d=_rect(box), class_="box-label") for box in _few(item.label)]
    drawing = el("svg", *parts, viewBox=f"0 0 {_WIDE} {_HIGH}", class_="picture", role="img")
    return el("figure", drawing, el("figcaption", t("picture")))


def _some(rows: Sighting, most: int) -> list[list[float]]:
    """Boxes of rows evenly taken, first and last among them; without those that have no place."""
    boxes: Floats = np.column_stack([rows.x, rows.y, rows.w, rows.h])
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return []
    at = np.unique(np.linspace(0, len(boxes) - 1, most).astype(np.int64))
    found: list[list[float]] = boxes[at].tolist()
    return found


def _few(label: Label | None) -> list[list[float]]:
    if label is None or not label.boxes:
        return []
    at = sorted({0, len(label.boxes) // 2, len(label.boxes) - 1})
    return [list(label.boxes[k][1:]) for k in at if all(map(math.isfinite, label.boxes[k]))]


def _rect(box: list[float]) -> str:
    left, top, width, height = box
    x, y, wide, high = left * _WIDE, top * _HIGH, max(width, 0.0) * _WIDE, max(height, 0.0) * _HIGH
    return f"M{x:.1f} {y:.1f}h{wide:.1f}v{high:.1f}h{-wide:.1f}Z"
