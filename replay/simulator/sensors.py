"""sensors: what the city's sensors that are no bins say, and when that is wrong.

    topic    sensors/D-003/state
    payload  {"t":"2024-01-01T00:00:00.000Z","pm10":63.2}

Standing water under a bridge (cm), a manhole cover that tilts (°), dust PM10 (µg/m³), noise (dB), gas (% of the lower
explosive limit), smoke (%/m), power that a street lamp should draw and does not (W: nothing is missing by day), a
slope that moves (mm). Each swings by the hour, jitters by its noise, and shows a stray value now and then where its
kind does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from replay.labels import Label
from replay.simulator import limits
from replay.simulator.device import Device, Devices, iso
from replay.simulator.limits import LIMITS, Limit
from replay.simulator.rates import Rates
from replay.simulator.spells import Curve, Fate, How, Spell, beyond, labelled
from replay.simulator.things import Sensor

A_DAY = {
    limits.STANDING_WATER: 10.0,
    limits.MANHOLE_MOVED: 8.0,
    limits.DUST: 8.0,
    limits.NOISE: 10.0,
    limits.GAS: 8.0,
    limits.SMOKE: 8.0,
    limits.LAMP_OUT: 12.0,
    limits.SLOPE_MOVING: 8.0,
}
"""How many spells a day a sensor of the sort has, at a rate of 1."""
FAULTS_A_DAY = {limits.SENSOR_SILENT: 1.5, limits.SENSOR_STUCK: 0.6}
"""The same, of all sorts."""
_LASTS = {
    limits.STANDING_WATER: (1800.0, 7200.0),
    limits.MANHOLE_MOVED: (1800.0, 10_000.0),
    limits.DUST: (2400.0, 7200.0),
    limits.NOISE: (1500.0, 3600.0),
    limits.GAS: (600.0, 2400.0),
    limits.SMOKE: (480.0, 1800.0),
    limits.LAMP_OUT: (3600.0, 14_000.0),
    limits.SLOPE_MOVING: (1800.0, 3600.0),
}
"""seconds"""
_SWING = {"water": 0.5, "pm10": 15.0, "noise": 5.0}
"""by the hour of the day, up and down"""
_STRAYS = {"water": 80.0, "pm10": 600.0, "noise": 95.0, "gas": 60.0, "smoke": 8.0}
"""up to what a stray value shows"""
_STRAY = 1 / 400
"""The share of readings that are stray ones; never two in a row."""
_LOCAL = 8 * 3600.0
_NIGHT = (18 * 3600.0, 30 * 3600.0)
"""seconds after midnight, on the city's clock: when lamps are lit"""
_SLOPE_SIGMA, _CREEP = 0.15, 0.02 / 3600
"""mm; mm a second"""


def city_sensors(
    sensors: Sequence[Sensor], seed: Sequence[int], start: float, interval: float, shares: Mapping[How, Rates]
) -> Devices:
    """All of the city's. shares: how often something is wrong, nearly wrong, on the edge of it."""
    devices = []
    for n, each in enumerate(sensors):
        rng = np.random.default_rng([*seed, n])
        fate = Fate.of(rng, {each.sort.rule: A_DAY[each.sort.rule], **FAULTS_A_DAY}, shares)
        devices.append(CitySensor(each, rng, start, interval, fate))
    return Devices(devices)


