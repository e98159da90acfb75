"""noise: what GNSS makes of a true place: a few metres always, tens beside high houses, and now and then nonsense.

Errors of one receiver are alike from fix to fix: a first-order autoregressive walk with a time constant of 20 s. Its
standard deviation is what the conditions say, 10 to 30 m during bursts in the street canyons. Outliers are single
fixes that lie 0.15 to 2.5 km off; a frozen receiver repeats its last fix for 10 to 40 s. The rates are of the order
that lorries' recorded tracks show, not a model of any one receiver.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from replay.simulator.conditions import ORDINARY, Conditions
from replay.simulator.streets import Floats
from replay.simulator.town import CANYON

_MEMORY = 20.0
"""seconds"""
_BURSTS = 1 / 150
"""a second, in a canyon"""
SAID = 1.5
"""What a receiver says of its accuracy is the radius that holds two fixes of three: 1.5 deviations of an axis."""
_FARTHEST = 2.2
"""Standard deviations of an axis at which an error is drawn in: reflected signals have a longest way."""


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
    conditions: Conditions = ORDINARY
    last: float = math.nan
    walk: Floats = field(init=False)
    """how far off it is east and north, in standard deviations, shape (2,)"""
    burst_until: float = -math.inf
    burst: float = 0.0
    frozen_until: float = -math.inf
    held: Floats | None = None
    """the last fix that was its own"""

    def __post_init__(self) -> None:
        self.walk = self.rng.normal(size=2)

    def fixes(
        self, t: Floats, x: Floats, y: Floats, speed: Floats, heading: Floats, steady: NDArray[np.bool_]
    ) -> Fixes:
        """The fixes of true places on the plane, t rising. steady: where it does not freeze unless the conditions are
        merciless (something is wrong there).
        """
        n = len(t)
        step = np.empty(n)
        step[0] = 0.0 if math.isnan(self.last) else t[0] - self.last
        step[1:] = t[1:] - t[:-1]
        dice, draws = self.rng.random((3, n)), self.rng.normal(size=(4, n))
        keep = np.exp(-step / _MEMORY)
        walk = _recursion(keep, np.sqrt(1 - keep * keep) * draws[:2], self.walk)
        self.walk, self.last = walk[:, -1].copy(), float(t[-1])
        sigma = self._sigma(t, x, y, dice[0] < step * _BURSTS)
        off = np.minimum(np.maximum(walk, -_FARTHEST), _FARTHEST) * sigma
        fuzz = np.where(speed > 0, np.minimum(np.maximum(0.2 * sigma, 0.2), 3.0), 0.1)
        out = Fixes(
            x + off[0],
            y + off[1],
            np.maximum(speed + draws[2] * fuzz, 0.0),
            (heading + draws[3] * 3.0) % 360,
            np.round(sigma * SAID, 1),
        )
        most = np.minimum(step, 60.0)
        self._freeze(out, t, (dice[2] < most * self.conditions.freezes) & (speed > 0), steady)
        self._throw(out, dice[1] < most * self.conditions.outliers)  # after: a held outlier would be none
        return out

    def _sigma(self, t: Floats, x: Floats, y: Floats, begins: NDArray[np.bool_]) -> Floats:
        """metres, of each fix. begins: where a burst would begin in a canyon."""
        sigma = np.full(len(t), self.conditions.sigma)
        if not self.conditions.canyons:
            return sigma
        sigma[t <= self.burst_until] = max(self.burst, self.conditions.sigma)
        for i in np.flatnonzero(begins).tolist():
            if t[i] > self.burst_until and shapely.contains_xy(CANYON, x[i], y[i]):
                self.burst_until, self.burst = t[i] + self.rng.uniform(20, 90), self.rng.uniform(10, 30)
                sigma[(t >= t[i]) & (t <= self.burst_until)] = max(self.burst, self.conditions.sigma)
        return sigma

    def _throw(self, out: Fixes, outlier: NDArray[np.bool_]) -> None:
        for i in np.flatnonzero(outlier).tolist():
            far, turn = self.rng.uniform(150, 2_500), self.rng.uniform(0, 2 * math.pi)
            out.x[i] += far * math.cos(turn)
            out.y[i] += far * math.sin(turn)
            out.speed[i] += self.rng.uniform(0, 60)
            out.accuracy[i] = round(far / 8, 1)

    def _freeze(self, out: Fixes, t: Floats, begins: NDArray[np.bool_], steady: NDArray[np.bool_]) -> None:
        """Repeat the fix before, for a while."""
        free = steady & self.conditions.spares
        frozen = t <= self.frozen_until
        for i in np.flatnonzero(begins & ~free).tolist():
            if t[i] > self.frozen_until:
                self.frozen_until = t[i] + self.rng.uniform(10, 40)
                frozen |= (t >= t[i]) & (t <= self.frozen_until)
        columns = np.stack([out.x, out.y, out.speed, out.heading, out.accuracy])
        if (frozen := frozen & ~free).any():
            if self.held is None:
                frozen[0] = False
            # 0 is the fix before these, n the nth of these
            own = np.maximum.accumulate(np.where(frozen, 0, np.arange(1, len(t) + 1)))
            columns = np.column_stack([columns[:, 0] if self.held is None else self.held, columns])[:, own]
            out.x, out.y, out.speed, out.heading, out.accuracy = columns
        self.held = columns[:, -1].copy()


def _recursion(keep: Floats, fresh: Floats, before: Floats) -> Floats:
    """w[i] = keep[i] * w[i-1] + fresh[i] along the last axis, with w[-1] = before: by doubling, log2(n) steps.

    keep: (n,). fresh: (k, n). before: (k,).
    """
    much, out = keep.copy(), fresh.copy()
    out[:, 0] += keep[0] * before
    by = 1
    while by < len(keep):
        out[:, by:] += much[by:] * out[:, :-by]
        much[by:] *= much[:-by].copy()
        by *= 2
    return out
