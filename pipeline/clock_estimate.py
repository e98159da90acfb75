"""clock_estimate: by how much is a terminal's clock wrong, and how: a time zone, a GPS week, a drift, or no telling?

Reads the envelope of (event time - receipt) of one terminal: of each stretch of time the greatest such difference.
A network only ever delays, so that the least delayed row says most about the clock; late uploads lie far below it and
say nothing. A clock that is ahead shows at once, since nothing arrives before it happens. One that is behind looks like
rows that are late: it is told only where no row was right for `LAPSE`, and where all rows of a stretch lie together, as
those of an upload do not. A relay that holds back every row for the same time can't be told from a clock that is
behind; so somebody approves.

The true offset lies from `offset` - `bound` to `offset` + `bound`, where in some stretch a row took less than `LINK`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from pipeline.rows import Flags, Floats

OFF = 60.0
"""Seconds from receipt within which a row's time is right: mobile networks take seconds, and terminals report in bursts
of as much."""
LINK = 5.0
"""Seconds that even the quickest row of an hour may take."""
STEADY = 30.0
"""Seconds by which stretches may differ of a clock that is steadily wrong."""
TOGETHER = 300.0
"""Seconds over which the rows of a stretch may be spread of a clock that is behind; more is an upload."""
AGREE = 0.8
"""The share of stretches that must say the same: a row with a damaged time must not decide."""
STRETCHES, SPAN = 5, 600.0
"""So many stretches, over so many seconds, before anything is said."""
DRIFT_SPAN, DRIFT_MOVED = 6 * 3600.0, 10.0
"""A drift needs to be watched for so many seconds, in which it moves the clock by so many."""
LAPSE = 6 * 3600.0
"""Seconds since a row was right before a clock is said to be behind: uploads of what was stored take less."""
MOST_DRIFT = 300.0
"""Seconds a day: quartz drifts by less than 10, a damaged clock by more; a backlog that is sent faster than it came
looks like a drift of thousands."""
FAR = 7 * 86_400.0
"""Seconds behind from which rows are no late upload, however they scatter: devices do not store for a week."""

DAY, QUARTER = 86_400.0, 900.0
WEEKS = 1024 * 7 * DAY
"""GPS counts weeks in ten bits, and begins anew every 1,024 weeks (IS-GPS-200, 20.3.3.3.1.1 "Transmission Week Number";
last on 6 April 2019): a receiver that takes the wrong round is off by 7,168 days, or several times that."""
ZONES = 14 * 3600.0
"""Time zones go from UTC-12 to UTC+14 in steps of a quarter of an hour (IANA tz database): local time that is sent as
UTC is off by that. China's is UTC+8 (GB/T 7408: 北京时间)."""


class Kind(StrEnum):
    """What sort of wrong."""

    ZONE = "zone"
    """A time zone: whole quarters of an hour."""
    ROLLOVER = "rollover"
    """1,024 weeks, or several times that; with a time zone maybe."""
    STEADY = "steady"
    """Any other offset that stays."""
    DRIFT = "drift"
    """It grows by so much a day."""
    UNSTEADY = "unsteady"
    """It jumps about: no correction helps, the terminal must be mended."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How a clock is wrong."""

    kind: Kind
    offset: float
    """Seconds that it is ahead (below 0: behind), at `until`; of an unsteady one the middle."""
    bound: float
    """Seconds by which `offset` may be off."""
    drift: float
    """Seconds a day by which `offset` grows; 0 but for a drift."""
    since: float
    until: float
    """From which receipts it was estimated, UTC seconds."""


def estimate(at: Floats, top: Floats, low: Floats, *, right: float = -np.inf) -> Estimate | None:
    """How wrong the clock is; None: it is right, or that can't be said.

    Stretches in order of time, all columns of shape (n,). at: receipt of the stretch's least delayed row, UTC seconds.
    top, low: the greatest and least event time - receipt of its rows, seconds; those within `OFF` of 0 are left out.
    right: when a row within `OFF` was last received; stretches before that say nothing of the clock as it is.
    """
    at, top, low = at[at > right], top[at > right], low[at > right]
    if len(at) < STRETCHES or at[-1] - at[0] < SPAN:
        return None
    since, until, middle = float(at[0]), float(at[-1]), float(np.median(top))
    slope, near, spread = _line(at, top)
    steady = near.mean() >= AGREE and abs(slope) * DAY <= MOST_DRIFT
    if middle < 0:
        if until - right < LAPSE:
            return None
        steady = steady and np.median(top - low) <= TOGETHER
        if not steady and middle > -FAR:
            return None
    if not steady:
        return Estimate(Kind.UNSTEADY, middle, float(np.ptp(top)), 0.0, since, until)
    # The least delayed row of all lies on the envelope's upper edge.
    offset = float((top - slope * (at - until))[near].max())
    bound = max(spread, LINK)
    if slope:
        return Estimate(Kind.DRIFT, offset, bound, slope * DAY, since, until)
    kind, offset = named(offset, bound)
    return Estimate(kind, offset, bound, 0.0, since, until)


def named(offset: float, bound: float) -> tuple[Kind, float]:
    """What sort of steady offset it is, and the whole hours or weeks that it is meant to be."""
    slack = max(bound, OFF / 2)
    rounds = round(offset / WEEKS)
    rest = offset - rounds * WEEKS
    quarters = round(rest / QUARTER) * QUARTER
    zone = abs(rest - quarters) <= slack and abs(quarters) <= ZONES
    if rounds and zone:
        return Kind.ROLLOVER, rounds * WEEKS + quarters
    if zone and quarters:
        return Kind.ZONE, quarters
    return Kind.STEADY, offset


def _line(at: Floats, top: Floats) -> tuple[float, Flags, float]:
    """(seconds a second by which the envelope grows, which stretches lie along it, over how many seconds these do).

    The growth is Theil and Sen's, the median over all pairs: a fifth of bad stretches does not move it far.
    """
    level = _along(top)
    if at[-1] - at[0] < DRIFT_SPAN:
        return 0.0, *level
    one, other = np.triu_indices(len(at), 1)
    apart = at[other] - at[one]
    pairs = apart > (at[-1] - at[0]) / 4
    slope = float(np.median((top[other] - top[one])[pairs] / apart[pairs]))
    slanted = _along(top - slope * (at - at[-1]))
    moved = abs(slope) * (at[-1] - at[0])
    drifts = moved >= max(DRIFT_MOVED, 2 * slanted[1]) and slanted[0].mean() >= AGREE
    return (slope, *slanted) if drifts else (0.0, *level)


def _along(top: Floats) -> tuple[Flags, float]:
    near: Flags = np.abs(top - np.median(top)) <= STEADY
    spread = float(np.ptp(top[near])) if near.any() else float(np.ptp(top))
    return near, spread
