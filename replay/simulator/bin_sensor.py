"""bin_sensor: what the sensor in a bin says.

    topic    bins/B-0042/state
    payload  {"t":"2024-01-01T00:00:00.000Z","fill":61.3,"temp":18.4,"bat":87.2,"tilt":1.8,"lid":0}
    topic    bins/B-0041/gps           every tenth bin's, rarely: it costs battery
    payload  {"t":"2024-01-01T00:00:00.000Z","lon":121.91,"lat":30.96,"acc":4.4}

Levels jitter by half a per cent, and one echo in 400 comes from somewhere else; of fixes, one in 200
lies hundreds of metres off. Neither ever happens twice in a row. Whoever empties a bin opens and lifts it.
"""

from __future__ import annotations

import math

import numpy as np

from replay.labels import Label
from replay.simulator import limits
from replay.simulator.bin_spells import Now, make, nearly_full
from replay.simulator.device import ALARM, Device, iso
from replay.simulator.fill import Fill
from replay.simulator.limits import LIMITS
from replay.simulator.noise import SAID
from replay.simulator.spells import Fate, How, Spell, labelled
from replay.simulator.streets import to_lonlat
from replay.simulator.things import CONTAINER
from replay.simulator.town import Bin
from replay.simulator.transport import Message

_WORTH = 45.0
"""per cent: below that a truck drives on"""
_DUE = 30.0
"""per cent: but what its plan says is emptied from then on"""
_WIPED = 3600.0
"""Seconds after it was emptied without a stray echo: nobody could tell which of the two levels is the echo."""
_LIFTED = 30.0
"""seconds that emptying it takes"""
_STRAY, _USED, _STRAY_FIX = 1 / 400, 1 / 100, 1 / 200
"""The shares of readings that are a stray echo, or fall in the moment in which someone opens the lid; of fixes that lie
far off."""
_FIXES = 600.0
"""seconds between fixes, at least; at least four readings"""
_LOCAL = 8 * 3600.0
_LEVEL_SIGMA, _WARM_SIGMA, _TILT_SIGMA, _BATTERY_SIGMA = (
    LIMITS[rule].sigma
    for rule in (limits.BIN_SENSOR_RANGE, limits.BIN_FIRE_LEVEL, limits.BIN_TILTED, limits.BIN_BATTERY)
)
_BY_BOUND = (limits.BIN_FIRE_LEVEL, limits.BIN_TILTED, limits.BIN_LID_OPEN, limits.BIN_SENSOR_RANGE, limits.BIN_BATTERY)


