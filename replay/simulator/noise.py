"""noise: what GNSS makes of a true place: a few metres always, tens beside high houses, and now and then nonsense.

Errors of one receiver are alike from fix to fix: a first-order autoregressive walk with a time constant of 20 s. Its
standard deviation is 3 m, 10 to 30 m during bursts in the street canyons. Outliers are single fixes that lie 0.15 to
2.5 km off; a frozen receiver repeats its last fix for 10 to 40 s. The rates are of the order that lorries' recorded
tracks show, not a model of any one receiver.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from replay.simulator.streets import Floats
from replay.simulator.town import CANYON

_USUAL = 3.0
"""metres, one standard deviation of each axis"""
_MEMORY = 20.0
"""seconds"""
_BURSTS, _OUTLIERS, _FREEZES = 1 / 150, 1 / 4_000, 1 / 6_000
"""a second, in a canyon; a second; a second"""


@dataclass(slots=True)
class Fixes:
    """What the receiver says. All of shape (n,)."""

    x: Floats
    y: Floats
    speed: Floats
    heading: Floats
    accuracy: Floats


@dataclass(slots=True)
class Receiver:
    """One vehicle's receiver, with what it remembers from fix to fix."""

    rng: np.random.Generator
    last: float = -math.inf
    east: float = 0.0
    north: float = 0.0
    """how far off it is, in standard deviations"""
    burst_until: float = -math.inf
    burst: float = _USUAL
    frozen_until: float = -math.inf
    held: Floats | None = None
    """the last fix that was its own"""

    def fixes(
        self, t: Floats, x: Floats, y: Floats, speed: Floats, heading: Floats, steady: NDArray[np.bool_]
    ) -> Fixes:
        """The fixes of true places on the plane. steady: where it must not freeze (something is wrong there)."""
        n = len(t)
        step = np.diff(t, prepend=self.last if math.isfinite(self.last) else t[0] - 60.0)
        dice, draws = self.rng.random((3, n)), self.rng.normal(size=(4, n))
        canyon = shapely.contains_xy(CANYON, x, y)
        sigma, walk = np.empty(n), np.empty((2, n))
        keep = np.exp(-step / _MEMORY)
        fresh = np.sqrt(1 - keep * keep)
        east, north = self.east, self.north
        for i in range(n):
            if t[i] > self.burst_until and canyon[i] and dice[0, i] < step[i] * _BURSTS:
                self.burst_until, self.burst = t[i] + self.rng.uniform(20, 90), self.rng.uniform(10, 30)
            sigma[i] = self.burst if t[i] <= self.burst_until else _USUAL
            east = walk[0, i] = keep[i] * east + fresh[i] * draws[0, i]
            north = walk[1, i] = keep[i] * north + fresh[i] * draws[1, i]
        self.east, self.north, self.last = east, north, float(t[-1])
        # a burst's error is drawn in at three deviations: reflected signals have a longest way
        off = np.clip(walk, -2.2, 2.2) * sigma
        fuzz = np.where(speed > 0, np.where(sigma > _USUAL, 2.0, 0.7), 0.1)
        out = Fixes(
            x + off[0],
            y + off[1],
            np.maximum(speed + draws[2] * fuzz, 0.0),
            (heading + draws[3] * 3.0) % 360,
            np.round(sigma * 1.1, 1),
        )
        self._freeze(out, t, (dice[2] < np.minimum(step, 60) * _FREEZES) & ~steady & (speed > 0), steady)
        self._throw(out, dice[1] < np.minimum(step, 60) * _OUTLIERS)  # after: a held outlier would be none
        return out

    def _throw(self, out: Fixes, outlier: NDArray[np.bool_]) -> None:
        for i in np.flatnonzero(outlier).tolist():
            far, turn = self.rng.uniform(150, 2_500), self.rng.uniform(0, 2 * math.pi)
            out.x[i] += far * math.cos(turn)
            out.y[i] += far * math.sin(turn)
            out.speed[i] += self.rng.uniform(0, 60)
            out.accuracy[i] = round(far / 8, 1)

    def _freeze(self, out: Fixes, t: Floats, begins: NDArray[np.bool_], steady: NDArray[np.bool_]) -> None:
        """Repeat the fix before, for a while."""
        columns = (out.x, out.y, out.speed, out.heading, out.accuracy)
        if begins.any() or t[0] <= self.frozen_until:
            for i in range(len(t)):
                if begins[i] and t[i] > self.frozen_until:
                    self.frozen_until = t[i] + self.rng.uniform(10, 40)
                if t[i] <= self.frozen_until and not steady[i] and self.held is not None:
                    for column, value in zip(columns, self.held.tolist(), strict=True):
                        column[i] = value
                else:
                    self.held = np.array([column[i] for column in columns])
        else:
            self.held = np.array([column[-1] for column in columns])
