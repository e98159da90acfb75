"""filling: when will a container be full, going by its levels since it was last emptied?

The rate is the median of the slopes between all pairs of readings (Theil 1950, Sen 1968), each counted as often as its
pair is long (Jaeckel 1972), so that stray readings and sacks that come one by one move it little. What is left to fill
at that rate is the likely time. How far off that may be has three causes: filling is uneven, the rate is known from a
limited time and may be changing (the last half of that time tells), and the sensor scatters. How uneven is seen in
pairs about as far apart as the time that is left, so that day and night, or a market, are in it where they matter. The
interval is where the level's own interval reaches full.
"""

from __future__ import annotations

import numpy as np

from pipeline.rows import Flags, Floats

CONFIDENCE = 0.8
"""About how often a container becomes full between `early` and `late`; where it fills steadily, more often."""
LEAST = 4
"""With fewer readings nothing is said."""
_SPREAD = 1.5
"""Standard deviations of the level to either side; 1.28 would do if filling were normal, and it comes in sacks."""


def forecast(ts: Floats, value: Floats, full: float) -> tuple[Floats, Floats, Floats]:
    """(early, likely, late): when the level reaches `full`, event time; with CONFIDENCE between early and late.

    ts, value: readings since the last emptying in order of time, shape (n,), or (k, n) of k containers, NaN in front
    where there are fewer. full: in the value's unit. The answers have the shape () or (k,). All three are infinite
    where it is not filling, the newest ts where it is full, NaN where too little is known; late alone is infinite where
    it may as well not be filling.
    """
    times, levels = np.atleast_2d(ts), np.atleast_2d(value)
    answers = np.full((3, len(times)), np.nan)
    enough = np.isfinite(times).sum(axis=1) >= LEAST
    if enough.any():
        answers[:, enough] = _forecast(times[enough], levels[enough], full)
    early, likely, late = answers[:, 0] if np.ndim(ts) == 1 else answers
    return early, likely, late


def _forecast(ts: Floats, value: Floats, full: float) -> Floats:
    """The three of containers with enough readings, shape (3, k)."""
    now, whole = ts[:, -1], ts[:, -1] - np.nanmin(ts, axis=1)
    first, second = np.triu_indices(ts.shape[1], 1)
    lag, rise = np.nan_to_num(ts[:, second] - ts[:, first]), np.nan_to_num(value[:, second] - value[:, first])
    rate = _rate(rise, lag)
    recent = _rate(rise, np.where(ts[:, first] >= (now - whole / 2)[:, None], lag, 0.0))
    # the level now is the line's, so that one stray reading, the newest too, moves it little
    level = np.nanmedian(value + rate[:, None] * (now[:, None] - ts), axis=1)
    left = full - level
    filling = (rate > 0.0) & (left > 0.0)
    rate, left = np.where(filling, rate, 1.0), np.where(filling, left, 1.0)
    span = left / rate

    uneven, some = _uneven(rise - rate[:, None] * lag, lag, whole, span)
    scatter = np.nanmedian(np.abs(np.diff(value, axis=1)), axis=1) ** 2
    # uneven filling alone moves the last half's rate so much; what is more is a rate that changes, and if it does so
    # steadily, it is by now twice as far from the mean as that of the last half
    chance = uneven / np.where(whole > 0.0, whole, 1.0)
    limited = chance + 4.0 * np.maximum((recent - rate) ** 2 - chance, 0.0)
    # where (left - rate t)^2 = z^2 (uneven t + scatter + limited t^2)
    zz = _SPREAD**2
    a = rate**2 - zz * limited
    b, c = 2.0 * rate * left + zz * uneven, left**2 - zz * scatter
    root = b + np.sqrt(np.maximum(b**2 - 4.0 * a * c, 0.0))
    soonest = np.maximum(2.0 * c / root, 0.0)
    latest = np.divide(root, 2.0 * a, out=np.full(len(a), np.inf), where=a > 0.0)
    answers = now + np.array([soonest, span, np.maximum(latest, span)])
    answers[:, ~some] = np.nan
    return np.where(filling, answers, np.where(level >= full, now, np.inf))


def _uneven(residual: Floats, lag: Floats, whole: Floats, span: Floats) -> tuple[Floats, Flags]:
    """(the level's variance a second, whether there is a pair to know it by), shape (k,), of pairs like the span."""
    usable: Flags = (lag > 0.0) & (lag <= whole[:, None] / 2)
    like = usable & (lag >= span[:, None] / 2) & (lag <= span[:, None] * 2)
    like |= usable & ~like.any(axis=1, keepdims=True)
    # a rate that was found in the same readings makes the residuals of long pairs small (a Brownian bridge's)
    free = np.where(like, lag * (1.0 - lag / np.where(whole > 0.0, whole, 1.0)[:, None]), 1.0)
    count = like.sum(axis=1)
    return np.where(like, residual**2 / free, 0.0).sum(axis=1) / np.maximum(count, 1), count > 0


def _rate(rise: Floats, lag: Floats) -> Floats:
    """The median of the slopes, each counted as often as its pair is long: 0 not at all. (k, pairs) -> (k,)."""
    slope = np.divide(rise, lag, out=np.zeros(lag.shape), where=lag > 0.0)
    order = np.argsort(slope, axis=1, kind="stable")
    weight = np.cumsum(np.take_along_axis(lag, order, axis=1), axis=1)
    half = (weight >= weight[:, -1:] / 2).argmax(axis=1)
    rate: Floats = np.take_along_axis(slope, np.take_along_axis(order, half[:, None], axis=1), axis=1)[:, 0]
    return rate
