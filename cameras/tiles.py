"""tiles: the parts of a picture that a model looks at, so that it sees what is small in it.

A model looks at pictures of one size; scaled down to that, what is far off is a few pixels large and is not seen. Parts
of the picture lose less. What is cut by a part's edge is left to the part beside it, which overlaps, or to the whole
picture, which is always looked at too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from cameras.watcher import Zone
from cameras.yolox import Found, surest

Part = tuple[int, int, int, int]
"""left, top, right, bottom, pixels of the picture"""

OVERLAP = 0.25
"""How much of a tile its neighbour sees as well. What is larger than that is large in the whole picture."""
_AROUND = 0.25
"""How much is seen around the zones, on each side, as a share of their size: what stands at their edge sticks out."""
_EDGE = 2.0
"""Pixels: what is nearer than this to a part's edge is cut by it."""


def parts(height: int, width: int, tiles: int, zones: Iterable[Zone]) -> list[Part]:
    """The whole picture, then the tiles.

    tiles: how many lie side by side along the longer side of what the zones span, or of the whole picture where there
    are none; as many below each other as make them about square. 0: none.
    """
    whole: Part = (0, 0, width, height)
    if tiles == 0:
        return [whole]
    left, top, right, bottom = _spanned(height, width, zones)
    longer = max(right - left, bottom - top)
    side = longer / (tiles - (tiles - 1) * OVERLAP)
    across, down = (_along(low, high, side) for low, high in ((left, right), (top, bottom)))
    found = [(x0, y0, x1, y1) for y0, y1 in down for x0, x1 in across]
    return [whole] + [part for part in found if part != whole]


def _spanned(height: int, width: int, zones: Iterable[Zone]) -> Part:
    corners = [zone.corners for zone in zones]
    if not corners:
        return 0, 0, width, height
    every = np.concatenate(corners) * (width, height)
    low, high = every.min(axis=0), every.max(axis=0)
    around = _AROUND * (high - low)
    (left, top), (right, bottom) = np.floor(low - around), np.ceil(high + around)
    return max(0, int(left)), max(0, int(top)), min(width, int(right)), min(height, int(bottom))


def _along(low: int, high: int, side: float) -> list[tuple[int, int]]:
    """Pieces of one length from low to high, each overlapping the next by OVERLAP or more."""
    length = high - low
    if length <= side:
        return [(low, high)]
    n = math.ceil((length - side) / (side * (1 - OVERLAP)) - 1e-9) + 1
    steps = [low + (length - side) * k / (n - 1) for k in range(n)]
    return [(int(at), min(high, math.ceil(at + side))) for at in steps]


def together(found: Sequence[Found], where: Sequence[Part], overlap: float) -> Found:
    """What was found in a picture and in its tiles, once each, in the picture's pixels. The first part is the whole.

    overlap: of two boxes that share more than this (intersection over union) only the surer is taken.
    """
    if len(where) == 1:
        return found[0]
    width, height = where[0][2:]
    boxes, scores, classes = [], [], []
    for one, (left, top, right, bottom) in zip(found, where, strict=True):
        moved = one.boxes + np.array([left, top, left, top], np.float64)
        edges = (
            left + _EDGE if left > 0 else -math.inf,
            top + _EDGE if top > 0 else -math.inf,
            right - _EDGE if right < width else math.inf,
            bottom - _EDGE if bottom < height else math.inf,
        )
        entire = (moved[:, :2] > edges[:2]).all(axis=1) & (moved[:, 2:] < edges[2:]).all(axis=1)
        boxes.append(moved[entire])
        scores.append(one.scores[entire])
        classes.append(one.classes[entire])
    return surest(Found(np.concatenate(boxes), np.concatenate(scores), np.concatenate(classes)), overlap)
