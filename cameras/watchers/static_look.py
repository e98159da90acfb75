"""static_look: `static_object` at work on one scene, picture by picture.

Lays each picture onto the background, asks both backgrounds, looks after the objects that are known, and makes objects
of the regions that are new and at rest and that light does not explain. Time and memory are bounded: pictures that
come faster than ten a second say what the one before said, and no more than `_MOST` objects stand at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cameras.background import Background, Mask
from cameras.pictures import Aligner, apart, cv, drawn, shifted, small
from cameras.watcher import Frame, Image, Seen, Zone
from cameras.watchers.static_ground import covered, ground
from cameras.watchers.static_presence import Kind, Scene, extent, is_clock, kind
from cameras.watchers.static_things import Thing, zone_of

if TYPE_CHECKING:
    from cameras.watchers.static_object import StaticObject

_PROOFS = 3
"""An object has been at rest in more pictures than this, however far they lie apart."""
_LASTING = 4
"""What has been at rest for so many times `settle`, and is too small or too thin for an object, is the scene."""
_OFTEN = 0.1
"""Seconds between pictures that are looked at, at least."""
_ALL = 0.5
"""Of the picture: when so much has changed for `settle`, it is another scene."""
_WHOLE = 0.9
"""An object stands since so much of it came to rest: some of it may look like what passed its place just before."""
_MOST = 64
"""Objects at once."""
_RIM = 4
"""Pixels around a place that are looked at with it."""
_CORE = 3
"""The part of the smallest object (one over this) that differs strongly; around it, it may differ less."""
_SURE = 0.5
"""Of a region that has begun to rest: so much has rested for `settle`, so that it is found whole and not in pieces."""
_FEW = 40
"""Pixels: of a smaller region, what differs less is looked at too, or there would be nothing to compare."""
_LIT = 0.1
"""Of a region that differs: where the ground is seen in so much of it, that is a matter of light."""
_QUIET = 0.25
"""Levels of noise above which a picture that is exactly like the one before is that picture again."""


class StaticLook:
    """One scene's backgrounds and objects."""

    def __init__(self, settings: StaticObject, zones: Sequence[Zone]) -> None:
        self._given = settings
        self._zones = {zone.name: zone for zone in zones}
        self._masks: dict[str, tuple[Zone, Mask]] = {}
        self._credit = settings.settle / _PROOFS
        self._next = 1
        self._things: list[Thing] = []
        self._background: Background | None = None
        self._shape = (1, 1)
        self._aligner: Aligner | None = None
        self._ts = 0.0
        self._last: Image | None = None
        self._learned = 0.0
        """Seconds that its pictures prove."""
        self._known = 0.0
        """When it had learned what belongs to the scene."""
        self._changed = 0.0

    def look(self, frame: Frame) -> list[Seen]:
        """The objects that stand in the next picture, in the order of their numbers."""
        if self._background is not None and frame.ts - self._ts < _OFTEN:
            return self._told(frame.ts)
        for thing in self._things:
            thing.last += frame.paused  # nobody looked: nothing was hidden
        image = small(frame.image, self._given.pixels)
        now = apart(image)
        if self._background is None or self._aligner is None or self._background.long.shape != now.shape:
            self._begin(now, frame.ts)
            return []
        seconds, self._ts = frame.ts - self._ts, frame.ts
        again = self._last is not None and np.array_equal(self._last, now)
        self._last = now
        if again and float(self._background.noise.mean()) > _QUIET:
            return self._told(frame.ts)
        x, y = self._aligner.shift(now[..., 0], self._background.reference)
        self._see(self._background, shifted(now, x, y), seconds)
        return self._told(frame.ts)

    def _begin(self, now: Image, ts: float) -> None:
        height, width = self._shape = (now.shape[0], now.shape[1])
        given = self._given
        contrast = 255.0 * given.contrast
        self._background = Background(now, contrast, given.adapt, self._credit, _LASTING * given.settle)
        self._aligner = Aligner((height, width), given.shake * width)
        self._masks = {name: (zone, drawn(zone.mask((height, width)))) for name, zone in self._zones.items()}
        self._smallest = max(6, round(given.smallest * height * width))
        self._things = []
        self._ts, self._known, self._last, self._learned, self._changed = ts, ts, now, 0.0, 0.0

    def _see(self, background: Background, now: Image, seconds: float) -> None:
        credit = min(seconds, self._credit)
        background.see(now, self._ts, seconds)
        if self._other_scene(background, credit):
            return
        for thing in self._things:
            thing.check(background, self._ts, credit)
        self._end(background)
        self._learned += credit
        if self._learned <= self._given.learn:
            self._uncover(background)
            self._known = self._ts
            return
        resting = cv.bitwise_and(_over(background, self._given.settle), background.at_rest)
        resting = cv.bitwise_and(resting, cv.bitwise_not(background.kept))
        if cv.countNonZero(resting) >= self._smallest / _CORE:
            self._find(background, resting)
        lasting = cv.bitwise_and(_over(background, _LASTING * self._given.settle), background.at_rest)
        background.absorb(cv.bitwise_and(lasting, cv.bitwise_not(background.kept)))

    def _other_scene(self, background: Background, credit: float) -> bool:
        share = cv.countNonZero(background.front) / background.front.size
        self._changed = self._changed + credit if share > _ALL else 0.0
        if self._changed < self._given.settle:
            return False
        background.renew()
        self._things = []
        self._learned, self._changed = 0.0, 0.0
        return True

    def _end(self, background: Background) -> None:
        given = self._given
        stay = []
        for thing in self._things:
            where = thing.whole(background.front.shape)
            hidden = self._ts - thing.last
            if thing.lit >= 2 * self._credit:
                background.relit(where, given.settle)
            elif thing.gone >= 2 * self._credit or hidden > min(
                given.remember, max(given.settle, thing.last - thing.since)
            ):
                background.drop(where)
            elif self._ts - thing.since > (given.told if thing.label == Kind.REMOVED.value else given.fixture):
                background.absorb(where)
            else:
                stay.append(thing)
        self._things = stay

    def _find(self, background: Background, resting: Mask) -> None:
        """Objects, of what is new and at rest."""
        likely = cv.bitwise_and(_over(background, self._given.settle / 2), cv.bitwise_not(background.kept))
        closed = cv.morphologyEx(likely, cv.MORPH_CLOSE, _BRUSH)
        count, labels, stats, _ = cv.connectedComponentsWithStats(closed, connectivity=8)
        gone = np.zeros(closed.shape, np.uint8)
        sure = np.bincount(labels[resting > 0], minlength=count)
        order = sorted(range(1, count), key=lambda i: (-int(stats[i, cv.CC_STAT_AREA]), i))
        for i in order[:_MOST]:
            left, top, width, height, area = (int(n) for n in stats[i])
            if area < self._smallest / _CORE:
                break
            if sure[i] < max(self._smallest / _CORE, _SURE * area):
                continue
            where = np.zeros(labels.shape, np.uint8)
            inside = slice(top, top + height), slice(left, left + width)
            where[inside][labels[inside] == i] = 255
            taken = cv.bitwise_or(background.kept, gone)
            if cv.countNonZero(cv.bitwise_and(where, taken)) * 2 < area:
                for each in self._parts(background, cv.bitwise_and(where, cv.bitwise_not(taken))):
                    gone = cv.bitwise_or(gone, self._judge(background, each))

    def _uncover(self, background: Background) -> None:
        """What stood in the first pictures and drives off, or what comes to rest so early, is the scene."""
        early = _over(background, self._given.settle / 2)
        if cv.countNonZero(early):
            found = ground(background.long[..., 0], background.now[..., 0])
            background.absorb(covered(found, early))

    def _parts(self, background: Background, where: Mask) -> list[Mask]:
        """What of a region covers the ground, each by itself, and first the rest, if the ground can be seen there."""
        left, top, width, height = cv.boundingRect(where)
        part = slice(max(0, top - _RIM), top + height + _RIM), slice(max(0, left - _RIM), left + width + _RIM)
        found = ground(background.long[part][..., 0], background.now[part][..., 0])
        seen = cv.countNonZero(cv.bitwise_and(found.seen, where[part]))
        if seen < max(self._smallest / _CORE, _LIT * cv.countNonZero(where)):
            return [where]
        hidden = covered(found, where[part])
        count, labels, stats, _ = cv.connectedComponentsWithStats(hidden, connectivity=8)
        parts = []
        for i in range(1, count):
            inside = labels == i
            hides = np.count_nonzero(found.covered[inside]) >= np.count_nonzero(found.seen[inside])
            if stats[i, cv.CC_STAT_AREA] >= self._smallest / _CORE and hides:
                whole = np.zeros_like(where)
                whole[part][inside] = 255
                parts.append(whole)
        rest = where
        for each in parts:
            rest = cv.bitwise_and(rest, cv.bitwise_not(cv.dilate(each, _WIDE)))
        background.relit(rest, self._given.settle)
        return parts

    def _judge(self, background: Background, where: Mask) -> Mask:
        """Make an object of a region, or of the background. What of the picture is the background from now on."""
        part = left, top, width, height = cv.boundingRect(where)
        inside = slice(top, top + height), slice(left, left + width)
        around = slice(max(0, top - _RIM), top + height + _RIM), slice(max(0, left - _RIM), left + width + _RIM)
        nothing = np.zeros_like(where)
        scene = Scene.of(background, around)
        reach = extent(scene, where[around])
        if cv.countNonZero(reach) < self._smallest:
            return nothing
        what = kind(scene, reach if cv.countNonZero(where) < _FEW else where[around])
        resting = (where[inside] > 0) & (background.votes[inside] >= self._given.settle / 2)
        since, whole = np.quantile(background.since[inside][resting], (0.5, _WHOLE)).tolist()
        if what is Kind.LIGHT or since <= self._known or is_clock(background.noise, part):
            near = cv.bitwise_and(cv.dilate(where, _WIDE), background.at_rest)  # no islands are left in a shadow
            scenery: Mask = cv.bitwise_or(where, cv.bitwise_and(near, cv.bitwise_not(background.kept)))
            if what is Kind.LIGHT:
                background.relit(scenery, self._given.settle)
            else:
                background.absorb(scenery)
            return scenery
        zone = zone_of(where, self._masks)
        if zone is None or len(self._things) >= _MOST:
            return nothing
        background.keep(where)
        x, y, wide, high = cv.boundingRect(reach)
        outer = (around[1].start + x, around[0].start + y, wide, high)
        grown = self._grown(where, since, outer)
        if grown is None:
            self._things.append(Thing(self._next, what.value, whole, part, where[inside].copy(), outer, zone, self._ts))
            self._next += 1
        else:
            grown.grow(where, outer)
        return nothing

    def _grown(self, where: Mask, since: float, outer: tuple[int, int, int, int]) -> Thing | None:
        """The object that this is a further part of: it is beside it, and is smaller or came to rest when it did."""
        pixels = cv.countNonZero(where)
        for thing in self._things:
            together = abs(since - thing.since) <= 2 * self._given.settle
            if thing.beside(outer) and (together or pixels <= thing.pixels):
                return thing
        return None

    def _told(self, ts: float) -> list[Seen]:
        return [
            Seen(thing.number, thing.label, round(thing.share, 3), thing.box(self._shape), ts - thing.since, thing.zone)
            for thing in self._things
            if thing.last == self._ts
        ]


_BRUSH = np.asarray(cv.getStructuringElement(cv.MORPH_ELLIPSE, (5, 5)))
_WIDE = np.asarray(cv.getStructuringElement(cv.MORPH_RECT, (13, 13)))


def _over(background: Background, seconds: float) -> Mask:
    return np.asarray(cv.compare(background.votes, float(seconds) - 1e-3, cv.CMP_GE), np.uint8)