class BinDevice(Device):
    """One bin with its sensor."""

    silent_rule, stuck_rule = limits.BIN_SILENT, limits.BIN_SENSOR_STUCK

    def __init__(
        self,
        bin: Bin,
        thing: str,
        planned: bool,
        gnss: bool,
        rng: np.random.Generator,
        start: float,
        interval: float,
        fate: Fate,
        sigma: float = 4.0,
    ) -> None:
        """sigma: of its fixes on each axis, metres."""
        super().__init__(bin.id, rng, start, interval, fate)
        self.bin, self.gnss, self.sigma = bin, gnss, sigma
        self.fill = Fill(bin, rng.uniform(3, 45), start, thing == CONTAINER, planned)
        self.battery, self.tilt, self.towards = rng.uniform(40, 100), rng.uniform(0.5, 3), rng.uniform(0, 2 * math.pi)
        if gnss:
            self.fix = start + rng.uniform(0, self._fixes)
        self._lifted = self._emptied = self._in_peace_until = -math.inf
        self._shown = 0.0
        self._odd = self._odd_fix = self._handled = False
        self._place = np.array([bin.x, bin.y])

    @property
    def topic(self) -> str:
        return f"bins/{self.subject}/state"

    @property
    def all_labels(self) -> list[Label]:
        """Of the bin and of its sensor."""
        return self.labels + self.fill.labels

    @property
    def _fixes(self) -> float:
        return max(_FIXES, 4 * self.interval)

    def nearly_full(self, after: float, lasts: float) -> None:
        """The day begins with a bin that is nearly full, and a fly-tipper on the way."""
        self.fill = Fill(self.bin, 88.0, self.start, False, self.fill.planned)
        passed = self.start + self.rng.uniform(900, 1_500)
        self.spell, self.turn = nearly_full(self.start, 88.0, after, lasts, passed), math.inf
        self.fill.follow(self.spell.curves["level"], self.start)

    def make(self, rule: str, how: How, at: float) -> Spell | None:
        if rule == self.silent_rule:
            return self.silence(how, at)
        if rule == self.stuck_rule:
            return self.stick(how, at)
        if self._handled and rule in (limits.BIN_TILTED, limits.BIN_LID_OPEN):
            return None  # with the report before it would look longer than it is
        level = self.fill.to(at)
        fill = self.fill
        now = Now(at, level, fill.since, fill.is_due(at), self.warm, self.tilt, self.battery, self.lasting, self.rng)
        spell = make(rule, how, now)
        if spell is None:
            return None
        for each in _BY_BOUND:
            curve = spell.curves.get(LIMITS[each].field)
            if curve is not None and how is How.WRONG:
                self.labels += labelled(each, self.subject, curve, spell.ends)
        if "temp" in spell.curves:
            rises = spell.curves["temp"].rises(limits.FIRE_RISE, limits.FIRE_WINDOW)
            self.labels += [Label(a, limits.BIN_FIRE_RISE, self.subject, b) for a, b in rises]
        if "away" in spell.curves:
            away = spell.curves["away"].beyond(limits.MOVED)
            self.labels += [Label(a, limits.BIN_MOVED, self.subject, b) for a, b in away]
        return spell

    def visit(self, when: float) -> None:
        spell = self.spell
        passed = max(self._in_peace_until, spell.passed_until if spell is not None else -math.inf)
        level = self.fill.to(when)
        if when < passed or level < (_DUE if self.fill.is_due(when) else _WORTH):
            return
        self._lifted = when
        self._empty(when, self.rng.uniform(0, 4))
        if spell is not None and spell.ends == math.inf:
            self.over(when)
        elif spell is not None and "level" in spell.curves:
            self.fill.follow(spell.curves["level"], when)

    def _empty(self, when: float, left: float) -> None:
        self.fill.empty(when, left)
        self._emptied = when

    def changed(self, ts: float) -> None:
        spell = self.spell
        if spell is not None and (spell.stuck or self._odd):  # a stray echo is not what a sensor gets stuck at
            self._shown, self._odd = self._level(ts), False
        if spell is not None and "level" in spell.curves:
            if spell.emptied_first:
                self._empty(ts, spell.curves["level"].value[0])
            self.fill.follow(spell.curves["level"], ts)
        if self.gnss and spell is not None and "away" in spell.curves:
            self.fix = min(self.fix, ts + ALARM)

    def over(self, at: float) -> None:
        spell = self.spell
        if spell is not None:
            if spell.emptied:
                self._empty(at, self.rng.uniform(0, 4))
            elif self.fill.curve is not None:
                self.fill.follow(None, at)
            if "bat" in spell.curves:
                self.battery = spell.curves["bat"].value[-1]
        self._in_peace_until = at + 2 * ALARM
        super().over(at)

    # ---- what it says

    def read(self, ts: float) -> bytes:
        spell = self.spell
        curves = spell.curves if spell is not None else {}
        self.battery = max(self.battery - self.interval * 2e-6, 0.0)
        if spell is None or not spell.stuck:
            plain = not self._odd and not (spell and spell.alarm) and ts > self._emptied + _WIPED
            self._odd = plain and self.share() < _STRAY
            self._shown = 100 * self.share() if self._odd else self._level(ts)
        battery = curves["bat"].at(ts) if "bat" in curves else self.battery
        lifted = ts < self._lifted + _LIFTED
        tilt = 110.0 if lifted else curves["tilt"].at(ts) if "tilt" in curves else self.tilt
        # never in two reports in a row: they may be so far apart that it would look left open
        handled = not self._handled and (lifted or self.share() < _USED)
        lid = curves["lid"].at(ts) >= 0.5 if "lid" in curves else handled
        self._handled = handled or lid
        warm = curves["temp"].at(ts) if "temp" in curves else self.warm(ts)
        warm += _WARM_SIGMA * self.normal()
        battery = min(battery + _BATTERY_SIGMA * self.normal(), 100.0)
        tilt = abs(tilt + _TILT_SIGMA * self.normal())
        text = f'{{"t":"{iso(ts)}","fill":{self._shown:.1f},"temp":{warm:.1f},"bat":{battery:.1f},"tilt":{tilt:.1f}'
        return f'{text},"lid":{lid:d}}}'.encode()

    def locate(self, now: float, out: list[Message]) -> None:
        spell = self.spell
        away = spell.curves.get("away") if spell is not None else None
        far = away.at(now) if away is not None else 0.0
        self._odd_fix = not self._odd_fix and away is None and self.share() < _STRAY_FIX
        if self._odd_fix:
            far += 300 + 1_500 * self.share()
        place = self._place + far * np.array([math.cos(self.towards), math.sin(self.towards)])
        place += self.sigma * np.array([self.normal(), self.normal()])
        lon, lat = to_lonlat(place[None, :])[0].tolist()
        text = f'{{"t":"{iso(now)}","lon":{lon:.6f},"lat":{lat:.6f},"acc":{SAID * self.sigma:.1f}}}'
        out.append(Message(now + 0.1 + 0.8 * self.share(), f"bins/{self.subject}/gps", text.encode()))
        self.fix = now + (min(self._fixes, 5 * ALARM) if away is not None else self._fixes)

    def _level(self, ts: float) -> float:
        """How full the sensor finds it."""
        noise = _LEVEL_SIGMA * self.normal()
        level = self.fill.to(ts)
        if self.spell is not None and "fill" in self.spell.curves:
            return self.spell.curves["fill"].at(ts) + noise
        return min(max(level + noise, 0.0), 100.0)

    @staticmethod
    def warm(ts: float) -> float:
        """How warm it is in a bin as usual, °C."""
        return 16.0 + 7.0 * math.sin((ts + _LOCAL - 9 * 3600) / 86_400 * 2 * math.pi)
