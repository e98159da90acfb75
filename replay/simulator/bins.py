"""bins: how full they are, hour by hour, who empties them, and what of that is wrong.

Homes fill their bins in the morning and the evening, markets before noon, offices at lunch. They fill in hours, not in
a day as real ones do, so that something happens while one watches. A refuse truck that comes by empties what is over
45 %; in a city without refuse trucks someone comes about each hour. What is wrong with how full they are: a bin that a
fly-tipper fills up within minutes, a container that the trucks pass by while it fills steadily, one that hardly anyone
uses and nobody empties for days. What is wrong with the bin or its sensor is in bin_spells.py, what the sensor says in
bin_sensor.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from replay.labels import Label
from replay.simulator.bin_sensor import BinDevice
from replay.simulator.bin_spells import a_day
from replay.simulator.device import Devices
from replay.simulator.rates import Rates
from replay.simulator.spells import Fate, How
from replay.simulator.things import GNSS_EACH, bin_class, is_planned
from replay.simulator.town import Bin
from replay.simulator.transport import Message


class Bins:
    """All bins of the city with their sensors."""

    def __init__(
        self,
        bins: Sequence[Bin],
        seed: Sequence[int],
        start: float,
        interval: float,
        shares: Mapping[How, Rates],
        trucks: bool = True,
        opening: Sequence[tuple[float, float]] = (),
        sigma: float = 4.0,
    ) -> None:
        """shares: how often something is wrong, nearly wrong, on the edge of it. trucks: whether refuse trucks come by.

        opening: overflows that open the day: (seconds after the start, seconds that the rest takes to fill). sigma: of
        the fixes of those that know where they are, metres.
        """
        devices = []
        for n, each in enumerate(bins):
            rng, kind = np.random.default_rng([*seed, n]), (bin_class(n), is_planned(n), n % GNSS_EACH == 0)
            fate = Fate.of(rng, a_day(*kind), shares)
            devices.append(BinDevice(each, *kind, rng, start, interval, fate, sigma))
            if not trucks:
                devices[n].look_after()
        for n, (after, lasts) in enumerate(opening[: len(bins)]):
            devices[(n * 37 + 11) % len(bins)].nearly_full(after, lasts)
        self._devices = Devices(devices)

    @property
    def labels(self) -> list[Label]:
        """What is wrong with any of them; some lies in the future."""
        return self._devices.labels

    def messages(self, until: float, emptied: list[tuple[float, int]]) -> list[Message]:
        """The readings before `until` that were not taken yet, given when trucks came by (when, which), in order."""
        visits: dict[int, list[float]] = {}
        for when, which in sorted(emptied):
            visits.setdefault(which, []).append(when)
        return self._devices.messages(until, visits)