class CitySensor(Device):
    """One sensor at the roadside."""

    silent_rule, stuck_rule = limits.SENSOR_SILENT, limits.SENSOR_STUCK

    def __init__(self, sensor: Sensor, rng: np.random.Generator, start: float, interval: float, fate: Fate) -> None:
        self.sort, self.field = sensor.sort, sensor.sort.field
        self.limit: Limit | None = LIMITS.get(sensor.sort.rule)
        self.sigma = self.limit.sigma if self.limit else _SLOPE_SIGMA
        self.height = rng.uniform(0, 10)
        """mm: how far the slope has slid so far, its creeping aside"""
        self._shown, self._strayed = 0.0, False
        self._topic = f"sensors/{sensor.id}/state"
        super().__init__(sensor.id, rng, start, interval, fate)

    @property
    def topic(self) -> str:
        return self._topic

    def read(self, ts: float) -> bytes:
        if not (self.spell and self.spell.stuck):
            stray = not self.spell and not self._strayed and self.share() < _STRAY
            self._strayed = stray and self.field in _STRAYS
            if self._strayed:
                self._shown = self.share() * _STRAYS[self.field]
            else:
                self._shown = self._true(ts) + self.sigma * self.normal()
        return b'{"t":"%s","%s":%.*f}' % (iso(ts).encode(), self.field.encode(), self.sort.digits, self._shown)

    def changed(self, ts: float) -> None:
        if self._strayed:  # a stray value is not what a sensor gets stuck at
            self._shown, self._strayed = self._true(ts), False

    def _true(self, ts: float) -> float:
        curve = self.spell.curves.get(self.field) if self.spell else None
        return curve.at(ts) if curve else self._usual(ts)

    def _usual(self, ts: float) -> float:
        if self.limit is None:
            return self.height + (ts - self.start) * _CREEP
        if self.sort.rule == limits.LAMP_OUT:
            return self.limit.usual if self._dark_for(ts) > 0 else 0.0
        day = math.sin((ts + _LOCAL - 9 * 3600) / 86_400 * 2 * math.pi)
        return self.limit.usual + _SWING.get(self.field, 0.0) * day

    @staticmethod
    def _dark_for(ts: float) -> float:
        """For how long lamps are still lit, seconds; 0 by day."""
        since_noon = (ts + _LOCAL - 43_200.0) % 86_400.0 + 43_200.0
        return _NIGHT[1] - since_noon if _NIGHT[0] <= since_noon < _NIGHT[1] else 0.0

    # ---- what can happen to it

    def make(self, rule: str, how: How, at: float) -> Spell | None:
        if rule == self.silent_rule:
            return self.silence(how, at)
        if rule == self.stuck_rule:
            return self.stick(how, at)
        return self._slide(how, at) if self.limit is None else self._swell(self.limit, rule, how, at)

    def _swell(self, limit: Limit, rule: str, how: How, at: float) -> Spell | None:
        lasts = limit.hold + self.lasting(*_LASTS[rule])
        if rule == limits.LAMP_OUT and self._dark_for(at) < lasts + 600:
            return None
        peak = beyond(limit, how, self.rng)
        if how is How.NEAR and limit.hold >= 300 and self.rng.random() < 0.5:  # far beyond, but not for long
            lasts, peak = self.rng.uniform(0.4, 0.6) * limit.hold, beyond(limit, How.WRONG, self.rng)
        ramp = min(self.rng.uniform(0.02, 0.15) * lasts, 600.0)
        knots = (at, at + ramp, at + lasts - ramp, at + lasts)
        curve = Curve(knots, (self._usual(at), peak, peak, self._usual(at + lasts)))
        if how is How.WRONG:
            self.labels += labelled(rule, self.subject, curve, at + lasts)
        return Spell(rule, how, at, at + lasts, {self.field: curve})

    def _slide(self, how: How, at: float) -> Spell:
        by = {How.WRONG: (20.0, 60.0), How.NEAR: (5.0, 7.5), How.EDGE: (8.2, 8.6)}[how]
        lasts, far = self.lasting(*_LASTS[limits.SLOPE_MOVING]), self.rng.uniform(*by)
        before = self._usual(at)
        curve = Curve((at, at + lasts), (before, before + far))
        for a, b in curve.rises(limits.SLOPE_RISE, limits.SLOPE_WINDOW):
            self.labels.append(Label(a, limits.SLOPE_MOVING, self.subject, b))
        self.height += far
        return Spell(limits.SLOPE_MOVING, how, at, at + lasts, {self.field: curve})
