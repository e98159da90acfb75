"""bin_spells: what can happen to a bin and its sensor: each spell with its curves.

Fields are those of the payload; `level` is how full it really is and `away` how far it is from its place, in metres.
Whatever happens lasts clearly longer than its rule's `for`, or clearly shorter; it is clearly beyond the bound, or
clearly not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from replay.simulator import limits
from replay.simulator.fill import next_window
from replay.simulator.limits import LIMITS
from replay.simulator.spells import Curve, How, Spell, beyond
from replay.simulator.things import CONTAINER, STREET_BIN

_A_DAY = {
    limits.BIN_FIRE_LEVEL: 0.6,
    limits.BIN_FIRE_RISE: 0.6,
    limits.BIN_TILTED: 1.0,
    limits.BIN_LID_OPEN: 1.0,
    limits.BIN_SILENT: 0.6,
    limits.BIN_BATTERY: 0.4,
}
"""How many spells a day a bin has, at a rate of 1."""
_OF_CLASS = {
    STREET_BIN: {limits.BIN_FULL: 5.7, limits.BIN_SENSOR_RANGE: 1.0},
    CONTAINER: {limits.BIN_FULL_SOON: 8.0},
}
"""Besides, by class: a container's sensor hangs too high for anyone to knock it askew."""
_PLANNED = {limits.NOT_EMPTIED_AS_PLANNED: 1.5}
_UNPLANNED = {limits.BIN_NOT_EMPTIED: 0.2, limits.BIN_SENSOR_STUCK: 0.2}
"""Besides, by whether a plan says when it is to be emptied: a stuck sensor would hide that it is."""


def a_day(thing: str, planned: bool, gnss: bool) -> dict[str, float]:
    """How many spells of each rule a day a bin of a class has, at a rate of 1."""
    return _A_DAY | _OF_CLASS[thing] | (_PLANNED if planned else _UNPLANNED) | ({limits.BIN_MOVED: 5.0} if gnss else {})


@dataclass(slots=True)
class Now:
    """What a spell begins from."""

    at: float
    level: float
    since: float
    """from when on something was in it to collect"""
    is_due: bool
    """whether its plan says that it is to be emptied now"""
    warm: Callable[[float], float]
    """°C as usual, at a time"""
    tilt: float
    battery: float
    lasting: Callable[[float, float, bool], float]
    rng: np.random.Generator


def make(rule: str, how: How, now: Now) -> Spell | None:
    """A spell of a rule; None where it does not fit now."""
    return _MAKERS[rule](rule, how, now)


def nearly_full(at: float, level: float, after: float, lasts: float, passed: float) -> Spell:
    """A fly-tipper who will fill it up: `after` seconds from now, and full within `lasts`."""
    begins = at + after
    ends = begins + lasts * (97.0 - level) / (limits.FULL + 0.5 - level)
    level_ = Curve((at, begins, ends, ends + 600), (level, level, 97.0, 94.5))
    return Spell(limits.BIN_FULL, How.WRONG, at, math.inf, {"level": level_}, alarm=False, passed_until=passed)


def _full(rule: str, how: How, now: Now) -> Spell | None:
    """Filled up by a fly-tipper within minutes and passed by for a while; nearly: emptied just before it is full."""
    if now.level > 80:
        return None
    if how is How.WRONG:
        seconds = float(now.rng.uniform(180, 420))
        passed = now.at + seconds + now.lasting(480, 900, False)
        return nearly_full(now.at, now.level, 0.0, seconds, passed)
    if not _shows(now):
        return None
    filling = _filling(now)
    stop = now.rng.uniform(84, 86.5) if how is How.NEAR else now.rng.uniform(87, 88)
    return _emptied_at(rule, how, now, filling, filling.reaches(stop))


