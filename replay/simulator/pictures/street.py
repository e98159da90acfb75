"""street: a street with traffic, a bus that stops and people who walk: nothing to report."""

from __future__ import annotations

import numpy as np

from replay.simulator.pictures import people, vehicles
from replay.simulator.pictures.backdrop import Backdrop
from replay.simulator.pictures.clip import Clip, Drive, drive
from replay.simulator.pictures.ground import Ground
from replay.simulator.pictures.lens import Image, Lens
from replay.simulator.pictures.solids import box

_LENS = Lens(up=7.0, right=25.0, down=10.5)
_NEAR, _FAR = 16.9, 20.9
"""y of the middle of each lane: near ones drive to the right, far ones to the left."""
_ROAD, _PAVED = (15.0, 22.8), (22.8, 26.5)
_FRONT = 27.0
_FROM, _TO = -9.0, 58.0
SECONDS = 90.0


def street(seed: int = 1) -> Clip:
    """A clip of 90 s."""
    dice = np.random.default_rng([seed, 21])
    drives = _traffic(dice)
    walkers = [
        (
            float(dice.uniform(0, SECONDS)),
            float(dice.uniform(23.6, 26.0)),
            float(dice.choice([-1, 1])),
            float(dice.uniform(1.1, 1.6)),
            n,
        )
        for n in range(10)
    ]

    def act(canvas: Image, t: float) -> None:
        there = []
        for start, y, towards, pace, number in walkers:
            walked = ((t - start) % SECONDS) * pace
            x = -4.0 + walked if towards > 0 else 42.0 - walked
            if -4.0 <= x <= 42.0:
                there.append(people.Person(x, y, number, walked, towards))
        for who in sorted(there, key=lambda who: -who.y):
            people.draw(canvas, _LENS, who)
        drive(canvas, _LENS, drives, t)

    zones = {"road": _LENS.shares([(-1.4, 22.8, 0.0), (31.0, 22.8, 0.0), (20.0, 15.0, 0.0), (-1.0, 15.0, 0.0)])}
    return Clip("street", SECONDS, _LENS, _backdrop(seed), act, zones=zones, seed=seed)


def _traffic(dice: np.random.Generator) -> list[Drive]:
    found = []
    bus = Drive(vehicles.bus((70, 130, 60)), 30.0, _FAR + 0.4, -8.0, _TO, _FROM - 8, stop=13.0, waits=7.0)
    for lane, speed in ((_NEAR, 9.0), (_FAR, -8.5)):
        t = float(dice.uniform(1.0, 3.0))
        while t < SECONDS - 9.0:
            paint = vehicles.PAINTS[int(dice.integers(len(vehicles.PAINTS)))]
            begin, end = (_FROM, _TO) if speed > 0 else (_TO, _FROM)
            behind_bus = lane == _FAR and 21.0 < t < 49.0
            if not behind_bus:
                found.append(Drive(vehicles.car(paint), t, lane + float(dice.normal(0, 0.15)), speed, begin, end))
            t += float(dice.uniform(2.4, 7.5))
    return [*found, bus]


def _backdrop(seed: int) -> Image:
    drawn = Backdrop(_LENS, seed)
    dice = np.random.default_rng([seed, 22])
    x, n = -6.0, 0
    while x < 75.0:
        wide = float(dice.uniform(7, 13))
        drawn.house(x, _FRONT, wide, float(dice.uniform(7.0, 12.5)), n)
        x, n = x + wide + (0.0 if n % 3 else 0.6), n + 1
    trees = [3.0 + 8.5 * k for k in range(8)]

    def paint(ground: Ground) -> None:
        whole = (-10.0, 75.0)
        ground.plain(whole, (8.0, 30.0), (112, 112, 114), 5.0)
        ground.plain(whole, _ROAD, (96, 95, 96), 6.0)
        for paved in (8.0, _ROAD[0] - 0.15), (_PAVED[0] + 0.15, 30.0):
            ground.plain(whole, paved, (150, 156, 160), 4.0)
            ground.slabs(whole, paved, 0.6)
        for y in _ROAD:
            ground.line(whole, (y - 0.16, y + 0.16), (176, 180, 182))
        ground.line(whole, (18.85, 18.97), (205, 210, 210), 3.0)
        for edge in (_ROAD[0] + 0.35, _ROAD[1] - 0.45):
            ground.line(whole, (edge, edge + 0.1))
        ground.line((9.0, 17.0), (22.0, 22.1), (60, 190, 220), 0.6)
        for x in trees:
            ground.shade(x + 2.2, 24.6, 2.8, 1.5)

    drawn.ground((-10.0, 75.0), (8.0, _FRONT), paint)
    drawn.pole(18.5, 23.2, 7.5)
    drawn.pole(44.0, 23.2, 7.5)
    for k, x in enumerate(trees):
        drawn.tree(x, 24.2, 5.2 + 0.4 * (k % 3), k + seed)
    shelter = box((10.6, 14.6), (25.4, 25.5), (0.0, 2.3), (150, 140, 120)) + box(
        (10.5, 14.7), (24.3, 25.6), (2.3, 2.42), (90, 96, 90)
    )
    drawn.solid(shelter)
    drawn.solid(box((16.0, 16.6), (23.4, 24.0), (0.0, 1.0), (70, 110, 60)))
    return drawn.done()
