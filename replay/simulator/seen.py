"""seen: a lorry's turn laid out second by second, and the spans of time in which something holds of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from replay.simulator.streets import Floats
from replay.simulator.stretches import Stretch
from replay.simulator.town import DARK, Town

Flags = NDArray[np.bool_]
Spans = list[tuple[float, float]]
"""(from, to), seconds"""


def spans(flags: Flags, t: Floats) -> Spans:
    """The runs of True, from the first to the first that is not (or the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [(float(t[a]), float(t[min(b, len(t) - 1)])) for a, b in edges.reshape(-1, 2).tolist()]


def stands(wrong: Flags, right: Flags) -> Flags:
    """What is wrong where neither says so is what was last."""
    said = np.maximum.accumulate(np.where(wrong | right, np.arange(len(wrong)), 0))
    return wrong[said]


@dataclass
class Seen:
    """A turn, a second a row (but for long rests, where nothing changes). All of shape (n,)."""

    t: Floats
    x: Floats
    y: Floats
    speed: Floats
    load: Floats
    lid: Floats
    body: Floats
    ignition: Floats
    """what the sensor says"""
    yard: Flags
    """in a site"""
    dark: Flags
    dead: Flags

    @classmethod
    def of(cls, turn: Sequence[Stretch], town: Town) -> Seen:
        """All stretches of a turn."""
        parts = []
        for stretch in turn:
            still = stretch.end - stretch.start > 600 and stretch.course is None
            t = np.arange(stretch.start, stretch.end, 30.0 if still else 1.0)
            x, y, speed, _ = stretch.place(t)
            dead = np.zeros(len(t), bool)
            for a, b in stretch.dead:
                dead |= (t >= a) & (t < b)
            own = (stretch.true(name, t) for name in ("load", "lid", "body"))
            yard, dark = shapely.contains_xy(town.yards, x, y), shapely.contains_xy(DARK, x, y)
            parts.append((t, x, y, speed, *own, stretch.shown("ignition", t), yard, dark, dead))
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))
