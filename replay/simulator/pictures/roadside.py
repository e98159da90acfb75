"""roadside: a tipper stops beside a road, raises its body, leaves a heap and drives off; later a crew takes it away."""

from __future__ import annotations

import math

import numpy as np

from replay.simulator.pictures import people, solids, vehicles
from replay.simulator.pictures.backdrop import Backdrop
from replay.simulator.pictures.clip import Clip, Drive, Happening, drive, on_ground
from replay.simulator.pictures.ground import Ground
from replay.simulator.pictures.lens import Image, Lens
from replay.simulator.pictures.sprites import Sprite, heap, put_there
from replay.simulator.pictures.walls import boards

_LENS = Lens(up=7.2, right=20.0, down=12.0)
_NEAR, _FAR, _LAYBY = 17.0, 20.6, 23.6
"""y of the middle of each lane, and of who stands beside the road."""
_ROAD, _WALL = (15.2, 22.4), 29.5
_FROM, _TO = -10.0, 52.0
_TIPS, _LOADS = 7.6, 20.6
"""x where the tipper stands, and where the crew's lorry does."""
_HEAP = np.array([13.6, 23.4, 0.0])
_WIDE, _HIGH = 4.4, 1.75
SECONDS = 100.0


def roadside(seed: int = 1) -> Clip:
    """A clip of 100 s."""
    dice = np.random.default_rng([seed, 31])
    tipper = Drive(vehicles.tipper(0, False), 7.0, _LAYBY, -8.0, _TO, _FROM - 4, _TIPS, 13.5)
    crew = Drive(vehicles.lorry((225, 225, 222), (30, 130, 245)), 71.0, _LAYBY, -9.0, _TO, _FROM - 4, _LOADS, 14.0)
    (stopped, left), (comes, goes) = tipper.stands(), crew.stands()
    cleared = goes - 2.0
    traffic = _traffic(dice, [(tipper.start, left), (crew.start, goes)])

    def size(t: float) -> float:
        """Of the heap: 0 to 1."""
        grown, taken = (t - stopped - 4.0) / 5.5, (t - comes - 2.5) / (cleared - comes - 2.5)
        return min(1.0, max(0.0, grown)) * min(1.0, max(0.0, 1.0 - taken))

    def act(canvas: Image, t: float) -> None:
        there = size(t)
        if there > 0.02:
            _draw_heap(canvas, there)
        for each in (tipper, crew):
            x = each.x(t)
            if x is not None:
                _stopping(canvas, each, x, None if each is crew else t - stopped)
        if comes + 1.5 < t < cleared + 1.0:
            for n, (x, y) in enumerate(((11.2, 24.6), (15.4, 25.0), (12.4, 22.2))):
                works = 0.5 + 0.5 * math.sin(3.5 * t + 2 * n)
                who = people.Person(x, y, n, 0.0, 1.0 if n == 0 else -1.0, crew=True, raised=0.6 * works)
                people.draw(canvas, _LENS, who)
        drive(canvas, _LENS, traffic, t)

    corners = np.array([_HEAP + np.array([dx, 0, dz]) for dx in (-_WIDE / 2, _WIDE / 2) for dz in (0.0, 0.9 * _HIGH)])
    dumped = Happening("dumped", stopped + 4.0, cleared, _LENS.box(corners))
    zones = {"verge": _LENS.shares(on_ground((1.5, 24.0), (22.5, 27.5)))}
    return Clip("roadside", SECONDS, _LENS, _backdrop(seed), act, (dumped,), zones, seed)


def _draw_heap(canvas: Image, size: float) -> None:
    """So much of it, by volume."""
    side = size ** (1 / 3)
    wide, high = _WIDE * side, _HIGH * side
    edge = np.array(
        [(dx * wide, dy, dz * high) for dx, dz in ((-0.5, 0), (0.5, 0), (-0.15, 0.8), (0.15, 0.8)) for dy in (0, 1)]
    )
    solids.shadow(canvas, _LENS, _HEAP + edge, 0.66)
    put_there(canvas, _LENS, Sprite(heap, 1), _HEAP, wide, high)


