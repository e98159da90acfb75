"""city: the made-up city at work: everything that its vehicles and bins send, in the order in which they send it.

    City(seed=1)                                  about 10 messages a second
    City.demo(seed=1)                             about 100: fixes each second, readings each 15, and wrongs at once
    City(seed=1, trucks=2000, wrongs=0.0)         a load, with nothing wrong in it

The same seed, sizes and start give the same messages, byte for byte. Time is simulated: `run` answers as fast as it
can.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from replay.labels import Label
from replay.simulator import beats, labels, things
from replay.simulator.bins import Bins
from replay.simulator.bodies import BodyDevice
from replay.simulator.conditions import ORDINARY, Conditions, Upload
from replay.simulator.crews import Crew
from replay.simulator.device import Devices
from replay.simulator.rates import Rates, Share
from replay.simulator.rounds import Rounds
from replay.simulator.sensors import city_sensors
from replay.simulator.spells import How
from replay.simulator.stretches import Stretch
from replay.simulator.terminal import ALL, BRUSHES, NONE, Terminal
from replay.simulator.town import Town
from replay.simulator.transport import Message, Transport
from replay.simulator.trips import Lorry
from replay.simulator.violations import Maker

_OPENING = (
    (labels.NO_GO, 6.0),
    (labels.OFF_ROUTE, 5.0),
    (labels.OVERSPEED, 4.0),
    (labels.OVERSPEED, 21.0),
    (labels.NOT_SEALED, 12.0),
)
"""What is wrong first in the demo: (rule, seconds after the start)."""


@dataclass
class City:
    """A city for one run."""

    seed: int
    trucks: int = 60
    refuse: int = 25
    sweepers: int = 6
    patrols: int = 4
    bins: int = 300
    sensors: int = 40
    """of water, manholes, dust, noise, gas, smoke, lamps and slopes"""
    interval: float = 10.0
    """seconds between fixes while the ignition is on"""
    parked: float = 60.0
    """seconds between fixes in the depot"""
    bin_interval: float = 600.0
    """seconds between the readings of a bin and of a sensor"""
    wrongs: Share = 0.15
    """how often something is wrong (rates.py): a number for a mixture of everything, or rates by rule. 0: never"""
    near: Share = False
    """how often something is nearly wrong, just on the right side of a rule's limit"""
    edge: Share = False
    """how often something is right, on the very edge of where it would be wrong"""
    opening: bool = False
    """whether the first wrongs come within half a minute"""
    conditions: Conditions = ORDINARY
    """under which it is heard"""
    step: float = 30.0
    """seconds that are made at a time: longer is quicker; dice are thrown step by step, so it is part of a seed"""
    _days: _Days | None = field(default=None, repr=False)
    _lists: list[list[Label]] = field(default_factory=list, repr=False)
    _things: tuple[Bins | Devices, ...] = field(default=(), repr=False)
    _now: float = -math.inf

    @classmethod
    def demo(cls, seed: int) -> Self:
        """The demo's: small steps, so that things are seen to move, and wrongs from the first minute on."""
        return cls(seed, interval=1.0, parked=10.0, bin_interval=15.0, wrongs=0.4, opening=True)

    def heard(self, conditions: Conditions) -> City:
        """The same city under other conditions. What its vehicles do is kept, so that it is made once for all that are
        asked for: for runs that begin at the same time, and not without end.
        """
        self._days = self._days or _Days(self.town())
        return replace(self, conditions=conditions)

    def run(self, start: float, seconds: float = math.inf) -> Iterator[Message]:
        """What arrives from `start` (UTC seconds) on. A run begins anew each time."""
        for message in Transport(self.conditions, self.seed).carry(self._sent(start, seconds)):
            if message.ts_sent < start + seconds:
                yield message

    def _sent(self, start: float, seconds: float) -> Iterator[Message]:
        terminals, bins, sensors = self._begin(start)
        waiting: list[Message] = []
        end, step = start + seconds, 0
        while self._now < end:
            step += 1
            until = start + step * self.step
            for terminal in terminals:
                waiting += terminal.messages(until)
            came_by = [visit for terminal in terminals for visit in terminal.emptied if visit[0] < until]
            for terminal in terminals:
                terminal.emptied = [visit for visit in terminal.emptied if visit[0] >= until]
            waiting += bins.messages(until, came_by)
            waiting += sensors.messages(until)
            heapq.heapify(waiting)
            while waiting and waiting[0].ts_sent < min(until, end):
                message = heapq.heappop(waiting)
                self._now = message.ts_sent
                yield message
            self._now = min(until, end)

    @property
    def labels(self) -> list[Label]:
        """What has been wrong so far, in order of its start; what goes on has no end."""
        lists = [*self._lists, *(some.labels for some in self._things)]
        so_far: dict[tuple[float, str, str], Label] = {}
        for label in (label for some in lists for label in some if label.started <= self._now):
            ended = label.ended if label.ended <= self._now else math.inf
            known = so_far.get((label.started, label.rule, label.subject))
            if known is None or ended < known.ended:  # said once when it began, once when it was over
                late = label.late and self.conditions.dark
                so_far[label.started, label.rule, label.subject] = replace(label, ended=ended, late=late)
        return sorted(so_far.values())

    def town(self) -> Town:
        """What its registers say."""
        return Town(self.trucks, self.refuse, self.bins, self.sweepers, self.patrols, self.sensors)

    def _begin(self, start: float) -> tuple[list[Terminal], Bins, Devices]:
        days = self._days or _Days(self.town())
        town, maker = days.town, days.maker
        rates, near, edge = Rates(self.wrongs), Rates(self.near), Rates(self.edge)
        pending = list(_OPENING) if self.opening and rates.any else []
        terminals = []
        for n, truck in enumerate(town.lorries):
            lorry = Lorry(truck, maker, np.random.default_rng([self.seed, 1, n]), rates, near, edge)
            wired = NONE if truck.body_device else ALL
            stretches = self._kept(truck.device, start, lorry.stretches(start, tuple(pending)))
            terminal = self._terminal(truck.device, stretches, [self.seed, 2, n], start, wired)
            if truck.body_device:
                rng = np.random.default_rng([self.seed, 7, n])
                terminal.body = BodyDevice(truck.body_device, rng, start, self.conditions)
            if lorry.opened:
                pending.remove(lorry.opened)
            terminals.append(terminal)
        for n, refuse in enumerate(town.refuse):
            rounds = Rounds(refuse, town, np.random.default_rng([self.seed, 3, n]))
            stretches = self._kept(refuse.device, start, rounds.stretches(start))
            terminals.append(self._terminal(refuse.device, stretches, [self.seed, 4, n], start))
        for kind, crews in enumerate((beats.sweepers(town), beats.patrols(town))):
            for n, beat in enumerate(crews):
                rng = np.random.default_rng([self.seed, 8 + kind, n])
                crew = Crew(beat, town, rng, rates, near, edge)
                stretches = self._kept(beat.device, start, crew.stretches(start))
                seed = [self.seed, 10 + kind, n]
                terminals.append(self._terminal(beat.device, stretches, seed, start, BRUSHES if beat.sweeps else NONE))
        opened = ((0.0, 12.0), (6.0, 30.0)) if self.opening and rates.of(labels.BIN_FULL) else ()
        shares = {How.WRONG: rates, How.NEAR: near, How.EDGE: edge}
        # a bin's receiver is cheap and lies under its lid
        sigma = self.conditions.sigma + 1.0
        bins = Bins(town.bins, [self.seed, 5], start, self.bin_interval, shares, self.refuse > 0, opened, sigma)
        sensors = city_sensors(things.sensors(self.sensors), [self.seed, 6], start, self.bin_interval, shares)
        self._lists, self._things = [terminal.labels for terminal in terminals], (bins, sensors)
        self._now = start
        return terminals, bins, sensors

    def _kept(self, device: str, start: float, stretches: Iterator[Stretch]) -> Iterator[Stretch]:
        """What the device's vehicle does, from what is kept of it where something is."""
        return iter(self._days.drives.setdefault((device, start), _Kept(stretches)) if self._days else stretches)

    def _terminal(
        self,
        device: str,
        stretches: Iterator[Stretch],
        seed: list[int],
        start: float,
        wired: tuple[str, ...] = ALL,
    ) -> Terminal:
        upload = self.conditions.upload
        live_first = upload is Upload.BESIDE or (upload is Upload.EITHER and bool(seed[2] % 2))
        return Terminal(
            device,
            stretches,
            np.random.default_rng(seed),
            start,
            self.interval,
            self.parked,
            self.conditions,
            live_first,
            wired,
        )


@dataclass
class _Days:
    """What is the same under whatever conditions a city is heard."""

    town: Town
    maker: Maker = field(init=False)
    drives: dict[tuple[str, float], _Kept] = field(default_factory=dict)
    """(device, start) -> what its vehicle does from then on"""

    def __post_init__(self) -> None:
        self.maker = Maker(self.town)


class _Kept:
    """Stretches that can be had several times, and are made once, when they are first asked for."""

    def __init__(self, stretches: Iterator[Stretch]) -> None:
        self._rest, self._made = stretches, list[Stretch]()

    def __iter__(self) -> Iterator[Stretch]:
        n = 0
        while True:
            if n == len(self._made):
                self._made.append(next(self._rest))
            yield self._made[n]
            n += 1
