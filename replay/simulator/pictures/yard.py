"""yard: people bring bags to an open container until it overflows; then a crew empties it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from replay.simulator.pictures import people, solids, vehicles
from replay.simulator.pictures.backdrop import Backdrop
from replay.simulator.pictures.clip import Clip, Happening, on_ground
from replay.simulator.pictures.ground import Ground
from replay.simulator.pictures.lens import Floats, Image, Lens
from replay.simulator.pictures.solids import Colour, Face, Solid, box
from replay.simulator.pictures.sprites import Sprite, bag, put_there
from replay.simulator.pictures.walls import boards

_LENS = Lens(up=5.6, right=0.0, down=32.0)
_X, _Y, _RIM = (-2.6, 1.0), (6.0, 8.0), 1.25
"""The container: from x to x, from y to y, and how high it is."""
_THICK = 0.08
_PAINT: Colour = (120, 96, 44)
_FULL = 0.9
"""Of its opening, covered: then it is full."""
_FIRST, _BETWEEN, _PACE = 13.0, 2.7, 1.35
"""When the first bag is in, s; the next one comes after so long; how fast people walk, m/s."""
_EMPTIED, _LAST = 79.0, 92.0
"""From when to when the crew takes the bags out."""
_FLIES = 0.7
"""Seconds that a thrown bag is in the air."""
_INSIDE = 30
"""Bags in the container; the last ones lie beside it."""
_SIZE = 0.92
"""Of a bag, m."""
SECONDS = 100.0


def yard(seed: int = 1) -> Clip:
    """A clip of 100 s."""
    scene = _Yard(seed)
    (left, right), (near, far) = (_X[0] + _THICK, _X[1] - _THICK), (_Y[0] + _THICK, _Y[1] - _THICK)
    rim = on_ground((left, right), (near, far)) + np.array([0.0, 0.0, _RIM])
    opening = _LENS.shares(rim)
    mask = np.zeros(scene.backdrop.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(_LENS.seen(rim)).astype(np.int32)], 1)
    full = next(n for n in range(len(scene.bags) + 1) if scene.covered(n, mask) >= _FULL)
    full_at = scene.lands[full - 1]
    # Bags are taken out in the order opposite to that in which they came.
    happening = Happening("bin_full", full_at, scene.leaves[full - 1], _LENS.box(rim))
    beside = [(-4.4, 5.9), (-2.75, 5.9), (-2.75, 5.0), (-4.1, 5.0)]
    zones = {"container": opening, "ground": _LENS.shares([(x, y, 0.0) for x, y in beside])}
    return Clip("yard", SECONDS, _LENS, scene.backdrop, scene.act, (happening,), zones, seed)


@dataclass
class _Yard:
    """The container and what is brought to it."""

    seed: int
    backdrop: Image = field(init=False)
    bags: list[Floats] = field(default_factory=list)
    """Where each comes to lie, in the order in which they come."""
    lands: list[float] = field(default_factory=list)
    leaves: list[float] = field(default_factory=list)
    _lies: tuple[list[int], Image, NDArray[np.bool_]] = field(init=False)
    """What lay there in the last picture, how it looks, and which pixels it covers."""

    def __post_init__(self) -> None:
        dice = np.random.default_rng([self.seed, 41])
        self.backdrop = _backdrop(self.seed)
        self._wall = self._front()
        self._lies = [], self.backdrop, self._wall
        for z in (0.0, 0.42, 0.84):
            layer = [(x, y, z) for y in (7.5, 6.55) for x in (-2.13, -1.25, -0.36, 0.53)]
            for n in dice.permutation(len(layer)).tolist():
                self.bags.append(np.array(layer[n]) + np.array([*dice.normal(0, 0.07, 2), 0.0]))
        top = ((-1.7, 7.5), (-0.1, 7.4), (0.52, 6.5), (-2.14, 6.55), (-0.85, 6.45), (0.53, 7.4))
        self.bags += [np.array([x, y, 1.08]) for x, y in top]
        for x, y in ((-3.0, 5.7), (-3.7, 5.5), (-3.2, 5.2), (-3.9, 5.1)):
            self.bags.append(np.array([x, y, 0.0]))
        count = len(self.bags)
        self.lands = [_FIRST + _BETWEEN * (n // 2) + 0.9 * (n % 2) for n in range(count)]
        self.leaves = [_LAST - (_LAST - _EMPTIED) * n / count for n in range(count)]

    def act(self, canvas: Image, t: float) -> None:
        """Who is there, behind the container and before it, and what lies in it."""
        there = [n for n in range(len(self.bags)) if self.lands[n] <= t < self.leaves[n]]
        who = [*self._people(t), *_crew(t)]
        for person in sorted((p for p in who if p.y > 6.0), key=lambda p: -p.y):
            people.draw(canvas, _LENS, person)
        if self._lies[0] != there:
            shown = self.backdrop.copy()
            self.heap(shown, there)
            self._lies = there, shown, np.any(shown != self.backdrop, axis=2) | self._wall
        canvas[self._lies[2]] = self._lies[1][self._lies[2]]
        self._truck(canvas, t)
        for person in sorted((p for p in who if p.y <= 6.0), key=lambda p: -p.y):
            people.draw(canvas, _LENS, person)
        for n, place in enumerate(self.bags):
            if self.lands[n] - _FLIES < t < self.lands[n]:
                self._flying(canvas, n, _hands(n), place, 1.0 - (self.lands[n] - t) / _FLIES)
            elif self.leaves[n] <= t < self.leaves[n] + _FLIES:
                self._flying(canvas, n, place, np.array([2.6, 7.1, 1.2]), (t - self.leaves[n]) / _FLIES)

    def heap(self, canvas: Image, there: list[int]) -> None:
        """The bags that lie there; the container's front hides what is below its rim."""
        below = [n for n in there if n < _INSIDE and self.bags[n][2] < 1.0]
        for n in sorted(below, key=lambda n: (-self.bags[n][1], self.bags[n][2])):
            self._lying(canvas, n)
        canvas[self._wall] = self.backdrop[self._wall]
        for n in sorted(set(there) - set(below), key=lambda n: -self.bags[n][1]):
            self._lying(canvas, n)

    def covered(self, count: int, mask: NDArray[np.uint8]) -> float:
        """Which share of the opening no longer looks as when it was empty, with so many bags in it."""
        canvas = self.backdrop.copy()
        self.heap(canvas, list(range(count)))
        other = (np.abs(canvas.astype(np.int16) - self.backdrop).max(axis=2) > 12).astype(np.uint8)
        other = np.asarray(cv2.morphologyEx(other, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)))
        return float(other[mask > 0].mean())

    def _bag(self, n: int) -> Sprite:
        return Sprite(bag, n + self.seed)

    def _lying(self, canvas: Image, n: int) -> None:
        put_there(canvas, _LENS, self._bag(n), self.bags[n], _SIZE * 1.12, _SIZE)

    def _flying(self, canvas: Image, n: int, begin: Floats, end: Floats, share: float) -> None:
        place = begin + (end - begin) * share + [0.0, 0.0, 2.4 * share * (1 - share)]
        put_there(canvas, _LENS, self._bag(n), place, _SIZE, 0.9 * _SIZE)

    def _people(self, t: float) -> list[people.Person]:
        """Each brings two bags, and goes where they came from."""
        found = []
        for first in range(0, len(self.bags), 2):
            thrown, hands = self.lands[first] - _FLIES, _hands(first)
            side = -1.0 if hands[0] < 0 else 1.0
            away = max(0.0, thrown - 0.3 - t, t - thrown - 1.4) * _PACE
            if away > 6.0:
                continue
            towards = 0.0 if away == 0 else (-side if t < thrown else side)
            carried = self._bag(first) if t < thrown else (self._bag(first + 1) if t < thrown + 0.9 else None)
            up = 0.0 if away else 0.5 + 0.5 * math.sin((t - thrown) * 5)
            found.append(
                people.Person(hands[0] + side * (away + 0.25), hands[1], first // 2, away, towards, False, carried, up)
            )
        return found

    def _truck(self, canvas: Image, t: float) -> None:
        """The refuse truck backs in from the right, waits, and goes."""
        come, gone = max(0.0, _EMPTIED - 1.5 - t), max(0.0, t - _LAST - 1.0)
        off = (1.1 * come + 0.25 * come * come) if come else 0.5 * gone * gone
        if off < 9.0:
            solids.draw(canvas, _LENS, vehicles.lorry((150, 180, 150), (70, 130, 60)), 7.0 + off, 7.3, 0.0)

    def _front(self) -> NDArray[np.bool_]:
        """The pixels of the container's outside that is towards us."""
        corners = np.array([(_X[0], _Y[0], _RIM), (_X[1], _Y[0], _RIM), (_X[1], _Y[0], 0.0), (_X[0], _Y[0], 0.0)])
        drawn = np.zeros(self.backdrop.shape[:2], np.uint8)
        cv2.fillPoly(drawn, [np.round(_LENS.seen(corners)).astype(np.int32)], 1)
        return drawn.astype(bool)


def _hands(n: int) -> Floats:
    """Where whoever throws the n-th bag stands: in turn on the left and on the right, at last before those beside."""
    pair = n // 2
    if pair >= _INSIDE // 2:
        return np.array([_X[0] - 0.75, 5.9, 1.0])
    x = _X[0] - 0.75 if pair % 2 == 0 else _X[1] + 0.75
    return np.array([x, 6.6 + 0.4 * (pair // 2 % 3), 1.0])


def _crew(t: float) -> list[people.Person]:
    """Two who empty it."""
    if not _EMPTIED - 0.5 < t < _LAST + 1.2:
        return []
    works = 0.5 + 0.5 * math.sin(5 * t)
    return [
        people.Person(1.5, 7.9, 1, 0.0, -1.0, True, None, works),
        people.Person(1.6, 5.7, 2, 0.0, -1.0, True, None, 1 - works),
    ]


@cache
def _container() -> Solid:
    """Open above, with ribs."""
    (left, right), (near, far) = _X, _Y
    dark = (52, 50, 48)
    outside = [
        *box((left, right), (near, near + _THICK), (0.0, _RIM), _PAINT).faces,
        *box((left, right), (far - _THICK, far), (0.0, _RIM), _PAINT).faces,
        *box((left, left + _THICK), (near, far), (0.0, _RIM), _PAINT).faces,
        *box((right - _THICK, right), (near, far), (0.0, _RIM), _PAINT).faces,
    ]
    floor = Face(np.array([(left, near, 0.06), (right, near, 0.06), (right, far, 0.06), (left, far, 0.06)]), dark)
    ribs = [
        face
        for x in np.linspace(left + 0.15, right - 0.3, 6).tolist()
        for face in box((x, x + 0.14), (near - 0.06, near), (0.0, _RIM - 0.05), (104, 82, 36)).faces
    ]
    return Solid([floor, *outside, *ribs])


def _backdrop(seed: int) -> Image:
    drawn = Backdrop(_LENS, seed + 60)
    for k in range(9):
        drawn.tree(-9.0 + 2.4 * k, 14.5 + (k % 2), 2.9, k)

    def paint(ground: Ground) -> None:
        whole = (-9.0, 9.0)
        ground.plain(whole, (3.5, 12.0), (142, 148, 150), 6.0)
        ground.slabs(whole, (3.5, 12.0), 1.5, 4.0)
        for y in (5.55, 8.6):
            ground.line((-3.1, 1.5), (y, y + 0.09), (50, 190, 225))
        ground.line((-3.1, -3.0), (5.55, 8.69), (50, 190, 225))
        ground.line((1.5, 1.6), (5.55, 8.69), (50, 190, 225))
        ground.shade(4.5, 4.9, 2.6, 0.9, 0.8)

    drawn.ground((-9.0, 9.0), (3.5, 11.2), paint)
    drawn.wall([(-9.0, 11.2, 2.3), (9.0, 11.2, 2.3), (9.0, 11.2, 0.0), (-9.0, 11.2, 0.0)], boards(18.0, 2.3, seed + 2))
    sign = np.full((60, 90, 3), (150, 90, 30), np.uint8)
    cv2.putText(sign, "YARD", (8, 28), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (240, 240, 240), 2, cv2.LINE_AA)
    cv2.putText(sign, "no. 2", (14, 52), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (240, 240, 240), 1, cv2.LINE_AA)
    drawn.wall([(-0.9, 11.15, 2.0), (0.3, 11.15, 2.0), (0.3, 11.15, 1.2), (-0.9, 11.15, 1.2)], sign)
    drawn.solid(_container())
    return drawn.done()