def _stopping(canvas: Image, each: Drive, x: float, since: float | None) -> None:
    """A lorry that leaves the road to stop, and comes back to it. since: seconds since a tipper stopped; None: another
    lorry."""
    solid, stop = each.solid, each.stop or 0.0
    off = abs(x - stop)
    aside = 1.0 - min(1.0, max(0.0, (off - 2.0) / 14.0))
    aside = aside * aside * (3 - 2 * aside)
    y = _FAR + (_LAYBY - _FAR) * aside
    turn = (6.0 if x > stop else -6.0) * 4 * aside * (1 - aside)
    if since is not None:
        raised = 46.0 * min(1.0, max(0.0, (since - 1.5) / 5.0)) * min(1.0, max(0.0, (13.0 - since) / 3.0))
        solid = vehicles.tipper(round(raised), since < 5.0)
    solids.draw(canvas, _LENS, solid, x, y, 180.0 - turn)
    if since is not None and 3.8 < since < 9.5:
        _falling(canvas, x, y, since)


def _falling(canvas: Image, x: float, y: float, since: float) -> None:
    """What slides down behind the tipper."""
    dice = np.random.default_rng(round(since * 100))
    turns = np.linspace(0, 2 * np.pi, 5, endpoint=False)
    for _ in range(26):
        fallen, size, shade = float(dice.uniform()), float(dice.uniform(1.5, 4.0)), float(dice.uniform(0.6, 1.1))
        place = (x + 3.9 + 1.7 * fallen, y + float(dice.uniform(-0.9, 0.9)), 1.3 - 1.1 * fallen * fallen)
        corners = _LENS.seen([place])[0] + size * np.stack([np.cos(turns), np.sin(turns)], 1)
        solids.fill(canvas, corners, [shade * level for level in (70, 92, 114)])


def _traffic(dice: np.random.Generator, stops: list[tuple[float, float]]) -> list[Drive]:
    """Cars that pass. stops: from when to when a lorry is in the far lane, or beside it; nobody drives into it."""
    found = []
    for lane, speed in ((_NEAR, 11.0), (_FAR, -10.5)):
        t = float(dice.uniform(0.5, 3.0))
        while t < SECONDS - 7.0:
            paint = vehicles.PAINTS[int(dice.integers(len(vehicles.PAINTS)))]
            begin, end = (_FROM, _TO) if speed > 0 else (_TO, _FROM)
            if speed > 0 or not any(a - 6.0 < t < a + 7.0 or b - 8.0 < t < b + 6.0 for a, b in stops):
                found.append(Drive(vehicles.car(paint), t, lane + float(dice.normal(0, 0.12)), speed, begin, end))
            t += float(dice.uniform(3.0, 9.0))
    return found


def _backdrop(seed: int) -> Image:
    drawn = Backdrop(_LENS, seed + 40)
    for k, x in enumerate((-3.0, 9.0, 21.0, 35.0, 50.0, 66.0)):
        drawn.house(x + 2.0, 47.0 + 2 * (k % 2), 10.0, 9.0 + 2.5 * (k % 3), k, shop=False)
    for k in range(26):
        drawn.tree(-5.0 + 3.1 * k, 33.0 + 3.0 * (k * 7 % 3), 5.5 + 0.5 * (k * 5 % 4), k)

    def paint(ground: Ground) -> None:
        whole = (-12.0, 75.0)
        ground.plain(whole, (8.0, 40.0), (84, 118, 108), 9.0)
        ground.plain(whole, (22.4, 26.2), (128, 154, 170), 8.0)
        ground.plain(whole, (26.2, 27.4), (88, 124, 118), 9.0)
        ground.plain(whole, _ROAD, (92, 91, 92), 6.0)
        ground.plain(whole, (8.0, 14.4), (76, 124, 104), 10.0)
        ground.line(whole, (14.4, 15.2), (150, 156, 160))
        ground.line(whole, (18.8, 18.95), (205, 210, 210), 3.0)
        for y in (15.5, 22.0):
            ground.line(whole, (y, y + 0.12))

    drawn.ground((-12.0, 75.0), (8.0, _WALL), paint)
    drawn.wall(
        [(-12.0, _WALL, 2.4), (75.0, _WALL, 2.4), (75.0, _WALL, 0.0), (-12.0, _WALL, 0.0)], boards(87.0, 2.4, seed)
    )
    drawn.pole(4.0, 26.9, 7.5)
    drawn.pole(27.0, 26.9, 7.5)
    return drawn.done()
