"""boxes: where an object is in a picture: its edges, left, top, right, bottom, in any unit.

How much two boxes share, and how far an object has moved from one to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

Box = tuple[float, float, float, float]
"""left, top, right, bottom; right > left and bottom > top"""


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0..1."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0.0 or high <= 0.0:
        return 0.0
    both = wide * high
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def shift(a: Box, b: Box) -> float:
    """How far the object moved between the boxes, in its own widths or heights, whichever is more.

    It has moved by what both its edges have, the left and the right, or the top and the bottom. Where one edge stays,
    or the two go apart, its box was cut off or drawn anew: a lorry that passes in front of a parked car hides a part of
    it, and a detector is not sure where a car ends and its shadow begins.
    """
    return max(_along(a[0], a[2], b[0], b[2]), _along(a[1], a[3], b[1], b[3]))


def _along(low: float, high: float, low2: float, high2: float) -> float:
    first, second = low2 - low, high2 - high
    if first * second <= 0.0:
        return 0.0
    return min(abs(first), abs(second)) / min(high - low, high2 - low2)


def middle(boxes: Sequence[Box]) -> Box:
    """Each edge's median: where it is, whatever a few of the boxes say."""
    return (
        median(b[0] for b in boxes),
        median(b[1] for b in boxes),
        median(b[2] for b in boxes),
        median(b[3] for b in boxes),
    )