def _full_soon(rule: str, how: How, now: Now) -> Spell | None:
    """It fills steadily while the trucks pass it by; nearly: it is emptied some time before it is soon full."""
    if not _shows(now):
        return None
    filling = _filling(now)
    full = filling.reaches(limits.FULL)
    if how is How.WRONG:
        passed = full + now.lasting(1200, 3000, False)
        return Spell(rule, how, now.at, math.inf, {"level": filling}, False, passed_until=passed, emptied_first=True)
    share = (1.4, 1.7) if how is How.NEAR else (1.25, 1.3)
    return _emptied_at(rule, how, now, filling, full - now.rng.uniform(*share) * limits.SOON)


def _shows(now: Now) -> bool:
    """Whether so much is in it that readings half an hour apart show it being emptied."""
    return now.level > 36.0


def _filling(now: Now) -> Curve:
    """Steadily, from when it has just been emptied until nothing more fits in."""
    left, an_hour = now.rng.uniform(0, 4), now.rng.uniform(12, 16)
    return Curve((now.at, now.at + (100 - left) / an_hour * 3600), (left, 100.0))


def _emptied_at(rule: str, how: How, now: Now, filling: Curve, ends: float) -> Spell:
    return Spell(
        rule, how, now.at, ends, {"level": filling}, False, emptied=True, passed_until=ends, emptied_first=True
    )


def _not_emptied(rule: str, how: How, now: Now) -> Spell | None:
    """Hardly anyone uses it, and nobody empties it, for days."""
    share = {How.WRONG: (1.1, 1.45), How.NEAR: (0.75, 0.92), How.EDGE: (0.95, 0.98)}[how]
    ends = now.since + now.rng.uniform(*share) * limits.NOT_EMPTIED_AFTER
    if not limits.NOTHING + 3 < now.level < 55:
        return None
    level = Curve((now.at, ends), (now.level, now.rng.uniform(58, 72)))
    return Spell(rule, how, now.at, ends, {"level": level}, alarm=False, emptied=True, passed_until=ends)


def _not_as_planned(rule: str, how: How, now: Now) -> Spell | None:
    """Hardly anyone uses it, and nobody comes in the window of its plan; nearly: somebody comes late in it."""
    after = {How.WRONG: (3600.0, 9000.0), How.NEAR: (-9000.0, -5400.0), How.EDGE: (-4500.0, -3600.0)}[how]
    end = next_window(now.at)[1]
    if not limits.NOTHING + 3 < now.level < 50 or now.is_due:
        return None
    ends = end + now.rng.uniform(*after)
    level = Curve((now.at, ends), (now.level, now.level + 22.0))
    return Spell(rule, how, now.at, ends, {"level": level}, alarm=False, emptied=True, passed_until=ends)


def _fire(rule: str, how: How, now: Now) -> Spell:
    """Too hot: by a fire within minutes, or slowly, by what rots; nearly: by the sun."""
    rng, usual = now.rng, now.warm(now.at)
    if how is How.WRONG and rng.random() < 0.6:
        peak, rise, stays, cools = rng.uniform(80, 250), rng.uniform(240, 600), now.lasting(1200, 2400, True), 5000.0
    else:
        limit = LIMITS[rule]
        peak = rng.uniform(66, 78) if how is How.WRONG else beyond(limit, how, rng)
        rise, stays, cools = (peak - usual) * rng.uniform(260, 340), now.lasting(1800, 3600, True), 7200.0
    return _warmed(rule, how, now, peak, rise, stays, cools)


def _smoulder(rule: str, how: How, now: Now) -> Spell:
    """It grows warm fast, but not hot."""
    by = {How.WRONG: (22.0, 30.0), How.NEAR: (7.0, 10.0), How.EDGE: (11.0, 11.8)}[how]
    peak = now.warm(now.at) + now.rng.uniform(*by)
    return _warmed(rule, how, now, peak, now.rng.uniform(480, 900), now.lasting(1200, 2400, True), 5400.0)


