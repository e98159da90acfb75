"""raster: small tools for asking many places about many shapes: ragged lists, and the cells that a segment touches.

A ragged list is a flat array with `start` and `count` for each owner. Cells are unit squares: cell (i, j) is
[i, i+1) x [j, j+1).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
Numbers = NDArray[np.float64]


def expand(start: NDArray[Any], count: NDArray[Any]) -> tuple[Index, Index]:
    """(owner, position): one entry for each item of each owner's list, in order."""
    owner = np.repeat(np.arange(len(count)), count)
    ends = np.cumsum(count, dtype=np.int64)
    position = np.arange(len(owner)) - np.repeat(ends - count - start, count)
    return owner, position


def distinct(numbers: Index) -> Index:
    """Each number once, in order; what np.unique gives, in a fifth of its time."""
    ordered: Index = np.sort(numbers)
    once: Index = ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]
    return once


def chunks(count: NDArray[Any], most: int) -> Iterator[slice]:
    """Slices of the owners whose lists have together about `most` items, so that expanding them stays small."""
    ends = np.cumsum(count, dtype=np.int64)
    begin = 0
    while begin < len(count):
        done = ends[begin - 1] if begin else 0
        end = max(int(np.searchsorted(ends, done + most, "right")), begin + 1)
        yield slice(begin, end)
        begin = end


def touched(
    u1: Numbers, v1: Numbers, u2: Numbers, v2: Numbers, margin: float, low: tuple[int, int], high: tuple[int, int]
) -> tuple[Index, Index, Index]:
    """(segment, i, j) of every cell within `margin` cells of a segment, none missed, some beyond; some come twice.

    low and high bound the cells, both inclusive. margin must be above 0: it also covers rounding.
    """
    dv, du = v2 - v1, u2 - u1
    first = np.maximum(np.floor(np.minimum(v1, v2) - margin), low[1]).astype(np.int64)
    last = np.minimum(np.floor(np.maximum(v1, v2) + margin), high[1]).astype(np.int64)
    segment, j = expand(first, np.maximum(last - first + 1, 0))
    level = dv == 0.0
    per_row = 1.0 / np.where(level, 1.0, dv)
    at, slope, flat = v1[segment], per_row[segment], level[segment]
    t1 = np.where(flat, 0.0, np.clip((j - margin - at) * slope, 0.0, 1.0))
    t2 = np.where(flat, 1.0, np.clip((j + 1 + margin - at) * slope, 0.0, 1.0))
    ua, ub = u1[segment] + t1 * du[segment], u1[segment] + t2 * du[segment]
    begin = np.maximum(np.floor(np.minimum(ua, ub) - margin), low[0]).astype(np.int64)
    end = np.minimum(np.floor(np.maximum(ua, ub) + margin), high[0]).astype(np.int64)
    row, i = expand(begin, np.maximum(end - begin + 1, 0))
    return segment[row], i, j[row]


def filled(
    u1: Numbers, v1: Numbers, u2: Numbers, v2: Numbers, low: tuple[int, int], high: tuple[int, int]
) -> NDArray[np.bool_]:
    """Which cells' middles lie inside the closed rings that the segments are, shape (rows, columns) of low..high.

    By the even-odd rule; a middle on the boundary may go either way.
    """
    width, height = high[0] - low[0] + 1, high[1] - low[1] + 1
    bottom, top = np.minimum(v1, v2), np.maximum(v1, v2)
    first = np.maximum(np.ceil(bottom - 0.5), low[1]).astype(np.int64)
    last = np.minimum(np.ceil(top - 0.5) - 1, high[1]).astype(np.int64)
    segment, j = expand(first, np.maximum(last - first + 1, 0))
    along = (j + 0.5 - v1[segment]) / (v2[segment] - v1[segment])
    u = u1[segment] + along * (u2[segment] - u1[segment])
    column = np.clip(np.ceil(u - 0.5) - low[0], 0, width).astype(np.int64)
    flips = np.bincount((j - low[1]) * (width + 1) + column, minlength=(width + 1) * height)
    inside: NDArray[np.bool_] = (np.cumsum(flips.reshape(height, width + 1), axis=1)[:, :width] & 1).astype(np.bool_)
    return inside