def _warmed(rule: str, how: How, now: Now, peak: float, rise: float, stays: float, cools: float) -> Spell:
    t = (now.at, now.at + rise, now.at + rise + stays, now.at + rise + stays + cools)
    return Spell(rule, how, t[0], t[-1], {"temp": Curve(t, (now.warm(t[0]), peak, peak, now.warm(t[-1])))})


def _tilted(rule: str, how: How, now: Now) -> Spell:
    """Knocked over until someone rights it; nearly: it leans, or is up again within a minute."""
    return _step(rule, how, now, now.tilt, float(now.rng.uniform(50, 100)), now.lasting(1500, 7200, True))


def _lid(rule: str, how: How, now: Now) -> Spell:
    """Left open; nearly: for some minutes."""
    return _step(rule, how, now, 0.0, 1.0, now.lasting(1200, 3600, True))


def _step(rule: str, how: How, now: Now, usual: float, peak: float, lasts: float) -> Spell:
    limit = LIMITS[rule]
    if how is not How.WRONG:
        if limit.sigma == 0 or now.rng.random() < 0.5:  # far beyond, but not for long
            share = (0.4, 0.55) if how is How.NEAR else (0.6, 0.7)
            lasts = max(limit.hold * now.rng.uniform(*share) - 20.0, 20.0)
        else:
            peak = beyond(limit, how, now.rng)
    t = (now.at, now.at + 1, now.at + 1 + lasts, now.at + 2 + lasts)
    # who empties it opens and lifts it too: that would make nearly long enough long enough
    passed = -math.inf if how is How.WRONG else t[-1]
    return Spell(rule, how, t[0], t[-1], {limit.field: Curve(t, (usual, peak, peak, usual))}, passed_until=passed)


def _range(rule: str, how: How, now: Now) -> Spell:
    """The sensor hangs askew: what it shows is less than nothing."""
    shows = beyond(LIMITS[rule], how, now.rng)
    ends = now.at + LIMITS[rule].hold + now.lasting(1500, 4000, False)
    return Spell(rule, how, now.at, ends, {"fill": Curve((now.at,), (shows,))}, alarm=False, emptied=True)


def _battery(rule: str, how: How, now: Now) -> Spell | None:
    """A cell dies, until it is replaced."""
    low = now.rng.uniform(5, 16) if how is How.WRONG else beyond(LIMITS[rule], how, now.rng)
    falls, stays = now.rng.uniform(1200, 3600), now.lasting(7200, 20_000, False)
    t = (now.at, now.at + falls, now.at + falls + stays, now.at + falls + stays + 1)
    curve = Curve(t, (now.battery, low, low, float(now.rng.uniform(96, 100))))
    return Spell(rule, how, t[0], t[-1], {"bat": curve}, alarm=False)


def _moved(rule: str, how: How, now: Now) -> Spell:
    """Dragged off, and brought back hours later; nearly: pushed aside."""
    ways = {How.WRONG: (150.0, 1_500.0), How.NEAR: (15.0, 25.0), How.EDGE: (28.0, 32.0)}
    far, going = now.rng.uniform(*ways[how]), now.rng.uniform(120, 600)
    stays = now.lasting(7200, 14_400, False)
    t = (now.at, now.at + going, now.at + going + stays, now.at + 2 * going + stays)
    return Spell(rule, how, t[0], t[-1], {"away": Curve(t, (0.0, far, far, 0.0))})


_MAKERS: dict[str, Callable[[str, How, Now], Spell | None]] = {
    limits.BIN_FULL: _full,
    limits.BIN_FULL_SOON: _full_soon,
    limits.BIN_NOT_EMPTIED: _not_emptied,
    limits.NOT_EMPTIED_AS_PLANNED: _not_as_planned,
    limits.BIN_FIRE_LEVEL: _fire,
    limits.BIN_FIRE_RISE: _smoulder,
    limits.BIN_TILTED: _tilted,
    limits.BIN_LID_OPEN: _lid,
    limits.BIN_SENSOR_RANGE: _range,
    limits.BIN_BATTERY: _battery,
    limits.BIN_MOVED: _moved,
}
